using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Tests.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Reports;

public sealed class QuarantineNoticeTests
{
    private static readonly ImageRecord Blocked = Facts.Record(Status.Blocked);
    private static readonly Quarantine Archived = QuarantineTests.Record(QuarantineState.Held);

    [Fact]
    public void Each_restore_is_told_by_an_id_of_its_own_with_what_follows()
    {
        QuarantineNotice Restored(DateTimeOffset at, QuarantinePlan plan) =>
            QuarantineNotice.OfRestore(Facts.Image(1, "1.0") with { LastActivatedAt = at }, Blocked, Archived, plan);
        var again = new QuarantinePlan(new QuarantineStep(QuarantineChange.Archive, ""), Archived, null, true);
        var stays = new QuarantinePlan(null, Archived, "It is in use.", true);

        Assert.Equal(Restored(Facts.Now, again).Id, Restored(Facts.Now, stays).Id);
        Assert.NotEqual(Restored(Facts.Now, again).Id, Restored(Facts.Now.AddSeconds(1), again).Id);
        Assert.Contains(
            "Follows   It is blocked still, and taken out of reach again.",
            ImageMessage.For(QuarantineAlert.Of(Restored(Facts.Now, again), Facts.Now)).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Follows   It stays in reach: It is in use.",
            ImageMessage.For(QuarantineAlert.Of(Restored(Facts.Now, stays), Facts.Now)).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_image_that_is_in_use_by_its_pulls_alone_is_not_said_to_be_run_by_nothing()
    {
        var ends = Facts.Now.AddDays(7);
        var grace = new Grace([new(Severity.Critical, Facts.Now)], Severity.Critical, ends, Counting: true);
        var pulled = new ImageUsage(UseState.InUse, ["It was pulled yesterday."], []);
        var news = GraceAlert.Of(new GraceNotice(GraceStage.Reminder, Blocked, grace, pulled), Facts.Now);

        Assert.Contains("Who runs it is not known here", ImageMessage.For(news).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_image_in_another_repository_has_notices_of_its_own()
    {
        var there = Facts.Image(1, "1.0").In("dev/api");
        var other = Facts.Record(Status.Blocked, there);
        var grace = new Grace(
            [new GraceStart(Core.Images.Severity.Critical, Facts.Now)],
            Core.Images.Severity.Critical,
            Facts.Now.AddDays(7),
            Counting: true
        );
        var plan = new QuarantinePlan(null, Archived, "It is in use.", true);

        Assert.NotEqual(
            GraceNotice.Id(Blocked.Verdict.Image, GraceStage.Escalation, grace),
            GraceNotice.Id(other.Verdict.Image, GraceStage.Escalation, grace)
        );
        Assert.NotEqual(
            QuarantineNotice.OfRestore(Facts.Image(1, "1.0"), Blocked, Archived, plan).Id,
            QuarantineNotice.OfRestore(there, other, Archived, plan).Id
        );
        Assert.NotEqual(
            QuarantineNotice.OfRelease(Blocked, Archived).Id,
            QuarantineNotice.OfRelease(other, Archived).Id
        );
    }

    [Fact]
    public void A_release_says_who_when_and_why_in_both_forms()
    {
        var message = ImageMessage.For(
            QuarantineAlert.Of(
                QuarantineNotice.OfRelease(Blocked, Archived with { Release = QuarantineTests.Release }),
                Facts.Now
            ) with
            {
                Team = "payments",
            }
        );
        Assert.Contains("\nTeam      payments\n", message.Text, StringComparison.Ordinal);
        Assert.Equal("payments", Assert.Single(message.Attributes, attribute => attribute.Name == "team").Value);
        Assert.Contains(
            $"Released  by {QuarantineTests.Release.By} at 2026-11-18 11:00 UTC: {QuarantineTests.Release.Reason}",
            message.Text,
            StringComparison.Ordinal
        );
        using var json = JsonDocument.Parse(message.Json);
        Assert.Equal(
            ("quarantine-released", QuarantineTests.Release.Reason, "BLOCKED"),
            (
                json.RootElement.GetProperty("kind").GetString(),
                json.RootElement.GetProperty("released").GetProperty("reason").GetString(),
                json.RootElement.GetProperty("status").GetString()
            )
        );
        Assert.Equal(message.Id, Assert.Single(message.Attributes, attribute => attribute.Name == "alertId").Value);
    }
}
