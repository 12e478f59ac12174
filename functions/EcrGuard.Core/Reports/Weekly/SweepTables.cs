namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What the last sweeps say of repositories.</summary>
internal static class SweepTables
{
    public static Storage Storage(SummaryFacts facts, IReadOnlyList<RepositoryPast> past)
    {
        var weeks = past.SelectMany(each => each.History.Storage).Where(each => each.Week == facts.Week).ToList();
        var sweeps = facts.Sweeps.Where(swept => facts.Covers(swept.Repository)).Select(swept => swept.Sweep).ToList();
        return new Storage(
            weeks.Sum(each => each.Expired),
            weeks.Sum(each => each.Gone),
            weeks.Sum(each => each.Bytes),
            sweeps.Sum(sweep => sweep.Archived),
            sweeps.Sum(sweep => sweep.ArchivedBytes),
            sweeps.Sum(sweep => Math.Max(0, sweep.Images - sweep.InUse - sweep.UseUnknown)),
            sweeps.Sum(sweep => sweep.UseUnknown)
        );
    }

    /// <summary>Repositories whose own lifecycle policy would take images in use.</summary>
    public static IReadOnlyList<RepositoryAtRisk> AtRisk(SummaryFacts facts) =>
        [
            .. Sorted(facts, sweep => sweep.AtRiskCount > 0)
                .Select(swept => new RepositoryAtRisk(
                    swept.Repository,
                    swept.Sweep.AtRiskCount,
                    [.. swept.Sweep.AtRisk.Select(SummaryBuilder.Clip)]
                )),
        ];

    /// <summary>Repositories whose own lifecycle policy may not do what is meant.</summary>
    public static IReadOnlyList<RepositoryLint> Lint(SummaryFacts facts) =>
        [
            .. Sorted(facts, sweep => sweep.Lint.Count > 0)
                .Select(swept => new RepositoryLint(swept.Repository, swept.Sweep.Lint)),
        ];

    /// <summary>Repositories with images that their team has given up.</summary>
    public static IReadOnlyList<RepositoryCount> Abandoned(SummaryFacts facts) =>
        Counted(facts, sweep => sweep.AbandonedCount);

    /// <summary>Repositories with artifacts whose image is gone.</summary>
    public static IReadOnlyList<RepositoryCount> LeftOver(SummaryFacts facts) =>
        Counted(facts, sweep => sweep.LeftOverCount);

    private static IReadOnlyList<RepositoryCount> Counted(SummaryFacts facts, Func<RepositorySweep, int> count) =>
        [
            .. Sorted(facts, sweep => count(sweep) > 0)
                .Select(swept => new RepositoryCount(swept.Repository, count(swept.Sweep))),
        ];

    private static IEnumerable<SweptRepository> Sorted(SummaryFacts facts, Func<RepositorySweep, bool> counts) =>
        facts.Sweeps.Where(swept => counts(swept.Sweep)).OrderBy(swept => swept.Repository, StringComparer.Ordinal);
}
