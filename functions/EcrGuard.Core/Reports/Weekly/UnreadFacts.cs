using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>What should be in the report and could not be read.</summary>
internal static class UnreadFacts
{
    private const string WhatRuns = "what runs";

    /// <summary>All but images.</summary>
    public static IEnumerable<Unread> Of(SummaryFacts facts) =>
        [.. facts.Unread, .. VexDocuments(facts.Policy), .. Consumers(facts), .. Repositories(facts)];

    /// <summary>VEX documents with an error: they excuse nothing.</summary>
    private static IEnumerable<Unread> VexDocuments(PolicyDocument policy) =>
        from problem in policy.VexProblems
        group problem by problem.File into wrong
        let more = wrong.Count() == 1 ? "" : $" And {Phrase.Count(wrong.Count() - 1, "more problem")}."
        let why = $"It excuses nothing until this is mended: {wrong.First().ToString("")}{more}"
        select new Unread($"the VEX document {wrong.Key}", why);

    /// <summary>Consumers whose reading failed. Those that a setting hides are not among them.</summary>
    private static IEnumerable<Unread> Consumers(SummaryFacts facts) =>
        Consumers(facts, bySetting: false)
            .Select(unread => unread with { Why = $"What they might use counts as in use. {unread.Why}" })
            .Concat(
                facts.Usage is not { } usage
                    ? [new Unread(WhatRuns, "No sweep has read it yet, or it could not be read.")]
                : facts.GeneratedAt - usage.ReadAt > SummaryFacts.SweepIsLate
                    ? [new Unread(WhatRuns, $"It was last read {Phrase.Moment(usage.ReadAt)}.")]
                : []
            );

    /// <param name="bySetting">True: those that a setting of the account hides. False: those whose reading
    ///     failed.</param>
    public static IEnumerable<Unread> Consumers(SummaryFacts facts, bool bySetting) =>
        (facts.Usage?.Unread ?? [])
            .Where(consumer => consumer.BySetting == true == bySetting)
            .Select(consumer => new Unread($"{consumer.What} of account {consumer.Account}", consumer.Why));

    /// <summary>Repositories that no sweep has finished lately: what the report says of them is old.</summary>
    private static IEnumerable<Unread> Repositories(SummaryFacts facts)
    {
        var swept = facts
            .Sweeps.Where(each => facts.GeneratedAt - each.Sweep.SweptAt <= SummaryFacts.SweepIsLate)
            .Select(each => each.Repository)
            .ToHashSet(StringComparer.Ordinal);
        var late = facts.Repositories.Where(name => !swept.Contains(name)).Order(StringComparer.Ordinal).ToList();
        if (late.Count > 0)
            yield return new Unread(
                Phrase.Count(late.Count, "repository", "repositories"),
                $"No sweep came to its end there in the last two days: {Phrase.Some(late, 5)}."
            );
    }
}
