using System.Text.Json;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Reports.WeekFacts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>Waivers, other excuses and forced approvals in the weekly summary.</summary>
public sealed class WeeklyExceptionsTests
{
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
        // It is a gap that no sweep has decided it for a day.
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
            "2 images may be deployed: pipelines that ask EcrGuard get a yes, for 1 of them by break-glass.",
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
            @"- pay/api:1\.0: IN FORCE until 2026-11-23 08:00 UTC; without it BLOCKED; "
                + @"forced 2026-11-23 04:00 UTC by arn:aws:iam::123456789012:user/ada: The shop is down\.",
            text
        );
        Assert.Matches(
            @"- pay/api@sha256:\w+…: ended 2026-11-17 09:00 UTC, before its time, "
                + @"by arn:aws:iam::123456789012:user/bob; without it gone; forced 2026-11-17 08:00 UTC by ",
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
                Policy = Facts.Policy with
                {
                    Waivers = [Facts.Waiver()],
                    Vex =
                    [
                        new VexStatement
                        {
                            Document = "https://vex.example/1",
                            Author = "Team Pay",
                            Vulnerabilities = ["CVE-2026-1"],
                            AllNames = new HashSet<string> { "CVE-2026-1" },
                            Products = [],
                            Status = VexStatus.Fixed,
                            At = Tuesday,
                        },
                    ],
                },
            },
            record,
            record with
            {
                Verdict = Facts.Verdict(Status.Approved, Facts.Image(2, "2.0")),
                WaiversUsed = [WaivedFinding.Inspector],
            }
        );
        Assert.Equal(
            [new ExcuseUse(WaivedFinding.Inspector, null, 2), new ExcuseUse("https://vex.example/1", "Team Pay", 1)],
            summary.OtherExcuses
        );
        Assert.Contains(
            "OTHER EXCEPTIONS (VEX documents, suppression rules of Amazon Inspector)\n- Amazon "
                + "Inspector: 2 images; owner not known; no end\n"
                + "- https://vex.example/1: 1 image; owner Team Pay; no end",
            Render(summary),
            StringComparison.Ordinal
        );
    }
}
