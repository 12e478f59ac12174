using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>Every combination that decides, in a form for reviewers: <c>decision-table.approved.txt</c>.</summary>
public sealed class DecisionTableTests
{
    private static readonly ImageFacts Image = Facts.Image(1, "1.0");
    private static readonly PolicyDocument Waiving = Facts.Policy with { Waivers = [Facts.Waiver()] };

    private static readonly (string Name, ScanFacts Scan)[] Scans =
    [
        ("complete, nothing found", Facts.Scan()),
        ("complete, warns", Facts.Scan(Facts.Finding("CVE-2", Severity.High))),
        ("complete, blocks", Facts.Scan(Facts.Finding())),
        ("complete, 30 days old", Facts.Scan() with { CompletedAt = Facts.Now.AddDays(-30) }),
        ("complete, without a date", Facts.Scan() with { CompletedAt = null }),
        ("complete, continuous, old", Facts.Scan() with { Continuous = true, CompletedAt = Facts.Now.AddDays(-90) }),
        .. from state in Enum.GetValues<ScanState>().Where(state => state != ScanState.Complete)
        from findings in new Finding[][] { [], [Facts.Finding()] }
        select (
            state.ToString().ToLowerInvariant() + (findings.Length == 0 ? "" : ", lists one that blocks"),
            Facts.Scan(findings) with
            {
                State = state,
                CompletedAt = null,
                Word = "WORD",
            }
        ),
        ("unsettled rescan", Rescan()),
        ("unsettled rescan, lists one that blocks", Rescan(Facts.Finding())),
    ];

    private static ScanFacts Rescan(params Finding[] findings) =>
        Facts.Scan(findings) with
        {
            State = ScanState.Unsettled,
            CompletedAt = null,
            Word = "WORD",
            LeavesApproval = true,
        };

    private static readonly (string Name, Judge.Before? Before)[] Befores =
    [
        ("none", null),
        ("APPROVED", new(Facts.Verdict(Status.Approved), [])),
        ("APPROVED, waived then", new(Facts.Decide(Image, Facts.Scan(Facts.Finding()), Waiving), [Facts.Finding()])),
        ("BLOCKED", new(Facts.Verdict(Status.Blocked), [Facts.Finding()])),
        ("BLOCKED, findings lost", new(Facts.Verdict(Status.Blocked), null)),
    ];

    private static readonly (string Name, ImageFacts Image)[] Tagged =
    [
        ("none", Facts.Image(1)),
        ("team's", Facts.Image(1, "1.0")),
        ("team's, blocked", Facts.Image(1, "1.0", OwnTags.Blocked(Facts.Digest(1)))),
        ("blocked alone", Facts.Image(1, OwnTags.Blocked(Facts.Digest(1)))),
        ("1000 of the team's", Facts.Image(1, [.. Enumerable.Range(0, 1000).Select(i => $"1.{i}")])),
        ("team's, archived", Facts.Image(1, "1.0") with { Storage = StorageStatus.Archived }),
    ];

    [Fact]
    public void Everything_is_decided_as_it_was_approved()
    {
        var table = new StringBuilder()
            .AppendLine(
                "WHAT IS DECIDED. Policy: critical blocks, high warns, a scan lasts 30 days, nothing is "
                    + "allowed without one."
            )
            .AppendLine("'waived now': a waiver for the blocking finding is in force when it is decided.")
            .AppendLine()
            .AppendLine(Row("scan", "before", "decided", "and waived now"))
            .AppendLine(new string('-', 110));
        foreach (var (scan, facts) in Scans)
        {
            foreach (var (before, known) in Befores)
                table.AppendLine(
                    Row(scan, before, Decided(facts, known, Facts.Policy), Decided(facts, known, Waiving))
                );
            table.AppendLine();
        }

        table
            .AppendLine("WHAT IS WRITTEN. How a tag comes off without its image is TagRemoval's to decide.")
            .AppendLine("Observe writes nothing in any of these cases; quarantine writes the tags that mark does.")
            .AppendLine()
            .AppendLine(Row("status", "tags", "mark", ""))
            .AppendLine(new string('-', 110));
        foreach (var status in Enum.GetValues<Status>())
        {
            foreach (var (tags, image) in Tagged)
            {
                var marked = Written(image, status, EnforcementMode.Mark);
                Assert.Equal("nothing", Written(image, status, EnforcementMode.Observe));
                Assert.Equal(marked, Written(image, status, EnforcementMode.Quarantine));
                table.AppendLine(Row(status.Word(), tags, marked, ""));
            }
            table.AppendLine();
        }
        Approval.Matches(table.ToString(), "decision-table");
    }

    private static string Decided(ScanFacts scan, Judge.Before? before, PolicyDocument policy)
    {
        var verdict = Judge.Decide(Image, scan, policy, before, Facts.Now);
        Assert.Equal(verdict.Status == Status.Approved, verdict.Approved);
        return $"{verdict.Status.Word()} ({string.Join(", ", verdict.Reasons.Select(reason => reason.Code))})";
    }

    private static string Written(ImageFacts image, Status status, EnforcementMode mode)
    {
        var plan = TagPlan.For(image, status, UseState.Unknown, mode);
        return plan.CouldNot is { } why ? $"could not: {why}"
            : plan.Actions.Count == 0 ? "nothing"
            : string.Join(
                ", then ",
                plan.Actions.Select(action => $"{action.Change.ToString().ToLowerInvariant()} {action.Tag[..^65]}")
            );
    }

    private static string Row(string first, string second, string third, string fourth) =>
        $"{first, -36}  {second, -24}  {third, -26}  {fourth}".TrimEnd();
}
