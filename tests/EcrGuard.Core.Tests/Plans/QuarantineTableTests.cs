using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>Every combination that decides about an image's quarantine, as a reviewer reads it: <c>quarantine-table.approved.txt</c>.</summary>
public sealed class QuarantineTableTests
{
    private static readonly VerdictTags Tags = VerdictTags.Default;
    private static readonly string Blocked = Tags.Blocked(Facts.Digest(1));

    private static readonly ImageFacts Marked = Facts.Image(1, "1.0", "latest", Blocked);

    private static readonly (string Name, QuarantineFacts Facts)[] Statuses =
    [
        .. Enum.GetValues<Status>().Select(status => (status.Word(), QuarantineTests.Of(Marked, status))),
        ("STALE-ALLOWED", QuarantineTests.Of(Marked, Status.Stale) with { Approved = true }),
    ];

    private static readonly (string Name, Func<QuarantineFacts, QuarantineFacts> With)[] Situations =
    [
        ("not in use", facts => facts),
        ("in use", facts => facts with { Usage = new Usage(Use.InUse, ["The ECS service web refers to it."], []) }),
        ("use unknown", facts => facts with { Usage = Usage.Unknown }),
        ("not marked yet", facts => facts with { Image = facts.Image with { Tags = ["1.0", "latest"] } }),
        ("no team's tag", facts => facts with { Image = facts.Image with { Tags = [Blocked] } }),
        ("child of an index", facts => facts with { NeededBy = Facts.Digest(9) }),
        ("archived", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Archived } }),
        ("activating", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Activating } }),
        ("storage unknown", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Unknown } }),
        ("immutable tags", facts => facts with { Mutability = TagMutability.Immutable }),
        ("mutable, with exclusion", facts => facts with { Mutability = TagMutability.MutableWithExclusion }),
        ("immutable, with exclusion", facts => facts with { Mutability = TagMutability.ImmutableWithExclusion }),
        ("mutability unknown", facts => facts with { Mutability = TagMutability.Unknown }),
    ];

    private static readonly (string Name, Quarantine? Record)[] ArchiveRecords =
    [
        ("none", null),
        ("taking", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Taking)),
        ("held", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Held)),
        ("held, of an earlier block", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Held) with { ChangeId = "00EARLIER" }),
        ("held, released", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Held) with { Release = QuarantineTests.Release }),
        ("returning", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Returning)),
        ("returning, taken lately", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Returning) with { Since = Facts.Now.AddMinutes(-1) }),
        ("ended", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Ended)),
        ("ended, released", QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Ended) with { Release = QuarantineTests.Release }),
    ];

    private static readonly (string Name, Quarantine? Record)[] WithdrawRecords =
    [
        ("none", null),
        ("taking", QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Taking)),
        ("held", QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Held)),
        ("held, released", QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Held) with { Release = QuarantineTests.Release }),
        ("returning", QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Returning)),
        ("ended", QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Ended)),
    ];

    private static readonly (string Name, ImageFacts Image, IReadOnlyDictionary<string, Digest> Holders)[] Withdrawn =
    [
        ("1.0 and latest on it", Marked, new Dictionary<string, Digest>()),
        ("latest withdrawn", Facts.Image(1, "1.0", Blocked), new Dictionary<string, Digest>()),
        ("both withdrawn", Facts.Image(1, Blocked), new Dictionary<string, Digest>()),
        ("both, 1.0 another's", Facts.Image(1, Blocked), new Dictionary<string, Digest> { ["1.0"] = Facts.Digest(2) }),
        ("both, both another's", Facts.Image(1, Blocked), new Dictionary<string, Digest> { ["1.0"] = Facts.Digest(2), ["latest"] = Facts.Digest(3) }),
    ];

    [Fact]
    public void Everything_is_taken_and_put_back_as_it_was_approved()
    {
        var table = new StringBuilder()
            .AppendLine("WHAT IS TAKEN OUT OF REACH. The image is blocked and carries 1.0, latest and its blocking tag; nothing was begun. Only what is said differs.")
            .AppendLine()
            .AppendLine(new string('-', 170));
        foreach (var (name, with) in Situations)
        {
            var facts = with(QuarantineTests.Of(Marked));
            table.AppendLine($"{name,-26}  archive   {Plan(facts, QuarantineBy.Archive, null)}").AppendLine($"{"",-26}  withdraw  {Plan(facts, QuarantineBy.Withdraw, null)}");
        }

        table.AppendLine().AppendLine("WHAT FOLLOWS FROM A STATUS. As above, not in use; the ledger's record as said.").AppendLine();
        foreach (var storage in new[] { StorageStatus.Active, StorageStatus.Archived, StorageStatus.Activating })
        {
            table.AppendLine(Row($"by archive, {storage.ToString().ToUpperInvariant()}", "status", "the policy archives", "the policy takes nothing")).AppendLine(new string('-', 170));
            foreach (var (record, known) in ArchiveRecords)
            {
                Follow(table, record, known, QuarantineBy.Archive, facts => facts with { Image = facts.Image with { Storage = storage } });
            }
            table.AppendLine();
        }

        foreach (var (tags, image, holders) in Withdrawn)
        {
            table.AppendLine($"by withdraw, {tags}").AppendLine(Row("", "status", "the policy withdraws", "the policy takes nothing")).AppendLine(new string('-', 170));
            foreach (var (record, known) in WithdrawRecords)
            {
                Follow(table, record, known, QuarantineBy.Withdraw, facts => facts with { Image = image, Holders = holders });
            }
            table.AppendLine();
        }
        Approval.Matches(table.ToString(), "quarantine-table");
    }

    /// <summary>A line for all statuses from which the same follows.</summary>
    private static void Follow(StringBuilder table, string record, Quarantine? known, QuarantineBy by, Func<QuarantineFacts, QuarantineFacts> with)
    {
        foreach (var same in Statuses.GroupBy(status => (Plan(with(status.Facts), by, known), Plan(with(status.Facts), null, known))))
            table.AppendLine(Row(record, same.Count() == Statuses.Length ? "any" : string.Join(' ', same.Select(status => status.Name)), same.Key.Item1, same.Key.Item2));
    }

    private static string Plan(QuarantineFacts facts, QuarantineBy? by, Quarantine? record)
    {
        var plan = QuarantinePlan.For(facts, by, record, Tags, Facts.Now);
        var step = plan.Next is { } next ? $"{next.Change.ToString().ToLowerInvariant()}{(next.Tag is null ? "" : " " + next.Tag)}" : plan.Why is { } why ? $"no: {why}" : "nothing";
        return step
            + (Equals(plan.Record, record) ? "" : $" [{plan.Record!.State.ToString().ToLowerInvariant()}{string.Concat(plan.Record.Conflicts.Select(conflict => $", {conflict.Tag} is another's"))}]")
            + (plan.RestoredByOthers ? " (restored by others)" : "");
    }

    private static string Row(string first, string second, string third, string fourth) => $"{first,-26}  {second,-66}  {third,-48}  {fourth}".TrimEnd();
}
