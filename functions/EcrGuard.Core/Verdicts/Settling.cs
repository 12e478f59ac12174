using System.Text.Json.Serialization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// Whether all findings of Inspector's scans of one image are listed. They follow the scan's status by minutes, and
/// events come in any order. A scan is settled when everything that was announced is listed.
/// </summary>
public sealed record Settling
{
    public static Settling Nothing { get; } = new();

    /// <summary>Whether there is nothing to store.</summary>
    [JsonIgnore]
    public bool IsNothing => Awaited.Count == 0 && this with { Awaited = Nothing.Awaited } == Nothing;

    /// <summary>How long a scan without known counts and with an empty list is not believed to be clean.</summary>
    public static readonly TimeSpan UsualTime = TimeSpan.FromMinutes(10);

    /// <summary>How long announced findings may be missing. After that nobody can say whether they ever come.</summary>
    public static readonly TimeSpan EndsWithin = TimeSpan.FromHours(24);

    /// <summary>
    /// How long after the last news EcrGuard looks again by itself. After the last of these the sweep does.
    /// </summary>
    private static readonly TimeSpan[] Looks = [.. new[] { 1, 2, 5, 10 }.Select(at => TimeSpan.FromMinutes(at))];

    /// <summary>A planned look that is later than this does not come.</summary>
    private static readonly TimeSpan LateLook = TimeSpan.FromMinutes(5);

    /// <summary>An item of DynamoDB holds 400 KB: of more findings than this, only marks are stored.</summary>
    public const int MostAwaited = 400;

    /// <summary>The counts in the newest event about a whole scan; null where none came.</summary>
    public SeverityCounts? Announced { get; init; }

    /// <summary>When that scan ended, as its event says.</summary>
    public DateTimeOffset? AnnouncedAt { get; init; }

    /// <summary>
    /// Whether everything that was announced was listed once. It stays so, since closed findings are deleted later.
    /// </summary>
    public bool Met { get; init; }

    /// <summary>Only older records have it; nothing reads it.</summary>
    public bool Heard { get; init; }

    /// <summary>Findings of events that are not listed yet, or listed with other values.</summary>
    public IReadOnlyList<ReportedFinding> Awaited { get; init; } = [];

    /// <summary>
    /// The marks (<see cref="FindingFingerprints"/>) of those beyond <see cref="MostAwaited"/>; null for none.
    /// </summary>
    public string? AwaitedToo { get; init; }

    private bool Awaits => Awaited.Count > 0 || AwaitedToo is not null;

    /// <summary>Since when something is missing; null where nothing is.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When the last news came that more findings must follow.</summary>
    public DateTimeOffset? NewsAt { get; init; }

    /// <summary>When the next look is planned; null where none is.</summary>
    public DateTimeOffset? LookAt { get; init; }

    /// <summary>When the scanner was last seen to have stopped, or the image to be archived; null for never.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the last scan ended that the scanner knew of at that time.</summary>
    public DateTimeOffset? EndedScan { get; init; }

    /// <summary>When the last settled list was read; null for never.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Whether Inspector's scan had ended when it was last read.</summary>
    public bool Complete { get; init; }

    /// <summary>Whether a scan had ended when it was read after the newest event about a whole scan.</summary>
    public bool Included { get; init; }

    /// <summary>The marks of what was listed at the last read (<see cref="FindingFingerprints"/>).</summary>
    public string? Marks { get; init; }

    /// <summary>
    /// Whether an event of Inspector brings nothing new: it was listed at the last read, or is awaited.
    /// </summary>
    public bool Knows(ImageEvent heard, DateTimeOffset now) =>
        heard.LookAt is { } look ? look != LookAt
        : heard.Announced is { } counts
            ? heard.Time < AnnouncedAt
                || IsPast(heard.Time)
                || (heard.Time == AnnouncedAt && Announced!.OrMore(counts) == Announced)
        : heard.Finding is { } told
            && (
                FindingFingerprints.Include(Marks, told)
                || IsPast(told.UpdatedAt)
                || (now < LookAt && (Awaited.Contains(told) || FindingFingerprints.Include(AwaitedToo, told)))
            );

