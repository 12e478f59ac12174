namespace EcrGuard.Core.Gates;

/// <summary>The forms of a report.</summary>
public static class GateForms
{
    public const string Text = "text";

    /// <summary>Annotations, with which GitHub also reads a summary and outputs.</summary>
    public const string GitHub = "github";

    /// <summary>Each by the name by which it is asked for.</summary>
    public static IReadOnlyDictionary<string, Func<GateReport, string>> All { get; } =
        new Dictionary<string, Func<GateReport, string>>
        {
            [Text] = GateText.Plain,
            ["json"] = report => report.Json(),
            ["markdown"] = GateText.Markdown,
            ["sarif"] = GateSarif.Of,
            ["junit"] = GateJUnit.Of,
            [GitHub] = GateText.GitHub,
        };
}
