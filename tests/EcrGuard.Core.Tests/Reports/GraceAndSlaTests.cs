using System.Text.Json.Nodes;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Reports.WeekFacts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>
/// Two clocks run: the grace of an image that runs, from when it was blocked, and the SLA of a vulnerability, from when
/// it was first seen. Each has one name in every form of the report.
/// </summary>
public sealed class GraceAndSlaTests
{
    private static readonly SummaryFacts Policed = Registry with
    {
        Policy = Facts.Policy with
        {
            Grace = new Dictionary<Severity, int> { [Severity.Critical] = 7 },
            Sla = new Dictionary<Severity, int> { [Severity.Critical] = 30 },
        },
        Usage = new UsageReading { ReadAt = Monday, Uses = [Uses(1), Uses(2)] },
        Past =
        [
            new RepositoryPast(
                "pay/api",
                new RepositoryHistory
                {
                    Since = Monday.AddDays(-100),
                    PolicyVersion = "x",
                    Open =
                    [
                        new OpenFinding("CVE-2026-1", "openssl", Severity.Critical, Monday.AddDays(-31), true),
                        new OpenFinding("CVE-2026-2", "openssl", Severity.Critical, Monday.AddDays(-29), true),
                        new OpenFinding("CVE-2026-3", "openssl", Severity.Critical, Monday.AddDays(-8), true),
                    ],
                }
            ),
        ],
    };

    private static ConsumerReference Uses(int number) =>
        new(
            Facts.Repository,
            null,
            Facts.Digest(number),
            new Consumer(ConsumerKind.EcsService, $"arn:aws:ecs:eu-central-1:123456789012:service/main/s{number}")
        );

    private static ImageRecord Runs(int number, int graceEndsInDays) =>
        Facts.Record(Status.Blocked, Facts.Image(number, $"{number}"), since: LastWeek) with
        {
            Grace = new Grace(
                [new GraceStart(Severity.Critical, Monday.AddDays(graceEndsInDays - 7))],
                Severity.Critical,
                Monday.AddDays(graceEndsInDays),
                Counting: true
            ),
        };

    [Fact]
    public void An_image_is_past_its_grace_a_vulnerability_is_over_the_SLA_and_nothing_has_a_deadline()
    {
        var summary = Sum(Policed, Runs(1, -5), Runs(2, -1));
        var forms = Forms(summary);

        Assert.All(forms, form => Assert.DoesNotContain("deadline", form.Value, StringComparison.OrdinalIgnoreCase));
        Assert.Contains(
            "1. BLOCKED AND RUNNING, 5 days past its grace (18 Nov 2026): pay/api:1\n",
            forms["mail"],
            StringComparison.Ordinal
        );
        Assert.Contains("CRITICAL: 3 open, 1 over the SLA of 30 days", forms["mail"], StringComparison.Ordinal);
        Assert.Contains(
            "<strong>2</strong><span>of them past their grace</span>",
            forms["report.html"],
            StringComparison.Ordinal
        );
        Assert.Contains(
            "<strong>1</strong><span>vulnerabilities over the SLA</span>",
            forms["report.html"],
            StringComparison.Ordinal
        );
        Assert.Contains("grace_ends", forms["images.csv"], StringComparison.Ordinal);
        var json = JsonNode.Parse(forms["report.json"])!;
        var team = json["teams"]![0]!;
        Assert.Equal((2, 1), ((int)team["pastGrace"]!, (int)team["overSla"]!));
        Assert.Equal(2, json["actions"]!.AsArray().Count(action => (string)action!["kind"]! == "past-grace"));
    }

    [Fact]
    public void Without_a_grace_no_image_is_past_anything_however_old_its_block_is()
    {
        var policy = Policed.Policy with { Grace = new Dictionary<Severity, int>() };
        var record = Facts.Record(Status.Blocked, Facts.Image(1, "1"), since: Monday.AddDays(-90));
        var mail = Render(Sum(Policed with { Policy = policy }, record));
        Assert.Contains("1. BLOCKED AND RUNNING: pay/api:1\n", mail, StringComparison.Ordinal);
    }
}