    /// <summary>Decides whether a scan is settled.</summary>
    /// <param name="news">The events about the image since the last check.</param>
    /// <param name="image">News from before its push or its restore is about an earlier life of it.</param>
    /// <param name="before">The verdict that stood before; null for none.</param>
    /// <param name="time">How long a scan without known counts may take to settle.</param>
    /// <returns>The scan, with its state after the check, and what to store.</returns>
    public (ScanFacts Scan, Settling Next) Check(
        IReadOnlyList<ImageEvent> news,
        ImageFacts image,
        ScanFacts scan,
        Verdict? before,
        TimeSpan time,
        DateTimeOffset now
    )
    {
        var over = scan.State is ScanState.Ended or ScanState.Archived;
        var begun = Begun(image, over);
        if (IsOfFormerLife(scan, begun))
            scan = scan with { State = ScanState.Pending, Word = "" };
        // A scan of an earlier life is no earlier scan of this one.
        if (before?.ScanCompletedAt < begun)
            before = before with { ScanCompletedAt = null };

        var next = WithNews(news).OfThisLife(begun);
        if (over && scan.Scanner != Scanner.Basic)
            next = next.Ended(scan, time);
        var complete = scan is { Scanner: Scanner.Enhanced, State: ScanState.Complete };
        next = next with { Complete = complete, Included = next.Announced is not null && (next.Included || complete) };
        // It is decided again from the ledger: it was settled when it was read.
        if (
            scan is { Listed: null, State: not (ScanState.Pending or ScanState.NotScanned) }
            && scan.Scanner != Scanner.Basic
        )
            return (scan, next.Bounded().Settled(this, now));

        var listed = scan.Listed?.Since(begun);
        if (listed is not null)
            next = next.WithList(listed, this, now) with { Marks = FindingFingerprints.Of(scan.Listed!.All) };
        next = next.Bounded();
        return complete
            ? next.CheckComplete(image, scan, listed, before, time, this, now)
            : next.CheckOther(scan, listed, this, now);
    }

    private (ScanFacts, Settling) CheckComplete(
        ImageFacts image,
        ScanFacts scan,
        ListedFindings? listed,
        Verdict? before,
        TimeSpan time,
        Settling was,
        DateTimeOffset now
    )
    {
        var missing = Missing(listed);
        if (missing.Count > 0)
            return Incomplete(scan, missing, before, time, was, now);
        return SettlesAt(image, scan, listed, before, time) is { } settles && now < settles
            ? MayFollow(scan, settles, before, was, now)
            : (scan, Settled(was, now) with { SettledAt = scan.ReadAt });
    }

    /// <summary>
    /// The scanner names no scan that has ended. That announced findings are missing is the worst that can be said
    /// then.
    /// </summary>
    private (ScanFacts, Settling) CheckOther(ScanFacts scan, ListedFindings? listed, Settling was, DateTimeOffset now)
    {
        // An event about a scan that Inspector's coverage does not know yet: to EcrGuard it has not ended.
        var mayFollow =
            scan is { State: ScanState.Pending } or { State: ScanState.NotScanned, Word: ScannerWords.NotFound }
            || (scan.State == ScanState.Ended && (Awaits || AnnouncedAt > EndedAt));
        if (mayFollow)
        {
            return Missing(listed).Count > 0 || (Announced is not null && !Included)
                ? (scan with { State = ScanState.Pending }, Waiting(was, now))
                : (scan, Settled(was, now));
        }
        var missing = Missing(listed);
        // The registry was switched back to basic scanning, which counts from then on.
        var switchedBack =
            scan is { Scanner: Scanner.Basic, State: ScanState.Complete } && scan.CompletedAt > LastTold + EndsWithin;
        if (missing.Count == 0 || switchedBack)
            return (scan, scan.Scanner == Scanner.Basic ? Nothing : Settled(was, now));
        return scan.State is ScanState.Complete or ScanState.NotScanned or ScanState.Unsupported or ScanState.Ended
            ? Incomplete(scan, missing, before: null, TimeSpan.Zero, was, now)
            : (scan, Settled(was, now));
    }

    /// <summary>When the newest awaited news was made; null where nothing says so.</summary>
    private DateTimeOffset? LastTold =>
        Awaited.Select(told => told.UpdatedAt).Concat(FindingFingerprints.Times(AwaitedToo)).Append(AnnouncedAt).Max();

