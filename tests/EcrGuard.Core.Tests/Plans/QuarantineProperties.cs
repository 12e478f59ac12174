using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class QuarantineProperties
{
    private static readonly VerdictTags Tags = VerdictTags.Default with { EarlierPrefixes = ["old"] };
    private static readonly string[] Team = ["1.0", "1.1", "latest"];
    private static readonly string[] Known = [.. Team, Tags.Blocked(Facts.Digest(1)), $"old-blocked-{Facts.Digest(1).Hex}", Tags.InUse(Facts.Digest(1))];

    private static readonly Gen<Usage> AnyUsage = Gen.Enum<Use>().Select(use => new Usage(use, [], []));
    private static readonly Gen<QuarantineBy?> AnyWay = Gen.Int[0, 2].Select(way => way switch { 0 => (QuarantineBy?)null, 1 => QuarantineBy.Archive, _ => QuarantineBy.Withdraw });

    private static readonly Gen<QuarantineFacts> AnyFacts =
        Gen.Select(Gen.Bool.Array[Known.Length], Gen.Enum<StorageStatus>(), Gen.Enum<ImageKind>(), Gen.Enum<Status>(), AnyUsage, Gen.Enum<TagMutability>(), Gen.Bool.Array[Team.Length + 2], Gen.Enum<EnforcementMode>())
            .Select((chosen, storage, kind, status, usage, mutability, others, mode) => new QuarantineFacts
            {
                Image = Facts.Image(1, [.. Known.Where((_, i) => chosen[i])]) with { Storage = storage, Kind = kind },
                Status = status,
                Approved = status == Status.Approved || (status > Status.Pending && others[^2]),
                Mode = mode,
                ChangeId = "01CHANGE",
                Usage = usage,
                NeededBy = others[^1] ? Facts.Digest(9) : null,
                Mutability = mutability,
                Holders = Team.Where((tag, i) => others[i] && !chosen[i]).ToDictionary(tag => tag, _ => Facts.Digest(2)),
            });

    private static readonly Gen<Quarantine?> AnyRecord =
        Gen.Select(Gen.Int[0, 5], Gen.Enum<QuarantineBy>(), Gen.Enum<QuarantineState>(), Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool.Array[Team.Length])
            .Select((none, by, state, sameBlock, released, lately, withdrawn) => none == 0 ? null : new Quarantine
            {
                By = by,
                State = state,
                ChangeId = sameBlock ? "01CHANGE" : "00EARLIER",
                Since = lately ? Facts.Now : Facts.Now.AddDays(-1),
                Tags = by == QuarantineBy.Archive ? [] : [.. Team.Where((_, i) => withdrawn[i])],
                Release = released ? QuarantineTests.Release : null,
            });

    private static QuarantinePlan Plan(QuarantineFacts facts, QuarantineBy? by, Quarantine? record) => QuarantinePlan.For(facts, by, record, Tags, Facts.Now);

    private static QuarantineFacts Apply(QuarantineFacts facts, QuarantineStep step) => facts with
    {
        Image = step.Change switch
        {
            QuarantineChange.Archive => facts.Image with { Storage = StorageStatus.Archived },
            QuarantineChange.Restore => facts.Image with { Storage = StorageStatus.Active },
            QuarantineChange.Withdraw => facts.Image with { Tags = [.. facts.Image.Tags.Where(tag => tag != step.Tag)] },
            QuarantineChange.PutBack => facts.Image with { Tags = [.. facts.Image.Tags, step.Tag!] },
        },
    };

    /// <summary>Every plan on the way to where nothing is left to do.</summary>
    private static List<(QuarantineFacts Facts, QuarantinePlan Plan)> Run(QuarantineFacts facts, QuarantineBy? by, Quarantine? record)
    {
        var way = new List<(QuarantineFacts, QuarantinePlan)>();
        while (true)
        {
            var plan = Plan(facts, by, record);
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
        Gen.Select(AnyFacts, AnyWay, AnyRecord).Sample((facts, by, record) =>
        {
            var (end, last) = Run(facts, by, record)[^1];
            Assert.Single(Run(end, by, last.Record));
        }, iter: 3000);

    [Fact]
    public void Nothing_in_use_or_of_unknown_use_is_ever_taken_nor_anything_that_is_not_blocked_and_marked() =>
        Gen.Select(AnyFacts, AnyWay, AnyRecord).Sample((facts, by, record) =>
        {
            foreach (var (seen, plan) in Run(facts, by, record).Where(taken => taken.Plan.Next?.Takes == true))
            {
                Assert.Equal((Use.NotInUse, Status.Blocked, StorageStatus.Active), (seen.Usage.Use, seen.Status, seen.Image.Storage));
                Assert.Contains(Tags.Blocked(Facts.Digest(1)), seen.Image.Tags);
                Assert.NotEmpty(Tags.TeamTags(seen.Image));
                Assert.NotNull(by);
                Assert.Equal(EnforcementMode.Quarantine, seen.Mode);
                Assert.True(record is null || !record.IsReleasedFrom(seen.ChangeId));
                if (plan.Next!.Change == QuarantineChange.Archive)
                    Assert.Null(seen.NeededBy);
            }
        }, iter: 3000);

    [Fact]
    public void Where_it_only_observes_nothing_is_written_and_what_is_held_says_why() =>
        Gen.Select(AnyFacts, AnyWay, AnyRecord).Sample((facts, by, record) =>
        {
            var plan = Plan(facts with { Mode = EnforcementMode.Observe }, by, record);
            Assert.Equal((null, record), (plan.Next, plan.Record));
            Assert.Equal(facts.Image.Kind is ImageKind.Image or ImageKind.Index && record is { State: not QuarantineState.Ended }, plan.Why is not null);
        }, iter: 3000);

    [Fact]
    public void No_step_leaves_an_image_without_a_tag_or_writes_one_on_what_is_archived_or_withdraws_what_cannot_move() =>
        Gen.Select(AnyFacts, AnyWay, AnyRecord).Sample((facts, by, record) =>
        {
            foreach (var (seen, plan) in Run(facts, by, record))
            {
                if (plan.Next is not { Tag: not null } step)
                    continue;
                Assert.NotEmpty(Apply(seen, step).Image.Tags);
                Assert.Equal(StorageStatus.Active, seen.Image.Storage);
                Assert.Contains(step.Tag, plan.Record!.Tags);
                Assert.False(Tags.Claims(step.Tag!));
                if (step.Takes)
                    Assert.Equal(TagMutability.Mutable, seen.Mutability);
                else
                    Assert.False(seen.Holders.ContainsKey(step.Tag!));
            }
        }, iter: 3000);

    [Fact]
    public void What_was_taken_comes_back_as_it_was_however_far_it_had_come() =>
        Gen.Select(AnyFacts, Gen.Enum<QuarantineBy>(), Gen.Int[0, 6], Gen.Int[0, 2]).Sample((facts, by, steps, back) =>
        {
            facts = facts with { Status = Status.Blocked, Approved = false, Mode = EnforcementMode.Quarantine, Holders = new Dictionary<string, Digest>() };
            var way = Run(facts, by, null);
            if (way[0].Plan.Next is null)
                return;
            // Interrupted between the record and its step.
            var (seen, reached) = way[Math.Min(steps, way.Count - 1)];
            var record = reached.Record!;
            var (end, last) = back switch
            {
                0 => Run(seen, by, record with { Release = QuarantineTests.Release })[^1],
                1 => Run(seen with { Mode = EnforcementMode.Mark }, by, record)[^1],
                _ => Run(seen with { Status = Status.Approved, Approved = true }, by, record)[^1],
            };
            Assert.Equal((facts.Image.Storage, last.Next), (end.Image.Storage, null));
            Assert.Equal(facts.Image.Tags.Order(), end.Image.Tags.Order());
        }, iter: 3000);
}
