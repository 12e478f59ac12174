using System.Text.Json.Serialization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// How far the findings of Inspector's scans have come for one image: they follow the scan's status by minutes, and its
/// events come in any order. A scan is settled when all that was announced of it is listed.
/// </summary>
public sealed record Settling
{
    public static Settling Nothing { get; } = new();

    /// <summary>Whether there is nothing to remember.</summary>
    [JsonIgnore]
    public bool IsNothing => Awaited.Count == 0 && this with { Awaited = Nothing.Awaited } == Nothing;

    /// <summary>How long a scan without known counts, and with nothing listed, is not believed to be clean.</summary>
    public static readonly TimeSpan UsualTime = TimeSpan.FromMinutes(10);

    /// <summary>How long what was announced may be missing before nobody can say that it ever comes.</summary>
    public static readonly TimeSpan EndsWithin = TimeSpan.FromHours(24);

    /// <summary>How long after the last news EcrGuard looks again by itself; then the sweep does.</summary>
    private static readonly TimeSpan[] Looks = [.. new[] { 1, 2, 5, 10 }.Select(at => TimeSpan.FromMinutes(at))];

    /// <summary>A look that is so late does not come.</summary>
    private static readonly TimeSpan LateLook = TimeSpan.FromMinutes(5);

    /// <summary>An entry of DynamoDB holds 400 KB: of more findings than this only marks are remembered.</summary>
    public const int MostAwaited = 400;

    /// <summary>The counts of the newest summary of a scan; null where none was heard.</summary>
    public SeverityCounts? Announced { get; init; }

    /// <summary>When that scan was over, by its event.</summary>
    public DateTimeOffset? AnnouncedAt { get; init; }

    /// <summary>
    /// Whether all that was announced was listed once. It stays so: closed findings are deleted later.
    /// </summary>
    public bool Met { get; init; }

    /// <summary>
    /// Whether events of Inspector's were heard: the first scan's summary is among them, or still comes.
    /// </summary>
    public bool Heard { get; init; }

    /// <summary>Findings that events told of and that are not listed as they say.</summary>
    public IReadOnlyList<ReportedFinding> Awaited { get; init; } = [];

    /// <summary>
    /// The marks of those beyond <see cref="MostAwaited"/> (<see cref="FindingMarks"/>); null for none.
    /// </summary>
    public string? AwaitedToo { get; init; }

    private bool Awaits => Awaited.Count > 0 || AwaitedToo is not null;

    /// <summary>Since when something is missing; null where nothing is.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When it was last heard that more must come.</summary>
    public DateTimeOffset? NewsAt { get; init; }

    /// <summary>When the next look is put down for; null where none is.</summary>
    public DateTimeOffset? LookAt { get; init; }

    /// <summary>
    /// When the scanner was last seen to have stopped looking, or the image to be archived; null for never.
    /// </summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the last scan was over that the scanner knew of then.</summary>
    public DateTimeOffset? EndedScan { get; init; }

    /// <summary>When the last list was read that was settled; null for never.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Whether a scan of Inspector's was over when it was last asked.</summary>
    public bool Complete { get; init; }

    /// <summary>Whether a scan was over when it was asked since the newest summary.</summary>
    public bool Included { get; init; }

    /// <summary>What was listed at the last read (<see cref="FindingMarks"/>).</summary>
    public string? Marks { get; init; }

    /// <summary>
    /// Whether an event of Inspector's brings nothing but what was listed at the last read, or is awaited.
    /// </summary>
    public bool Knows(ImageEvent heard, DateTimeOffset now) =>
        heard.LookAt is { } look ? look != LookAt
        : heard.Announced is { } counts
            ? heard.Time < AnnouncedAt
                || IsPast(heard.Time)
                || (heard.Time == AnnouncedAt && Announced!.OrMore(counts) == Announced)
        : heard.Finding is { } told
            && (
                FindingMarks.Include(Marks, told)
                || IsPast(told.UpdatedAt)
                || (now < LookAt && (Awaited.Contains(told) || FindingMarks.Include(AwaitedToo, told)))
            );

    /// <summary>Decides whether a scan is settled.</summary>
    /// <param name="news">What was heard of the image since.</param>
    /// <param name="image">What was told before it was pushed, or restored, is of another life.</param>
    /// <param name="before">The verdict that stood before; null for none.</param>
    /// <param name="time">How long a scan may take to settle of which no counts are known.</param>
    /// <returns>The scan in the state that it has then, and what to remember.</returns>
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
        // What a former life was judged by is no earlier scan of this one.
        if (before?.ScanCompletedAt < begun)
            before = before with { ScanCompletedAt = null };

