using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// Adds up image records, in any order and each once, and keeps of each only what the summary needs: which images are
/// parts of an index is known only at the end.
/// </summary>
/// <param name="facts">Everything besides the images.</param>
public sealed class SummaryBuilder(SummaryFacts facts)
{
    /// <summary>Vulnerabilities named in <see cref="WeeklySummary.TopReasons"/>.</summary>
    public const int MaxTopReasons = 20;

    /// <summary>Tags named of one image.</summary>
    public const int MaxTags = 5;

    /// <summary>A waiver that ends within this many times 24 hours ends soon.</summary>
    public const int EndsSoonDays = 14;

    private static readonly TimeSpan PatienceWithPending = TimeSpan.FromDays(1);

    private readonly List<Seen> _seen = [];
    private readonly HashSet<(string Repository, Digest Digest)> _parts = [];
    private readonly List<UnmarkedImage> _unmarked = [];
    private readonly Dictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> _forced = [];
    private readonly HashSet<string> _waiversUsed = new(StringComparer.Ordinal);
    private readonly List<Unread> _unread = [.. facts.Unread, .. UnusedVex(facts.Policy)];

    // The same words come with image after image; one copy of each is kept.
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    /// <summary>What one image adds to the summary, unless it turns out to be part of an index.</summary>
    private sealed record Seen(
        string Repository,
        Digest Digest,
        Status Status,
        bool Deployable,
        bool Forced,
        bool TimeIsUp
    )
    {
        public IReadOnlyList<(string Vulnerability, string? Package, string? FixedIn)> Blocking { get; init; } = [];
        public IReadOnlyList<string> Waivers { get; init; } = [];
        public ChangedImage? Changed { get; init; }
        public (string Code, string Sentence)? Gap { get; init; }
    }

    /// <summary>The VEX documents that excuse nothing, since something in them is wrong.</summary>
    private static IEnumerable<Unread> UnusedVex(PolicyDocument policy) =>
        from problem in policy.VexProblems
        group problem by problem.File into wrong
        let more = wrong.Count() == 1 ? "" : $" And {Phrase.Count(wrong.Count() - 1, "more problem")}."
        let why = $"It excuses nothing until this is mended: {wrong.First().ToString("")}{more}"
        select new Unread($"the VEX document {wrong.Key}", why);

    /// <summary>Something that shows itself to be unreadable while images are read.</summary>
    public SummaryBuilder CouldNotRead(Unread unread)
    {
        _unread.Add(unread);
        return this;
    }

    public SummaryBuilder Add(ImageRecord record)
    {
        if (record.Gone || record.Kind == ImageKind.Artifact)
            return this;
        var answer = record.AsOf(facts.GeneratedAt, facts.Policy).Verdict;
        var forced = record.Verdict.Instead is not null;
        // A forced approval makes an image deployable and no better.
        record = record.WithoutBreakGlass().AsOf(facts.GeneratedAt, facts.Policy);
        var verdict = record.Verdict;
        if (facts.BreakGlass.Any(each => each.Image == verdict.Image))
            _forced[verdict.Image] = (verdict.Status, Tags(record));
        var repository = Shared(verdict.Image.Repository.Name);
        var waivers = record.WaiversUsed.Select(Shared).ToList();
        _waiversUsed.UnionWith(waivers);
        foreach (var child in record.Children)
            _parts.Add((repository, child.Digest));
        if (record.CouldNotMark is { } why)
            _unmarked.Add(
                new UnmarkedImage(repository, verdict.Image.Digest, Tags(record), verdict.Status, Clean(why))
            );
        _seen.Add(
            new Seen(
                repository,
                verdict.Image.Digest,
                verdict.Status,
                answer.Approved,
                answer.Instead is not null,
                verdict.Reasons[0].Code == ImageRecord.TimeIsUp
            )
            {
                Blocking =
                    verdict.Status == Status.Blocked
                        ?
                        [
                            .. verdict
                                .Reasons.Where(reason => reason.Vulnerability is not null)
                                .Select(reason =>
                                    (
                                        Shared(reason.Vulnerability!),
                                        SharedIfAny(reason.Package),
                                        SharedIfAny(reason.FixedIn)
                                    )
                                )
                                .Distinct(),
                        ]
                        : [],
                Waivers = waivers,
                // What changed last is that it was forced, which is told for itself.
                Changed = !forced && IsChange(record) ? Changed(repository, record) : null,
                Gap = IsGap(record)
                    ? (Shared(verdict.Reasons[0].Code), Shared(Clean(verdict.Reasons[0].Sentence)))
                    : null,
            }
        );
        return this;
    }

