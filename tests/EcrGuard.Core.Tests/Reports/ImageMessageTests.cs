using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

/// <summary>Whatever happens to an image, its message says the same of it, alone or with many others.</summary>
public sealed class ImageMessageTests
{
    private static readonly DateTimeOffset Late = Facts.Now.AddDays(90);

    private static ImageRecord Record(int number)
    {
        var record = Facts.Record(Status.Blocked, Facts.Image(number, $"{number}"), was: Status.Approved);
        var reason = record.Verdict.Reasons[0] with { Severity = Severity.Critical, Score = 9.8, Epss = 0.94 };
        return record with
        {
            Verdict = record.Verdict with { Reasons = [reason] },
            Grace = new Grace(
                [new GraceStart(Severity.Critical, Facts.Now)],
                Severity.Critical,
                Facts.Now.AddDays(7),
                Counting: true
            ),
        };
    }

    private static ImageNews News(string kind, int number = 1)
    {
        var record = Record(number);
        var service = new Consumer(ConsumerKind.EcsService, "main/web");
        var usage = new ImageUsage(UseState.InUse, ["The ECS service web refers to it."], [service]);
        var forced = new ForcedApproval("01F", "ada", "It is urgent today.", Facts.Now, Facts.Now.AddHours(4));
        var quarantine = Plans.QuarantineTests.Record(QuarantineState.Held);
        var news = kind switch
        {
            "blocked" => ImageAlert.Of(Alert.For(record)!),
            "grace-reminder" => GraceAlert.Of(new(GraceStage.Reminder, record, record.Grace!, usage), Late),
            "grace-ended" => GraceAlert.Of(new(GraceStage.Escalation, record, record.Grace!, usage), Late),
            "deployed" => DeployedAlert.Of(record.Verdict.Image, service, record, Late),
            "break-glass" => BreakGlassAlert.Of(new(record, forced, Ended: false), Late),
            "break-glass-ended" => BreakGlassAlert.Of(new(record, forced, Ended: true), Late),
            "quarantine-released" => QuarantineAlert.Of(QuarantineNotice.OfRelease(record, quarantine), Late),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no kind"),
        };
        return news with { Team = "payments", RunsIn = ["ECS service main/web"] };
    }

    public static TheoryData<string> Kinds =>
        [
            "blocked",
            "grace-reminder",
            "grace-ended",
            "deployed",
            "break-glass",
            "break-glass-ended",
            "quarantine-released",
        ];

    private static readonly string[] Said =
    [
        "https://www.cve.org/CVERecord?id=CVE-2026-0001",
        "ECS service main/web",
        "payments",
        "BLOCKED since 2026-11-18 11:00 UTC",
        "2026-11-25 12:00 UTC",
        "pdate openssl",
        $"ecrguard explain pay/api@{Facts.Digest(1)}",
        "/ecr/repositories/private/123456789012/pay/api",
        "/inspector/v2/home",
        "\"vulnerability\": \"CVE-2026-0001\"",
    ];

    private static readonly string[] Fields =
    [
        "digest",
        "status",
        "since",
        "severity",
        "score",
        "epss",
        "runsIn",
        "graceEndsAt",
        "fix",
        "explain",
        "tags",
        "repository",
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Alone_it_says_how_bad_it_is_where_it_runs_whose_it_is_since_when_until_when_and_what_to_do(string kind)
    {
        var message = ImageMessage.For(News(kind));
        Assert.All(Said, part => Assert.Contains(part, message.Text, StringComparison.Ordinal));
        Assert.Contains("Severity  critical, CVSS up to 9.8, EPSS up to 0.94", message.Text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(message.Json);
        Assert.All(
            [.. Fields, "team", "reasons", "ecrConsole", "inspectorConsole", "waiver"],
            field => Assert.NotEqual(JsonValueKind.Null, json.RootElement.GetProperty(field).ValueKind)
        );
        Assert.Equal(
            [
                new("kind", kind),
                new("repository", "pay/api"),
                new("status", "blocked"),
                new("running", "true"),
                .. kind == "blocked" ? [new("wasApproved", "true")] : (FilterValue[])[],
                new("severity", "critical"),
                new FilterValue("team", "payments"),
            ],
            message.Attributes.Where(each => each.Name is not ("alertId" or "account" or "region"))
        );
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Among_many_it_says_the_same_in_short(string kind)
    {
        List<ImageNews> many = [.. Enumerable.Range(1, 12).Select(number => News(kind, number))];
        var message = ImageMessage.ForBatch(many);
        Assert.All(Said, part => Assert.Contains(part, message.Text, StringComparison.Ordinal));
        using var json = JsonDocument.Parse(message.Json);
        Assert.All(
            json.RootElement.GetProperty("alerts").EnumerateArray(),
            entry =>
                Assert.All(Fields, field => Assert.NotEqual(JsonValueKind.Null, entry.GetProperty(field).ValueKind))
        );
        Assert.Equal(12, json.RootElement.GetProperty("alerts").GetArrayLength());
        foreach (
            var attribute in new FilterValue[]
            {
                new("kind", "batch"),
                new("repository", "pay/api"),
                new("status", "blocked"),
                new("running", "true"),
                new("severity", "critical"),
                new("team", "payments"),
            }
        )
            Assert.Contains(attribute, message.Attributes);
        Assert.InRange(message.Attributes.Count, 1, 10);
    }

    [Theory]
    [InlineData("grace-ended")]
    [InlineData("deployed")]
    public void The_waiver_of_a_block_that_is_old_is_counted_from_the_alert_and_has_not_ended(string kind) =>
        Assert.Contains("\"expires\": \"2027-03-18\"", ImageMessage.For(News(kind)).Text, StringComparison.Ordinal);

    [Fact]
    public void Who_runs_it_is_not_nothing_where_it_is_not_known()
    {
        var text = ImageMessage.For(News("break-glass") with { RunsIn = null }).Text;
        Assert.Contains("Who runs it is not known here", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing is known to run it", text, StringComparison.Ordinal);
    }
}
