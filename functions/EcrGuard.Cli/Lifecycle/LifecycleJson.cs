using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcrGuard.Cli.Lifecycle;

/// <param name="Outcome">keep, expire or archive.</param>
/// <param name="RulePriority">The rule that takes the image.</param>
/// <param name="ShieldedBy">The rule that keeps later ones, which select the image too, from it.</param>
internal sealed record SimulatedImage(
    string ImageDigest,
    IReadOnlyList<string> ImageTags,
    string Outcome,
    int? RulePriority,
    int? ShieldedBy,
    string Reason
);

/// <param name="Now">The moment evaluated for.</param>
/// <param name="Rules">By priority.</param>
/// <param name="Notes">What the input cannot tell and may change the result.</param>
internal sealed record SimulationSummary(
    DateTimeOffset Now,
    int Images,
    int Kept,
    int Expired,
    int Archived,
    IReadOnlyList<SimulatedRule> Rules,
    IReadOnlyList<string> Notes
);

/// <param name="Takes">The images that the rule expires or archives.</param>
/// <param name="Shields">The images that it keeps from later rules.</param>
internal sealed record SimulatedRule(int RulePriority, string? Description, int Takes, int Shields);

internal sealed record Simulation(IReadOnlyList<SimulatedImage> Images, SimulationSummary Summary);

internal sealed record LintedFinding(string Id, string Severity, int? RulePriority, string Message, string Suggestion);

internal sealed record LintResult(IReadOnlyList<LintedFinding> Findings);

[JsonSerializable(typeof(Simulation))]
[JsonSerializable(typeof(LintResult))]
internal sealed partial class LifecycleJson : JsonSerializerContext
{
    /// <summary>For people and machines at a terminal, not for HTML: quotes stay quotes.</summary>
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
