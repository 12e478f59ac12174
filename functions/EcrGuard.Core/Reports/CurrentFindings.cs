using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>The vulnerabilities that the verdicts of a repository's current images name.</summary>
public sealed class CurrentFindings
{
    private readonly Dictionary<(string Vulnerability, string? Package), (Severity Severity, bool Blocks)> found = [];

    /// <param name="current">The records of the current images (<see cref="RepositoryHistory.Current"/>).</param>
    public CurrentFindings(IReadOnlyList<ImageRecord> current)
    {
        // A forced approval makes an image deployable, but no better.
        var verdicts = current.Select(record => record.WithoutBreakGlass().Verdict).ToList();
        ShowAbsence =
            verdicts.Count > 0 && verdicts.TrueForAll(verdict => verdict.Status is Status.Blocked or Status.Approved);
        foreach (var verdict in verdicts)
        {
            foreach (var reason in verdict.Reasons)
                Add(reason.Vulnerability, reason.Package, reason.Severity, blocks: true);
            foreach (var reason in verdict.Warnings)
                Add(reason.Vulnerability, reason.Package, reason.Severity, blocks: false);
            foreach (var waived in verdict.Waived)
                Add(waived.Vulnerability, waived.Package, null, blocks: false);
        }
    }

    /// <summary>
    /// Whether a vulnerability that is not found is really gone: only complete, current scans show that.
    /// </summary>
    public bool ShowAbsence { get; }

    /// <summary>
    /// The worst severity of the finding, and whether it blocks anywhere; null where it is not found.
    /// </summary>
    internal (Severity Severity, bool Blocks)? Find(OpenFinding known) =>
        found.TryGetValue((known.Vulnerability, known.Package), out var still) ? still : null;

    /// <summary>All that block, as seen for the first time.</summary>
    internal IEnumerable<OpenFinding> Blocking(DateTimeOffset now) =>
        found
            .Where(each => each.Value.Blocks)
            .Select(each => new OpenFinding(
                each.Key.Vulnerability,
                each.Key.Package,
                each.Value.Severity,
                now,
                Blocks: true
            ));

    private void Add(string? vulnerability, string? package, Severity? severity, bool blocks)
    {
        if (vulnerability is null)
            return;
        var (worst, any) = found.GetValueOrDefault((vulnerability, package));
        found[(vulnerability, package)] = (severity is { } given && given > worst ? given : worst, any || blocks);
    }
}
