using EcrGuard.Core.Images;
using EcrGuard.Core.Reports.Weekly;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// Adds up image records, in any order, each once. It keeps only what the summary needs, because it knows only at the
/// end which images are parts of an index.
/// </summary>
/// <param name="facts">Everything besides the images.</param>
public sealed class SummaryBuilder(SummaryFacts facts)
{
    /// <summary>Records in one list; more are only counted.</summary>
    public const int MaxListed = 2000;

    /// <summary>How many tags of an image are named.</summary>
    public const int MaxTags = 5;

    /// <summary>How many consumers of an image are named.</summary>
    public const int MaxRunBy = 5;

    /// <summary>A waiver that ends within this many times 24 hours ends soon.</summary>
    public const int EndsSoonDays = 14;

    /// <summary>A deadline within this many times 24 hours is urgent.</summary>
    public const int DueSoonDays = 7;

    /// <summary>A repository without a push for this many times 24 hours is quiet.</summary>
    public const int QuietDays = 90;

    /// <summary>Where one class of ages of open findings ends and the next begins, in times 24 hours.</summary>
    public static readonly IReadOnlyList<int> AgeBounds = [7, 30, 90];

    /// <summary>How many classes of ages there are.</summary>
    public const int Ages = 4;

    /// <summary>What a sentence takes at most.</summary>
    private const int MaxSentence = 500;

    private static readonly TimeSpan PatienceWithPending = TimeSpan.FromDays(1);

    private readonly List<SeenImage> _seen = [];
    private readonly HashSet<(string Repository, Digest Digest)> _parts = [];
    private readonly List<UnmarkedImage> _unmarked = [];
    private readonly Dictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> _forced = [];
    private readonly HashSet<string> _waiversUsed = new(StringComparer.Ordinal);
    private readonly List<Unread> _unread = [.. UnreadFacts.Of(facts)];
    private readonly RunningImages _running = new(facts.Usage, facts.Account, facts.Region);
    private readonly RepositoryTeams _teams = new(facts.Sweeps);

    private bool _imagesRead = true;

