using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Reports.WeekFacts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class WeeklySummaryTests
{
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
    public void What_runs_and_is_not_known_is_never_a_zero_a_no_or_a_nothing_in_any_form()
    {
        var summary = Sum(Registry with { Usage = null }, Facts.Record(Status.Blocked, since: Tuesday));
        var forms = Forms(summary);
        Assert.Contains("BLOCKED NOW: 1 image, what runs is not known.", forms["mail"], StringComparison.Ordinal);
        Assert.DoesNotContain("0 of them", forms["mail"], StringComparison.Ordinal);
        Assert.DoesNotContain("0 running", forms["mail"], StringComparison.Ordinal);
        Assert.DoesNotContain("0 of them", forms["report.html"], StringComparison.Ordinal);
        Assert.DoesNotContain("<td>nothing</td>", forms["report.html"], StringComparison.Ordinal);
        Assert.Contains("<td>not known</td>", forms["report.html"], StringComparison.Ordinal);
        Assert.Contains("\"no\",,,", forms["images.csv"], StringComparison.Ordinal);
        using var json = JsonDocument.Parse(forms["report.json"]);
        foreach (var path in new[] { "running", "runningBlocked" })
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty(path).ValueKind);
        foreach (var rows in new[] { "teams", "byRepository" })
        foreach (var row in json.RootElement.GetProperty(rows).EnumerateArray())
            Assert.Equal(
                (JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null),
                (
                    row.GetProperty("running").ValueKind,
                    row.GetProperty("runningBlocked").ValueKind,
                    row.GetProperty("pastGrace").ValueKind
                )
            );
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("fixes")[0].GetProperty("running").ValueKind);
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("blocked")[0].GetProperty("runs").ValueKind);
    }

    [Fact]
    public void Where_a_consumer_could_not_be_read_an_image_that_nothing_is_known_to_run_is_not_run_by_nothing()
    {
        var partly = Registry with
        {
            Usage = new UsageReading
            {
                ReadAt = Monday,
                Unread = [new UnreadConsumer(Facts.Repository.Account, "ECS", "AccessDenied")],
            },
        };
        var forms = Forms(Sum(partly, Facts.Record(Status.Blocked, since: Tuesday)));
        Assert.Contains("0 of them running as far as is known", forms["mail"], StringComparison.Ordinal);
        Assert.Contains("<td>not known</td>", forms["report.html"], StringComparison.Ordinal);
        Assert.Contains("\"no\",,,", forms["images.csv"], StringComparison.Ordinal);
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
        // A new repository says nothing about the others.
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
            "Images: 2 became blocked (1 had been approved), none was released from its block",
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
            [("openssl", "3.0.2", 2, 1), ("libssl3", "3.0.2", 1, 0), ("openssl", null, 1, 0)],
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
            "- No fix yet: CVE-3 in openssl: 1 image in 1 repository\n",
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
    public void An_archived_image_needs_no_scan()
    {
        var stale = Facts.Record(Status.Stale) with { Scan = Facts.Scan([]) };
        Assert.Single(Sum(stale).CoverageGaps);
        Assert.Empty(Sum(stale with { Scan = stale.Scan with { State = ScanState.Archived } }).CoverageGaps);
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
    public void Two_fixed_versions_of_one_line_are_one_update_to_the_higher()
    {
        ImageRecord Blocked(int number, params Finding[] findings)
        {
            var image = Facts.Image(number, "1.0");
            return ImageRecord.Of(image, Facts.Decide(image, Facts.Scan(findings)), null, "01C", Tuesday, image.Tags);
        }
        Finding Fixed(string vulnerability, string version) =>
            Facts.Finding(vulnerability) with
            {
                Occurrences = [new PackageOccurrence("3.0.1", version, null, null)],
            };
        var summary = Sum(
            Blocked(1, Fixed("CVE-1", "3.0.13")),
            Blocked(2, Fixed("CVE-1", "3.0.13"), Fixed("CVE-2", "3.0.14")),
            Blocked(3, Fixed("CVE-3", "3.1.5"))
        );
        Assert.Equal(
            [("3.0.14", 2, 2), ("3.1.5", 1, 1)],
            summary.Fixes.Select(fix => (fix.FixedIn, fix.Images, fix.Unblocks))
        );
    }

    [Fact]
    public void Lists_of_images_are_cut_and_their_numbers_are_not()
    {
        const int images = (2 * SummaryBuilder.MaxListed) + 10;
        var summary = Sum(
            Enumerable
                .Range(0, images)
                .Select(number =>
                    Facts.Record(Status.Blocked, Facts.Image(number, "1"), was: Status.Approved, since: Tuesday) with
                    {
                        CouldNotMark = "The image is archived.",
                    }
                )
                .Append(Facts.Record(Status.Approved, Facts.Image(images, "2"), was: Status.Blocked, since: Tuesday))
        );
        Assert.Equal(
            [SummaryBuilder.MaxListed, SummaryBuilder.MaxListed, SummaryBuilder.MaxListed, 1],
            [summary.Blocked.Count, summary.NewlyBlocked.Count, summary.CouldNotMark.Count, summary.Lifted.Count]
        );
        Assert.Equal(
            [images, images, images, images, 1],
            [
                summary.Statuses.Blocked,
                summary.NewlyBlockedCount,
                summary.NewlyBlockedApproved,
                summary.CouldNotMarkCount,
                summary.LiftedCount,
            ]
        );
        Assert.Contains(
            $"Images: {images} became blocked ({images} had been",
            Render(summary),
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"Images that could not be marked with a tag: {images}",
            Render(summary),
            StringComparison.Ordinal
        );
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
            },
            Facts.Record(Status.Blocked)
        );
        Assert.Equal("web/shop", Assert.Single(summary.Drift).Repository);
        Assert.Contains(
            "Repositories whose settings differ from the policy's baseline: 1\n\n"
                + "Differs from the baseline:\n- web/shop: It has no lifecycle policy.",
            Render(summary),
            StringComparison.Ordinal
        );
    }
}
