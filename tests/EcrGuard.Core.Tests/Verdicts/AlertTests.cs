using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class AlertTests
{
    public static TheoryData<Status?, Status, AlertKind?> Transitions
    {
        get
        {
            var data = new TheoryData<Status?, Status, AlertKind?>();
            foreach (var was in Enum.GetValues<Status>().Select(status => (Status?)status).Prepend(null))
            {
                foreach (var now in Enum.GetValues<Status>().Where(now => now != was))
                {
                    data.Add(
                        was,
                        now,
                        now == Status.Blocked ? AlertKind.Blocked
                            : was == Status.Blocked ? AlertKind.Lifted
                            : was == Status.Approved && now is not (Status.Pending or Status.Error)
                                ? AlertKind.NoLongerApproved
                            : null
                    );
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Transitions))]
    public void Becoming_blocked_no_longer_being_and_losing_an_approval_are_told(
        Status? was,
        Status now,
        AlertKind? kind
    ) => Assert.Equal(kind, Alert.For(Facts.Record(now, was: was))?.Kind);

    [Theory]
    [InlineData(Status.Unscanned, AlertKind.NoLongerApproved)]
    [InlineData(Status.Stale, AlertKind.NoLongerApproved)]
    [InlineData(Status.Approved, null)]
    [InlineData(Status.Blocked, AlertKind.Blocked)]
    public void An_approval_that_is_lost_through_an_error_is_told_once_it_is_known_what_came_of_it(
        Status then,
        AlertKind? kind
    )
    {
        ImageRecord? record = null;
        foreach (var status in new[] { Status.Approved, Status.Error, Status.Pending, then })
            record = ImageRecord.Of(
                Facts.Image(1, "1.0"),
                Facts.Verdict(status),
                record,
                $"01{status}",
                Facts.Now,
                ["1.0"]
            );

        Assert.Equal(kind, Alert.For(record!)?.Kind);
        record = ImageRecord.Of(Facts.Image(1, "1.0"), Facts.Verdict(Status.Error), record, "02", Facts.Now, ["1.0"]);
        record = ImageRecord.Of(
            Facts.Image(1, "1.0"),
            Facts.Verdict(Status.Unscanned),
            record,
            "03",
            Facts.Now,
            ["1.0"]
        );
        Assert.Equal(then == Status.Approved, Alert.For(record) is not null);
    }

    [Fact]
    public void The_id_is_digest_transition_and_history_id()
    {
        Assert.Equal(
            $"{Facts.Digest(1).Hex}:APPROVED-BLOCKED:01CHANGE",
            Alert.For(Facts.Record(Status.Blocked, was: Status.Approved))!.Id
        );
        Assert.Equal($"{Facts.Digest(1).Hex}:NEW-BLOCKED:01CHANGE", Alert.For(Facts.Record(Status.Blocked))!.Id);
    }
}