    public WeeklySummary Build()
    {
        var images = _seen.Where(image => !_parts.Contains((image.Repository, image.Digest))).ToList();
        var blocked = images.Where(image => image.Status == Status.Blocked).ToList();
        var reasons = Reasons(blocked);
        var uses = images
            .SelectMany(image => image.Waivers)
            .GroupBy(id => id, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Count(), StringComparer.Ordinal);
        return new WeeklySummary
        {
            Unread =
            [
                .. _unread
                    .Select(unread => new Unread(Clean(unread.What), Clean(unread.Why)))
                    .Distinct()
                    .OrderBy(unread => unread.What, StringComparer.Ordinal)
                    .ThenBy(unread => unread.Why, StringComparer.Ordinal),
            ],
            Account = facts.Account,
            Region = facts.Region,
            Week = facts.Week,
            GeneratedAt = facts.GeneratedAt,
            PolicyVersion = facts.Policy.Version,
            EnforcementCeiling = facts.Ceiling,
            Repositories = facts.Repositories.Count,
            Images = images.Count,
            Statuses = StatusCounts.Of(images.Select(image => image.Status)),
            Deployable = images.Count(image => image.Deployable),
            DeployableByBreakGlass = images.Count(image => image.Forced),
            TimeIsUp = images.Count(image => image.TimeIsUp),
            BlockedDigests = blocked.Select(image => image.Digest).Distinct().Count(),
            Previous = facts.Previous,
            NewlyBlocked = Changes(blocked),
            Lifted = Changes(images.Where(image => image.Status != Status.Blocked)),
            TopReasons = [.. reasons.Take(MaxTopReasons)],
            BlockingVulnerabilities = reasons.Count,
            CoverageGaps = Gaps(images),
            CouldNotMark =
            [
                .. _unmarked.OrderBy(image => image.Repository, StringComparer.Ordinal).ThenBy(image => image.Digest),
            ],
            Waivers = Waivers(uses),
            BreakGlass = BreakGlass(),
            OtherExcuses =
            [
                .. uses.Where(use => facts.Policy.Waivers.All(waiver => waiver.Id != use.Key))
                    .Select(use => new ExcuseUse(Clean(use.Key), use.Value))
                    .OrderByDescending(excuse => excuse.Images)
                    .ThenBy(excuse => excuse.By, StringComparer.Ordinal),
            ],
            AtRisk =
            [
                .. facts
                    .Sweeps.Where(swept => swept.Sweep.AtRiskCount > 0)
                    .OrderBy(swept => swept.Repository, StringComparer.Ordinal)
                    .Select(swept => new RepositoryAtRisk(
                        swept.Repository,
                        swept.Sweep.AtRiskCount,
                        [.. swept.Sweep.AtRisk.Select(Clean)]
                    )),
            ],
            Abandoned =
            [
                .. facts
                    .Sweeps.Where(swept => swept.Sweep.AbandonedCount > 0)
                    .OrderBy(swept => swept.Repository, StringComparer.Ordinal)
                    .Select(swept => new RepositoryCount(swept.Repository, swept.Sweep.AbandonedCount)),
            ],
            LeftOver =
            [
                .. facts
                    .Sweeps.Where(swept => swept.Sweep.LeftOverCount > 0)
                    .OrderBy(swept => swept.Repository, StringComparer.Ordinal)
                    .Select(swept => new RepositoryCount(swept.Repository, swept.Sweep.LeftOverCount)),
            ],
            Drift =
            [
                .. facts
                    .Notes.Where(note => note.Drift.Count > 0)
                    .OrderBy(note => note.Repository, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>
    /// Only the last change of an image is known: one that was blocked and lifted within the week is lifted.
    /// </summary>
    private bool IsChange(ImageRecord record) =>
        facts.Week.Contains(record.StatusSince)
        && (
            record.Verdict.Status == Status.Blocked
                ? record.PreviousStatus != Status.Blocked
                : record.PreviousStatus == Status.Blocked
        );

    private bool IsGap(ImageRecord record) =>
        record.Verdict.Status switch
        {
            Status.Unscanned or Status.Unsupported or Status.Stale or Status.Error => true,
            // A scan takes its time; one that takes a day is not coming.
            Status.Pending => facts.GeneratedAt - record.StatusSince > PatienceWithPending,
            Status.Blocked or Status.Approved => false,
        };

    private static ChangedImage Changed(string repository, ImageRecord record) =>
        new(
            repository,
            record.Verdict.Image.Digest,
            Tags(record),
            record.PreviousStatus,
            record.Verdict.Status,
            record.StatusSince,
            Clean(record.Verdict.Reasons[0].Sentence),
            record.ReasonCount - 1
        );

    private static IReadOnlyList<ChangedImage> Changes(IEnumerable<Seen> images) =>
        [
            .. images
                .Select(image => image.Changed)
                .OfType<ChangedImage>()
                .OrderByDescending(image => image.Since)
                .ThenBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest),
        ];

    private static List<TopReason> Reasons(IEnumerable<Seen> blocked) =>
        [
            .. blocked
                .SelectMany(image => image.Blocking.Select(reason => (Image: image, Reason: reason)))
                .GroupBy(found => found.Reason.Vulnerability, StringComparer.Ordinal)
                .Select(same => new TopReason(
                    same.Key,
                    same.Select(found => (found.Image.Repository, found.Image.Digest)).Distinct().Count(),
                    Sorted(same.Select(found => found.Reason.Package)),
                    Sorted(same.Select(found => found.Reason.FixedIn))
                ))
                .OrderByDescending(reason => reason.Images)
                .ThenBy(reason => reason.Vulnerability, StringComparer.Ordinal),
        ];

    private static IReadOnlyList<CoverageGap> Gaps(IEnumerable<Seen> images) =>
        [
            .. images
                .Where(image => image.Gap is not null)
                .GroupBy(image => (image.Repository, image.Status, image.Gap!.Value.Code))
                .Select(same => new CoverageGap(
                    same.Key.Repository,
                    same.Key.Status,
                    same.Key.Code,
                    same.Count(),
                    same.Count(image => image.Deployable),
                    same.MinBy(image => image.Digest)!.Gap!.Value.Sentence
                ))
                .OrderBy(gap => gap.Repository, StringComparer.Ordinal)
                .ThenBy(gap => gap.Status)
                .ThenBy(gap => gap.Code, StringComparer.Ordinal),
        ];

    private IReadOnlyList<WaiverUse> Waivers(Dictionary<string, int> uses) =>
        [
            .. facts
                .Policy.Waivers.Select(waiver =>
                {
                    var lapsed = facts.GeneratedAt >= waiver.EndsAt;
                    return new WaiverUse(
                        waiver.Id,
                        waiver.Vulnerability.Pattern,
                        waiver.Package?.Pattern,
                        Clean(waiver.Owner),
                        Clean(waiver.ApprovedBy),
                        Clean(waiver.Reason),
                        waiver.Expires,
                        lapsed,
                        !lapsed && waiver.EndsAt - facts.GeneratedAt <= TimeSpan.FromDays(EndsSoonDays),
                        !_waiversUsed.Contains(waiver.Id),
                        uses.GetValueOrDefault(waiver.Id)
                    );
                })
                .OrderByDescending(waiver => waiver.Lapsed)
                .ThenBy(waiver => waiver.Expires)
                .ThenBy(waiver => waiver.Id, StringComparer.Ordinal),
        ];

    private IReadOnlyList<ForcedUse> BreakGlass() =>
        [
            .. facts
                .BreakGlass.Where(each =>
                    each.Forced.At < facts.GeneratedAt
                    && (each.Forced.InForce(facts.GeneratedAt) || facts.Week.Contains(each.Forced.Until))
                )
                .OrderByDescending(each => each.Forced.Until)
                .ThenBy(each => each.Forced.Id, StringComparer.Ordinal)
                .Select(each =>
                    (
                        each.Image,
                        each.Forced,
                        Stands: _forced.TryGetValue(each.Image, out var stands)
                            ? stands
                            : ((Status Status, IReadOnlyList<string> Tags)?)null
                    )
                )
                .Select(each => new ForcedUse(
                    each.Image.Repository.Name,
                    each.Image.Digest,
                    each.Stands?.Tags ?? [],
                    Clean(each.Forced.By),
                    each.Forced.Request?.AccessKeyId,
                    Clean(each.Forced.Reason),
                    each.Forced.At,
                    each.Forced.Until,
                    facts.Policy.Counting(each.Forced)?.InForce(facts.GeneratedAt) == true,
                    each.Forced.Revoked is { } revoked ? Clean(revoked.By) : null,
                    each.Stands?.Status
                )),
        ];

    private static IReadOnlyList<string> Tags(ImageRecord record) =>
        [.. record.Tags.Take(MaxTags).Select(tag => Phrase.Clip(tag, 128))];

    private static IReadOnlyList<string> Sorted(IEnumerable<string?> words) =>
        [.. words.OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static string Clean(string sentence) => Phrase.Clip(sentence, 500);

    private string Shared(string word)
    {
        ref var kept = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
            _words,
            word,
            out _
        );
        return kept ??= word;
    }

    private string? SharedIfAny(string? word) => word is null ? null : Shared(word);
}
