using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Use;

public sealed class UseHistoryTests
{
    private const string Account = "123456789012";
    private const string Region = "eu-central-1";

    private static readonly Consumer Service = new(
        ConsumerKind.EcsService,
        $"arn:aws:ecs:{Region}:{Account}:service/main/pay"
    );
    private static readonly Consumer Pod = new(ConsumerKind.Workload, "seen running by Amazon Inspector");
    private static readonly UnreadConsumer Services = new("ECS services", Account, "Rate exceeded")
    {
        Kind = ConsumerKind.EcsService,
        Region = Region,
    };

    private static ConsumerReference Used(Consumer by, string? tag = "1.0", Digest? digest = null) =>
        new(Facts.Repository, tag, digest, by);

    /// <summary>A reading this many hours after the first.</summary>
    private static UsageReading At(double hours, params IReadOnlyList<ConsumerReference> uses) =>
        new() { ReadAt = Facts.Now.AddDays(-30).AddHours(hours), Uses = uses };

    private static UsageReading Carry(params UsageReading[] readings) => CarryFor(0, readings);

    /// <summary>Readings one after the other, with this many days for rollbacks.</summary>
    private static UsageReading CarryFor(int rollbackDays, params UsageReading[] readings) =>
        readings.Skip(1).Aggregate(readings[0], (before, read) => UseHistory.Carry(before, read, rollbackDays));

    private static ImageUsage Of(UsageReading use, ImageFacts? image = null) =>
        InUse.Of(
            use,
            Facts.Contents([
                image
                    ?? Facts.Image(1, "1.0") with
                    {
                        PushedAt = Facts.Now.AddDays(-400),
                        LastPulledAt = Facts.Now.AddDays(-400),
                    },
            ]),
            new Core.Policy.Consumers(),
            use.ReadAt
        )[Facts.Digest(1)];

    [Fact]
    public void A_consumer_that_cannot_be_read_uses_what_it_used_until_it_is_read_again_and_the_reason_says_so()
    {
        UsageReading night = At(240) with { Unread = [Services] };
        var usage = Of(Carry(At(0, Used(Service)), At(24) with { Unread = [Services] }, night));
        Assert.Equal(UseState.InUse, usage.Use);
        Assert.Equal([Service], usage.By);
        Assert.Equal(
            [$"The {Service} referred to it by the tag 1.0 until 2026-10-19 12:00 UTC, and could not be read since."],
            usage.Why
        );
    }

    [Fact]
    public void What_two_daily_readings_in_a_row_do_not_see_is_not_in_use_and_after_the_first_it_still_is()
    {
        var usage = Of(Carry(At(0, Used(Service)), At(24)));
        Assert.Equal([$"The {Service} referred to it by the tag 1.0 until 2026-10-19 12:00 UTC."], usage.Why);
        Assert.Equal(UseState.NotInUse, Of(Carry(At(0, Used(Service)), At(24), At(48))).Use);
    }

    [Theory]
    [InlineData(47.9, UseState.InUse)]
    [InlineData(48, UseState.NotInUse)]
    public void However_often_it_is_read_a_reference_counts_for_48_hours_after_it_was_last_seen(
        double hours,
        UseState use
    ) => Assert.Equal(use, Of(Carry(At(0, Used(Service)), At(1), At(2), At(24), At(hours))).Use);

    [Fact]
    public void After_a_gap_in_the_readings_or_a_time_in_which_nothing_could_be_read_two_days_must_agree_all_the_same()
    {
        UsageReading unread = At(240) with { Unread = [Services] };
        Assert.Equal(UseState.InUse, Of(Carry(At(0, Used(Service)), At(240), At(240.1))).Use);
        Assert.Equal(UseState.NotInUse, Of(Carry(At(0, Used(Service)), At(240), At(264))).Use);
        Assert.Equal(UseState.InUse, Of(Carry(At(0, Used(Service)), unread, At(264), At(264.1))).Use);
        Assert.Equal(UseState.NotInUse, Of(Carry(At(0, Used(Service)), unread, At(264), At(288))).Use);
        Assert.Equal(UseState.InUse, Of(Carry(At(0, Used(Service)), At(216), unread, At(264))).Use);
    }

    [Fact]
    public void What_is_seen_again_is_as_fresh_as_ever()
    {
        var use = Carry(At(0, Used(Service)), At(24), At(47, Used(Service)));
        Assert.Equal([Used(Service)], use.Uses);
        Assert.Equal(UseState.InUse, Of(Carry(use, At(71))).Use);
    }

    [Fact]
    public void A_tag_that_moved_on_lets_go_of_no_digest_that_its_consumer_was_seen_to_run()
    {
        var moved = Facts.Image(1) with { PushedAt = Facts.Now.AddDays(-400) };
        Assert.Equal(
            UseState.InUse,
            Of(
                Carry(
                    At(0, Used(Service), Used(Service, digest: Facts.Digest(1))),
                    At(24) with
                    {
                        Unread = [Services],
                    }
                ),
                moved
            ).Use
        );
        Assert.Equal(
            UseState.InUse,
            Of(Carry(At(0, Used(Service), Used(Service, digest: Facts.Digest(1))), At(24, Used(Service))), moved).Use
        );
    }

