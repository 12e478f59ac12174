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

    /// <summary>A grace that ends within this many times 24 hours is urgent.</summary>
    public const int EndsWithinDays = 7;

    /// <summary>A repository without a push for this many times 24 hours is quiet.</summary>
    public const int QuietDays = 90;

    /// <summary>Where one class of ages of open findings ends and the next begins, in times 24 hours.</summary>
    public static readonly IReadOnlyList<int> AgeBounds = [7, 30, 90];

    /// <summary>How many classes of ages there are.</summary>
    public const int Ages = 4;

    /// <summary>What a sentence takes at most.</summary>
    private const int MaxSentence = 500;

    private readonly SeenImages _seen = new(facts);
    private List<UnmarkedImage> _unmarked = [];
    private readonly Dictionary<ImageId, (Status Status, IReadOnlyList<string> Tags)> _forced = [];
    private readonly HashSet<string> _waiversUsed = new(StringComparer.Ordinal);
    private readonly List<Unread> _unread = [.. UnreadFacts.Of(facts)];

    private bool _imagesRead = true;
    private int _couldNotMark;

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
        _seen.Add(without, answer, tellsChange: record.Verdict.Instead is null);
        return this;
    }

    /// <summary>Notes what counts even if the image turns out to be part of an index.</summary>
    private void Note(ImageRecord record)
    {
        var (image, status) = (record.Verdict.Image, record.Verdict.Status);
        _waiversUsed.UnionWith(record.WaiversUsed);
        if (facts.BreakGlass.Any(each => each.Image == image))
            _forced[image] = (status, Tags(record));
        if (record.CouldNotMark is not { } why)
            return;
        _couldNotMark++;
        _unmarked.Add(new UnmarkedImage(image.Repository.Name, image.Digest, Tags(record), status, Clip(why)));
        if (_unmarked.Count >= 2 * MaxListed)
            _unmarked = Unmarked();
    }

    /// <summary>The summary of all images that were added.</summary>
    public WeeklySummary Build()
    {
        var images = _seen.Whole();
        var blocked = images.FindAll(image => image.IsBlocked);
        var changed = images.FindAll(image => image.Details.IsChange);
        var newlyBlocked = changed.FindAll(image => image.IsBlocked);
        var lifted = changed.FindAll(image => !image.IsBlocked);
        var uses = images
            .SelectMany(image => image.Details.Waivers)
            .CountBy(id => id, StringComparer.Ordinal)
            .ToDictionary();
        var waivers = ExceptionTables.Waivers(facts, uses, _waiversUsed);
        var actions = ActionList.Of(facts, images, waivers, _seen.Teams);
        var past = facts.Past.Where(past => facts.Covers(past.Repository)).ToList();
        var groups = GroupTables.ByRepository(facts, images, past, _seen.Teams);
        var summary = new WeeklySummary
        {
            Unread = Unread(),
            ImagesRead = _imagesRead,
            Account = facts.Account,
            Region = facts.Region,
            Week = facts.Week,
            GeneratedAt = facts.GeneratedAt,
            MadeAgain = facts.MadeAgain,
            PolicyVersion = facts.Policy.Version,
            EnforcementCeiling = facts.Ceiling,
            Repositories = groups.Count,
            Images = images.Count,
            Statuses = StatusCounts.Of(images.Select(image => image.Status)),
            Deployable = images.Count(image => image.Deployable),
            DeployableByBreakGlass = images.Count(image => image.Forced),
            TimeIsUp = images.Count(image => image.TimeIsUp),
            BlockedDigests = blocked.Select(image => image.Digest).Distinct().Count(),
            Running = IfRead(images.Count(image => image.Runs)),
            RunsKnown = facts.RunsKnown,
            RunningReadAt = facts.Usage?.ReadAt,
            NotSeen = [.. UnreadFacts.Consumers(facts, bySetting: true).Distinct()],
            RunningBlocked = IfRead(blocked.Count(image => image.Runs)),
            Actions = [.. actions.Take(MaxListed)],
            ActionCount = actions.Count,
            Blocked = ImageTables.Blocked(blocked),
            Fixes = FixTable.Of(blocked, isRead: facts.Usage is not null),
            All = images.Select(image => image.Reported()),
            Trend = [],
            Remediation = RemediationTable.Of(facts, past),
            OpenUnlisted = past.Sum(each => each.History.OpenUnlisted),
            FixedUnlisted = past.Count(each => each.History.FixedCutAt is not null),
            Open = RemediationTable.Open(facts, past, _seen.Teams),
            HistorySince = past.Count == 0 ? null : past.Min(each => each.History.Since),
            MedianDays = RemediationTable.MedianDays(facts, past),
            Delivery = DeliveryTimes.Of(images, facts.Week),
            Storage = SweepTables.Storage(facts, past),
            Teams = GroupTables.ByTeam(groups),
            ByRepository = groups,
            TeamTag = facts.Policy.Defaults.TeamTag,
            Quiet = GroupTables.Quiet(images, facts.GeneratedAt, _seen.Teams),
            NewlyBlocked = ImageTables.Changes(newlyBlocked),
            NewlyBlockedCount = newlyBlocked.Count,
            NewlyBlockedApproved = newlyBlocked.Count(image => image.Details.Was == Status.Approved),
            Lifted = ImageTables.Changes(lifted),
            LiftedCount = lifted.Count,
            BlockingVulnerabilities = ImageTables.BlockingVulnerabilities(blocked),
            CoverageGaps = ImageTables.Gaps(images),
            CouldNotMark = Unmarked(),
            CouldNotMarkCount = _couldNotMark,
            Waivers = waivers,
            BreakGlass = ExceptionTables.BreakGlass(facts, _forced),
            OtherExcuses = ExceptionTables.Others(facts.Policy, uses),
            AtRisk = SweepTables.AtRisk(facts),
            Lint = SweepTables.Lint(facts),
            Abandoned = SweepTables.Abandoned(facts),
            LeftOver = SweepTables.LeftOver(facts),
            Drift = Drift(),
        };
        return summary with { Trend = Trend(summary) };
    }

    /// <summary>A number of what runs is none where nobody read what runs.</summary>
    private int? IfRead(int count) => facts.Usage is null ? null : count;

    private IReadOnlyList<Unread> Unread() =>
        [
            .. _unread
                .Select(unread => new Unread(Clip(unread.What), Clip(unread.Why)))
                .Distinct()
                .OrderBy(unread => unread.What, StringComparer.Ordinal)
                .ThenBy(unread => unread.Why, StringComparer.Ordinal),
        ];

    /// <summary>The first by repository and digest, whatever the order of reading.</summary>
    private List<UnmarkedImage> Unmarked() =>
        [
            .. _unmarked
                .OrderBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest)
                .Take(MaxListed),
        ];

    private IReadOnlyList<RepositoryNote> Drift() =>
        [.. facts.Notes.Where(note => note.Drift.Count > 0).OrderBy(note => note.Repository, StringComparer.Ordinal)];

    /// <summary>
    /// The oldest week first. A week of which nothing is known is a gap. Of a week whose report is made again, only its
    /// own report knew the numbers.
    /// </summary>
    private List<TrendWeek> Trend(WeeklySummary summary)
    {
        var known = facts.Trend.GroupBy(week => week.Week).ToDictionary(same => same.Key, same => same.Last());
        if (!facts.MadeAgain)
            known[facts.Week] = summary.RollUp();
        else if (facts.Own is { } own)
            known[facts.Week] = own;
        var weeks = new List<TrendWeek>();
        for (var week = facts.Week; weeks.Count < RepositoryHistory.Weeks; week = week.Previous)
            weeks.Add(new TrendWeek(week, known.GetValueOrDefault(week) is { ImagesRead: true } whole ? whole : null));
        weeks.Reverse();
        return weeks;
    }

    internal static IReadOnlyList<string> Tags(ImageRecord record) =>
        [.. record.Tags.Take(MaxTags).Select(tag => Phrase.Clip(tag, 128))];

    /// <summary>A sentence, cut for reports.</summary>
    internal static string Clip(string sentence) => Phrase.Clip(sentence, MaxSentence);
}
