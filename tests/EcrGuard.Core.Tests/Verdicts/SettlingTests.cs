using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class SettlingTests
{
    private static readonly DateTimeOffset Ended = Facts.Now.AddMinutes(-1);

    [Fact]
    public void What_is_announced_of_each_severity_and_in_all_must_be_listed()
    {
        var announced = new SeverityCounts(7, 61, 62, 158);

        Assert.Equal(ScanState.Complete, State(announced, Listed(7, 61, 62, 28)));
        Assert.Equal(
            "The scan announced 7 CRITICAL findings, and 3 are listed so far; 158 findings in all, and 154 "
                + "are listed so far.",
            Word(announced, Listed(3, 61, 62, 28))
        );
        Assert.Equal(
            "The scan announced 61 HIGH findings, and 1 is listed so far; 158 findings in all, and 98 are "
                + "listed so far.",
            Word(announced, Listed(7, 1, 62, 28))
        );
        Assert.Equal(
            "The scan announced 62 MEDIUM findings, and 0 are listed so far; 158 findings in all, and 96 are "
                + "listed so far.",
            Word(announced, Listed(7, 61, 0, 28))
        );
        Assert.Equal(
            "The scan announced 158 findings in all, and 157 are listed so far.",
            Word(announced, Listed(7, 61, 62, 27))
        );
    }

    [Fact]
    public void A_number_that_is_not_announced_is_asked_for_by_nobody()
    {
        Assert.Equal(ScanState.Complete, State(new SeverityCounts(1, null, null, null), Listed(1, 0, 0, 0)));
        Assert.Equal(ScanState.Unsettled, State(new SeverityCounts(null, null, null, 2), Listed(1, 0, 0, 0)));
    }

    [Fact]
    public void Zeros_settle_at_once() =>
        Assert.Equal(ScanState.Complete, State(new SeverityCounts(0, 0, 0, 0), Listed(0, 0, 0, 0)));

    [Fact]
    public void Once_met_counts_ask_for_nothing_more()
    {
        var (_, met) = Check(Settling.Nothing, Scan(Listed(2, 0, 0, 0)), Summary(new SeverityCounts(2, 0, 0, 2)));
        var (scan, _) = Check(met, Scan(Listed(1, 0, 0, 0)));

        Assert.Equal(ScanState.Complete, scan.State);
    }

    [Fact]
    public void Only_a_newer_summary_takes_the_place_of_one()
    {
        var (scan, next) = Check(
            Settling.Nothing,
            Scan(Listed(0, 0, 0, 0)),
            Summary(new SeverityCounts(3, 0, 0, 3)),
            Summary(new SeverityCounts(0, 0, 0, 0)) with
            {
                Time = Ended.AddMinutes(-5),
            }
        );
        Assert.Equal((ScanState.Unsettled, 3), (scan.State, next.Announced!.Critical));

        var newer = Summary(new SeverityCounts(0, 0, 0, 0)) with { Time = Ended.AddMinutes(5) };
        (scan, next) = Check(next, Scan(Listed(0, 0, 0, 0)), newer);
        Assert.Equal((ScanState.Complete, 0), (scan.State, next.Announced!.Critical));
    }

    [Theory]
    [InlineData(9, 0, ScanState.Unsettled)]
    [InlineData(10, 0, ScanState.Complete)]
    [InlineData(9, 1, ScanState.Unsettled)] // findings arrive one by one: this may be a part of them
    [InlineData(10, 1, ScanState.Complete)]
    public void Without_counts_a_young_first_scan_settles_by_time(int minutes, int listed, ScanState state)
    {
        var scan = Scan(Listed(0, 0, 0, listed)) with { CompletedAt = Facts.Now.AddMinutes(-minutes) };

        Assert.Equal(state, Check(Settling.Nothing, scan).Scan.State);
    }

    [Theory]
    [InlineData(0, ScanState.Unsettled)]
    [InlineData(1, ScanState.Complete)]
    public void Without_counts_a_young_rescan_settles_by_what_it_lists(int listed, ScanState state)
    {
        var scan = Scan(Listed(0, 0, 0, listed));
        var before = Facts.Verdict(Status.Approved) with { ScanCompletedAt = Ended.AddHours(-3) };

        Assert.Equal(
            state,
            Settling.Nothing.Check([], Facts.Image(), scan, before, Settling.UsualTime, Facts.Now).Scan.State
        );
    }

    [Fact]
    public void The_counts_of_a_first_scan_follow_its_first_findings()
    {
        var scan = Scan(Of("a", "ACTIVE", Facts.Now));
        var (early, next) = Check(Settling.Nothing, scan, Told("a", "ACTIVE"));
        Assert.Equal(ScanState.Unsettled, early.State);

        Assert.Equal(ScanState.Complete, Check(next, scan, Summary(new SeverityCounts(0, 0, 0, 1))).Scan.State);
        // Then the finding is lost.
        Assert.Equal(ScanState.Complete, Check(next, scan with { CompletedAt = Facts.Now.AddMinutes(-10) }).Scan.State);
    }

    [Fact]
    public void A_finding_that_an_event_told_of_is_awaited_until_it_is_listed_as_told()
    {
        var old = Facts.Now.AddHours(-2);
        var first = Scan(Of("a", "ACTIVE", old)) with { CompletedAt = old };
        var (scan, next) = Check(Settling.Nothing, first, Told("a", "CLOSED"), Told("b", "ACTIVE"));
        Assert.Equal((ScanState.Unsettled, 2), (scan.State, next.Awaited.Count));

        (scan, next) = Check(next, Scan(Of("a", "CLOSED", Facts.Now)) with { CompletedAt = old });
        Assert.Equal((ScanState.Unsettled, "b"), (scan.State, Assert.Single(next.Awaited).Id));

        // This one is newer than what was reported, which is then included.
        (scan, next) = Check(next, Scan(Of("b", "SUPPRESSED", Facts.Now.AddMinutes(1))) with { CompletedAt = old });
        Assert.Equal((ScanState.Complete, 0), (scan.State, next.Awaited.Count));
    }

    [Fact]
    public void A_closed_finding_that_is_not_listed_may_have_been_deleted()
    {
        var scan = Scan(Listed(0, 0, 0, 0)) with { CompletedAt = Facts.Now.AddHours(-2) };

        Assert.Equal(ScanState.Complete, Check(Settling.Nothing, scan, Told("a", "CLOSED")).Scan.State);
    }

    [Fact]
    public void A_closed_finding_is_not_forgotten_when_its_creation_is_listed_after_it()
    {
        var old = Facts.Now.AddHours(-2);
        var nothing = Scan(Listed(0, 0, 0, 0)) with { CompletedAt = old };
        var (_, next) = Check(Settling.Nothing, nothing, Told("a", "CLOSED"));
        var (scan, _) = Check(next, Scan(Of("a", "ACTIVE", Facts.Now.AddMinutes(-1))) with { CompletedAt = old });

        Assert.Equal(ScanState.Unsettled, scan.State);
    }

    [Fact]
    public void What_was_told_before_the_image_was_pushed_or_restored_is_of_another_life()
    {
        var image = Facts.Image() with { PushedAt = Facts.Now.AddHours(-9), LastActivatedAt = Facts.Now.AddHours(-1) };
        var scan = Scan(Listed(0, 0, 0, 1));
        var old = Summary(new SeverityCounts(9, 0, 0, 9)) with { Time = Facts.Now.AddHours(-2) };
        var told = Told("a", "ACTIVE") with { Finding = Report("a", "ACTIVE", Facts.Now.AddHours(-2)) };

        var (_, next) = Settling.Nothing.Check([old, told], image, scan, null, Settling.UsualTime, Facts.Now);
        Assert.Equal((null, 0), (next.Announced, next.Awaited.Count));
    }

    [Theory]
    [InlineData(ScanState.Ended)]
    [InlineData(ScanState.Archived)]
    public void What_was_closed_before_the_end_of_scanning_was_seen_is_not_listed_of_the_next_life(ScanState end)
    {
        var over = Scan(Listed(0, 0, 0, 0)) with
        {
            State = end,
            CompletedAt = Facts.Now.AddHours(-5),
            ReadAt = Facts.Now.AddHours(-2),
        };
        var (_, ended) = Check(Settling.Nothing, over);
        var closed = Scan(Of("a", "CLOSED", Facts.Now.AddHours(-3)));

        var (scan, _) = Check(ended, closed, Summary(new SeverityCounts(0, 0, 0, 1)));
        Assert.Equal(
            (ScanState.Unsettled, "The scan announced 1 finding in all, and 0 are listed so far."),
            (scan.State, scan.Word)
        );
        // A finding that the scan itself closed counts.
        var own = Scan(Of("a", "CLOSED", Facts.Now.AddHours(-1)));
        Assert.Equal(ScanState.Complete, Check(ended, own, Summary(new SeverityCounts(0, 0, 0, 1))).Scan.State);
        // Without counts, nothing counts as listed yet.
        Assert.Equal(ScanState.Unsettled, Check(ended, closed).Scan.State);
        var known = Facts.Verdict(Status.Approved) with { ScanCompletedAt = Facts.Now.AddHours(-1.5) };
        Assert.Equal(
            ScanState.Unsettled,
            ended.Check([], Facts.Image(), closed, known, Settling.UsualTime, Facts.Now).Scan.State
        );
    }

    [Fact]
    public void A_scan_that_was_over_before_the_image_was_pushed_or_restored_or_its_scanning_ended_is_awaited_again()
    {
        var over = Scan(Listed(0, 0, 0, 0)) with { State = ScanState.Ended, ReadAt = Facts.Now };
        var (_, ended) = Check(Settling.Nothing, over);
        var scan = Scan(Listed(0, 0, 0, 1)) with { CompletedAt = Facts.Now.AddHours(-1) };
        Assert.Equal(ScanState.Pending, Check(ended, scan).Scan.State);
        Assert.Equal(ScanState.Pending, Check(ended, scan with { CompletedAt = null }).Scan.State);
        Assert.Equal(
            ScanState.Complete,
            CheckAt(Facts.Now.AddHours(2), ended, scan with { CompletedAt = Facts.Now.AddHours(1) }).Scan.State
        );

        foreach (
            var image in new[]
            {
                Facts.Image() with
                {
                    PushedAt = Facts.Now.AddMinutes(-30),
                },
                Facts.Image() with
                {
                    LastActivatedAt = Facts.Now.AddMinutes(-30),
                },
            }
        )
        {
            var (old, _) = Settling.Nothing.Check([], image, scan, null, Settling.UsualTime, Facts.Now);
            Assert.Equal(ScanState.Pending, old.State);
        }
    }

    /// <summary>Coverage may be behind. A summary shows earlier that the image is looked at again.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void What_is_told_of_a_scan_that_coverage_does_not_know_of_yet_is_of_the_next_life(int critical)
    {
        var over = Scan(Of("a", "CLOSED", Facts.Now.AddHours(-3))) with
        {
            State = ScanState.Ended,
            CompletedAt = Facts.Now.AddHours(-5),
            ReadAt = Facts.Now,
        };
        var (scan, next) = Check(Settling.Nothing, over, Summary(new SeverityCounts(critical, 0, 0, critical)));
        Assert.Equal((ScanState.Pending, Facts.Now.AddMinutes(1)), (scan.State, next.LookAt));

        var revived = Scan(Of("a", "CLOSED", Facts.Now.AddHours(-3))) with { ReadAt = Facts.Now.AddMinutes(1) };
        (scan, next) = CheckAt(Facts.Now.AddMinutes(1), next, revived, LookAgain(next.LookAt!.Value));
        Assert.Equal(critical == 0 ? ScanState.Complete : ScanState.Unsettled, scan.State);
        Assert.Equal(critical, next.Announced!.Critical);
    }

    /// <summary>A verdict from before the image was gone is not about the scans since its return.</summary>
    [Fact]
    public void An_image_that_is_back_has_a_first_scan_again()
    {
        var before = Facts.Verdict(Status.Approved) with { ScanCompletedAt = Facts.Now.AddHours(-9) };
        var over = Scan(Listed(0, 0, 0, 0)) with
        {
            State = ScanState.Ended,
            CompletedAt = Facts.Now.AddHours(-9),
            ReadAt = Facts.Now.AddHours(-1),
        };
        var (_, ended) = Check(Settling.Nothing, over);
        var summary = Summary(new SeverityCounts(7, 0, 0, 7));

        foreach (
            var (settling, image) in new[]
            {
                (Settling.Nothing, Facts.Image() with { PushedAt = Facts.Now.AddHours(-1) }),
                (Settling.Nothing, Facts.Image() with { LastActivatedAt = Facts.Now.AddHours(-1) }),
                (ended, Facts.Image()),
            }
        )
        {
            ScanFacts Of(ListedFindings listed, params ImageEvent[] news) =>
                settling.Check(news, image, Scan(listed), before, Settling.UsualTime, Facts.Now).Scan;
            Assert.Equal(ScanState.Unsettled, Of(Listed(0, 0, 0, 1)).State);
            Assert.False(Of(Listed(0, 0, 0, 0)).LeavesApproval);
            Assert.False(Of(Listed(0, 0, 0, 0), summary).LeavesApproval);
        }
    }

    [Theory]
    [InlineData(3, 4, ScanState.Unsettled)] // all of it is first seen by this scan: more may follow
    [InlineData(3, 300, ScanState.Complete)]
    [InlineData(11, 12, ScanState.Complete)]
    [InlineData(3, null, ScanState.Complete)] // it does not say
    public void A_printed_scan_waits_as_its_own_times_say(int ended, int? seen, ScanState state)
    {
        var finding = Facts.Finding() with { FirstObservedAt = seen is { } at ? Facts.Now.AddMinutes(-at) : null };
        var scan = Facts.Scan(finding) with { Scanner = Scanner.Enhanced, CompletedAt = Facts.Now.AddMinutes(-ended) };

        Assert.Equal(state, Settling.CheckPrinted(scan, ["LOW"], null, Facts.Now).State);
        Assert.Equal(
            ScanState.Complete,
            Settling.CheckPrinted(scan, ["LOW"], new Dictionary<string, int> { ["LOW"] = 1 }, Facts.Now).State
        );
    }

    [Theory]
    [InlineData(ScanState.Pending, "")]
    [InlineData(ScanState.NotScanned, ScannerWords.NotFound)]
    public void A_summary_that_no_finished_scan_has_included_is_waited_for_with_looks(ScanState state, string word)
    {
        var pending = Scan(Listed(0, 0, 0, 0)) with { State = state, Word = word, CompletedAt = null };
        var clean = Summary(new SeverityCounts(0, 0, 0, 0));
        var (scan, next) = Check(Settling.Nothing, pending, clean);
        Assert.Equal((ScanState.Pending, Facts.Now.AddMinutes(1)), (scan.State, next.LookAt));

        (scan, next) = CheckAt(Facts.Now.AddMinutes(1), next, Scan(Listed(0, 0, 0, 0)), LookAgain(next.LookAt!.Value));
        Assert.Equal((ScanState.Complete, null), (scan.State, next.LookAt));
        // A rescan begins. Its own summary is still to come.
        Assert.Null(CheckAt(Facts.Now.AddHours(1), next, pending).Next.LookAt);
        // Without a summary, nothing says that the scan is over.
        Assert.Null(Check(Settling.Nothing, pending).Next.LookAt);
    }

    [Theory]
    [InlineData(ScanState.NotScanned, ScanState.Unsettled)]
    [InlineData(ScanState.Unsupported, ScanState.Unsettled)]
    [InlineData(ScanState.Ended, ScanState.Unsettled)]
    [InlineData(ScanState.Failed, ScanState.Failed)]
    [InlineData(ScanState.Archived, ScanState.Archived)]
    [InlineData(ScanState.Unknown, ScanState.Unknown)]
    public void While_counts_are_not_met_nothing_better_is_said_of_the_scan(ScanState state, ScanState judged)
    {
        var told = Scan(Listed(0, 0, 0, 1)) with { State = state, Word = "SOME_REASON", ReadAt = Facts.Now };
        var (scan, next) = Check(Settling.Nothing, told, Summary(new SeverityCounts(7, 0, 0, 8)));
        Assert.Equal((judged, false), (scan.State, scan.LeavesApproval));

        (scan, next) = CheckAt(Facts.Now.AddHours(1), next, told);
        Assert.Equal(judged, scan.State);
        (scan, _) = CheckAt(Facts.Now.AddHours(25), next, told);
        Assert.Equal(judged == ScanState.Unsettled ? ScanState.Contradictory : judged, scan.State);

        // Once the counts are reached, they say nothing more.
        (scan, _) = Check(Settling.Nothing, told, Summary(new SeverityCounts(0, 0, 0, 1)));
        Assert.Equal(state, scan.State);
    }

    [Fact]
    public void A_basic_scan_does_not_wipe_out_what_an_enhanced_one_has_announced_within_a_day()
    {
        var basic = Facts.Scan() with { CompletedAt = Facts.Now };
        var (scan, next) = Check(Settling.Nothing, basic, Summary(new SeverityCounts(7, 0, 0, 7)));
        Assert.Equal((ScanState.Unsettled, 7), (scan.State, next.Announced!.Critical));
        (scan, _) = CheckAt(Facts.Now.AddHours(1), next, basic);
        Assert.Equal(ScanState.Unsettled, scan.State);

        // The registry was switched, and has scanned by itself since then.
        var later = basic with
        {
            CompletedAt = Facts.Now.AddHours(25),
            ReadAt = Facts.Now.AddHours(26),
        };
        (scan, next) = CheckAt(Facts.Now.AddHours(26), next, later);
        Assert.Equal((ScanState.Complete, true), (scan.State, next.IsNothing));
    }

    [Fact]
    public void A_young_scan_is_looked_at_when_time_settles_it_though_the_four_looks_have_passed()
    {
        var (time, looks) = (TimeSpan.FromMinutes(40), new List<double>());
        var scan = Scan(Listed(0, 0, 0, 0)) with { CompletedAt = Facts.Now };
        var (young, next) = Settling.Nothing.Check([], Facts.Image(), scan, null, time, Facts.Now);
        while (next.LookAt is { } look)
        {
            looks.Add((look - Facts.Now).TotalMinutes);
            (young, next) = next.Check([LookAgain(look)], Facts.Image(), scan, null, time, look);
        }
        Assert.Equal([1, 2, 5, 10, 40], looks);
        Assert.Equal(ScanState.Complete, young.State);
    }

    /// <summary>The queue delays for fifteen minutes at most, and clocks differ.</summary>
    [Fact]
    public void A_look_that_comes_before_its_time_is_put_down_again_under_another_time()
    {
        var scan = Scan(Listed(0, 0, 0, 0));
        var (_, next) = Check(Settling.Nothing, scan, Summary(new SeverityCounts(1, 0, 0, 1)));
        var look = next.LookAt!.Value;
        (_, next) = CheckAt(look.AddSeconds(-2), next, scan, LookAgain(look));

        Assert.Equal(look.AddSeconds(1), next.LookAt);
        // The same message schedules no second look.
        Assert.True(next.Knows(LookAgain(look), look));
    }

    [Fact]
    public void A_report_that_is_a_day_older_than_the_last_settled_list_is_not_awaited()
    {
        var (_, next) = Check(Settling.Nothing, Scan(Listed(0, 0, 0, 0)), Summary(new SeverityCounts(0, 0, 0, 0)));
        var late = Told("old", "ACTIVE", minutes: -24 * 60 - 1);
        Assert.True(next.Knows(late, Facts.Now));
        Assert.False(next.Knows(Told("new", "ACTIVE", minutes: -23 * 60), Facts.Now));

        var image = Facts.Image() with { PushedAt = Facts.Now.AddDays(-9) };
        var scan = Scan(Listed(0, 0, 0, 0));
        (scan, next) = next.Check([late], image, scan, null, Settling.UsualTime, Facts.Now);
        Assert.Equal((ScanState.Complete, 0), (scan.State, next.Awaited.Count));
    }

    [Fact]
    public void A_finding_that_two_pages_list_is_one()
    {
        var twice = new ListedFindings([
            (Report("a", "ACTIVE", Ended), "LOW"),
            (Report("a", "ACTIVE", Facts.Now), "CRITICAL"),
        ]);

        Assert.Equal(new SeverityCounts(1, 0, 0, 1), twice.Counts);
        Assert.Equal(ScanState.Unsettled, State(new SeverityCounts(1, 0, 0, 2), twice));
    }

    [Fact]
    public void Looks_come_after_one_two_five_and_ten_minutes_of_the_last_news_and_one_waits_at_a_time()
    {
        var scan = Scan(Listed(0, 0, 0, 0));
        var (_, next) = Check(Settling.Nothing, scan, Summary(new SeverityCounts(1, 0, 0, 1)));
        var looks = new List<double>();
        while (next.LookAt is { } look)
        {
            looks.Add((look - Facts.Now).TotalMinutes);
            var again = CheckAt(look.AddSeconds(-1), next, scan, Summary(new SeverityCounts(1, 0, 0, 1)));
            Assert.Equal(look, again.Next.LookAt);
            (_, next) = CheckAt(look, next, scan, LookAgain(look));
        }
        Assert.Equal([1, 2, 5, 10], looks);

        // After that, only news causes another look.
        Assert.Null(CheckAt(Facts.Now.AddMinutes(11), next, scan).Next.LookAt);
        var told = CheckAt(Facts.Now.AddMinutes(11), next, scan, Told("z", "ACTIVE"));
        Assert.Equal(Facts.Now.AddMinutes(12), told.Next.LookAt);
    }

    [Fact]
    public void After_a_day_what_is_missing_is_an_error()
    {
        var scan = Scan(Listed(1, 0, 0, 0));
        var (_, next) = Check(Settling.Nothing, scan, Summary(new SeverityCounts(2, 0, 0, 2)));

        Assert.Equal(ScanState.Unsettled, CheckAt(Facts.Now.AddHours(24).AddTicks(-1), next, scan).Scan.State);
        var (late, _) = CheckAt(Facts.Now.AddHours(24), next, scan);
        Assert.Equal(ScanState.Contradictory, late.State);
        Assert.Equal(
            "2 CRITICAL counted, 1 listed after 24 hours; 2 in all counted, 1 listed after 24 hours",
            late.Word
        );
    }

    /// <summary>A thousand findings come in batches of a hundred, minutes before the first is listed.</summary>
    [Fact]
    public void More_findings_than_the_ledger_holds_are_all_awaited_and_each_once()
    {
        var scan = Scan(Listed(0, 0, 0, 5)) with { CompletedAt = Facts.Now.AddHours(-2) };
        ImageEvent[] told = [.. Enumerable.Range(0, 1200).Select(i => Told($"f{i}", "ACTIVE"))];
        var next = Settling.Nothing;
        foreach (var batch in told.Chunk(100).Concat(told.Chunk(100)))
            (scan, next) = Check(next, scan with { State = ScanState.Complete }, batch);
        Assert.Equal(Settling.MostAwaited, next.Awaited.Count);
        Assert.Equal((ScanState.Unsettled, true), (scan.State, scan.Word.Contains("1200", StringComparison.Ordinal)));
        Assert.True(next.Knows(told[^1], Facts.Now));

        // All but the last are listed.
        (scan, next) = Check(next, Scan(OfAll(told.SkipLast(1))));
        Assert.Equal(
            (ScanState.Unsettled, 1),
            (scan.State, next.Awaited.Count + FindingFingerprints.Count(next.AwaitedToo))
        );
        (scan, next) = Check(next, Scan(OfAll(told)), Summary(new SeverityCounts(0, 0, 0, 1200)));
        Assert.Equal((ScanState.Complete, null), (scan.State, next.AwaitedToo));

        static ListedFindings OfAll(IEnumerable<ImageEvent> told) =>
            new(told.Select(each => (each.Finding!, (string?)"LOW")));
    }

    /// <summary>AWS stamps the findings of a scan before its summary, and both come in any order.</summary>
    [Fact]
    public void A_summary_counts_though_more_findings_than_the_ledger_holds_were_told_before_it()
    {
        var scan = Scan(Listed(0, 0, 0, 5)) with { CompletedAt = Facts.Now.AddHours(-2) };
        var next = Settling.Nothing;
        foreach (var batch in Enumerable.Range(0, 600).Chunk(100))
            (_, next) = Check(next, scan, [.. batch.Select(i => Told($"LOW{i}", "ACTIVE", minutes: -2))]);

        var summary = Summary(new SeverityCounts(7, 0, 0, 1200)) with { Time = Facts.Now.AddMinutes(-1) };
        (scan, next) = Check(next, Scan(Listed(0, 0, 0, 600)), summary);
        Assert.Equal((ScanState.Unsettled, 7), (scan.State, next.Announced!.Critical));
    }

    [Theory]
    [InlineData(ScanState.NotScanned)]
    [InlineData(ScanState.Unsupported)]
    public void While_a_finding_is_awaited_nothing_better_is_said_of_the_scan(ScanState state)
    {
        var told = Scan(Listed(0, 0, 0, 1)) with { State = state, Word = "SOME_REASON", ReadAt = Facts.Now };
        var (scan, next) = Check(Settling.Nothing, told, Told("a", "ACTIVE"));
        Assert.NotEqual(state, scan.State);
        Assert.Equal(Facts.Now.AddMinutes(1), next.LookAt);

        var listed = told with { Listed = Of("a", "ACTIVE", Facts.Now) };
        (scan, next) = CheckAt(Facts.Now.AddMinutes(1), next, listed, LookAgain(next.LookAt!.Value));
        Assert.Equal((state, null), (scan.State, next.LookAt));
    }

    [Fact]
    public void A_basic_scan_does_not_wipe_out_a_finding_of_an_enhanced_one_within_a_day()
    {
        var basic = Facts.Scan() with { CompletedAt = Facts.Now };
        var (scan, next) = Check(Settling.Nothing, basic, Told("a", "ACTIVE"));
        Assert.Equal((ScanState.Unsettled, 1), (scan.State, next.Awaited.Count));

        var later = basic with { CompletedAt = Facts.Now.AddHours(25), ReadAt = Facts.Now.AddHours(26) };
        (scan, next) = CheckAt(Facts.Now.AddHours(26), next, later);
        Assert.Equal((ScanState.Complete, true), (scan.State, next.IsNothing));
    }

    [Fact]
    public void A_summary_that_is_a_day_older_than_the_last_settled_list_is_not_awaited()
    {
        var (_, next) = Check(Settling.Nothing, Scan(Listed(0, 0, 0, 0)) with { CompletedAt = Ended.AddHours(-9) });
        Assert.NotNull(next.SettledAt);
        var late = Summary(new SeverityCounts(7, 0, 0, 7)) with { Time = Facts.Now.AddHours(-25) };
        Assert.True(next.Knows(late, Facts.Now));
        Assert.False(next.Knows(late with { Time = Facts.Now.AddHours(-23) }, Facts.Now));

        var image = Facts.Image() with { PushedAt = Facts.Now.AddDays(-9) };
        var (scan, _) = next.Check([late], image, Scan(Listed(0, 0, 0, 0)), null, Settling.UsualTime, Facts.Now);
        Assert.NotEqual(7, scan.Listed!.Counts.Critical);
        Assert.DoesNotContain("7", scan.Word, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scan_of_which_no_time_is_known_is_young_since_the_image_was_restored()
    {
        var image = Facts.Image() with
        {
            PushedAt = Facts.Now.AddHours(-1),
            LastActivatedAt = Facts.Now.AddMinutes(-1),
        };
        var scan = Scan(Listed(0, 0, 0, 0)) with { CompletedAt = null };

        Assert.Equal(
            ScanState.Unsettled,
            Settling.Nothing.Check([], image, scan, null, Settling.UsualTime, Facts.Now).Scan.State
        );
    }

    /// <summary>Its coverage was pending for more than a day. Its findings follow after minutes, as always.</summary>
    [Fact]
    public void What_is_missing_is_waited_for_since_the_scan_was_over_and_looked_for()
    {
        var summary = Summary(new SeverityCounts(1, 0, 0, 1));
        var pending = Scan(Listed(0, 0, 0, 0)) with { State = ScanState.Pending, Word = "", CompletedAt = null };
        var (_, next) = Check(Settling.Nothing, pending, summary);
        (_, next) = CheckAt(Facts.Now.AddHours(12), next, pending);

        var over = Facts.Now.AddHours(25);
        var (scan, late) = CheckAt(over, next, Scan(Listed(0, 0, 0, 0)));
        Assert.Equal((ScanState.Unsettled, over.AddMinutes(1)), (scan.State, late.LookAt));
        (scan, late) = CheckAt(over.AddHours(23), late, Scan(Listed(0, 0, 0, 0)));
        Assert.Equal(ScanState.Unsettled, scan.State);
        Assert.Equal(ScanState.Contradictory, CheckAt(over.AddHours(24), late, Scan(Listed(0, 0, 0, 0))).Scan.State);
    }

    /// <summary>Whatever comes first, the same is known in the end.</summary>
    [Fact]
    public void The_order_and_the_number_of_events_change_nothing()
    {
        var some = Gen.Select(
            Gen.Int[0, 3],
            Gen.Int[0, 2],
            Gen.Int[0, 3],
            (what, id, minutes) =>
                what switch
                {
                    0 => Summary(new SeverityCounts(id, null, null, minutes)) with { Time = Ended.AddMinutes(minutes) },
                    1 => Told($"{id}", "CLOSED", minutes),
                    _ => Told($"{id}", "ACTIVE", minutes),
                }
        );
        Gen.Select(some.Array[1, 8], Gen.Int[0, 1000])
            .Sample(sample =>
            {
                var (news, seed) = sample;
                var shuffled = news.Concat(news).ToArray();
                new Random(seed).Shuffle(shuffled);
                var scan = Scan(Of("0", "ACTIVE", Facts.Now.AddMinutes(1)));
                var (one, other) = (Check(Settling.Nothing, scan, news), Check(Settling.Nothing, scan, shuffled));
                Assert.Equal((one.Scan.State, one.Scan.Word), (other.Scan.State, other.Scan.Word));
                Assert.Equal(one.Next.Announced, other.Next.Announced);
                Assert.Equal(one.Next.Awaited, other.Next.Awaited);
            });
    }

    /// <summary>An event is skipped only if what it reports was listed or is awaited.</summary>
    [Fact]
    public void What_was_listed_is_known_and_nothing_else()
    {
        var scan = Scan(Of("a", "ACTIVE", Facts.Now));
        var (_, next) = Check(Settling.Nothing, scan, Summary(new SeverityCounts(1, 0, 0, 1)), Told("b", "ACTIVE"));

        Assert.True(next.Knows(Told("a", "ACTIVE"), Facts.Now));
        Assert.True(next.Knows(Told("b", "ACTIVE"), Facts.Now));
        Assert.False(next.Knows(Told("b", "ACTIVE"), Facts.Now.AddMinutes(2)));
        Assert.True(next.Knows(Told("a", "SUPPRESSED", minutes: -1), Facts.Now));
        Assert.False(next.Knows(Told("a", "CLOSED", minutes: 1), Facts.Now));
        Assert.False(next.Knows(Told("c", "ACTIVE"), Facts.Now));
        Assert.True(next.Knows(Summary(new SeverityCounts(1, 0, 0, 1)), Facts.Now));
        Assert.True(next.Knows(Summary(new SeverityCounts(9, 0, 0, 9)) with { Time = Ended.AddHours(-1) }, Facts.Now));
        Assert.False(next.Knows(Summary(new SeverityCounts(2, 0, 0, 2)), Facts.Now));
        Assert.False(next.Knows(Summary(new SeverityCounts(0, 0, 0, 0)) with { Time = Ended.AddHours(1) }, Facts.Now));
    }

    [Fact]
    public void An_unsettled_rescan_leaves_an_approval_of_an_earlier_scan_and_none_of_its_own()
    {
        var summary = Summary(new SeverityCounts(1, 0, 0, 1));
        var scan = Scan(Listed(0, 0, 0, 0));

        Assert.True(After(Ended.AddHours(-3)).LeavesApproval);
        Assert.False(After(Ended).LeavesApproval);
        Assert.False(Check(Settling.Nothing, scan, summary).Scan.LeavesApproval);

        ScanFacts After(DateTimeOffset approved)
        {
            var before = Facts.Verdict(Status.Approved) with { ScanCompletedAt = approved };
            return Settling.Nothing.Check([summary], Facts.Image(), scan, before, Settling.UsualTime, Facts.Now).Scan;
        }
    }

    private static ScanState State(SeverityCounts announced, ListedFindings listed) =>
        Check(Settling.Nothing, Scan(listed), Summary(announced)).Scan.State;

    private static string Word(SeverityCounts announced, ListedFindings listed)
    {
        var (scan, _) = Check(Settling.Nothing, Scan(listed), Summary(announced));
        Assert.Equal(ScanState.Unsettled, scan.State);
        return scan.Word;
    }

    private static (ScanFacts Scan, Settling Next) Check(Settling before, ScanFacts scan, params ImageEvent[] news) =>
        CheckAt(Facts.Now, before, scan, news);

    private static (ScanFacts Scan, Settling Next) CheckAt(
        DateTimeOffset now,
        Settling before,
        ScanFacts scan,
        params ImageEvent[] news
    ) => before.Check(news, Facts.Image(), scan, null, Settling.UsualTime, now);

    private static ScanFacts Scan(ListedFindings listed) =>
        Facts.Scan() with
        {
            Scanner = Scanner.Enhanced,
            Continuous = true,
            CompletedAt = Ended,
            Listed = listed,
        };

    private static ListedFindings Listed(int critical, int high, int medium, int low) =>
        new(
            new[] { ("CRITICAL", critical), ("HIGH", high), ("MEDIUM", medium), ("LOW", low) }.SelectMany(many =>
                Enumerable
                    .Range(0, many.Item2)
                    .Select(i => (Report($"{many.Item1}{i}", "ACTIVE", Ended), (string?)many.Item1))
            )
        );

    private static ListedFindings Of(string id, string status, DateTimeOffset updatedAt) =>
        new([(Report(id, status, updatedAt), "LOW")]);

    private static ReportedFinding Report(string id, string status, DateTimeOffset updatedAt) =>
        ReportedFinding.Of($"arn:aws:inspector2:r:1:finding/{id}", status, "LOW", null, null, null, null, updatedAt);

    private static ImageEvent Event() =>
        new("id", Facts.Image().Id, EventKind.ScanChanged, Ended, Scanner: Scanner.Enhanced);

    private static ImageEvent Summary(SeverityCounts announced) => Event() with { Announced = announced };

    private static ImageEvent Told(string id, string status, int minutes = 0) =>
        Event() with
        {
            Finding = Report(id, status, Facts.Now.AddMinutes(minutes)),
        };

    private static ImageEvent LookAgain(DateTimeOffset at) => Event() with { LookAt = at };
}
