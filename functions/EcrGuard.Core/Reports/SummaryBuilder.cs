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
    /// <summary>Records of one list; more are counted.</summary>
    public const int MaxListed = 2000;

    /// <summary>Tags named of one image.</summary>
    public const int MaxTags = 5;

    /// <summary>Consumers named of one image.</summary>
    public const int MaxRunBy = 5;

    /// <summary>A waiver that ends within this many times 24 hours ends soon.</summary>
    public const int EndsSoonDays = 14;

    /// <summary>A deadline within this many times 24 hours needs somebody now.</summary>
    public const int DueSoonDays = 7;

    /// <summary>A repository without a push for this many times 24 hours is quiet.</summary>
    public const int QuietDays = 90;

    /// <summary>Where the ages of open findings are parted, in times 24 hours.</summary>
    public static readonly IReadOnlyList<int> AgeBounds = [7, 30, 90];

    /// <summary>How many ages there are.</summary>
    public const int Ages = 4;

    private const string WhatRuns = "what runs";

    private static readonly TimeSpan PatienceWithPending = TimeSpan.FromDays(1);

    private static readonly TimeSpan JustBefore = TimeSpan.FromHours(1);

    /// <summary>Sweeps come daily, and read what runs.</summary>
    private static readonly TimeSpan SweepIsLate = TimeSpan.FromDays(2);

    private readonly List<Seen> _seen = [];
    private readonly HashSet<(string Repository, Digest Digest)> _parts = [];
    private readonly List<UnmarkedImage> _unmarked = [];
    private readonly Dictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> _forced = [];
    private readonly HashSet<string> _waiversUsed = new(StringComparer.Ordinal);
    private readonly List<Unread> _unread =
    [
        .. facts.Unread,
        .. UnusedVex(facts.Policy),
        .. UnreadConsumers(facts),
        .. Unswept(facts),
    ];
    private readonly RunningImages _running = new(facts.Usage, facts.Account, facts.Region);
    private readonly Dictionary<string, string?> _teams = facts
        .Sweeps.GroupBy(swept => swept.Repository, StringComparer.Ordinal)
        .ToDictionary(
            same => same.Key,
            same => same.Last().Sweep.Team is { Length: > 0 } team ? Phrase.Clip(team, 256) : null,
            StringComparer.Ordinal
        );

    private bool _imagesRead = true;

    // The same words come with image after image; one copy of each is kept.
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    /// <summary>What one image adds to the summary, unless it turns out to be part of an index.</summary>
    private sealed record Seen(ReportedImage Image, bool Forced, bool TimeIsUp)
    {
        public string Repository => Image.Repository;
        public Digest Digest => Image.Digest;
        public Status Status => Image.Status;
        public IReadOnlyList<string> Waivers { get; init; } = [];
        public ChangedImage? Changed { get; init; }
        public (string Code, string Sentence)? Gap { get; init; }
        public FirstVerdict? First { get; init; }

        /// <summary>Who names it although it was taken out of reach.</summary>
        public IReadOnlyList<string> NamedBy { get; init; } = [];
    }

    /// <summary>The VEX documents that excuse nothing, since something in them is wrong.</summary>
    private static IEnumerable<Unread> UnusedVex(PolicyDocument policy) =>
        from problem in policy.VexProblems
        group problem by problem.File into wrong
        let more = wrong.Count() == 1 ? "" : $" And {Phrase.Count(wrong.Count() - 1, "more problem")}."
        let why = $"It excuses nothing until this is mended: {wrong.First().ToString("")}{more}"
        select new Unread($"the VEX document {wrong.Key}", why);

    /// <summary>Something that shows itself to be unreadable while images are read.</summary>
    public SummaryBuilder CouldNotReadImages(Unread unread)
    {
        _imagesRead = false;
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
        var runBy = _running.Of(record);
        var blocked = verdict.Status == Status.Blocked;
        _seen.Add(
            new Seen(
                new ReportedImage(
                    repository,
                    verdict.Image.Digest,
                    Tags(record),
                    verdict.Status,
                    record.StatusSince,
                    record.PushedAt,
                    answer.Approved,
                    verdict.Status == Status.Approved ? null : Shared(Clean(verdict.Reasons[0].Sentence)),
                    verdict.Status == Status.Approved ? 0 : record.ReasonCount - 1
                )
                {
                    Team = _teams.GetValueOrDefault(repository),
                    RunBy = [.. runBy.Take(MaxRunBy).Select(Shared)],
                    RunByCount = runBy.Count,
                    Severity = blocked && verdict.Blocking is [var worst, ..] ? worst : null,
                    Deadline = blocked && runBy.Count > 0 ? Deadline(record) : null,
                    Blocking = blocked ? Blocking(verdict) : [],
                },
                answer.Instead is not null,
                verdict.Reasons[0].Code == ImageRecord.TimeIsUp
            )
            {
                Waivers = waivers,
                // What changed last is that it was forced, which is told for itself.
                Changed = !forced && IsChange(record) ? Changed(repository, record) : null,
                Gap = IsGap(record)
                    ? (Shared(verdict.Reasons[0].Code), Shared(Clean(verdict.Reasons[0].Sentence)))
                    : null,
                First = record.First,
                NamedBy = facts.Quarantined.Contains(verdict.Image) ? _running.Naming(record) : [],
            }
        );
        return this;
    }

    /// <summary>The clock where one runs, else the policy's days from the day of the block.</summary>
    private DateTimeOffset? Deadline(ImageRecord record) =>
        record.Grace is { Counting: true } grace ? grace.EndsAt
        : record.Verdict.Blocking is [var worst, ..] && facts.Policy.DaysToFix(worst) is { } days
            ? record.StatusSince.AddDays(days)
        : null;

    private IReadOnlyList<BlockingFinding> Blocking(Verdict verdict) =>
        [
            .. verdict
                .Reasons.Where(reason => reason.Vulnerability is not null)
                .Select(reason => reason.Clip())
                .Select(reason => new BlockingFinding(
                    Shared(reason.Vulnerability!),
                    SharedIfAny(reason.Package),
                    reason.Severity,
                    SharedIfAny(reason.Installed),
                    SharedIfAny(reason.FixedIn),
                    reason.Score,
                    reason.Epss
                ))
                .Distinct(),
        ];

    public WeeklySummary Build()
    {
        var images = _seen
            .Where(image => !_parts.Contains((image.Repository, image.Digest)))
            .OrderBy(image => image.Repository, StringComparer.Ordinal)
            .ThenBy(image => image.Digest)
            .ToList();
        var blocked = images.Where(image => image.Status == Status.Blocked).ToList();
        var uses = images
            .SelectMany(image => image.Waivers)
            .GroupBy(id => id, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.Count(), StringComparer.Ordinal);
        var (newlyBlocked, lifted) = (Changes(blocked), Changes(images.Where(image => image.Status != Status.Blocked)));
        var waivers = Waivers(uses);
        var actions = Actions(images, waivers);
        var past = facts.Past.Where(past => Counts(past.Repository)).ToList();
        var fixedThisWeek = past.SelectMany(each => each.History.Fixed)
            .Where(each => facts.Week.Contains(each.FixedAt))
            .Select(each => each.Days)
            .Order()
            .ToList();
        var groups = Groups(images, newlyBlocked, past);
        var summary = new WeeklySummary
        {
            Unread =
            [
                .. _unread
                    .Select(unread => new Unread(Clean(unread.What), Clean(unread.Why)))
                    .Distinct()
                    .OrderBy(unread => unread.What, StringComparer.Ordinal)
                    .ThenBy(unread => unread.Why, StringComparer.Ordinal),
            ],
            ImagesRead = _imagesRead,
            Account = facts.Account,
            Region = facts.Region,
            Week = facts.Week,
            GeneratedAt = facts.GeneratedAt,
            PolicyVersion = facts.Policy.Version,
            EnforcementCeiling = facts.Ceiling,
            Repositories = groups.Count,
            Images = images.Count,
            Statuses = StatusCounts.Of(images.Select(image => image.Status)),
            Deployable = images.Count(image => image.Image.Deployable),
            DeployableByBreakGlass = images.Count(image => image.Forced),
            TimeIsUp = images.Count(image => image.TimeIsUp),
            BlockedDigests = blocked.Select(image => image.Digest).Distinct().Count(),
            Running = images.Count(image => image.Image.Runs),
            RunningReadAt = facts.Usage?.ReadAt,
            NotSeen = [.. Consumers(facts, bySetting: true).Distinct()],
            RunningBlocked = blocked.Count(image => image.Image.Runs),
            Actions = [.. actions.Take(MaxListed)],
            ActionCount = actions.Count,
            Blocked =
            [
                .. blocked
                    .Select(image => image.Image)
                    .OrderBy(image => !image.Runs)
                    .ThenByDescending(image => image.Severity)
                    .ThenBy(image => image.Repository, StringComparer.Ordinal)
                    .ThenBy(image => image.Digest)
                    .Take(MaxListed),
            ],
            Fixes = Fixes(blocked),
            All = images.ConvertAll(image => image.Image),
            Trend = [],
            Remediation = Remediation(past),
            HistorySince = past.Count == 0 ? null : past.Min(each => each.History.Since),
            MedianDays = Percentile(fixedThisWeek, 50),
            Delivery = Deliveries(images),
            Storage = StorageOf(past),
            Teams = Teams(groups),
            ByRepository = groups,
            TeamTag = facts.Policy.Defaults.TeamTag,
            Quiet = Quiet(images),
            NewlyBlocked = newlyBlocked,
            Lifted = lifted,
            BlockingVulnerabilities = blocked
                .SelectMany(image => image.Image.Blocking)
                .Select(finding => finding.Vulnerability)
                .Distinct(StringComparer.Ordinal)
                .Count(),
            CoverageGaps = Gaps(images),
            CouldNotMark =
            [
                .. _unmarked.OrderBy(image => image.Repository, StringComparer.Ordinal).ThenBy(image => image.Digest),
            ],
            Waivers = waivers,
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
        return summary with { Trend = Trend(summary) };
    }

    /// <summary>This week last; a week of which nothing is known is a gap.</summary>
    private List<TrendWeek> Trend(WeeklySummary summary)
    {
        var known = facts.Trend.GroupBy(week => week.Week).ToDictionary(same => same.Key, same => same.Last());
        known[facts.Week] = summary.RollUp();
        var weeks = new List<TrendWeek>();
        for (var week = facts.Week; weeks.Count < RepositoryHistory.Weeks; week = week.Previous)
            weeks.Add(new TrendWeek(week, known.GetValueOrDefault(week) is { ImagesRead: true } whole ? whole : null));
        weeks.Reverse();
        return weeks;
    }

    private bool Counts(string repository) => facts.Repositories.Count == 0 || facts.Repositories.Contains(repository);

    /// <summary>What failed; what a setting keeps from being seen is told beside it.</summary>
    private static IEnumerable<Unread> UnreadConsumers(SummaryFacts facts) =>
        Consumers(facts, bySetting: false)
            .Select(unread => unread with { Why = $"What they might use counts as in use. {unread.Why}" })
            .Concat(
                facts.Usage is not { } usage
                    ? [new Unread(WhatRuns, "No sweep has read it yet, or it could not be read.")]
                : facts.GeneratedAt - usage.ReadAt > SweepIsLate
                    ? [new Unread(WhatRuns, $"It was last read {usage.ReadAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC.")]
                : []
            );

    private static IEnumerable<Unread> Consumers(SummaryFacts facts, bool bySetting) =>
        (facts.Usage?.Unread ?? [])
            .Where(consumer => consumer.BySetting == true == bySetting)
            .Select(consumer => new Unread($"{consumer.What} of account {consumer.Account}", consumer.Why));

    /// <summary>A sweep that did not come to a repository leaves what is told of it old.</summary>
    private static IEnumerable<Unread> Unswept(SummaryFacts facts)
    {
        var swept = facts
            .Sweeps.Where(each => facts.GeneratedAt - each.Sweep.SweptAt <= SweepIsLate)
            .Select(each => each.Repository)
            .ToHashSet(StringComparer.Ordinal);
        var late = facts.Repositories.Where(name => !swept.Contains(name)).Order(StringComparer.Ordinal).ToList();
        if (late.Count > 0)
            yield return new Unread(
                Phrase.Count(late.Count, "repository", "repositories"),
                $"No sweep came to its end there in the last two days: {Phrase.Some(late, 5)}."
            );
    }

    private List<ActionNeeded> Actions(List<Seen> images, IReadOnlyList<WaiverUse> waivers)
    {
        var soon = facts.GeneratedAt.AddDays(DueSoonDays);
        var actions = new List<ActionNeeded>();
        foreach (var seen in images.Where(image => image.Image.Runs))
        {
            var image = seen.Image;
            if (image.Status == Status.Blocked)
            {
                var kind =
                    image.Deadline <= facts.GeneratedAt ? ActionKind.Overdue
                    : image.Deadline <= soon ? ActionKind.DueSoon
                    : ActionKind.RunsBlocked;
                actions.Add(Of(kind, image, FixText.For(image.Blocking)));
            }
            else if (!image.Deployable)
            {
                actions.Add(Of(ActionKind.RunsWithoutYes, image, FixText.For(image.Status)));
            }
        }
        actions.AddRange(
            images
                .Where(seen => seen.NamedBy.Count > 0)
                .Select(seen =>
                    Of(
                        ActionKind.QuarantinedAndNamed,
                        seen.Image with
                        {
                            RunBy = [.. seen.NamedBy.Take(MaxRunBy)],
                            RunByCount = seen.NamedBy.Count,
                        },
                        "It cannot be pulled: deploy another image, or put it back with 'ecrguard release'."
                    )
                )
        );
        actions.AddRange(
            facts
                .Sweeps.Where(swept => swept.Sweep.AtRiskCount > 0 && Counts(swept.Repository))
                .Select(swept => new ActionNeeded(
                    ActionKind.WillExpire,
                    $"{Phrase.Count(swept.Sweep.AtRiskCount, "image")} in use in {swept.Repository}",
                    swept.Sweep.AtRisk is [var first, ..] ? Clean(first) : "",
                    "The repository's own lifecycle policy takes what runs: change its rules, or let a baseline put "
                        + "EcrGuard's."
                )
                {
                    Repository = swept.Repository,
                    Team = _teams.GetValueOrDefault(swept.Repository),
                })
        );
        actions.AddRange(
            waivers
                .Where(waiver => waiver is { EndsSoon: true, Images: > 0 } || LapsedLately(waiver))
                .Select(waiver => new ActionNeeded(
                    ActionKind.WaiverEnds,
                    $"Waiver {waiver.Id} for {waiver.Vulnerability}",
                    waiver.Lapsed
                        ? $"It ended after {FixText.Day(waiver.Expires)}: what it excused blocks again."
                        : $"It ends after {FixText.Day(waiver.Expires)} and excuses "
                            + $"{Phrase.Count(waiver.Images, "image")}: "
                            + $"{(waiver.Images == 1 ? "it" : "they")} may be blocked then.",
                    "Fix the finding, or have the waiver approved again with a new end."
                )
                {
                    Team = waiver.Owner,
                    Deadline = new DateTimeOffset(waiver.Expires.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero),
                })
        );
        actions.AddRange(
            _unread
                .Select(unread => new Unread(Clean(unread.What), Clean(unread.Why)))
                .Distinct()
                .Select(unread => new ActionNeeded(
                    ActionKind.Unread,
                    unread.What,
                    unread.Why,
                    "Give EcrGuard the right to read it, or mend what the error names. Until then the report is "
                        + "incomplete."
                ))
        );
        return
        [
            .. actions
                .OrderBy(action => action.Kind)
                .ThenByDescending(action => action.Severity)
                .ThenBy(action => action.Deadline)
                .ThenBy(action => action.Repository, StringComparer.Ordinal)
                .ThenBy(action => action.Digest)
                .ThenBy(action => action.What, StringComparer.Ordinal),
        ];

        static ActionNeeded Of(ActionKind kind, ReportedImage image, string fix) =>
            new(kind, SummaryText.ShortName(image.Repository, image.Digest, image.Tags), image.Why ?? "", fix)
            {
                Repository = image.Repository,
                Digest = image.Digest,
                RunBy = image.RunBy,
                RunByCount = image.RunByCount,
                Team = image.Team,
                Severity = image.Severity,
                Deadline = image.Deadline,
                Vulnerability = image.Blocking is [var first, ..] ? first.Vulnerability : null,
                Package = image.Blocking is [var named, ..] ? named.Package : null,
            };

        bool LapsedLately(WaiverUse waiver) =>
            waiver.Lapsed
            && facts.GeneratedAt
                < new DateTimeOffset(waiver.Expires.AddDays(1 + DueSoonDays), TimeOnly.MinValue, TimeSpan.Zero);
    }

    private static IReadOnlyList<FixGroup> Fixes(List<Seen> blocked) =>
        [
            .. blocked
                .SelectMany(seen =>
                    seen.Image.Blocking.GroupBy(finding => FixText.Update(finding))
                        .Select(same => (seen.Image, Update: same.Key, Findings: same.ToList()))
                )
                .GroupBy(each => each.Update)
                .Select(same => new FixGroup(
                    same.Key.Package,
                    same.Key.FixedIn,
                    Sorted(same.SelectMany(each => each.Findings).Select(finding => finding.Vulnerability)),
                    same.Count(),
                    same.Select(each => each.Image.Repository).Distinct(StringComparer.Ordinal).Count(),
                    same.Count(each =>
                        each.Image.Blocking.Count == each.Findings.Count
                        && each.Image.MoreReasons < ImageRecord.MaxReasons
                    ),
                    same.Count(each => each.Image.Runs)
                ))
                .OrderBy(fix => fix.FixedIn is null)
                .ThenByDescending(fix => fix.Images)
                .ThenByDescending(fix => fix.Unblocks)
                .ThenBy(fix => fix.Package, StringComparer.Ordinal)
                .ThenBy(fix => fix.FixedIn, StringComparer.Ordinal)
                .Take(MaxListed),
        ];

    private IReadOnlyList<RemediationRow> Remediation(List<RepositoryPast> past)
    {
        var open = past.SelectMany(each => each.History.Open)
            .Where(each => each.Blocks)
            .ToLookup(each => each.Severity);
        var mended = past.SelectMany(each => each.History.Fixed).ToLookup(each => each.Severity);
        var (now, week) = (facts.GeneratedAt, facts.Week);
        return
        [
            .. Enum.GetValues<Severity>()
                .OrderDescending()
                .Where(severity => open.Contains(severity) || mended.Contains(severity))
                .Select(severity =>
                {
                    var deadline = facts.Policy.DaysToFix(severity);
                    var (left, done) = (open[severity].ToList(), mended[severity].ToList());
                    var days = done.Select(each => each.Days).Order().ToList();
                    var ages = left.Select(each => (now - each.FirstSeen).TotalDays).ToList();
                    var byAge = new int[Ages];
                    foreach (var age in ages)
                        byAge[AgeBounds.Count(bound => age >= bound)]++;
                    return new RemediationRow(
                        severity,
                        deadline,
                        left.Count(each => week.Contains(each.FirstSeen))
                            + done.Count(each => week.Contains(each.FirstSeen)),
                        done.Count(each => week.Contains(each.FixedAt)),
                        done.Count,
                        Percentile(days, 50),
                        Percentile(days, 90),
                        left.Count,
                        deadline is { } most ? ages.Count(age => age > most) : 0,
                        byAge,
                        ages.Count == 0 ? null : Math.Round(ages.Max(), 1)
                    );
                }),
        ];
    }

    /// <summary>By the nearest rank, to one decimal; null of nothing.</summary>
    /// <param name="sorted">Ascending.</param>
    internal static double? Percentile(List<double> sorted, int percent) =>
        sorted.Count == 0
            ? null
            : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percent / 100.0) - 1)], 1);

    private Delivery Deliveries(List<Seen> images)
    {
        // What was there long before EcrGuard got its first verdict when EcrGuard came.
        var since = images.Min(seen => seen.First?.At);
        images = images.FindAll(seen => since is null || seen.Image.PushedAt >= since - JustBefore);
        var pushed = images.Where(seen => seen.Image.PushedAt is { } at && facts.Week.Contains(at)).ToList();
        var judged = pushed.Where(seen => seen.First is not null).ToList();
        var minutes = judged
            .Select(seen => Math.Max(0, (seen.First!.At - seen.Image.PushedAt!.Value).TotalMinutes))
            .Order()
            .ToList();
        var restored = new List<double>();
        foreach (
            var repository in images
                .Where(seen => seen is { First: not null, Image.PushedAt: not null })
                .GroupBy(seen => seen.Repository, StringComparer.Ordinal)
        )
        {
            DateTimeOffset? blockedAt = null;
            foreach (var seen in repository.OrderBy(seen => seen.Image.PushedAt).ThenBy(seen => seen.Digest))
            {
                if (seen.First!.Status == Status.Blocked)
                    blockedAt ??= seen.First.At;
                else if (seen.First.Status == Status.Approved && blockedAt is { } at)
                {
                    if (facts.Week.Contains(seen.First.At))
                        restored.Add(Math.Max(0, (seen.First.At - at).TotalHours));
                    blockedAt = null;
                }
            }
        }
        restored.Sort();
        return new Delivery(
            since,
            pushed.Count,
            judged.Count,
            judged.Count(seen => seen.First!.Status == Status.Blocked),
            Percentile(minutes, 50),
            Percentile(minutes, 90),
            restored.Count,
            Percentile(restored, 50)
        );
    }

    private Storage StorageOf(List<RepositoryPast> past)
    {
        var weeks = past.SelectMany(each => each.History.Storage).Where(each => each.Week == facts.Week).ToList();
        var sweeps = facts.Sweeps.Where(swept => Counts(swept.Repository)).Select(swept => swept.Sweep).ToList();
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

    private List<GroupRow> Groups(
        List<Seen> images,
        IReadOnlyList<ChangedImage> newlyBlocked,
        List<RepositoryPast> past
    )
    {
        var byRepository = images.ToLookup(seen => seen.Repository, StringComparer.Ordinal);
        var fresh = newlyBlocked.CountBy(image => image.Repository, StringComparer.Ordinal).ToDictionary();
        var histories = past.GroupBy(each => each.Repository, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.First().History, StringComparer.Ordinal);
        var names = facts
            .Repositories.Concat(byRepository.Select(same => same.Key))
            .Concat(histories.Keys)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        return
        [
            .. names.Select(name =>
            {
                var (all, history) = (byRepository[name], histories.GetValueOrDefault(name));
                var open = history?.Open.Where(each => each.Blocks).ToList() ?? [];
                return new GroupRow(
                    name,
                    _teams.GetValueOrDefault(name),
                    1,
                    all.Count(),
                    all.Count(seen => seen.Image.Runs),
                    all.Count(seen => seen.Status == Status.Blocked),
                    all.Count(seen => seen.Status == Status.Blocked && seen.Image.Runs),
                    fresh.GetValueOrDefault(name),
                    all.Count(seen => seen.Gap is not null),
                    open.Count,
                    open.Count(each =>
                        facts.Policy.DaysToFix(each.Severity) is { } days
                        && (facts.GeneratedAt - each.FirstSeen).TotalDays > days
                    ),
                    history?.Fixed.Count(each => facts.Week.Contains(each.FixedAt)) ?? 0
                );
            }),
        ];
    }

    private static IReadOnlyList<GroupRow> Teams(List<GroupRow> repositories) =>
        [
            .. repositories
                .GroupBy(row => row.Team ?? "", StringComparer.Ordinal)
                .Select(same => new GroupRow(
                    same.Key,
                    null,
                    same.Count(),
                    same.Sum(row => row.Images),
                    same.Sum(row => row.Running),
                    same.Sum(row => row.Blocked),
                    same.Sum(row => row.RunningBlocked),
                    same.Sum(row => row.NewlyBlocked),
                    same.Sum(row => row.Uncovered),
                    same.Sum(row => row.Open),
                    same.Sum(row => row.Overdue),
                    same.Sum(row => row.Fixed)
                ))
                .OrderByDescending(row => row.RunningBlocked)
                .ThenByDescending(row => row.Blocked)
                .ThenBy(row => row.Name, StringComparer.Ordinal),
        ];

    private IReadOnlyList<QuietRepository> Quiet(List<Seen> images) =>
        [
            .. images
                .GroupBy(seen => seen.Repository, StringComparer.Ordinal)
                .Where(same => same.All(seen => seen.Image.PushedAt <= facts.GeneratedAt.AddDays(-QuietDays)))
                .Select(same => new QuietRepository(
                    same.Key,
                    _teams.GetValueOrDefault(same.Key),
                    same.Max(seen => seen.Image.PushedAt!.Value),
                    same.Count()
                ))
                .OrderBy(quiet => quiet.NewestPush)
                .ThenBy(quiet => quiet.Repository, StringComparer.Ordinal),
        ];

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
                    same.Count(image => image.Image.Deployable),
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
