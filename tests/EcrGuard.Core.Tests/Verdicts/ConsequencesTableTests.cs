using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>
/// All results for one image, over every combination of scan, waiver, enforcement, use and grace:
/// <c>consequences-table.approved.txt</c>. Combinations with the same result share a line.
/// </summary>
public sealed class ConsequencesTableTests
{
    private static readonly (string Name, ScanFacts Scan)[] Scans =
    [
        ("blocks", Facts.Scan(Facts.Finding())),
        ("failed", Facts.Scan(ScanState.Failed, "FAILED")),
        ("pending", Facts.Scan(ScanState.Pending, "IN_PROGRESS")),
        ("not scanned", Facts.Scan(ScanState.NotScanned)),
        ("unsupported", Facts.Scan(ScanState.Unsupported, "UNSUPPORTED_IMAGE")),
        ("too old", Facts.Scan() with { CompletedAt = Facts.Now.AddDays(-45) }),
        ("clean", Facts.Scan()),
    ];

    private static readonly (string Name, IReadOnlyList<Waiver> Waivers)[] Waivers =
    [
        ("none", []),
        ("in force", [Facts.Waiver()]),
        ("ended", [Facts.Waiver() with { Expires = new DateOnly(2026, 11, 17) }]),
    ];

    private static readonly (string Name, ImageUsage Usage)[] Uses =
    [
        ("in use", new ImageUsage(UseState.InUse, ["The ECS service web refers to it."], [])),
        ("unknown", ImageUsage.Unknown),
        ("not in use", ImageUsage.None),
    ];

    /// <summary>Seven days for critical findings, by how long the block of an image in use has lasted.</summary>
    private static readonly (string Name, TimeSpan? For)[] Graces =
    [
        ("none", null),
        ("begins", TimeSpan.Zero),
        ("half gone", TimeSpan.FromDays(4)),
        ("over", TimeSpan.FromDays(8)),
    ];

    private sealed record Combination(string Scan, string Waiver, string Mode, string Use, string Grace)
    {
        public IReadOnlyList<string> Columns => [Scan, Waiver, Mode, Use, Grace];
    }

    [Fact]
    public void Everything_follows_as_it_was_approved()
    {
        var all =
            from scan in Scans
            from waiver in Waivers
            from mode in Enum.GetValues<EnforcementMode>()
            from use in Uses
            from grace in Graces
            select (
                new Combination(scan.Name, waiver.Name, Word(mode), use.Name, grace.Name),
                Follows(scan.Scan, waiver.Waivers, mode, use.Usage, grace.For)
            );
        IReadOnlyList<(IReadOnlyList<string> Columns, string Follows)> lines =
        [
            .. all.Select(line => (line.Item1.Columns, line.Item2)),
        ];
        Assert.Equal(7 * 3 * 3 * 3 * 4, lines.Count);
        for (var column = lines[0].Columns.Count - 1; column >= 0; column--)
            lines = Together(lines, column);

        var table = new StringBuilder()
            .AppendLine(
                "WHAT FOLLOWS FOR ONE IMAGE. Critical blocks and has 7 days of grace; the image carries 1.0 "
                    + "and nothing of EcrGuard's."
            )
            .AppendLine(
                "'grace': for how long the blocking finding has been known on an image in use. 'tags': what "
                    + "is written first. 'out of reach': the step after that."
            )
            .AppendLine("An asterisk stands for every value.")
            .AppendLine()
            .AppendLine(
                Row(["scan", "waiver", "mode", "use", "grace"], "status, the gate's answer; tags; out of reach; said")
            )
            .AppendLine(new string('-', 180));
        foreach (var (columns, follows) in lines)
            table.AppendLine(Row(columns, follows));
        Approval.Matches(table.ToString(), "consequences-table");
    }

    private static string Follows(
        ScanFacts scan,
        IReadOnlyList<Waiver> waivers,
        EnforcementMode mode,
        ImageUsage usage,
        TimeSpan? blockedFor
    )
    {
        var image = Facts.Image(1, "1.0");
        var policy = Facts.Policy with
        {
            Waivers = waivers,
            Grace = blockedFor is null
                ? new Dictionary<Severity, int>()
                : new Dictionary<Severity, int> { [Severity.Critical] = 7 },
        };
        var verdict = Judge.Decide(image, scan, policy, before: null, Facts.Now);
        var grace = Grace
            .Of(verdict, null, policy, Facts.Now - (blockedFor ?? TimeSpan.Zero))
            ?.Seen(usage.Use, policy, Facts.Now - (blockedFor ?? TimeSpan.Zero));

        var plan = TagPlan.For(image, verdict.Status, usage.Use, mode);
        var marked = image with
        {
            Tags =
            [
                .. image.Tags.Concat(
                    plan.Actions.Where(action => action.Change == TagChange.Add).Select(action => action.Tag)
                ),
            ],
        };
        var quarantine = QuarantinePlan.For(
            new QuarantineFacts
            {
                Image = marked,
                Status = verdict.Status,
                Mode = mode,
                ChangeId = "01CHANGE",
                Usage = usage,
            },
            null,
            Facts.Now
        );
        return string.Join(
            "; ",
            $"{verdict.Status.Word()}, {(verdict.Approved ? "yes" : "no")}",
            plan.Actions.Count == 0
                ? "-"
                : string.Join(
                    " and ",
                    plan.Actions.Select(action => $"{action.Change.ToString().ToLowerInvariant()} {action.Tag[..^65]}")
                ),
            Taken(quarantine),
            grace is null
                ? "-"
                : $"{(grace.Counting ? $"until {grace.EndsAt:yyyy-MM-dd}" : "the clock stands")}{(grace.Due(Facts.Now) is { } stage ? $", {stage.ToString().ToLowerInvariant()}" : "")}"
        );
    }

    private static string Taken(QuarantinePlan plan) =>
        plan.Next is { } step ? $"{step.Change.ToString().ToLowerInvariant()}"
        : plan.Why is { } why ? $"no ({why.Split('.', ',')[0]})"
        : "-";

    /// <summary>
    /// Joins lines that differ in only one column. All values of the column become an asterisk; some values are listed.
    /// </summary>
    private static IReadOnlyList<(IReadOnlyList<string> Columns, string Follows)> Together(
        IReadOnlyList<(IReadOnlyList<string> Columns, string Follows)> lines,
        int column
    )
    {
        var values = lines.Select(line => line.Columns[column]).Distinct().Count();
        return
        [
            .. lines
                .GroupBy(line => (string.Join('|', line.Columns.Where((_, i) => i != column)), line.Follows))
                .Select(same =>
                    (
                        (IReadOnlyList<string>)
                            [
                                .. same.First()
                                    .Columns.Select(
                                        (value, i) =>
                                            i != column ? value
                                            : same.Count() == values ? "*"
                                            : string.Join("/", same.Select(line => line.Columns[column]))
                                    ),
                            ],
                        same.Key.Follows
                    )
                ),
        ];
    }

    private static string Word(EnforcementMode mode) => mode.ToString().ToLowerInvariant();

    private static string Row(IReadOnlyList<string> columns, string follows) =>
        (
            $"{columns[0], -12} {columns[1], -14} {columns[2], -18} {columns[3], -19} {columns[4], -21} " + follows
        ).TrimEnd();
}
