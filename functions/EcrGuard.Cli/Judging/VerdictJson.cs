using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Policy;

namespace EcrGuard.Cli.Judging;

/// <summary>How verdicts are printed, by every command that decides them.</summary>
internal static class VerdictJson
{
    /// <summary>
    /// For people and machines at a terminal, not for HTML: quotes are not escaped as in HTML. Each context needs its
    /// own options.
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
