using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Page;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class WeeklySummaryTests
{
    private const int Sns = 262_144;
    private const string Whole = "s3://reports/2026-W47/summary.json";
    private static readonly DateTimeOffset Tuesday = new(2026, 11, 17, 9, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset LastWeek = new(2026, 11, 10, 9, 0, 0, TimeSpan.Zero);

    private static readonly DateTimeOffset Monday = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);

    private static readonly SummaryFacts Registry = new()
    {
        Account = "123456789012",
        Region = "eu-central-1",
        Week = IsoWeek.Parse("2026-W47"),
        GeneratedAt = Monday,
        Policy = Facts.Policy,
        Ceiling = EnforcementMode.Mark,
        Repositories = ["pay/api", "web/shop"],
        Usage = new UsageReading { ReadAt = Monday },
        Sweeps = [.. Facts.Swept(Monday, "pay/api", "web/shop")],
    };

    private static WeeklySummary Sum(SummaryFacts facts, params IEnumerable<ImageRecord> records) =>
        records.Aggregate(new SummaryBuilder(facts), (builder, record) => builder.Add(record)).Build();

    private static WeeklySummary Sum(params IEnumerable<ImageRecord> records) => Sum(Registry, records);

    private static string Render(WeeklySummary summary) => summary.ToText(Sns, Whole);

    [Fact]
    public void What_runs_and_was_not_read_for_long_is_said_and_counts_as_unknown()
    {
        Assert.Empty(Sum().Unread);
        var old = Sum(Registry with { Usage = new UsageReading { ReadAt = Monday.AddDays(-3) } });
        Assert.Equal([new Unread("what runs", "It was last read 2026-11-20 06:00 UTC.")], old.Unread);

        var never = Sum(Registry with { Usage = null });
        Assert.Equal("what runs", Assert.Single(never.Unread).What);
        Assert.Null(never.RollUp().Figures!.RunningBlocked);
        Assert.Contains("what runs is not known", Render(never), StringComparison.Ordinal);
        Assert.Equal(0, Sum().RollUp().Figures!.RunningBlocked);
    }

    [Fact]
    public void A_repository_that_no_sweep_came_to_in_two_days_is_said()
    {
        var late = Sum(
            Registry with
            {
                Sweeps = [.. Facts.Swept(Monday, "pay/api"), .. Facts.Swept(Monday.AddDays(-3), "web/shop")],
            }
        );
        Assert.Equal(
            [new Unread("1 repository", "No sweep came to its end there in the last two days: web/shop.")],
            late.Unread
        );
    }

    [Fact]
    public void A_week_whose_images_could_not_be_read_is_a_gap()
    {
        var whole = Sum();
        var unread = new SummaryBuilder(Registry).CouldNotReadImages(new Unread("images", "x")).Build();
        Assert.NotNull(whole.Trend[^1].Numbers);
        Assert.Null(unread.Trend[^1].Numbers);
        var next = Registry with { Week = IsoWeek.Parse("2026-W48") };
        Assert.Null(Sum(next with { Trend = [unread.RollUp()] }).Previous);
        Assert.NotNull(Sum(next with { Trend = [whole.RollUp()] }).Previous);
    }

    [Fact]
    public void A_week_before_the_history_began_has_no_figures_of_it()
    {
        RepositoryPast Since(string repository, DateTimeOffset since) =>
            new(repository, new RepositoryHistory { Since = since, PolicyVersion = "x" });
        // A repository that is new says nothing of the others.
        var known = Registry with
        {
            Past = [Since("pay/api", Monday.AddDays(-30)), Since("web/shop", Monday)],
        };
        Assert.Equal(0, Sum(known).RollUp().Figures!.Fixed);
        Assert.Equal(Monday.AddDays(-30), Sum(known).HistorySince);
        Assert.Null(Sum(Registry with { Past = [Since("pay/api", Monday)] }).RollUp().Figures!.Fixed);
    }

    [Fact]
    public void A_VEX_document_that_excuses_nothing_is_told_among_what_could_not_be_read()
    {
        var policy = PolicyReader
            .Read(
                null,
                [new VexFile("vex/vendor.json", "{"u8.ToArray()), new VexFile("vex/other.json", "{}"u8.ToArray())],
                Facts.Now
            )
            .Policy!;

        var unread = Assert.Single(Sum(Registry with { Policy = policy }).Unread);

        Assert.Equal("the VEX document vex/vendor.json", unread.What);
        Assert.StartsWith(
            "It excuses nothing until this is mended: vex/vendor.json:1:2: error: The JSON ends before it is complete",
            unread.Why,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_could_not_be_read_comes_before_every_number()
    {
        var summary = Sum(
            Registry with
            {
                Unread = [new Unread("repository web/shop", "AccessDeniedException")],
            },
            Facts.Record(Status.Approved)
        );
        var text = Render(summary);
        Assert.InRange(
            text.IndexOf("web/shop: AccessDeniedException", StringComparison.Ordinal),
            0,
            text.IndexOf("\nNOW\n", StringComparison.Ordinal)
        );
        Assert.Contains("INCOMPLETE", summary.Subject, StringComparison.Ordinal);
        Assert.Contains(new FilterValue("complete", "false"), summary.Attributes);
        Assert.False(summary.RollUp().Complete);
    }

    [Fact]
    public void What_shows_itself_unreadable_while_images_are_read_is_told_too()
    {
        var summary = new SummaryBuilder(Registry with { Unread = [new Unread("b", "x")] })
            .CouldNotReadImages(new Unread("a", "y"))
            .Build();
        Assert.Equal([new Unread("a", "y"), new Unread("b", "x")], summary.Unread);
    }

    [Fact]
    public void An_index_and_its_children_are_one_image_in_whatever_order_they_come()
    {
        var child = Facts.Record(Status.Blocked, Facts.Image(2));
        var index = Facts.Record(Status.Blocked, Facts.Image(1, "1.0")) with
        {
            Kind = ImageKind.Index,
            Children = [new IndexChild(Facts.Digest(2), "linux/amd64", ImageKind.Image)],
        };
        Assert.Equal(1, Sum(child, index).Images);
        Assert.Equal(1, Sum(index, child).Statuses.Blocked);
    }

    [Fact]
    public void A_child_counts_by_itself_in_a_repository_without_its_index()
    {
        var child = Facts.Record(Status.Blocked, Facts.Image(2).In("web/shop"));
        var index = Facts.Record(Status.Blocked, Facts.Image(1, "1.0")) with
        {
            Kind = ImageKind.Index,
            Children = [new IndexChild(Facts.Digest(2), "linux/amd64", ImageKind.Image)],
        };
        Assert.Equal(2, Sum(child, index).Images);
    }

    [Fact]
    public void A_child_whose_index_is_gone_counts_by_itself()
    {
        var child = Facts.Record(Status.Blocked, Facts.Image(2));
        var index = Facts.Record(Status.Blocked) with
        {
            Kind = ImageKind.Index,
            Gone = true,
            Children = [new IndexChild(Facts.Digest(2), "linux/amd64", ImageKind.Image)],
        };
        Assert.Equal(1, Sum(child, index).Images);
        Assert.Equal(
            Facts.Digest(2),
            Assert.Single(Sum(child with { StatusSince = Tuesday }, index).NewlyBlocked).Digest
        );
    }

    [Fact]
    public void Artifacts_and_images_that_are_gone_do_not_count() =>
        Assert.Equal(
            0,
            Sum(
                Facts.Record(Status.Unsupported) with
                {
                    Kind = ImageKind.Artifact,
                },
                Facts.Record(Status.Blocked) with
                {
                    Gone = true,
                }
            ).Images
        );

    [Fact]
    public void Every_status_is_counted_under_its_own_name()
    {
        var summary = Sum(Enum.GetValues<Status>().Select((status, i) => Facts.Record(status, Facts.Image(i, "1.0"))));
        Assert.Equal(new StatusCounts(1, 1, 1, 1, 1, 1, 1), summary.Statuses);
        Assert.All(
            Enum.GetValues<Status>(),
            status => Assert.Contains($"\n{SummaryText.Word(status)}: 1\n", Render(summary), StringComparison.Ordinal)
        );
        Assert.Equal(1, summary.Deployable);
    }

    [Fact]
    public void Newly_blocked_are_those_that_became_blocked_within_the_week_and_are()
    {
        var summary = Sum(
            Facts.Record(Status.Blocked, Facts.Image(1, "new"), was: Status.Approved, since: Tuesday),
            Facts.Record(Status.Blocked, Facts.Image(2, "first"), since: Tuesday.AddHours(1)),
            Facts.Record(Status.Blocked, Facts.Image(3, "old"), was: Status.Approved, since: LastWeek),
            Facts.Record(
                Status.Blocked,
                Facts.Image(4, "after-the-week"),
                was: Status.Approved,
                since: Registry.Week.End
            ),
            Facts.Record(Status.Approved, Facts.Image(5, "approved"), was: Status.Pending, since: Tuesday)
        );
        Assert.Equal(["first", "new"], summary.NewlyBlocked.Select(image => image.Tags[0]));
        Assert.Equal(4, summary.Statuses.Blocked);
        Assert.Contains(
            "Images: 2 became blocked (1 had been approved), 0 no longer are",
            Render(summary),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "CVE-2026-0001 (CRITICAL) in openssl 3.0.1",
            summary.NewlyBlocked[0].Reason,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Lifted_are_those_that_stopped_being_blocked_within_the_week()
    {
        var summary = Sum(
            Facts.Record(Status.Approved, Facts.Image(1, "lifted"), was: Status.Blocked, since: Tuesday),
            Facts.Record(Status.Approved, Facts.Image(2, "long-ago"), was: Status.Blocked, since: LastWeek),
            Facts.Record(Status.Approved, Facts.Image(3, "never"), was: Status.Pending, since: Tuesday)
        );
        Assert.Equal("lifted", Assert.Single(summary.Lifted).Tags[0]);
        Assert.Empty(summary.NewlyBlocked);
    }

    [Fact]
    public void Blocked_images_are_grouped_by_the_update_that_would_clear_most()
    {
        ImageRecord Blocked(int number, params Finding[] findings)
        {
            var image = Facts.Image(number, "1.0");
            return ImageRecord.Of(image, Facts.Decide(image, Facts.Scan(findings)), null, "01C", Tuesday, image.Tags);
        }
        var summary = Sum(
            Blocked(
                1,
                Facts.Finding("CVE-2", package: "openssl"),
                Facts.Finding("CVE-2", package: "libssl3"),
                Facts.Finding("CVE-1")
            ),
            Blocked(2, Facts.Finding("CVE-2")),
            Blocked(3, Facts.Finding("CVE-3") with { Occurrences = [], Fix = FixAvailability.No })
        );
        Assert.Equal(
            [("openssl", "3.0.2", 2, 1), ("libssl3", "3.0.2", 1, 0), ("openssl", null, 1, 1)],
            summary.Fixes.Select(fix => (fix.Package, fix.FixedIn, fix.Images, fix.Unblocks))
        );
        Assert.Equal(["CVE-1", "CVE-2"], summary.Fixes[0].Vulnerabilities);
        Assert.Equal(3, summary.BlockingVulnerabilities);
        Assert.Contains(
            "- update openssl to 3.0.2: 2 images in 1 repository; by itself it clears 1",
            Render(summary),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "- no fixed version is named for CVE-3 in openssl: 1 image in 1 repository\n",
            Render(summary),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Coverage_gaps_are_grouped_by_repository_and_reason()
    {
        var summary = Sum(
            Facts.Record(Status.Unscanned, Facts.Image(1, "1").In("web/shop")),
            Facts.Record(Status.Unscanned, Facts.Image(2, "2").In("web/shop")),
            Facts.Record(Status.Unsupported, Facts.Image(3, "3").In("web/shop")),
            Facts.Record(Status.Stale, Facts.Image(4, "4").In("pay/api")),
            Facts.Record(Status.Error, Facts.Image(5, "5").In("pay/api")),
            Facts.Record(Status.Blocked, Facts.Image(6, "6").In("pay/api")),
            Facts.Record(Status.Approved, Facts.Image(7, "7").In("pay/api"))
        );
        Assert.Equal(
            [
                ("pay/api", Status.Error, 1),
                ("pay/api", Status.Stale, 1),
                ("web/shop", Status.Unscanned, 2),
                ("web/shop", Status.Unsupported, 1),
            ],
            summary.CoverageGaps.Select(gap => (gap.Repository, gap.Status, gap.Images))
        );
        Assert.Contains("WITHOUT A CURRENT SCAN: 5 images", Render(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pending_scan_is_a_gap_only_after_a_day()
    {
        var aDayAgo = Registry.GeneratedAt.AddDays(-1);
        Assert.Empty(Sum(Facts.Record(Status.Pending, since: aDayAgo)).CoverageGaps);
        Assert.Single(Sum(Facts.Record(Status.Pending, since: aDayAgo.AddTicks(-1))).CoverageGaps);
    }

    [Fact]
    public void A_gap_says_how_many_images_the_policy_lets_pass()
    {
        var image = Facts.Image(1, "1.0");
        var policy = Facts.Policy with { Defaults = new PolicyDefaults(Unscanned: Answer.Allow) };
        var verdict = Facts.Decide(image, Facts.Scan(ScanState.NotScanned), policy);
        var gap = Assert.Single(Sum(ImageRecord.Of(image, verdict, null, "01C", Tuesday, image.Tags)).CoverageGaps);
        Assert.Equal((1, 1), (gap.Images, gap.Deployable));
    }

    [Fact]
    public void What_could_not_be_marked_is_listed_with_its_reason()
    {
        var summary = Sum(Facts.Record(Status.Blocked) with { CouldNotMark = "The image is archived." });
        Assert.Equal("The image is archived.", Assert.Single(summary.CouldNotMark).Why);
        Assert.Contains(
            "Could not be marked with a tag:\n- pay/api:1.0: The image is archived.",
            Render(summary),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Waivers_are_lapsed_ending_in_force_or_unused()
    {
        var policy = Facts.Policy with
        {
            Waivers =
            [
                Facts.Waiver("far") with
                {
                    Expires = new DateOnly(2027, 1, 31),
                },
                Facts.Waiver("soon") with
                {
                    Expires = new DateOnly(2026, 12, 6),
                }, // ends at 2026-12-07T00:00, 13 days and 18 hours after
                Facts.Waiver("just-not-soon") with
                {
                    Expires = new DateOnly(2026, 12, 7),
                },
                Facts.Waiver("lapsed") with
                {
                    Expires = new DateOnly(2026, 11, 22),
                },
                Facts.Waiver("last-day") with
                {
                    Expires = new DateOnly(2026, 11, 23),
                },
            ],
        };
        var used = Facts.Record(Status.Approved) with { WaiversUsed = ["far", "soon"] };
        var summary = Sum(
            Registry with
            {
                Policy = policy,
            },
            used,
            used with
            {
                Verdict = Facts.Verdict(Status.Approved, Facts.Image(2, "2.0")),
            }
        );

        Assert.Equal(
            ["lapsed", "last-day", "soon", "just-not-soon", "far"],
            summary.Waivers.Select(waiver => waiver.Id)
        );
        Assert.Equal(["lapsed"], summary.Waivers.Where(waiver => waiver.Lapsed).Select(waiver => waiver.Id));
        Assert.Equal(
            ["last-day", "soon"],
            summary.Waivers.Where(waiver => waiver.EndsSoon).Select(waiver => waiver.Id)
        );
        Assert.Equal(
            ["lapsed", "last-day", "just-not-soon"],
            summary.Waivers.Where(waiver => waiver.Unused).Select(waiver => waiver.Id)
        );
        Assert.Equal(2, summary.Waivers.Single(waiver => waiver.Id == "far").Images);
        Assert.Contains(
            "WAIVERS: 4 in force, 2 ending within 14 days, 3 unused, 1 ended",
            Render(summary),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "- last-day: ENDS SOON, after 23 Nov 2026 (in 0 days)",
            Render(summary),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_approval_whose_time_is_up_is_none_and_waits_to_be_decided_again()
    {
        ImageRecord Waived(int number, DateOnly expires)
        {
            var image = Facts.Image(number, $"{number}");
            var policy = Facts.Policy with { Waivers = [Facts.Waiver() with { Expires = expires }] };
            return ImageRecord.Of(
                image,
                Facts.Decide(image, Facts.Scan(Facts.Finding()), policy),
                Facts.Record(Status.Blocked),
                "01C",
                Tuesday,
                image.Tags
            );
        }
        var summary = Sum(
            Waived(1, new DateOnly(2026, 11, 22)),
            Waived(2, new DateOnly(2026, 11, 23)),
            Waived(3, new DateOnly(2026, 11, 21)) with
            {
                Verdict = Facts.Verdict(Status.Blocked, Facts.Image(3)),
                PreviousStatus = Status.Blocked,
            }
        );

        Assert.Equal(
            (new StatusCounts(Blocked: 1, Pending: 1, Approved: 1), 1, 1),
            (summary.Statuses, summary.Deployable, summary.TimeIsUp)
        );
        Assert.Equal("2", Assert.Single(summary.Lifted).Tags[0]);
        Assert.Empty(summary.CoverageGaps);
        Assert.Contains(
            "\n1 waiting image had an approval whose time is up (a waiver has ended, for example); the next sweep "
                + "decides again.",
            Render(summary),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "whose time is up",
            Render(Sum(Waived(2, new DateOnly(2026, 11, 23)))),
            StringComparison.Ordinal
        );
        // That no sweep has decided it for a day is a gap.
        Assert.Equal(ImageRecord.TimeIsUp, Assert.Single(Sum(Waived(1, new DateOnly(2026, 11, 21))).CoverageGaps).Code);
    }

    [Theory]
    [InlineData(Answer.Deny, Status.Stale, 0)]
    [InlineData(Answer.Allow, Status.Pending, 1)]
    public void A_scan_that_has_grown_too_old_is_stale_and_where_the_policy_allows_that_the_image_is_decided_again(
        Answer stale,
        Status status,
        int timeIsUp
    )
    {
        var image = Facts.Image(1, "1.0");
        var record = ImageRecord.Of(
            image,
            Facts.Decide(image, Facts.Scan() with { CompletedAt = Registry.GeneratedAt.AddDays(-30) }),
            null,
            "01C",
            Tuesday,
            image.Tags
        );
        var summary = Sum(
            Registry with
            {
                Policy = Facts.Policy with { Defaults = new PolicyDefaults(Stale: stale) },
            },
            record
        );
        Assert.Equal((1, 0, timeIsUp), (summary.Statuses[status], summary.Deployable, summary.TimeIsUp));
    }

    [Fact]
    public void An_allowance_whose_time_is_up_is_none_either()
    {
        var record = Facts.Record(Status.Unscanned);
        record = record with { Verdict = record.Verdict with { Approved = true, ValidUntil = Registry.GeneratedAt } };
        Assert.Equal((0, 1), (Sum(record).Deployable, Sum(record).TimeIsUp));
        Assert.Equal(
            (1, 0),
            (
                Sum(
                    record with
                    {
                        Verdict = record.Verdict with { ValidUntil = Registry.GeneratedAt.AddTicks(1) },
                    }
                ).Deployable,
                0
            )
        );
    }

    private static readonly ForcedApproval Forced = new(
        "01F",
        "arn:aws:iam::123456789012:user/ada",
        "The shop is down.",
        Registry.GeneratedAt.AddHours(-2),
        Registry.GeneratedAt.AddHours(2)
    );

    private static ImageRecord Broken(ForcedApproval forced) =>
        Facts.Record(Status.Blocked) with
        {
            Verdict = ForcedApproval.Over(Facts.Verdict(Status.Blocked), forced, forced.At),
            StatusSince = Tuesday,
            PreviousStatus = Status.Blocked,
            Forced = forced,
        };

    [Fact]
    public void A_forced_image_is_deployable_and_counts_as_what_it_is_without_that()
    {
        var summary = Sum(
            Registry with
            {
                BreakGlass = [(Facts.Image(1).Id, Forced)],
            },
            Broken(Forced),
            Facts.Record(Status.Approved, Facts.Image(2, "2.0"))
        );
        Assert.Equal(
            (new StatusCounts(Blocked: 1, Approved: 1), 2, 1),
            (summary.Statuses, summary.Deployable, summary.DeployableByBreakGlass)
        );
        Assert.Empty(summary.Lifted);
        Assert.Equal("CVE-2026-0001", Assert.Single(Assert.Single(summary.Fixes).Vulnerabilities));
        Assert.Contains(
            "2 images may be deployed: a gate answers yes, for 1 of them by break-glass.",
            Render(summary),
            StringComparison.Ordinal
        );

        var ended = Forced with { Until = Registry.GeneratedAt };
        Assert.Equal((1, 0), (Sum(Broken(ended)).Statuses.Blocked, Sum(Broken(ended)).Deployable));
        Assert.DoesNotContain("by break-glass", Render(Sum(Broken(ended))), StringComparison.Ordinal);
    }

    [Fact]
    public void Break_glass_is_told_with_who_why_until_when_and_what_the_image_is_without_it()
    {
        var (before, after) = (
            Forced with
            {
                Id = "02",
                Until = Registry.Week.Start.AddTicks(-1),
            },
            Forced with
            {
                Id = "03",
                Until = Registry.Week.End.AddHours(5),
            }
        );
        var revoked = (Forced with { Id = "04", At = Tuesday.AddHours(-1) }).EndedBy(
            new Revocation(
                "arn:aws:iam::123456789012:user/bob",
                "The wrong one.",
                Tuesday,
                Tuesday.AddHours(9),
                new ApiRequest("api", "1")
            )
        );
        var summary = Sum(
            Registry with
            {
                BreakGlass =
                [
                    (Facts.Image(1).Id, before),
                    (Facts.Image(1).Id, after),
                    (Facts.Image(9).Id, revoked),
                    (Facts.Image(1).Id, Forced),
                ],
            },
            Broken(Forced)
        );

        Assert.Equal([true, false], summary.BreakGlass.Select(forced => forced.InForce));
        var text = Render(summary);
        Assert.Contains(
            "BREAK-GLASS (approvals that somebody forced): 1 in force, 1 ended this week",
            text,
            StringComparison.Ordinal
        );
        Assert.Matches(
            @"- pay/api:1\.0: IN FORCE until 2026-11-23 08:00 UTC; without it BLOCKED; forced 2026-11-23 04:00 UTC by arn:aws:iam::123456789012:user/ada: The shop is down\.",
            text
        );
        Assert.Matches(
            @"- pay/api@sha256:\w+…: ended 2026-11-17 09:00 UTC, before its time, by arn:aws:iam::123456789012:user/bob; without it gone; forced 2026-11-17 08:00 UTC by ",
            text
        );
        using var json = JsonDocument.Parse(summary.ToJson());
        var first = json.RootElement.GetProperty("breakGlass")[0];
        Assert.Equal(
            (1, "BLOCKED", true),
            (
                json.RootElement.GetProperty("deployableByBreakGlass").GetInt32(),
                first.GetProperty("verdict").GetString(),
                first.GetProperty("inForce").GetBoolean()
            )
        );
    }

    [Fact]
    public void What_excuses_beside_the_waivers_is_told_with_its_images()
    {
        var record = Facts.Record(Status.Approved) with
        {
            WaiversUsed = ["W1", "https://vex.example/1", WaivedFinding.Inspector],
        };
        var summary = Sum(
            Registry with
            {
                Policy = Facts.Policy with { Waivers = [Facts.Waiver()] },
            },
            record,
            record with
            {
                Verdict = Facts.Verdict(Status.Approved, Facts.Image(2, "2.0")),
                WaiversUsed = [WaivedFinding.Inspector],
            }
        );
        Assert.Equal(
            [new ExcuseUse(WaivedFinding.Inspector, 2), new ExcuseUse("https://vex.example/1", 1)],
            summary.OtherExcuses
        );
        Assert.Contains(
            "OTHER EXCEPTIONS (VEX documents, suppression rules of Amazon Inspector)\n- Amazon "
                + "Inspector: 2 images\n- https://vex.example/1: 1 image",
            Render(summary),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Drift_is_told_by_repository_and_repositories_without_any_are_not()
    {
        var summary = Sum(
            Registry with
            {
                Notes =
                [
                    new RepositoryNote("web/shop", ["It has no lifecycle policy."]),
                    new RepositoryNote("pay/api", []),
                ],
            }
        );
        Assert.Equal("web/shop", Assert.Single(summary.Drift).Repository);
        Assert.Contains(
            "Repositories that differ from their baseline: 1\n\nDiffers from the baseline:\n- web/shop: It has no lifecycle policy.",
            Render(summary),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Numbers_stand_beside_their_difference_to_the_week_before()
    {
        var before = Sum(Facts.Record(Status.Blocked), Facts.Record(Status.Approved, Facts.Image(2, "2.0")))
            .RollUp() with
        {
            Week = Registry.Week.Previous,
        };
        var text = Render(Sum(Registry with { Trend = [before] }, Facts.Record(Status.Approved)));
        Assert.Contains("2 repositories (±0), 1 image (-1), 0 of them running", text, StringComparison.Ordinal);
        Assert.Contains("\nBlocked: 0 (-1)\n", text, StringComparison.Ordinal);
        Assert.Contains("\nApproved: 1 (±0)\n", text, StringComparison.Ordinal);
        Assert.Contains("difference to 2026-W46.", text, StringComparison.Ordinal);
        Assert.Contains("no report of the week before", Render(Sum()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_roll_up_survives_its_json()
    {
        var rollUp = Sum(
                Facts.Record(Status.Blocked),
                Facts.Record(Status.Blocked, Facts.Image(1, "1.0").In("web/shop")),
                Facts.Record(Status.Stale, Facts.Image(2, "2.0"))
            )
            .RollUp();
        Assert.Equal(1, rollUp.BlockedDigests);
        var json = JsonSerializer.Serialize(rollUp, WeekRollUp.Json);
        Assert.Equal(
            json,
            JsonSerializer.Serialize(JsonSerializer.Deserialize(json, WeekRollUp.Json)!, WeekRollUp.Json)
        );
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"week":"2026-W99"}""")]
    [InlineData("""{"week":7}""")]
    public void What_is_no_roll_up_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, WeekRollUp.Json));

    [Fact]
    public void The_same_facts_in_any_order_give_the_same_bytes()
    {
        var records = Enumerable
            .Range(0, 60)
            .Select(i =>
                Facts.Record(
                    (Status)(i % 7),
                    Facts.Image(i, $"{i}").In(i % 3 == 0 ? "pay/api" : "web/shop"),
                    was: (Status)(i % 5),
                    since: Tuesday
                )
            )
            .ToList();
        Assert.Equal(Sum(records).ToJson(), Sum(records.AsEnumerable().Reverse()).ToJson());
        Assert.Equal(Render(Sum(records)), Render(Sum(records.OrderBy(record => record.Verdict.Image.Digest.Hex[^1]))));
    }

    [Fact]
    public void The_json_names_its_version_and_what_could_not_be_read_first_and_uses_the_words_of_the_product()
    {
        using var json = JsonDocument.Parse(
            Sum(Facts.Record(Status.Blocked, was: Status.Approved, since: Tuesday)).ToJson()
        );
        Assert.Equal(
            ["schemaVersion", "unread"],
            json.RootElement.EnumerateObject().Take(2).Select(property => property.Name)
        );
        Assert.Equal("2026-W47", json.RootElement.GetProperty("week").GetString());
        Assert.Equal("mark", json.RootElement.GetProperty("enforcementCeiling").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("statuses").GetProperty("blocked").GetInt32());
        Assert.Equal("APPROVED", json.RootElement.GetProperty("newlyBlocked")[0].GetProperty("was").GetString());
        Assert.Equal(
            Facts.Digest(1).ToString(),
            json.RootElement.GetProperty("newlyBlocked")[0].GetProperty("digest").GetString()
        );
    }

    [Theory]
    [InlineData(1_600)]
    [InlineData(2_200)]
    public void A_text_that_does_not_fit_is_cut_after_a_whole_record_and_says_what_is_missing(int maxBytes)
    {
        var records = Enumerable
            .Range(0, 400)
            .Select(i =>
                Facts.Record(
                    i % 2 == 0 ? Status.Blocked : Status.Unscanned,
                    Facts.Image(i, $"ünïcode-{i}").In($"team/repo-{i}"),
                    was: Status.Approved,
                    since: Tuesday
                )
            );
        var text = Sum(records).ToText(maxBytes, Whole);
        var lines = text.TrimEnd('\n').Split('\n');
        var shown = lines.Count(line => line.Contains("had been approved: CVE", StringComparison.Ordinal));

        Assert.InRange(Encoding.UTF8.GetByteCount(text), maxBytes - 1000, maxBytes);
        Assert.Contains($"{10 - shown} of 'became blocked'", lines[^1], StringComparison.Ordinal);
        Assert.InRange(shown, 1, 9);
        Assert.Contains("And 190 more in the report.", lines);
        Assert.All(
            lines.Where(line => line.Contains("had been approved: CVE", StringComparison.Ordinal)),
            line => Assert.EndsWith("rule 'critical' blocks.", line, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_text_that_fits_says_nothing_of_limits_to_the_last_byte()
    {
        var summary = Sum(Facts.Record(Status.Blocked, was: Status.Approved, since: Tuesday));
        Assert.DoesNotContain("Left out", Render(summary), StringComparison.Ordinal);
        Assert.Contains(Whole, Render(summary), StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_below_the_fixed_lines_is_refused_and_not_broken() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sum().ToText(100, Whole));

    [Fact]
    public void Names_of_strangers_cannot_forge_a_line()
    {
        var record = Facts.Record(Status.Blocked, Facts.Image(1, "1.0\nAPPROVED 999\u2028\u202e"), since: Tuesday) with
        {
            CouldNotMark = "a\r\nb",
        };
        var text = Render(
            Sum(
                Registry with
                {
                    Unread = [new Unread("x\ny", "z")],
                    Notes = [new RepositoryNote("web/shop", ["a\nb"])],
                },
                record
            )
        );
        Assert.DoesNotContain("\nAPPROVED 999", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text, c => c is '\r' or '\u2028' or '\u202e');
        Assert.Contains("x\ufffdy: z", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_subject_fits_sns_whatever_the_numbers_are()
    {
        var subject = (
            Sum() with
            {
                Region = "us-isob-east-1",
                Statuses = new StatusCounts(Blocked: 1_000_000),
                Unread = [new Unread("a", "b")],
            }
        ).Subject;
        Assert.InRange(subject.Length, 1, 99);
        Assert.All(subject, c => Assert.InRange(c, ' ', '~'));
        Assert.Equal("EcrGuard 2026-W47 123456789012 eu-central-1: nothing to do, 0 blocked", Sum().Subject);
    }

    [Fact]
    public void Attributes_carry_the_worst_status_and_the_counts_as_numbers()
    {
        var attributes = Sum(
            Facts.Record(Status.Blocked, since: Tuesday),
            Facts.Record(Status.Stale, Facts.Image(2, "2"))
        ).Attributes;
        Assert.Contains(new FilterValue("status", "blocked"), attributes);
        Assert.Contains(new FilterValue("week", "2026-W47"), attributes);
        Assert.Contains(new FilterValue("newlyBlocked", "1", IsNumber: true), attributes);
        Assert.Contains(new FilterValue("actions", "0", IsNumber: true), attributes);
        Assert.Equal(10, attributes.Count);
        Assert.Contains(new FilterValue("status", "empty"), Sum().Attributes);
    }

    [Fact]
    public void A_registry_of_a_hundred_thousand_images_is_summed_up()
    {
        var builder = new SummaryBuilder(Registry);
        var records = Enum.GetValues<Status>().Select(status => Facts.Record(status, since: Tuesday)).ToList();
        for (var i = 0; i < 100_000; i++)
        {
            var record = records[i % records.Count];
            builder.Add(
                record with
                {
                    Verdict = record.Verdict with { Image = Facts.Image(i).In($"team/repo-{i % 1000}").Id },
                }
            );
        }
        var summary = builder.Build();
        Assert.Equal(100_000, summary.Images);
        Assert.InRange(Encoding.UTF8.GetByteCount(Render(summary)), 1, 20_000);
        Assert.InRange(SummaryPage.Of(summary).Length, 1, 5_000_000);
    }
}
