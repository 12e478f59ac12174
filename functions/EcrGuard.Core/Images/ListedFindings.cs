namespace EcrGuard.Core.Images;

/// <summary>All findings of an image that Inspector lists, ACTIVE, SUPPRESSED and CLOSED.</summary>
public sealed class ListedFindings
{
    private const string Closed = "CLOSED";

    private readonly Dictionary<string, (ReportedFinding Finding, string? Severity)> byId = [];

    /// <param name="findings">Each with its severity in Inspector's words. Pages overlap if something changes between
    ///     them: a finding on two pages counts once.</param>
    public ListedFindings(IEnumerable<(ReportedFinding Finding, string? Severity)> findings)
    {
        foreach (var each in findings)
        {
            if (
                !byId.TryGetValue(each.Finding.Id, out var other)
                || ReportedFinding.Newer(each.Finding, other.Finding) == each.Finding
            )
                byId[each.Finding.Id] = each;
        }
        int Of(string severity) => byId.Values.Count(each => each.Severity == severity);
        Counts = new SeverityCounts(Of("CRITICAL"), Of("HIGH"), Of("MEDIUM"), byId.Count);
    }

    /// <summary>Before merging.</summary>
    public SeverityCounts Counts { get; }

    public ReportedFinding? Find(string id) => byId.GetValueOrDefault(id).Finding;

    /// <summary>When the last closed finding was closed; null where there is none.</summary>
    public DateTimeOffset? LastClosedAt =>
        byId.Values.Where(each => each.Finding.Status == Closed).Max(each => each.Finding.UpdatedAt);

    /// <summary>
    /// The same without findings that were closed before a moment, for example when scanning ended, which closes all. A
    /// later scan has not listed them.
    /// </summary>
    public ListedFindings Since(DateTimeOffset? begun) =>
        new(byId.Values.Where(each => each.Finding.Status != Closed || !(each.Finding.UpdatedAt < begun)));

    /// <summary>All of them, each once.</summary>
    public IEnumerable<ReportedFinding> All => byId.Values.Select(each => each.Finding);
}