    /// <summary>
    /// Decides whether a scan in a printed file is settled, by its own counts and times. A finding that basic scanning
    /// counts and does not list is missing at once. Findings of Inspector follow their scan.
    /// </summary>
    /// <param name="listed">The severity of every finding, whatever its status, in the scanner's words.</param>
    /// <param name="counted">How many findings of each severity there are; null or empty where the scanner does not
    ///     say.</param>
    public static ScanFacts CheckPrinted(
        ScanFacts scan,
        IReadOnlyList<string?> listed,
        IEnumerable<KeyValuePair<string, int>>? counted,
        DateTimeOffset now
    )
    {
        if (scan.State != ScanState.Complete)
            return scan;
        var counts = (counted ?? []).ToList();
        var follow = scan.Scanner == Scanner.Enhanced && now - scan.CompletedAt < EndsWithin;
        if (Findings.Missing(listed, counts) is { } missing)
        {
            return follow
                ? scan with
                {
                    State = ScanState.Unsettled,
                    Word = ReasonText.NotListedYet(Findings.NotListed(listed, counts)),
                }
                : scan with
                {
                    State = ScanState.Contradictory,
                    Word = missing,
                };
        }
        var mayBePart = listed.Count == 0 || IsFirst(scan);
        return follow && counts.Count == 0 && mayBePart && scan.CompletedAt + UsualTime is { } settles && now < settles
            ? scan with
            {
                State = ScanState.Unsettled,
                Word = ReasonText.MayFollow(scan, settles, now),
            }
            : scan;
    }

    /// <summary>Whether this scan was the first to see all findings of the list.</summary>
    private static bool IsFirst(ScanFacts scan) =>
        scan.Findings.Count > 0 && scan.Findings.All(found => found.FirstObservedAt >= scan.CompletedAt - UsualTime);

    /// <summary>
    /// Adds events: of two about a whole scan the newer counts, and of two about one finding as well.
    /// </summary>
    private Settling WithNews(IReadOnlyList<ImageEvent> news)
    {
        var all = this;
        foreach (var heard in news.Where(heard => heard.Scanner == Scanner.Enhanced))
        {
            all = all with { LookAt = heard.LookAt == all.LookAt ? null : all.LookAt };
            if (heard.Announced is { } counts && !(heard.Time < all.AnnouncedAt) && !IsPast(heard.Time))
            {
                var announced = heard.Time == all.AnnouncedAt ? all.Announced!.OrMore(counts) : counts;
                if (announced != all.Announced || heard.Time != all.AnnouncedAt)
                    all = all with { Announced = announced, AnnouncedAt = heard.Time, Met = false, Included = false };
            }
            if (heard.Finding is { } told && !IsPast(told.UpdatedAt))
            {
                var other = all.Awaited.FirstOrDefault(awaited => awaited.Id == told.Id);
                var newer = other is null ? told : ReportedFinding.Newer(told, other);
                all = all with { Awaited = [.. all.Awaited.Where(awaited => awaited != other), newer] };
            }
        }
        return all;
    }

    /// <summary>
    /// Whether news is so old that it was listed when the last settled list was read. Its findings may be closed and
    /// deleted by now.
    /// </summary>
    private bool IsPast(DateTimeOffset? told) => told < SettledAt - EndsWithin;

    private (ScanFacts, Settling) Incomplete(
        ScanFacts scan,
        IReadOnlyList<(string What, int Announced, int Listed)> missing,
        Verdict? before,
        TimeSpan time,
        Settling was,
        DateTimeOffset now
    )
    {
        // A scan that has just ended has had no time to list anything, however long EcrGuard has waited for it.
        var since = Complete && !was.Complete ? now : Since ?? now;
        if (now - since >= EndsWithin)
        {
            return (
                scan with
                {
                    State = ScanState.Contradictory,
                    Word = ReasonText.StillMissing(missing),
                },
                this with
                {
                    Since = since,
                    LookAt = null,
                }
            );
        }
        return (
            scan with
            {
                State = ScanState.Unsettled,
                Word = ReasonText.NotListedYet(missing),
                UnsettledUntil = since + EndsWithin,
                LeavesApproval = IsLaterThan(before, scan, time),
            },
            (this with { Since = since }).Waiting(was, now)
        );
    }

