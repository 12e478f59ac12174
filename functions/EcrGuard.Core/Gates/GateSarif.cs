using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcrGuard.Core.Gates;

/// <summary>A report as SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0).</summary>
public static class GateSarif
{
    private const string Schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    /// <summary>
    /// A result for each reason and warning, whose rule is the policy's rule. The reasons of an image that passes, such
    /// as a forced approval, are notes. One that does not pass has at least one result.
    /// </summary>
    public static string Of(GateReport report)
    {
        var results = report.Answers.SelectMany(Results).ToList();
        var rules = results.Select(result => result.RuleId).Distinct().Select(id => new SarifRule(id));
        var run = new SarifRun(new SarifTool(new SarifDriver("EcrGuard", [.. rules])), results);
        return JsonSerializer.Serialize(new SarifLog(Schema, "2.1.0", [run]), GateJson.Readable.SarifLog);
    }

    private static IEnumerable<SarifResult> Results(GateAnswer answer)
    {
        var level = answer.Passes ? "note" : "error";
        if (answer.Problem is { } problem)
            yield return Result(answer, answer.Status, level, problem);
        else if (!answer.Passes && answer.Answer is null or { Reasons: [] })
            yield return Result(answer, answer.Status, level, $"It does not pass: it is {answer.Status}.");
        foreach (var reason in answer.Answer?.Reasons ?? [])
            yield return Result(answer, reason.Code, level, reason.Sentence);
        foreach (var warning in answer.Answer?.Warnings ?? [])
            yield return Result(answer, warning.Code, "warning", warning.Sentence);
    }

    private static SarifResult Result(GateAnswer answer, string rule, string level, string sentence)
    {
        // GitHub refuses a result that lies in no file. An image that comes from none stands for itself.
        var place = answer.Place is { File: not "-" } named ? named : new GatePlace(answer.Image, "");
        var name = GateText.Name(answer);
        var whole = answer.Answer is { } verdict ? $"{verdict.Repository}@{verdict.Digest}" : name;
        return new(
            rule,
            level,
            new SarifText($"{name}: {sentence}"),
            [
                new SarifLocation(
                    new SarifPlace(new SarifFile(UriOf(place.File)), new SarifRegion(place.Line ?? 1)),
                    [new SarifName(name, whole)]
                ),
            ]
        );
    }

    private static string UriOf(string file) =>
        string.Join('/', file.Replace('\\', '/').Split('/').Select(Uri.EscapeDataString));
}

internal sealed record SarifLog(
    [property: JsonPropertyName("$schema")] string Schema,
    string Version,
    IReadOnlyList<SarifRun> Runs
);

internal sealed record SarifRun(SarifTool Tool, IReadOnlyList<SarifResult> Results);

internal sealed record SarifTool(SarifDriver Driver);

internal sealed record SarifDriver(string Name, IReadOnlyList<SarifRule> Rules);

internal sealed record SarifRule(string Id);

internal sealed record SarifResult(
    string RuleId,
    string Level,
    SarifText Message,
    IReadOnlyList<SarifLocation> Locations
);

internal sealed record SarifText(string Text);

internal sealed record SarifLocation(SarifPlace PhysicalLocation, IReadOnlyList<SarifName> LogicalLocations);

internal sealed record SarifPlace(SarifFile ArtifactLocation, SarifRegion Region);

internal sealed record SarifFile(string Uri);

internal sealed record SarifRegion(int StartLine);

internal sealed record SarifName(string Name, string FullyQualifiedName);
