using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcrGuard.Cli.Lifecycle;

/// <param name="Outcome">keep, expire or archive.</param>
/// <param name="RulePriority">The priority of the rule that takes the image.</param>
/// <param name="ShieldedBy">The priority of the rule that keeps the image from later rules that also select it.</param>
internal sealed record SimulatedImage(
    string ImageDigest,
    IReadOnlyList<string> ImageTags,
    string Outcome,
    int? RulePriority,
    int? ShieldedBy,
    string Reason
);

/// <param name="Now">The time for which the policy is evaluated.</param>
/// <param name="Rules">The rules, by priority.</param>
/// <param name="Notes">What the input does not say but may change the result.</param>
internal sealed record SimulationSummary(
    DateTimeOffset Now,
    int Images,
    int Kept,
    int Expired,
    int Archived,
    IReadOnlyList<SimulatedRule> Rules,
    IReadOnlyList<string> Notes
);

/// <param name="Takes">How many images the rule expires or archives.</param>
/// <param name="Shields">How many images the rule keeps from later rules.</param>
internal sealed record SimulatedRule(int RulePriority, string? Description, int Takes, int Shields);

internal sealed record Simulation(IReadOnlyList<SimulatedImage> Images, SimulationSummary Summary);

internal sealed record LintedFinding(string Id, string Severity, int? RulePriority, string Message, string Suggestion);

internal sealed record LintResult(IReadOnlyList<LintedFinding> Findings);

[JsonSerializable(typeof(Simulation))]
[JsonSerializable(typeof(LintResult))]
internal sealed partial class LifecycleJson : JsonSerializerContext
{
    /// <summary>For people and machines at a terminal, not for HTML: quotes are not escaped as in HTML.</summary>
    public static LifecycleJson Readable { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                WriteIndented = true,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}