    /// <summary>Many images have the same words: one copy of each is kept.</summary>
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);

    /// <summary>Something could not be read while images were read.</summary>
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
        // A forced approval makes an image deployable, but no better.
        var without = record.WithoutBreakGlass().AsOf(facts.GeneratedAt, facts.Policy);
        Note(without);
        // The last change of an image whose approval is forced is that it was forced, which is reported by itself.
        var tellsChange = record.Verdict.Instead is null;
        var seen = Seen(without, answer.Approved, answer.Instead is not null, tellsChange);
        _waiversUsed.UnionWith(seen.Waivers);
        _seen.Add(seen);
        return this;
    }

    /// <summary>Notes what counts even if the image turns out to be part of an index.</summary>
    private void Note(ImageRecord record)
    {
        var (image, status) = (record.Verdict.Image, record.Verdict.Status);
        var repository = Shared(image.Repository.Name);
        _parts.UnionWith(record.Children.Select(child => (repository, child.Digest)));
        if (facts.BreakGlass.Any(each => each.Image == image))
            _forced[image] = (status, Tags(record));
        if (record.CouldNotMark is { } why)
            _unmarked.Add(new UnmarkedImage(repository, image.Digest, Tags(record), status, Clip(why)));
    }

    private SeenImage Seen(ImageRecord record, bool deployable, bool forced, bool tellsChange)
    {
        var reason = record.Verdict.Reasons[0];
        return new SeenImage(Reported(record, deployable), forced, reason.Code == ImageRecord.TimeIsUp)
        {
            Waivers = [.. record.WaiversUsed.Select(Shared)],
            Changed = tellsChange && IsChange(record) ? Changed(record) : null,
            Gap = IsGap(record) ? (Shared(reason.Code), Shared(Clip(reason.Sentence))) : null,
            First = record.First,
            NamedBy = facts.Quarantined.Contains(record.Verdict.Image) ? _running.Naming(record) : [],
        };
    }

    private ReportedImage Reported(ImageRecord record, bool deployable)
    {
        var verdict = record.Verdict;
        var repository = Shared(verdict.Image.Repository.Name);
        var runBy = _running.Of(record);
        var (blocked, approved) = (verdict.Status == Status.Blocked, verdict.Status == Status.Approved);
        return new ReportedImage(
            repository,
            verdict.Image.Digest,
            Tags(record),
            verdict.Status,
            record.StatusSince,
            record.PushedAt,
            deployable,
            approved ? null : Shared(Clip(verdict.Reasons[0].Sentence)),
            approved ? 0 : record.ReasonCount - 1
        )
        {
            Team = _teams.Of(repository),
            RunBy = [.. runBy.Take(MaxRunBy).Select(Shared)],
            RunByCount = runBy.Count,
            Severity = blocked && verdict.Blocking is [var worst, ..] ? worst : null,
            Deadline = blocked && runBy.Count > 0 ? Deadline(record) : null,
            Blocking = blocked ? Blocking(verdict) : [],
        };
    }

    /// <summary>The end of its grace, or else the policy's days from the day of the block.</summary>
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

    /// <summary>The summary of all images that were added.</summary>
    public WeeklySummary Build()
    {
        var images = _seen
            .Where(image => !_parts.Contains((image.Repository, image.Digest)))
            .OrderBy(image => image.Repository, StringComparer.Ordinal)
            .ThenBy(image => image.Digest)
            .ToList();
        var blocked = images.FindAll(image => image.Status == Status.Blocked);
        var newlyBlocked = ImageTables.Changes(blocked);
        var uses = images.SelectMany(image => image.Waivers).CountBy(id => id, StringComparer.Ordinal).ToDictionary();
        var waivers = ExceptionTables.Waivers(facts, uses, _waiversUsed);
        var unread = Unread();
        var actions = ActionList.Of(facts, images, waivers, unread, _teams);
        var past = facts.Past.Where(past => facts.Covers(past.Repository)).ToList();
        var groups = GroupTables.ByRepository(facts, images, newlyBlocked, past, _teams);
        var summary = new WeeklySummary
        {
            Unread = unread,
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
            NotSeen = [.. UnreadFacts.Consumers(facts, bySetting: true).Distinct()],
            RunningBlocked = blocked.Count(image => image.Image.Runs),
            Actions = [.. actions.Take(MaxListed)],
            ActionCount = actions.Count,
            Blocked = ImageTables.Blocked(blocked),
            Fixes = ImageTables.Fixes(blocked),
            All = images.ConvertAll(image => image.Image),
            Trend = [],
            Remediation = RemediationTable.Of(facts, past),
            HistorySince = past.Count == 0 ? null : past.Min(each => each.History.Since),
            MedianDays = RemediationTable.MedianDays(facts, past),
            Delivery = DeliveryTimes.Of(images, facts.Week),
            Storage = SweepTables.Storage(facts, past),
            Teams = GroupTables.ByTeam(groups),
            ByRepository = groups,
            TeamTag = facts.Policy.Defaults.TeamTag,
            Quiet = GroupTables.Quiet(images, facts.GeneratedAt, _teams),
            NewlyBlocked = newlyBlocked,
            Lifted = ImageTables.Changes(images.Where(image => image.Status != Status.Blocked)),
            BlockingVulnerabilities = ImageTables.BlockingVulnerabilities(blocked),
            CoverageGaps = ImageTables.Gaps(images),
            CouldNotMark = Unmarked(),
            Waivers = waivers,
            BreakGlass = ExceptionTables.BreakGlass(facts, _forced),
            OtherExcuses = ExceptionTables.Others(facts.Policy, uses),
            AtRisk = SweepTables.AtRisk(facts),
            Abandoned = SweepTables.Abandoned(facts),
            LeftOver = SweepTables.LeftOver(facts),
            Drift = Drift(),
        };
        return summary with { Trend = Trend(summary) };
    }

    private IReadOnlyList<Unread> Unread() =>
        [
            .. _unread
                .Select(unread => new Unread(Clip(unread.What), Clip(unread.Why)))
                .Distinct()
                .OrderBy(unread => unread.What, StringComparer.Ordinal)
                .ThenBy(unread => unread.Why, StringComparer.Ordinal),
        ];

    private IReadOnlyList<UnmarkedImage> Unmarked() =>
        [.. _unmarked.OrderBy(image => image.Repository, StringComparer.Ordinal).ThenBy(image => image.Digest)];

    private IReadOnlyList<RepositoryNote> Drift() =>
        [.. facts.Notes.Where(note => note.Drift.Count > 0).OrderBy(note => note.Repository, StringComparer.Ordinal)];

    /// <summary>The oldest week first. A week of which nothing is known is a gap.</summary>
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

    /// <summary>
    /// Only the last change of an image is known: an image that was blocked and lifted within the week is lifted.
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
            // A scan takes its time, but one that takes a day is not coming.
            Status.Pending => facts.GeneratedAt - record.StatusSince > PatienceWithPending,
            Status.Blocked or Status.Approved => false,
        };

    private ChangedImage Changed(ImageRecord record) =>
        new(
            Shared(record.Verdict.Image.Repository.Name),
            record.Verdict.Image.Digest,
            Tags(record),
            record.PreviousStatus,
            record.Verdict.Status,
            record.StatusSince,
            Clip(record.Verdict.Reasons[0].Sentence),
            record.ReasonCount - 1
        );

    private static IReadOnlyList<string> Tags(ImageRecord record) =>
        [.. record.Tags.Take(MaxTags).Select(tag => Phrase.Clip(tag, 128))];

    /// <summary>A sentence, cut for reports.</summary>
    internal static string Clip(string sentence) => Phrase.Clip(sentence, MaxSentence);

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