    [Theory]
    [InlineData(24, UseState.InUse, UseState.InUse)]
    [InlineData(72, UseState.InUse, UseState.NotInUse)]
    [InlineData(335, UseState.InUse, UseState.NotInUse)]
    [InlineData(336, UseState.NotInUse, UseState.NotInUse)]
    public void What_was_seen_in_use_is_in_reserve_for_rollbacks_and_no_longer_seen(
        double hours,
        UseState use,
        UseState now
    )
    {
        UsageReading[] nights =
        [
            At(0, Used(Service)),
            .. Enumerable.Range(1, 13).Select(night => At(24 * night)).Where(night => night.ReadAt < At(hours).ReadAt),
            At(hours),
        ];
        var usage = Of(CarryFor(14, nights));
        Assert.Equal((use, now), (usage.Use, usage.Now));
    }

    [Fact]
    public void The_reserve_says_until_when_and_who_was_last_seen()
    {
        var usage = Of(CarryFor(14, At(0, Used(Service)), At(24), At(48)));
        Assert.Equal(
            [
                "It is in use until 2026-11-02 12:00 UTC for rollbacks: last seen on 2026-10-19 12:00 UTC by "
                    + $"the {Service}.",
            ],
            usage.Why
        );
        Assert.Equal([Service], usage.By);
    }

    [Fact]
    public void Who_refers_to_an_image_now_is_told_before_who_did_and_alone_is_said_to_use_it()
    {
        var usage = Of(CarryFor(14, At(0, Used(Service)), At(24, Used(Pod)), At(48, Used(Pod))));
        Assert.Equal([Pod], usage.By);
        Assert.True(usage.SeenNow);
        Assert.Equal(
            [
                $"The {Pod} refers to it by the tag 1.0.",
                "It is in use until 2026-11-02 12:00 UTC for rollbacks: last seen on 2026-10-19 12:00 UTC by "
                    + $"the {Service}.",
            ],
            usage.Why
        );
    }

    [Fact]
    public void A_consumer_that_could_not_be_read_since_is_no_reserve()
    {
        var usage = Of(
            CarryFor(
                14,
                At(0, Used(Service)),
                At(240) with
                {
                    Unread = [Services],
                },
                At(480) with
                {
                    Unread = [Services],
                }
            )
        );
        Assert.Equal((UseState.InUse, true), (usage.Use, usage.SeenNow));
    }

    [Fact]
    public void What_is_in_reserve_runs_no_more_though_nobody_could_look_and_stays_until_somebody_can()
    {
        UsageReading blind = At(480) with { Unread = [Services] };
        Assert.Equal(
            (UseState.InUse, UseState.NotInUse),
            (
                Of(CarryFor(14, At(0, Used(Service)), At(24), At(72), blind)).Use,
                Of(CarryFor(14, At(0, Used(Service)), At(24), At(72), blind)).Now
            )
        );
        Assert.Equal(UseState.NotInUse, Of(CarryFor(14, At(0, Used(Service)), At(24), At(72), blind, At(504))).Use);
    }

    [Fact]
    public void Of_many_tasks_that_have_gone_the_last_is_kept_in_reserve()
    {
        static ConsumerReference Task(int number) =>
            Used(new Consumer(ConsumerKind.EcsTask, $"arn:aws:ecs:{Region}:{Account}:task/main/{number}"));
        var use = CarryFor(14, At(0, Task(1), Task(2)), At(24, Task(3)), At(48), At(72), At(96));
        Assert.Equal([Task(3).By], use.Uses.Select(left => left.By));
    }

    [Fact]
    public void A_deployment_since_the_reading_is_use_and_says_when()
    {
        var usage = Of(
            UseHistory.Join(At(0), [Used(Service, null, Facts.Digest(1)) with { SeenAt = At(1).ReadAt }], 14)!
        );
        Assert.Equal((UseState.InUse, true), (usage.Use, usage.SeenNow));
        Assert.Equal([$"The {Service} was seen to deploy it by its digest on 2026-10-19 13:00 UTC."], usage.Why);
    }

    [Theory]
    [InlineData(1, UseState.InUse, UseState.InUse)]
    [InlineData(72, UseState.InUse, UseState.NotInUse)]
    [InlineData(335, UseState.InUse, UseState.NotInUse)]
    [InlineData(337, UseState.NotInUse, UseState.NotInUse)]
    public void A_deployment_that_later_readings_did_not_see_is_in_reserve_and_then_over(
        double hours,
        UseState use,
        UseState now
    )
    {
        var usage = Of(
            UseHistory.Join(At(hours), [Used(Service, null, Facts.Digest(1)) with { SeenAt = At(0).ReadAt }], 14)!
        );
        Assert.Equal((use, now), (usage.Use, usage.Now));
    }

