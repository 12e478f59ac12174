using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Policy;

namespace EcrGuard.Cli.Judging;

/// <summary>How verdicts are printed, whichever command decides them.</summary>
internal static class VerdictJson
{
    /// <summary>
    /// For people and machines at a terminal, not for HTML: quotes stay quotes. Each context wants its own.
    /// </summary>
    public static JsonSerializerOptions Readable() =>
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            WriteIndented = true,
            Converters = { new JsonStringEnumConverter<RuleEffect>() },
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
}
