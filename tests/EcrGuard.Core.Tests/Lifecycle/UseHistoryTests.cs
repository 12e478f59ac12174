using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class UseHistoryTests
{
    private const string Account = "123456789012";
    private const string Region = "eu-central-1";

    private static readonly Consumer Service = new(ConsumerKind.EcsService, $"arn:aws:ecs:{Region}:{Account}:service/main/pay");
    private static readonly Consumer Pod = new(ConsumerKind.Workload, "seen running by Amazon Inspector");
    private static readonly UnreadConsumer Services = new("ECS services", Account, "Rate exceeded") { Kind = ConsumerKind.EcsService, Region = Region };

    private static ImageUse Used(Consumer by, string? tag = "1.0", Digest? digest = null) => new(Facts.Repository, tag, digest, by);

    /// <summary>A reading so many hours after the first.</summary>
    private static UseFacts At(double hours, params IReadOnlyList<ImageUse> uses) => new() { ReadAt = Facts.Now.AddDays(-30).AddHours(hours), Uses = uses };

    private static UseFacts Carry(params UseFacts[] readings) => readings.Skip(1).Aggregate(readings[0], UseHistory.Carry);

    private static Usage Of(UseFacts use, ImageFacts? image = null) =>
        InUse.Of(use, Facts.Contents([image ?? Facts.Image(1, "1.0") with { PushedAt = Facts.Now.AddDays(-400), LastPulledAt = Facts.Now.AddDays(-400) }]), 30, use.ReadAt)[Facts.Digest(1)];

    [Fact]
    public void A_consumer_that_cannot_be_read_uses_what_it_used_until_it_is_read_again_and_the_reason_says_so()
    {
        UseFacts night = At(240) with { Unread = [Services] };
        var usage = Of(Carry(At(0, Used(Service)), At(24) with { Unread = [Services] }, night));
        Assert.Equal(Use.InUse, usage.Use);
        Assert.Equal([Service], usage.By);
        Assert.Equal([$"The {Service} referred to it by the tag 1.0 until 2026-10-19 12:00 UTC, and could not be read since."], usage.Why);
    }

    [Fact]
    public void What_two_daily_readings_in_a_row_do_not_see_is_not_in_use_and_after_the_first_it_still_is()
    {
        var usage = Of(Carry(At(0, Used(Service)), At(24)));
        Assert.Equal([$"The {Service} referred to it by the tag 1.0 until 2026-10-19 12:00 UTC."], usage.Why);
        Assert.Equal(Use.NotInUse, Of(Carry(At(0, Used(Service)), At(24), At(48))).Use);
    }

    [Theory]
    [InlineData(47.9, Use.InUse)]
    [InlineData(48, Use.NotInUse)]
    public void However_often_it_is_read_a_reference_counts_for_48_hours_after_it_was_last_seen(double hours, Use use) =>
        Assert.Equal(use, Of(Carry(At(0, Used(Service)), At(1), At(2), At(24), At(hours))).Use);

    [Fact]
    public void After_a_gap_in_the_readings_or_a_time_in_which_nothing_could_be_read_two_days_must_agree_all_the_same()
    {
        UseFacts unread = At(240) with { Unread = [Services] };
        Assert.Equal(Use.InUse, Of(Carry(At(0, Used(Service)), At(240), At(240.1))).Use);
        Assert.Equal(Use.NotInUse, Of(Carry(At(0, Used(Service)), At(240), At(264))).Use);
        Assert.Equal(Use.InUse, Of(Carry(At(0, Used(Service)), unread, At(264), At(264.1))).Use);
        Assert.Equal(Use.NotInUse, Of(Carry(At(0, Used(Service)), unread, At(264), At(288))).Use);
        Assert.Equal(Use.InUse, Of(Carry(At(0, Used(Service)), At(216), unread, At(264))).Use);
    }

    [Fact]
    public void What_is_seen_again_is_as_fresh_as_ever()
    {
        var use = Carry(At(0, Used(Service)), At(24), At(47, Used(Service)));
        Assert.Equal([Used(Service)], use.Uses);
        Assert.Equal(Use.InUse, Of(Carry(use, At(71))).Use);
    }

    [Fact]
    public void A_tag_that_moved_on_lets_go_of_no_digest_that_its_consumer_was_seen_to_run()
    {
        var moved = Facts.Image(1) with { PushedAt = Facts.Now.AddDays(-400) };
        Assert.Equal(Use.InUse, Of(Carry(At(0, Used(Service), Used(Service, digest: Facts.Digest(1))), At(24) with { Unread = [Services] }), moved).Use);
        Assert.Equal(Use.InUse, Of(Carry(At(0, Used(Service), Used(Service, digest: Facts.Digest(1))), At(24, Used(Service))), moved).Use);
    }

    public static TheoryData<UnreadConsumer, bool, bool> Scopes => new()
    {
        { Services, true, false },
        { Services with { Account = "210987654321" }, false, false },
        { Services with { Region = "eu-west-1" }, false, false },
        { Services with { Kind = ConsumerKind.EcsTask }, false, false },
        { Services with { Kind = null }, true, true },
        { Services with { Kind = null, Region = null }, true, true },
        { Services with { Kind = ConsumerKind.Workload, But = "shop/* web" }, false, true },
        { Services with { Kind = ConsumerKind.Workload, But = "shop/* pay/*" }, false, false },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public void What_could_not_be_read_hides_its_own_kind_account_and_region_and_no_other(UnreadConsumer unread, bool service, bool pod)
    {
        ImageUse[] uses = [Used(Service), Used(Pod, null, Facts.Digest(1))];
        var carried = Carry(At(0, uses), At(24) with { Unread = [unread] }).Uses;
        Assert.Equal([(Service, service), (Pod, pod)], carried.Select(use => (use.By, use.AbsentSince is null)));
    }

    private static readonly Gen<UseFacts[]> AnyReadings = Gen.Select(Gen.Double[0.1, 60], Gen.Bool.Array[4], Gen.Bool.Array[2]).Array[1, 12].Select(nights =>
    {
        var hours = 0.0;
        ImageUse[] all = [Used(Service), Used(Service, digest: Facts.Digest(1)), Used(Pod, null, Facts.Digest(1)), Used(Service, "2.0")];
        UnreadConsumer[] unread = [Services, new("workloads", Account, "Rate exceeded") { Kind = ConsumerKind.Workload, Region = Region }];
        return nights.Select(night => At(hours += night.Item1, [.. all.Where((_, i) => night.Item2[i])]) with { Unread = [.. unread.Where((_, i) => night.Item3[i])] }).ToArray();
    });

    [Fact]
    public void No_reference_is_let_go_of_unless_two_readings_a_day_apart_and_all_between_could_have_seen_it_and_did_not() =>
        AnyReadings.Sample(readings =>
        {
            var carried = Carry(readings);
            foreach (var use in readings.SelectMany(reading => reading.Uses).Distinct().Where(use => !carried.Uses.Any(left => left.By == use.By && left.Tag == use.Tag && left.Digest == use.Digest)))
            {
                var seen = Array.FindLastIndex(readings, reading => reading.Uses.Contains(use));
                DateTimeOffset? since = null;
                Assert.Contains(readings.Skip(seen + 1), reading =>
                {
                    since = reading.Unread.Any(unread => unread.Kind == use.By.Kind) ? null : since ?? reading.ReadAt;
                    return reading.ReadAt - since >= UseHistory.BetweenReadings && reading.ReadAt - readings[seen].ReadAt >= UseHistory.Kept;
                });
            }
        }, iter: 2000);

    [Fact]
    public void A_reading_keeps_all_that_it_saw_invents_nothing_and_carried_again_is_the_same() =>
        AnyReadings.Sample(readings =>
        {
            var (before, read) = (Carry(readings[..^1] is { Length: > 0 } earlier ? earlier : readings), readings[^1]);
            var carried = UseHistory.Carry(before, read);
            Assert.Equal(read.Uses, carried.Uses.Where(use => use.SeenAt is null));
            Assert.All(carried.Uses.Where(use => use.SeenAt is not null), use => Assert.Contains(use with { SeenAt = null, AbsentSince = null }, before.Uses.Select(was => was with { SeenAt = null, AbsentSince = null })));
            Assert.Equal(carried.Uses, UseHistory.Carry(before, carried).Uses);
            Assert.Equal((read.ReadAt, read.Unread), (carried.ReadAt, carried.Unread));
        }, iter: 2000);
}