    private (ScanFacts, Settling) MayFollow(
        ScanFacts scan,
        DateTimeOffset settles,
        Verdict? before,
        Settling was,
        DateTimeOffset now
    ) =>
        (
            scan with
            {
                State = ScanState.Unsettled,
                Word = ReasonText.MayFollow(scan, settles, now),
                UnsettledUntil = settles,
                LeavesApproval = before?.ScanCompletedAt < scan.CompletedAt,
            },
            Waiting(was, now, settles)
        );

    /// <summary>When a scan without known counts is believed; null: at once.</summary>
    private DateTimeOffset? SettlesAt(
        ImageFacts image,
        ScanFacts scan,
        ListedFindings? listed,
        Verdict? before,
        TimeSpan time
    )
    {
        var countsKnown = Announced is not null && !(AnnouncedAt + time < scan.CompletedAt);
        // Findings arrive one by one: the list of a first scan may be incomplete even if it is not empty.
        var mayBePart = before?.ScanCompletedAt is null || listed?.Counts.Total is null or 0;
        return !countsKnown && mayBePart ? (scan.CompletedAt ?? image.CameAt) + time : null;
    }

    /// <summary>
    /// When the present life of the image began: with its push, its restore, or the moment when the scanner was last
    /// seen to have stopped. By then all findings are closed, and none of the next scan is listed. Null where nothing
    /// says so.
    /// </summary>
    /// <param name="over">Whether the scanner has stopped: that moment ends this life, and begins no other one
    ///     yet.</param>
    private DateTimeOffset? Begun(ImageFacts image, bool over)
    {
        // The times of events are in whole seconds.
        var earliest = image.CameAt - TimeSpan.FromSeconds(1);
        return over || EndedAt is null || EndedAt <= earliest ? earliest : EndedAt;
    }

    /// <summary>Whether the scan ended before the present life of the image began, and so says nothing of it.</summary>
    private bool IsOfFormerLife(ScanFacts scan, DateTimeOffset? begun) =>
        scan is { Scanner: Scanner.Enhanced, State: ScanState.Complete }
        && (
            scan.CompletedAt is { } completed
                ? completed <= EndedScan || (begun != EndedAt && completed <= begun)
                : EndedAt is not null && EndedAt == begun
        );

    private Settling OfThisLife(DateTimeOffset? begun)
    {
        var earliest = begun == EndedAt ? begun - TimeSpan.FromSeconds(1) : begun;
        var next = this with { Since = Since < begun ? null : Since };
        if (AnnouncedAt < earliest)
            next = next with { Announced = null, AnnouncedAt = null, Met = false, Included = false };
        return next with
        {
            Awaited = [.. next.Awaited.Where(told => !(told.UpdatedAt < earliest))],
            AwaitedToo = FindingFingerprints.Where(next.AwaitedToo, told => !(told < earliest)),
        };
    }

    /// <summary>
    /// The scanner has stopped: what it found is closed and deleted later, so nothing is awaited. What was counted and
    /// never listed stays unknown. An event about a scan that is newer than coverage shows is kept: monitoring has
    /// begun again, and coverage will show that later.
    /// </summary>
    private Settling Ended(ScanFacts scan, TimeSpan time)
    {
        var known = scan.CompletedAt + time;
        List<ReportedFinding> later = [.. Awaited.Where(told => told.Status != Closed && told.UpdatedAt > known)];
        var laterToo = FindingFingerprints.Where(AwaitedToo, told => told > known);
        var told = later
            .Select(finding => finding.UpdatedAt)
            .Concat(FindingFingerprints.Times(laterToo))
            .Append(AnnouncedAt > known ? AnnouncedAt : null)
            .Min();
        var ended = told - TimeSpan.FromSeconds(1) < scan.ReadAt ? told - TimeSpan.FromSeconds(1) : scan.ReadAt;
        var closed = scan.Listed?.LastClosedAt + TimeSpan.FromMilliseconds(1);
        return this with
        {
            EndedAt = closed > ended ? closed : ended,
            EndedScan = scan.CompletedAt ?? EndedScan,
            Awaited = scan.State == ScanState.Ended ? later : Awaited,
            AwaitedToo = scan.State == ScanState.Ended ? laterToo : AwaitedToo,
        };
    }