    [Fact]
    public void A_deployment_is_newer_than_what_was_carried_of_the_same_consumer_and_no_newer_than_what_a_reading_saw()
    {
        var deployed = Used(Service, null, Facts.Digest(1)) with { SeenAt = At(97).ReadAt };
        var carried = CarryFor(14, At(0, Used(Service, null, Facts.Digest(1))), At(48), At(96));
        Assert.False(Of(carried).SeenNow);
        Assert.True(Of(UseHistory.Join(carried, [deployed], 14)!).SeenNow);
        Assert.Equal(
            [$"The {Service} refers to it by its digest."],
            Of(UseHistory.Join(At(98, Used(Service, null, Facts.Digest(1))), [deployed], 14)!).Why
        );
        Assert.Null(UseHistory.Join(null, [deployed], 14));
    }

    public static TheoryData<UnreadConsumer, bool, bool> Scopes =>
        new()
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
    public void What_could_not_be_read_hides_its_own_kind_account_and_region_and_no_other(
        UnreadConsumer unread,
        bool service,
        bool pod
    )
    {
        ConsumerReference[] uses = [Used(Service), Used(Pod, null, Facts.Digest(1))];
        var carried = Carry(At(0, uses), At(24) with { Unread = [unread] }).Uses;
        Assert.Equal([(Service, service), (Pod, pod)], carried.Select(use => (use.By, use.AbsentSince is null)));
    }

    private static readonly Gen<UsageReading[]> AnyReadings = Gen.Select(
            Gen.Double[0.1, 60],
            Gen.Bool.Array[4],
            Gen.Bool.Array[2]
        )
        .Array[1, 12]
        .Select(nights =>
        {
            var hours = 0.0;
            ConsumerReference[] all =
            [
                Used(Service),
                Used(Service, digest: Facts.Digest(1)),
                Used(Pod, null, Facts.Digest(1)),
                Used(Service, "2.0"),
            ];
            UnreadConsumer[] unread =
            [
                Services,
                new("workloads", Account, "Rate exceeded") { Kind = ConsumerKind.Workload, Region = Region },
            ];
            return nights
                .Select(night =>
                    At(hours += night.Item1, [.. all.Where((_, i) => night.Item2[i])]) with
                    {
                        Unread = [.. unread.Where((_, i) => night.Item3[i])],
                    }
                )
                .ToArray();
        });

    [Fact]
    public void No_reference_is_let_go_of_unless_two_readings_a_day_apart_and_all_between_could_have_seen_it_and_did_not() =>
        Gen.Select(AnyReadings, Gen.Int[0, 5])
            .Sample(
                (readings, rollbackDays) =>
                {
                    var carried = CarryFor(rollbackDays, readings);
                    foreach (
                        var use in readings
                            .SelectMany(reading => reading.Uses)
                            .Distinct()
                            .Where(use => !carried.Uses.Any(left => left.Tag == use.Tag && left.Digest == use.Digest))
                    )
                    {
                        var seen = Array.FindLastIndex(readings, reading => reading.Uses.Contains(use));
                        DateTimeOffset? since = null;
                        var (seenAt, reserved) = (readings[seen].ReadAt, false);
                        Assert.Contains(
                            readings.Skip(seen + 1),
                            reading =>
                            {
                                var blind = reading.Unread.Any(unread => unread.Kind == use.By.Kind);
                                since = blind ? null : since ?? reading.ReadAt;
                                // An image in reserve stays there through a reading that could not look. A reading that
                                // could look ends the reserve.
                                reserved |=
                                    reading.ReadAt - since >= UseHistory.BetweenReadings
                                    && reading.ReadAt - seenAt >= UseHistory.Kept;
                                return reserved && !blind && reading.ReadAt - seenAt >= TimeSpan.FromDays(rollbackDays);
                            }
                        );
                    }
                },
                iter: 2000
            );

    [Fact]
    public void A_reading_keeps_all_that_it_saw_invents_nothing_and_carried_again_is_the_same() =>
        AnyReadings.Sample(
            readings =>
            {
                var (before, read) = (
                    Carry(readings[..^1] is { Length: > 0 } earlier ? earlier : readings),
                    readings[^1]
                );
                var carried = UseHistory.Carry(before, read, 0);
                Assert.Equal(read.Uses, carried.Uses.Where(use => use.SeenAt is null));
                Assert.All(
                    carried.Uses.Where(use => use.SeenAt is not null),
                    use =>
                        Assert.Contains(
                            use with
                            {
                                SeenAt = null,
                                AbsentSince = null,
                            },
                            before.Uses.Select(was => was with { SeenAt = null, AbsentSince = null })
                        )
                );
                Assert.Equal(carried.Uses, UseHistory.Carry(before, carried, 0).Uses);
                Assert.Equal((read.ReadAt, read.Unread), (carried.ReadAt, carried.Unread));
            },
            iter: 2000
        );
}
