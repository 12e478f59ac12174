using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class QuarantineProperties
{
    private static readonly string[] Team = ["1.0", "1.1", "latest"];
    private static readonly string[] Known =
    [
        .. Team,
        OwnTags.Blocked(Facts.Digest(1)),
        $"old-blocked-{Facts.Digest(1).Hex}",
        OwnTags.InUse(Facts.Digest(1)),
    ];

    private static readonly Gen<ImageUsage> AnyUsage = Gen.Enum<UseState>().Select(use => new ImageUsage(use, [], []));
    private static readonly Gen<QuarantineFacts> AnyFacts = Gen.Select(
            Gen.Bool.Array[Known.Length],
            Gen.Enum<StorageStatus>(),
            Gen.Enum<ImageKind>(),
            Gen.Enum<Status>(),
            AnyUsage,
            Gen.Bool,
            Gen.Enum<EnforcementMode>()
        )
        .Select(
            (chosen, storage, kind, status, usage, needed, mode) =>
                new QuarantineFacts
                {
                    Image = Facts.Image(1, [.. Known.Where((_, i) => chosen[i])]) with
                    {
                        Storage = storage,
                        Kind = kind,
                    },
                    Status = status,
                    Mode = mode,
                    ChangeId = "01CHANGE",
                    Usage = usage,
                    NeededBy = needed ? Facts.Digest(9) : null,
                }
        );

    private static readonly Gen<Quarantine?> AnyRecord = Gen.Select(
            Gen.Int[0, 5],
            Gen.Enum<QuarantineState>(),
            Gen.Bool,
            Gen.Bool,
            Gen.Bool
        )
        .Select(
            (none, state, sameBlock, released, lately) =>
                none == 0
                    ? null
                    : new Quarantine
                    {
                        State = state,
                        ChangeId = sameBlock ? "01CHANGE" : "00EARLIER",
                        Since = lately ? Facts.Now : Facts.Now.AddDays(-1),
                        Release = released ? QuarantineTests.Release : null,
                    }
        );

    private static QuarantinePlan Plan(QuarantineFacts facts, Quarantine? record) =>
        QuarantinePlan.For(facts, record, Facts.Now);

    private static QuarantineFacts Apply(QuarantineFacts facts, QuarantineStep step) =>
        facts with
        {
            Image = step.Change switch
            {
                QuarantineChange.Archive => facts.Image with { Storage = StorageStatus.Archived },
                QuarantineChange.Restore => facts.Image with { Storage = StorageStatus.Active },
            },
        };

    /// <summary>All the plans until nothing is left to do.</summary>
    private static List<(QuarantineFacts Facts, QuarantinePlan Plan)> Run(QuarantineFacts facts, Quarantine? record)
    {
        var way = new List<(QuarantineFacts, QuarantinePlan)>();
        while (true)
        {
            var plan = Plan(facts, record);
            way.Add((facts, plan));
            if (plan.Next is null && Equals(plan.Record, record))
                return way;
            Assert.InRange(way.Count, 1, 20);
            record = plan.Record;
            facts = plan.Next is { } step ? Apply(facts, step) : facts;
        }
    }

    [Fact]
    public void It_comes_to_an_end_where_nothing_is_left_to_do_and_another_look_changes_nothing() =>
        Gen.Select(AnyFacts, AnyRecord)
            .Sample(
                (facts, record) =>
                {
                    var (end, last) = Run(facts, record)[^1];
                    Assert.Single(Run(end, last.Record));
                },
                iter: 3000
            );

    [Fact]
    public void Nothing_in_use_or_of_unknown_use_is_ever_taken_nor_anything_that_is_not_blocked_and_marked() =>
        Gen.Select(AnyFacts, AnyRecord)
            .Sample(
                (facts, record) =>
                {
                    foreach (
                        var (seen, _) in Run(facts, record)
                            .Where(taken => taken.Plan.Next?.Change == QuarantineChange.Archive)
                    )
                    {
                        Assert.Equal(
                            (UseState.NotInUse, Status.Blocked, StorageStatus.Active),
                            (seen.Usage.Use, seen.Status, seen.Image.Storage)
                        );
                        Assert.Contains(OwnTags.Blocked(Facts.Digest(1)), seen.Image.Tags);
                        Assert.NotEmpty(OwnTags.TeamTags(seen.Image));
                        Assert.Equal(EnforcementMode.Quarantine, seen.Mode);
                        Assert.True(record is null || !record.IsReleasedFrom(seen.ChangeId));
                        Assert.Null(seen.NeededBy);
                    }
                },
                iter: 3000
            );

    [Fact]
    public void Where_it_only_observes_nothing_is_written_and_what_is_held_says_why() =>
        Gen.Select(AnyFacts, AnyRecord)
            .Sample(
                (facts, record) =>
                {
                    var plan = Plan(facts with { Mode = EnforcementMode.Observe }, record);
                    Assert.Equal((null, record), (plan.Next, plan.Record));
                    Assert.Equal(
                        facts.Image.Kind is ImageKind.Image or ImageKind.Index
                            && record is { State: not QuarantineState.Ended },
                        plan.Why is not null
                    );
                },
                iter: 3000
            );

    [Fact]
    public void What_was_taken_comes_back_as_it_was_however_far_it_had_come() =>
        Gen.Select(AnyFacts, Gen.Int[0, 6], Gen.Int[0, 2])
            .Sample(
                (facts, steps, back) =>
                {
                    facts = facts with { Status = Status.Blocked, Mode = EnforcementMode.Quarantine };
                    var way = Run(facts, null);
                    if (way[0].Plan.Next is null)
                        return;
                    // The run is interrupted between the record and its step.
                    var (seen, reached) = way[Math.Min(steps, way.Count - 1)];
                    var record = reached.Record!;
                    var (end, last) = back switch
                    {
                        0 => Run(seen, record with { Release = QuarantineTests.Release })[^1],
                        1 => Run(seen with { Mode = EnforcementMode.Mark }, record)[^1],
                        _ => Run(seen with { Status = Status.Approved }, record)[^1],
                    };
                    Assert.Equal((facts.Image.Storage, last.Next), (end.Image.Storage, null));
                    Assert.Equal(facts.Image.Tags.Order(), end.Image.Tags.Order());
                },
                iter: 3000
            );
}
