using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>What a record says as time passes and nobody decides again.</summary>
public sealed class RecordInTimeTests
{
    private static readonly ForcedApproval Forced = new(
        "01F",
        "arn:aws:iam::123456789012:user/ada",
        "The shop is down.",
        Facts.Now,
        Facts.Now.AddHours(4)
    );

    [Fact]
    public void An_index_speaks_for_its_children_unless_it_is_gone_or_its_approval_is_forced()
    {
        var record = Facts.Record(Status.Blocked);
        Assert.True(record.SpeaksForItsChildren(Facts.Now));
        Assert.False((record with { Gone = true }).SpeaksForItsChildren(Facts.Now));
        Assert.False((record with { Forced = Forced }).SpeaksForItsChildren(Forced.Until.AddTicks(-1)));
        Assert.True((record with { Forced = Forced }).SpeaksForItsChildren(Forced.Until));
        Assert.False((record with { Forced = Forced, Gone = true }).SpeaksForItsChildren(Forced.Until));
    }

    [Fact]
    public void It_is_due_when_its_facts_are_as_old_as_the_sweep_lets_them_become_when_another_policy_decides_and_when_the_image_is_back()
    {
        var record = Facts.Record(Status.Approved);
        Assert.False(record.IsDue(Facts.Policy.Version, Facts.Now + ImageRecord.SweepAge - TimeSpan.FromTicks(1)));
        Assert.True(record.IsDue(Facts.Policy.Version, Facts.Now + ImageRecord.SweepAge));
        Assert.True(record.IsDue(new string('b', 64), Facts.Now));
        Assert.True((record with { Gone = true }).IsDue(Facts.Policy.Version, Facts.Now));
    }

    [Fact]
    public void An_approval_counts_as_stale_from_the_moment_its_scan_is_too_old()
    {
        var record = Facts.Record(Status.Approved);
        var staleAt = Facts.Now.AddHours(-1).AddDays(30);

        Assert.Equal(Status.Approved, record.AsOf(staleAt.AddTicks(-1), Facts.Policy).Verdict.Status);
        var verdict = record.AsOf(staleAt, Facts.Policy).Verdict;
        Assert.Equal((Status.Stale, false), (verdict.Status, verdict.Approved));
        Assert.Equal(
            new Reason("scan-too-old", "The scan is more than 30 days old, which is what the policy allows."),
            Assert.Single(verdict.Reasons)
        );
    }

    [Theory]
    [InlineData(Status.Blocked)]
    [InlineData(Status.Stale)]
    public void What_is_no_approval_stays_what_it_is_however_old_its_scan(Status status)
    {
        var record = Facts.Record(status);
        Assert.NotNull(record.Verdict.StaleAt);
        Assert.Equal(record.Verdict, record.AsOf(Facts.Now.AddYears(1), Facts.Policy).Verdict);
    }

    [Fact]
    public void An_approval_whose_scan_does_not_age_stays_one()
    {
        var record = Facts.Record(Status.Approved) with
        {
            Verdict = Facts.Verdict(Status.Approved) with { StaleAt = null, ValidUntil = null },
        };
        Assert.Equal(Status.Approved, record.AsOf(Facts.Now.AddYears(1), Facts.Policy).Verdict.Status);
    }

    [Fact]
    public void The_last_status_that_said_something_is_remembered_through_those_that_do_not_and_while_nothing_changes()
    {
        var image = Facts.Image(1, "1.0");
        ImageRecord? record = null;
        var settled = new List<Status?>();
        foreach (
            var status in new[]
            {
                Status.Approved,
                Status.Pending,
                Status.Error,
                Status.Blocked,
                Status.Blocked,
                Status.Stale,
            }
        )
        {
            record = ImageRecord.Of(image, Facts.Verdict(status), record, "01C", Facts.Now, image.Tags);
            settled.Add(record.SettledBefore);
        }
        Assert.Equal(
            [null, Status.Approved, Status.Approved, Status.Approved, Status.Approved, Status.Blocked],
            settled
        );
    }

    [Fact]
    public void A_push_of_today_takes_the_place_of_the_one_that_is_remembered()
    {
        var image = Facts.Image(1, "1.0") with { PushedAt = Facts.Now };
        Assert.Equal(
            Facts.Now,
            ImageRecord
                .Of(image, Facts.Verdict(Status.Approved), Facts.Record(Status.Approved), "01C", Facts.Now, image.Tags)
                .PushedAt
        );
    }
}