    /// <summary>Adds a list: what it includes is no longer awaited.</summary>
    private Settling WithList(ListedFindings listed, Settling was, DateTimeOffset now)
    {
        // A closed finding that is not listed may have been deleted. Or it was opened and closed before it could be
        // listed.
        bool IsRemembered(ReportedFinding told) =>
            told.Status != Closed || !was.Awaited.Contains(told) || was.NewsAt + Looks[^1] > now;
        List<ReportedFinding> awaited =
        [
            .. Awaited
                .Where(told => listed.Find(told.Id) is { } found ? !found.Includes(told) : IsRemembered(told))
                .OrderBy(told => told.Id, StringComparer.Ordinal),
        ];
        var met = Met || (Announced is not null && Announced.NotListed(listed.Counts).Count == 0);
        return this with
        {
            Met = met,
            Awaited = awaited,
            AwaitedToo = FindingFingerprints.Unlisted(AwaitedToo, listed.All),
        };
    }

    /// <summary>
    /// The same, cut to what an item of the ledger holds. A closed finding blocks nothing, so none is marked.
    /// </summary>
    private Settling Bounded() =>
        Awaited.Count <= MostAwaited
            ? this
            : this with
            {
                Awaited = [.. Awaited.Take(MostAwaited)],
                AwaitedToo = FindingFingerprints.With(
                    AwaitedToo,
                    Awaited.Skip(MostAwaited).Where(told => told.Status != Closed)
                ),
            };

    /// <summary>What was announced, and is not listed.</summary>
    private List<(string What, int Announced, int Listed)> Unlisted(ListedFindings? listed) =>
        Announced is null || Met ? [] : [.. Announced.NotListed(listed?.Counts ?? new SeverityCounts(0, 0, 0, 0))];

    private List<(string What, int Announced, int Listed)> Missing(ListedFindings? listed)
    {
        var missing = Unlisted(listed);
        var awaited =
            Awaited.Count(told => listed?.Find(told.Id) is not null || told.Status != Closed)
            + FindingFingerprints.Count(AwaitedToo);
        if (awaited > 0)
            missing.Add((ReasonText.ToldByEvents, awaited, 0));
        return missing;
    }

    /// <summary>
    /// Whether everything that is missing is newer than the scan on which the approval rests. Counts that were never
    /// met are not newer, unless another scan was made since. A finding is not newer if it is as old as a scan without
    /// counts.
    /// </summary>
    private bool IsLaterThan(Verdict? before, ScanFacts scan, TimeSpan time)
    {
        if (before?.ScanCompletedAt is not { } approved)
            return false;
        if (Announced is not null && !Met)
            return approved < scan.CompletedAt && AnnouncedAt + TimeSpan.FromSeconds(1) >= scan.CompletedAt;
        var told = Awaited.Select(each => each.UpdatedAt).Concat(FindingFingerprints.Times(AwaitedToo));
        return Met || told.All(at => at > approved + time);
    }

    /// <param name="settles">When time alone settles it: a look is useful then, too.</param>
    private Settling Waiting(Settling was, DateTimeOffset now, DateTimeOffset? settles = null)
    {
        var news = LastNews(was, now);
        var next = Looks.Select(after => news + after).Append(settles ?? now).FirstOrDefault(at => at > now);
        var look = next == default ? (DateTimeOffset?)null : next;
        // A clock that runs ahead has delivered the look too early: it is planned again, as another one.
        if (look is not null && look == was.LookAt && LookAt is null)
            look += TimeSpan.FromSeconds(1);
        return this with { Since = Since ?? now, NewsAt = news, LookAt = LookAt + LateLook > now ? LookAt : look };
    }

    private Settling Settled(Settling was, DateTimeOffset now) =>
        this with
        {
            Since = null,
            NewsAt = Awaits ? LastNews(was, now) : null,
            LookAt = null,
        };

    private DateTimeOffset LastNews(Settling was, DateTimeOffset now) =>
        was.NewsAt is { } last
        && AnnouncedAt == was.AnnouncedAt
        && (was.Complete || !Complete)
        && Awaited.All(was.Awaited.Contains)
        && FindingFingerprints.AreAmong(AwaitedToo, was.AwaitedToo)
            ? last
            : now;

    private const string Closed = "CLOSED";
}
