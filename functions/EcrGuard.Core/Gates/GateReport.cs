using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Gates;

/// <summary>What a pipeline does after a report.</summary>
public enum GateStep
{
    /// <summary>Deploys.</summary>
    Go,

    /// <summary>Asks again later: a scan is not finished, or something could not be read just now.</summary>
    Wait,

    /// <summary>Does not deploy.</summary>
    Stop,
}

/// <summary>The answers about all images of one deployment: the worst decides.</summary>
/// <param name="Answers">In the order in which the images were named.</param>
public sealed record GateReport(IReadOnlyList<GateAnswer> Answers)
{
    /// <summary>Nothing was asked: nothing passes.</summary>
    public GateOutcome Outcome => Answers.Count == 0 ? GateOutcome.Undetermined : Answers.Min(answer => answer.Outcome);

    public bool Passes => Outcome == GateOutcome.Passes;

    /// <summary>A no that stays a no is reported at once, whatever is still open.</summary>
    public GateStep Step =>
        Passes ? GateStep.Go
        : Answers.Count > 0 && Answers.All(answer => answer.Passes || answer.Retry is not null) ? GateStep.Wait
        : GateStep.Stop;

    /// <summary>For machines.</summary>
    public string Json() =>
        JsonSerializer.Serialize(
            new PrintedReport(Passes, [.. Answers.Select(PrintedAnswer.Of)]),
            GateJson.Readable.PrintedReport
        );
}

/// <summary>A report as it is printed in JSON.</summary>
public sealed record PrintedReport(bool Approved, IReadOnlyList<PrintedAnswer> Images);

/// <summary>
/// One answer as it is printed in JSON: the members of <see cref="ApprovalAnswer"/>, as the HTTP API has them, or a
/// problem.
/// </summary>
/// <param name="Approved">Whether this image passes.</param>
public sealed record PrintedAnswer(bool Approved, string Status, string Image)
{
    public string? File { get; init; }
    public string? Path { get; init; }
    public string? Problem { get; init; }
    public string? Repository { get; init; }
    public string? Digest { get; init; }

    /// <summary>The URI by digest to deploy; only where it passes.</summary>
    public string? Deploy { get; init; }
    public IReadOnlyList<Reason>? Reasons { get; init; }
    public int? ReasonCount { get; init; }
    public IReadOnlyList<Reason>? Warnings { get; init; }
    public IReadOnlyList<WaivedFinding>? Waivers { get; init; }
    public IReadOnlyList<string>? ToPass { get; init; }
    public FindingCounts? Counts { get; init; }
    public DateTimeOffset? DecidedAt { get; init; }
    public DateTimeOffset? ScanCompletedAt { get; init; }
    public DateTimeOffset? WaitingSince { get; init; }
    public string? PolicyVersion { get; init; }

    internal static PrintedAnswer Of(GateAnswer answer) =>
        new(answer.Passes, answer.Status, answer.Image)
        {
            File = answer.Place?.File,
            Path = answer.Place?.Path,
            Problem = answer.Problem,
            Repository = answer.Answer?.Repository,
            Digest = answer.Answer?.Digest,
            Deploy = answer.Answer?.Deploy,
            Reasons = answer.Answer?.Reasons,
            ReasonCount = answer.Answer?.ReasonCount,
            Warnings = answer.Answer?.Warnings,
            Waivers = answer.Answer?.Waivers,
            ToPass = answer.Answer?.ToPass,
            Counts = answer.Answer?.Counts,
            DecidedAt = answer.Answer?.DecidedAt,
            ScanCompletedAt = answer.Answer?.ScanCompletedAt,
            WaitingSince = answer.Answer?.WaitingSince,
            PolicyVersion = answer.Answer?.PolicyVersion,
        };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(ApprovalAnswer))]
[JsonSerializable(typeof(PrintedReport))]
[JsonSerializable(typeof(SarifLog))]
internal sealed partial class GateJson : JsonSerializerContext
{
    /// <summary>For people and machines at a terminal, not for HTML: quotes stay quotes.</summary>
    public static GateJson Readable { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
                Converters = { new JsonStringEnumConverter<Policy.RuleEffect>() },
                WriteIndented = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
