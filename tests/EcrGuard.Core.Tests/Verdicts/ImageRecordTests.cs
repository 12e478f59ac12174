using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class ImageRecordTests
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0");
    private static readonly DateTimeOffset Later = Facts.Now.AddHours(1);

    private static ImageRecord Next(ImageRecord? before, Status status) =>
        ImageRecord.Of(Image, Facts.Verdict(status), before, "02NEW", Later, ["1.0"]);

    [Fact]
    public void The_first_record_is_a_change_without_a_status_before()
    {
        var record = Next(null, Status.Blocked);
        Assert.Equal((null, Later, "02NEW"), (record.PreviousStatus, record.StatusSince, record.ChangeId));
    }

    [Fact]
    public void The_same_status_again_keeps_since_when_and_from_what()
    {
        var before = Facts.Record(Status.Blocked, was: Status.Approved);
        var record = Next(before, Status.Blocked);
        Assert.Equal(
            (before.PreviousStatus, before.StatusSince, before.ChangeId),
            (record.PreviousStatus, record.StatusSince, record.ChangeId)
        );
        Assert.Equal(Later, record.DecidedAt);
    }

    [Fact]
    public void Another_status_begins_a_change()
    {
        var record = Next(Facts.Record(Status.Blocked), Status.Approved);
        Assert.Equal((Status.Blocked, Later, "02NEW"), (record.PreviousStatus, record.StatusSince, record.ChangeId));
    }

    [Theory]
    [InlineData(Status.Blocked, AlertKind.Blocked)]
    [InlineData(Status.Approved, null)]
    [InlineData(Status.Unscanned, null)]
    public void An_image_that_was_gone_and_is_back_begins_as_a_new_one_does_even_with_the_same_status(
        Status status,
        AlertKind? told
    )
    {
        foreach (var was in Enum.GetValues<Status>())
        {
            var record = Next(Facts.Record(was, was: Status.Approved) with { Gone = true }, status);
            Assert.Equal(
                ("02NEW", null, null, told),
                (record.ChangeId, record.PreviousStatus, record.SettledBefore, Alert.For(record)?.Kind)
            );
        }
    }

    [Fact]
    public void Lists_are_cut_to_what_an_item_can_hold_and_their_lengths_remembered()
    {
        var verdict = Facts.Decide(
            Image,
            Facts.Scan([
                .. Enumerable
                    .Range(0, 50)
                    .SelectMany(i =>
                        new[]
                        {
                            Facts.Finding($"CVE-1-{i}", package: $"p{i}"),
                            Facts.Finding($"CVE-2-{i}", Severity.High),
                        }
                    ),
            ])
        );
        var record = ImageRecord.Of(
            Image,
            verdict,
            null,
            "02NEW",
            Later,
            [.. Enumerable.Range(0, 900).Select(i => $"{i}")]
        );
        Assert.Equal((50, 50), (record.ReasonCount, record.WarningCount));
        Assert.All(
            [
                record.Verdict.Reasons.Count,
                record.Verdict.Warnings.Count,
                record.Verdict.ToPass.Count,
                record.Tags.Count,
            ],
            count => Assert.Equal(ImageRecord.MaxReasons, count)
        );
        Assert.Equal(verdict.Reasons[0], record.Verdict.Reasons[0]);
    }

    [Fact]
    public void Waivers_that_only_spared_a_warning_are_used_too()
    {
        var policy = Facts.Policy with { Waivers = [Facts.Waiver("W2"), Facts.Waiver("W1", "CVE-2")] };
        var verdict = Facts.Decide(Image, Facts.Scan(Facts.Finding(), Facts.Finding("CVE-2", Severity.High)), policy);
        Assert.Equal(["W1", "W2"], ImageRecord.Of(Image, verdict, null, "02NEW", Later, []).WaiversUsed);
    }

    [Fact]
    public void When_it_was_pushed_is_remembered_where_ecr_no_longer_says() =>
        Assert.Equal(
            Image.PushedAt,
            ImageRecord
                .Of(
                    Image with
                    {
                        PushedAt = null,
                    },
                    Facts.Verdict(Status.Approved),
                    Facts.Record(Status.Approved),
                    "02NEW",
                    Later,
                    []
                )
                .PushedAt
        );

    [Fact]
    public void What_the_scanner_said_counts_where_only_the_policy_or_time_has_changed_and_it_is_fresh()
    {
        var other = new string('b', 64);
        var image = Facts.Image(1, "1.0");
        var record = Facts.Record(Status.Approved, image) with { Scan = Facts.Scan() };
        ScanFacts? After(TimeSpan time, ImageRecord? of = null, ImageFacts? seen = null, string? policy = null) =>
            (of ?? record).Remembered(seen ?? image, policy ?? other, Facts.Now + time);

        Assert.Same(record.Scan, After(ImageRecord.SweepAge - TimeSpan.FromTicks(1)));
        Assert.Null(After(ImageRecord.SweepAge));
        Assert.Null(After(TimeSpan.Zero, policy: Facts.Policy.Version));
        Assert.NotNull(
            After(
                TimeSpan.Zero,
                record with
                {
                    Verdict = record.Verdict with { ValidUntil = Facts.Now },
                },
                policy: Facts.Policy.Version
            )
        );
        Assert.Null(After(TimeSpan.Zero, record with { Scan = null }));
        Assert.Null(After(TimeSpan.Zero, record with { Gone = true }));
        Assert.Null(After(TimeSpan.Zero, record with { ScanningChanged = true }));
        Assert.Null(After(TimeSpan.Zero, seen: image with { PushedAt = Facts.Now.AddTicks(1) }));
        Assert.Null(After(TimeSpan.Zero, seen: image with { LastActivatedAt = Facts.Now.AddTicks(1) }));
        Assert.All(
            [StorageStatus.Archived, StorageStatus.Activating, StorageStatus.Unknown],
            storage => Assert.Null(After(TimeSpan.Zero, seen: image with { Storage = storage }))
        );
    }

    [Theory]
    [InlineData(Status.Approved)]
    [InlineData(Status.Blocked)]
    public void Where_its_scanning_was_changed_since_it_answers_nobody_and_is_decided_again(Status status)
    {
        var record = Facts.Record(status);

        Assert.Equal(
            (true, false),
            (
                ApprovalAnswer.Answers(record, Facts.Policy.Version, Facts.Now),
                record.IsDue(Facts.Policy.Version, Facts.Now)
            )
        );
        record = record with { ScanningChanged = true };
        Assert.Equal(
            (false, true),
            (
                ApprovalAnswer.Answers(record, Facts.Policy.Version, Facts.Now),
                record.IsDue(Facts.Policy.Version, Facts.Now)
            )
        );
        Assert.False(ApprovalAnswer.Answers(record.WithoutBreakGlass(), Facts.Policy.Version, Facts.Now));
        Assert.False(Next(record, status).ScanningChanged);
    }
}
