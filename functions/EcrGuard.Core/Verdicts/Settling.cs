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

    /// <summary>An entry of DynamoDB holds 400 KB: of more findings than this only the number is remembered.</summary>
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

    /// <summary>Since when something is missing; null where nothing is.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When it was last heard that more must come.</summary>
    public DateTimeOffset? NewsAt { get; init; }

    /// <summary>When the next look is put down for; null where none is.</summary>
    public DateTimeOffset? LookAt { get; init; }

    /// <summary>What was listed at the last read (<see cref="ListedFindings.Marks"/>).</summary>
    public string? Marks { get; init; }

    /// <summary>
    /// Whether an event of Inspector's brings nothing but what was listed at the last read, or is awaited.
    /// </summary>
    public bool Knows(ImageEvent heard, DateTimeOffset now) =>
        heard.LookAt is { } look ? look != LookAt
        : heard.Announced is { } counts
            ? heard.Time < AnnouncedAt || (heard.Time == AnnouncedAt && Announced!.OrMore(counts) == Announced)
        : heard.Finding is { } told
            && (ListedFindings.IsMarked(Marks, told) || (now < LookAt && Awaited.Contains(told)));

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
        var mine = With(news).OfThisLife(image, scan);
        // Decided again from what the ledger holds: it was settled when it was read.
        if (scan is { Listed: null, State: not (ScanState.Pending or ScanState.NotScanned) })
            return (scan, scan.Scanner == Scanner.Enhanced ? mine.Settled(this, now) : Nothing);

        if (scan.Listed is { } listed)
            mine = mine.Seen(listed, this, now);
        var missing = mine.Missing(scan.Listed);
        if (scan.State == ScanState.Complete)
        {
            if (missing.Count > 0)
                return mine.Incomplete(scan, missing, before, time, this, now);
            return mine.SettlesAt(image, scan, before, time) is { } settles && now < settles
                ? mine.Young(scan, settles, before, this, now)
                : (scan, mine.Settled(this, now));
        }
        // The summary of a scan that its coverage does not know of yet: it is not finished for EcrGuard.
        var mayFollow =
            scan is { State: ScanState.Pending } or { State: ScanState.NotScanned, Word: ScannerWords.NotFound };
        return missing.Count > 0 && mayFollow
            ? (scan with { State = ScanState.Pending }, mine.Waiting(this, now))
            : (scan, mine.Settled(this, now));
    }

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
        var saysNothing = listed.Count == 0 && counts.Count == 0;
        return follow && saysNothing && scan.CompletedAt + UsualTime is { } settles && now < settles
            ? scan with
            {
                State = ScanState.Unsettled,
                Word = ReasonText.MayFollow(scan, settles, now),
            }
            : scan;
    }

    /// <summary>
    /// Takes in what was heard: of two summaries the newer stands, of two reports of a finding as well.
    /// </summary>
    private Settling With(IReadOnlyList<ImageEvent> news)
    {
        var all = this;
        foreach (var heard in news.Where(heard => heard.Scanner == Scanner.Enhanced))
        {
            all = all with { LookAt = heard.LookAt == all.LookAt ? null : all.LookAt };
            if (heard.Announced is { } counts && !(heard.Time < all.AnnouncedAt))
            {
                var announced = heard.Time == all.AnnouncedAt ? all.Announced!.OrMore(counts) : counts;
                if (announced != all.Announced || heard.Time != all.AnnouncedAt)
                    all = all with { Announced = announced, AnnouncedAt = heard.Time, Met = false };
            }
            if (heard.Finding is { } told)
            {
                var other = all.Awaited.FirstOrDefault(awaited => awaited.Id == told.Id);
                var newer = other is null ? told : ReportedFinding.Newer(told, other);
                all = all with { Awaited = [.. all.Awaited.Where(awaited => awaited != other), newer] };
            }
        }
        return all;
    }

    private (ScanFacts, Settling) Incomplete(
        ScanFacts scan,
        IReadOnlyList<(string What, int Announced, int Listed)> missing,
        Verdict? before,
        TimeSpan time,
        Settling was,
        DateTimeOffset now
    )
    {
        var since = Since ?? now;
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
            Waiting(was, now)
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
            Waiting(was, now)
        );

    /// <summary>When a scan of which no counts are known is believed; null: at once.</summary>
    private DateTimeOffset? SettlesAt(ImageFacts image, ScanFacts scan, Verdict? before, TimeSpan time)
    {
        var countsKnown = Announced is not null && !(AnnouncedAt + time < scan.CompletedAt);
        // Findings arrive one by one: a list of a first scan may be a part of it, though it is not empty.
        var mayBePart = before?.ScanCompletedAt is null || scan.Listed!.Counts.Total == 0;
        return !countsKnown && mayBePart ? (scan.CompletedAt ?? image.PushedAt) + time : null;
    }

    private Settling OfThisLife(ImageFacts image, ScanFacts scan)
    {
        var begun = image.LastActivatedAt > image.PushedAt ? image.LastActivatedAt : image.PushedAt;
        // Findings are closed and deleted when monitoring ends: what was announced will never be listed.
        var over = scan.State == ScanState.Ended;
        // Events are stamped in whole seconds.
        var earliest = begun - TimeSpan.FromSeconds(1);
        var next =
            over || AnnouncedAt < earliest ? this with { Announced = null, AnnouncedAt = null, Met = false } : this;
        return next with { Awaited = [.. next.Awaited.Where(told => !over && !(told.UpdatedAt < earliest))] };
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
        var next = this with { Met = met, Awaited = awaited, Marks = listed.Marks() };
        if (awaited.Count <= MostAwaited)
            return next;
        // So many are missing for sure, whichever they are.
        var unlisted = awaited.Count(told => listed.Find(told.Id) is null && told.Status != Closed);
        var least = new SeverityCounts(null, null, null, listed.Counts.Total + unlisted);
        return next with
        {
            Announced = Announced?.OrMore(least) ?? least,
            AnnouncedAt = AnnouncedAt ?? now,
            Met = false,
            Awaited = [.. awaited.Take(MostAwaited)],
        };
    }

    private List<(string What, int Announced, int Listed)> Missing(ListedFindings? listed)
    {
        var counted = listed?.Counts ?? new SeverityCounts(0, 0, 0, 0);
        List<(string What, int Announced, int Listed)> missing =
            Announced is null || Met ? [] : [.. Announced.Beyond(counted)];
        var awaited = Awaited.Count(told => listed?.Find(told.Id) is not null || told.Status != Closed);
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
        return Met || Awaited.All(told => told.UpdatedAt > approved + time);
    }

    private Settling Waiting(Settling was, DateTimeOffset now)
    {
        var news = LastNews(was, now);
        var next = Looks.Select(after => (DateTimeOffset?)(news + after)).FirstOrDefault(at => at > now);
        return this with { Since = Since ?? now, NewsAt = news, LookAt = LookAt + LateLook > now ? LookAt : next };
    }

    private Settling Settled(Settling was, DateTimeOffset now) =>
        this with
        {
            Since = null,
            NewsAt = Awaited.Count > 0 ? LastNews(was, now) : null,
            LookAt = null,
        };

    private DateTimeOffset LastNews(Settling was, DateTimeOffset now) =>
        was.NewsAt is { } last && AnnouncedAt == was.AnnouncedAt && Awaited.All(was.Awaited.Contains) ? last : now;

    private const string Closed = "CLOSED";
}
