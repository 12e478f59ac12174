using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>
/// Every combination that decides about an image's quarantine, in a form for reviewers:
/// <c>quarantine-table.approved.txt</c>.
/// </summary>
public sealed class QuarantineTableTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));

    private static readonly ImageFacts Marked = Facts.Image(1, "1.0", "latest", Blocked);

    private static readonly (string Name, QuarantineFacts Facts)[] Statuses =
    [
        .. Enum.GetValues<Status>().Select(status => (status.Word(), QuarantineTests.Of(Marked, status))),
    ];

    private static readonly (string Name, Func<QuarantineFacts, QuarantineFacts> With)[] Situations =
    [
        ("not in use", facts => facts),
        (
            "in use",
            facts => facts with { Usage = new ImageUsage(UseState.InUse, ["The ECS service web refers to it."], []) }
        ),
        ("use unknown", facts => facts with { Usage = ImageUsage.Unknown }),
        ("not marked yet", facts => facts with { Image = facts.Image with { Tags = ["1.0", "latest"] } }),
        ("no team's tag", facts => facts with { Image = facts.Image with { Tags = [Blocked] } }),
        ("child of an index", facts => facts with { NeededBy = Facts.Digest(9) }),
        ("archived", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Archived } }),
        ("activating", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Activating } }),
        ("storage unknown", facts => facts with { Image = facts.Image with { Storage = StorageStatus.Unknown } }),
    ];

    private static readonly (string Name, Quarantine? Record)[] Records =
    [
        ("none", null),
        ("taking", QuarantineTests.Record(QuarantineState.Taking)),
        ("held", QuarantineTests.Record(QuarantineState.Held)),
        ("held, of an earlier block", QuarantineTests.Record(QuarantineState.Held) with { ChangeId = "00EARLIER" }),
        ("held, released", QuarantineTests.Record(QuarantineState.Held) with { Release = QuarantineTests.Release }),
        ("returning", QuarantineTests.Record(QuarantineState.Returning)),
        (
            "returning, taken lately",
            QuarantineTests.Record(QuarantineState.Returning) with
            {
                Since = Facts.Now.AddMinutes(-1),
            }
        ),
        ("ended", QuarantineTests.Record(QuarantineState.Ended)),
        ("ended, released", QuarantineTests.Record(QuarantineState.Ended) with { Release = QuarantineTests.Release }),
    ];

    [Fact]
    public void Everything_is_taken_and_put_back_as_it_was_approved()
    {
        var table = new StringBuilder()
            .AppendLine(
                "WHAT IS TAKEN OUT OF REACH. The image is blocked and carries 1.0, latest and its blocking "
                    + "tag; nothing was begun. Only what is said differs."
            )
            .AppendLine()
            .AppendLine(new string('-', 170));
        foreach (var (name, with) in Situations)
        {
            var facts = with(QuarantineTests.Of(Marked));
            table.AppendLine($"{name, -26}  {Plan(facts, null)}");
        }

        table
            .AppendLine()
            .AppendLine("WHAT FOLLOWS FROM A STATUS. As above, not in use; the ledger's record as said.")
            .AppendLine();
        foreach (var storage in new[] { StorageStatus.Active, StorageStatus.Archived, StorageStatus.Activating })
        {
            table
                .AppendLine(
                    Row(storage.ToString().ToUpperInvariant(), "status", "the mode is quarantine", "the mode is mark")
                )
                .AppendLine(new string('-', 170));
            foreach (var (record, known) in Records)
            {
                Follow(table, record, known, facts => facts with { Image = facts.Image with { Storage = storage } });
            }
            table.AppendLine();
        }

        Approval.Matches(table.ToString(), "quarantine-table");
    }

    /// <summary>One line for all statuses that have the same result.</summary>
    private static void Follow(
        StringBuilder table,
        string record,
        Quarantine? known,
        Func<QuarantineFacts, QuarantineFacts> with
    )
    {
        foreach (
            var same in Statuses.GroupBy(status =>
                (Plan(with(status.Facts), known), Plan(with(status.Facts) with { Mode = EnforcementMode.Mark }, known))
            )
        )
            table.AppendLine(
                Row(
                    record,
                    same.Count() == Statuses.Length ? "any" : string.Join(' ', same.Select(status => status.Name)),
                    same.Key.Item1,
                    same.Key.Item2
                )
            );
    }

    private static string Plan(QuarantineFacts facts, Quarantine? record)
    {
        var plan = QuarantinePlan.For(facts, record, Facts.Now);
        var step =
            plan.Next is { } next ? $"{next.Change.ToString().ToLowerInvariant()}"
            : plan.Why is { } why ? $"no: {why}"
            : "nothing";
        return step
            + (Equals(plan.Record, record) ? "" : $" [{plan.Record!.State.ToString().ToLowerInvariant()}]")
            + (plan.RestoredByOthers ? " (restored by others)" : "");
    }

    private static string Row(string first, string second, string third, string fourth) =>
        $"{first, -26}  {second, -66}  {third, -48}  {fourth}".TrimEnd();
}