        var mine = With(news).OfThisLife(begun);
        if (over && scan.Scanner != Scanner.Basic)
            mine = mine.Ending(scan, time);
        var complete = scan is { Scanner: Scanner.Enhanced, State: ScanState.Complete };
        mine = mine with { Complete = complete, Included = mine.Announced is not null && (mine.Included || complete) };
        // Decided again from what the ledger holds: it was settled when it was read.
        if (
            scan is { Listed: null, State: not (ScanState.Pending or ScanState.NotScanned) }
            && scan.Scanner != Scanner.Basic
        )
            return (scan, mine.Bounded().Settled(this, now));

        var listed = scan.Listed?.Since(begun);
        if (listed is not null)
            mine = mine.Seen(listed, this, now) with { Marks = FindingMarks.Of(scan.Listed!.All) };
        mine = mine.Bounded();
        return complete
            ? mine.CheckComplete(image, scan, listed, before, time, this, now)
            : mine.CheckOther(scan, listed, this, now);
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
            ? Young(scan, settles, before, was, now)
            : (scan, Settled(was, now) with { SettledAt = scan.ReadAt });
    }

    /// <summary>
    /// Whatever the scanner says instead of a scan that is over: nothing is better than that what it announced is
    /// missing.
    /// </summary>
    private (ScanFacts, Settling) CheckOther(ScanFacts scan, ListedFindings? listed, Settling was, DateTimeOffset now)
    {
        // The summary of a scan that its coverage does not know of yet: it is not finished for EcrGuard.
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

    /// <summary>When the newest of all that was told and is awaited was made; null where nobody says so.</summary>
    private DateTimeOffset? LastTold =>
        Awaited.Select(told => told.UpdatedAt).Concat(FindingMarks.Times(AwaitedToo)).Append(AnnouncedAt).Max();

    /// <summary>
    /// Decides whether a scan that somebody has printed is settled, by its own counts and times. What basic scanning
    /// counts and does not list is missing at once; findings of Inspector's follow their scan.
    /// </summary>
    /// <param name="listed">The severity of every finding in any status, in the scanner's words.</param>
    /// <param name="counted">How many of each there are; null or empty where the scanner does not say.</param>
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
                    Word = ReasonText.NotListedYet(Findings.Beyond(listed, counts)),
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

    /// <summary>Whether all that is listed was first seen by this scan.</summary>
    private static bool IsFirst(ScanFacts scan) =>
        scan.Findings.Count > 0 && scan.Findings.All(found => found.FirstObservedAt >= scan.CompletedAt - UsualTime);

    /// <summary>
    /// Takes in what was heard: of two summaries the newer stands, of two reports of a finding as well.
    /// </summary>
    private Settling With(IReadOnlyList<ImageEvent> news)
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
    /// Whether what is told was so old when the last settled list was read that it had been listed: findings may be
    /// closed and deleted by then.
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
        // A scan that is only just over has had no time to list anything, however long it was waited for.
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

    private (ScanFacts, Settling) Young(
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

    /// <summary>When a scan of which no counts are known is believed; null: at once.</summary>
    private DateTimeOffset? SettlesAt(
        ImageFacts image,
        ScanFacts scan,
        ListedFindings? listed,
        Verdict? before,
        TimeSpan time
    )
    {
        var countsKnown = Announced is not null && !(AnnouncedAt + time < scan.CompletedAt);
        // Findings arrive one by one: a list of a first scan may be a part of it, though it is not empty.
        var mayBePart = before?.ScanCompletedAt is null || listed?.Counts.Total is null or 0;
        return !countsKnown && mayBePart ? (scan.CompletedAt ?? image.CameAt) + time : null;
    }

    /// <summary>
    /// When the life of the image began of which a scan can speak: it was pushed or restored, or the scanner was last
    /// seen to have stopped looking, by which all findings are closed and of the next scan none is listed yet. Null
    /// where nobody says so.
    /// </summary>
    /// <param name="over">Whether this life is over: its end is not yet the beginning of another one.</param>
    private DateTimeOffset? Begun(ImageFacts image, bool over)
    {
        // Events are stamped in whole seconds.
        var earliest = image.CameAt - TimeSpan.FromSeconds(1);
        return over || EndedAt is null || EndedAt <= earliest ? earliest : EndedAt;
    }

    /// <summary>A scan of Inspector's that was over before the life of the image began says nothing of it.</summary>
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
            AwaitedToo = FindingMarks.Where(next.AwaitedToo, told => !(told < earliest)),
        };
    }

    /// <summary>
    /// The scanner does not look any more: what it found is closed, and deleted later, so that what events told of is
    /// not awaited. What was counted and never listed stays unknown. What is told of a later scan than coverage knows
    /// of is of the next life, which coverage will show.
    /// </summary>
    private Settling Ending(ScanFacts scan, TimeSpan time)
    {
        var known = scan.CompletedAt + time;
        List<ReportedFinding> later = [.. Awaited.Where(told => told.Status != Closed && told.UpdatedAt > known)];
        var laterToo = FindingMarks.Where(AwaitedToo, told => told > known);
        var told = later
            .Select(finding => finding.UpdatedAt)
            .Concat(FindingMarks.Times(laterToo))
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

    /// <summary>Takes in a list: what it includes is awaited no more.</summary>
    private Settling Seen(ListedFindings listed, Settling was, DateTimeOffset now)
    {
        // A closed finding that is not listed may have been deleted; or its creation is not listed yet, and is old
        // already.
        bool IsRemembered(ReportedFinding told) =>
            told.Status != Closed || !was.Awaited.Contains(told) || was.NewsAt + Looks[^1] > now;
        List<ReportedFinding> awaited =
        [
            .. Awaited
                .Where(told => listed.Find(told.Id) is { } found ? !found.Includes(told) : IsRemembered(told))
                .OrderBy(told => told.Id, StringComparer.Ordinal),
        ];
        var met = Met || (Announced is not null && Announced.Beyond(listed.Counts).Count == 0);
        return this with { Met = met, Awaited = awaited, AwaitedToo = FindingMarks.Unlisted(AwaitedToo, listed.All) };
    }

    /// <summary>
    /// The same as an entry of the ledger can hold it. A finding that is closed blocks nothing, so that none is marked.
    /// </summary>
    private Settling Bounded() =>
        Awaited.Count <= MostAwaited
            ? this
            : this with
            {
                Awaited = [.. Awaited.Take(MostAwaited)],
                AwaitedToo = FindingMarks.With(
                    AwaitedToo,
                    Awaited.Skip(MostAwaited).Where(told => told.Status != Closed)
                ),
            };

    /// <summary>What was announced and is not listed.</summary>
    private List<(string What, int Announced, int Listed)> Unlisted(ListedFindings? listed) =>
        Announced is null || Met ? [] : [.. Announced.Beyond(listed?.Counts ?? new SeverityCounts(0, 0, 0, 0))];

    private List<(string What, int Announced, int Listed)> Missing(ListedFindings? listed)
    {
        var missing = Unlisted(listed);
        var awaited =
            Awaited.Count(told => listed?.Find(told.Id) is not null || told.Status != Closed)
            + FindingMarks.Count(AwaitedToo);
        if (awaited > 0)
            missing.Add((ReasonText.ToldByEvents, awaited, 0));
        return missing;
    }

    /// <summary>
    /// Whether what is missing came after the scan on which an approval rests. Of counts that were never met it did
    /// not, if no other scan was made since; of a finding it did not, if it is as old as a scan that nobody has
    /// counted.
    /// </summary>
    private bool IsLaterThan(Verdict? before, ScanFacts scan, TimeSpan time)
    {
        if (before?.ScanCompletedAt is not { } approved)
            return false;
        if (Announced is not null && !Met)
            return approved < scan.CompletedAt && AnnouncedAt + TimeSpan.FromSeconds(1) >= scan.CompletedAt;
        var told = Awaited.Select(each => each.UpdatedAt).Concat(FindingMarks.Times(AwaitedToo));
        return Met || told.All(at => at > approved + time);
    }

    /// <param name="settles">When time alone settles it: a look is worth while then too.</param>
    private Settling Waiting(Settling was, DateTimeOffset now, DateTimeOffset? settles = null)
    {
        var news = LastNews(was, now);
        var next = Looks.Select(after => news + after).Append(settles ?? now).FirstOrDefault(at => at > now);
        var look = next == default ? (DateTimeOffset?)null : next;
        // A clock that is ahead has handed it over too early: it is put down again, as another one.
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
        && FindingMarks.AreAmong(AwaitedToo, was.AwaitedToo)
            ? last
            : now;

    private const string Closed = "CLOSED";
}
