using System.Text;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Tests.Lifecycle;
using static EcrGuard.Core.Tests.Baselines.BaselineFacts;

namespace EcrGuard.Core.Tests.Baselines;

/// <summary>
/// Every combination that decides what EcrGuard enforces, in a form for reviewers: <c>baseline-table.approved.txt</c>.
/// </summary>
public sealed class BaselineTableTests
{
    private static readonly string Ours = Plan(Repository(), Enforcing()).Repairs.Single().Value;
    private static readonly string Merged = Plan(Repository(PolicyOf(Newest5)), Enforcing(ExistingPolicy.Merge))
        .Repairs.Single()
        .Value;

    private static readonly (string Name, string? Policy)[] Existing =
    [
        ("none", null),
        ("a team's", PolicyOf(Newest5)),
        ("the baseline's, unshielded", PolicyOf(Untagged14)),
        ("the baseline's, shielded", Ours),
        ("the baseline's before a team's", Merged),
        ("a team's with another untagged rule", PolicyOf(Newest5, Policies.Expire(2, "", 7))),
        ("a team's of 49 rules", PolicyOf([.. Enumerable.Range(1, 49).Select(i => Policies.Keep(i, $"v{i}-*", i))])),
        (
            "in words that are not known",
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceTheMoon","countNumber":1},"action":{"type":"expire"}}]}"""
        ),
    ];

    [Fact]
    public void A_lifecycle_policy_is_held_as_it_was_approved()
    {
        var table = new StringBuilder(
            "THE LIFECYCLE POLICY. The baseline's: untagged images go after 14 days; a team's: the newest five v*.\n"
        );
        foreach (var (name, policy) in Existing)
        {
            table.Append('\n').Append(name).Append('\n');
            foreach (var existing in Enum.GetValues<ExistingPolicy>())
            {
                Tell(table, $"{existing}, enforced", Plan(Repository(policy), Enforcing(existing)));
                Tell(
                    table,
                    $"{existing}, observed",
                    Plan(Repository(policy), Enforcing(existing), mode: EnforcementMode.Observe)
                );
            }
            Tell(table, "no baseline", Plan(Repository(policy), null));
        }
        Approval.Matches(table.ToString(), "baseline-table");
    }

    [Fact]
    public void Everything_else_is_held_as_it_was_approved()
    {
        var table = new StringBuilder("SCAN ON PUSH\n\n");
        foreach (var scanner in Enum.GetValues<Scanner>())
        {
            foreach (var onPush in new[] { true, false })
                Tell(
                    table,
                    $"{scanner}, on push {onPush}",
                    Plan(
                        Repository(Ours) with
                        {
                            Scanning = new(scanner, onPush, false),
                        },
                        Other with
                        {
                            ScanOnPush = true,
                        }
                    )
                );
        }
        table.Append("\nTAG MUTABILITY: wanted, found\n\n");
        foreach (var wanted in Enum.GetValues<TagMutability>().Except([TagMutability.Unknown]))
        {
            var excepts = wanted is TagMutability.ImmutableWithExclusion or TagMutability.MutableWithExclusion;
            foreach (
                var named in excepts
                    ? new string[][] { [], ["nightly-*"] }
                    :
                    [
                        [],
                    ]
            )
            {
                foreach (var found in Mutabilities)
                {
                    var plan = Plan(
                        Repository(Ours) with
                        {
                            Mutability = found.Mode,
                            MutabilityExclusions = found.Exclusions,
                        },
                        Other with
                        {
                            TagMutability = wanted,
                            MutabilityExclusions = named,
                        }
                    );
                    Tell(table, $"{new MutabilityValue(wanted, named)}, {found}", plan);
                }
            }
        }
        table.Append("\nRESOURCE TAGS: team is required with any value, cost-centre with 4711, env with *prod*\n\n");
        foreach (
            var tags in new Dictionary<string, string>?[]
            {
                null,
                [],
                new()
                {
                    ["team"] = "pay",
                    ["cost-centre"] = "4711",
                    ["env"] = "preprod",
                },
                new()
                {
                    ["team"] = "",
                    ["cost-centre"] = "4712",
                    ["env"] = "dev",
                },
                Fifty,
            }
        )
            Tell(
                table,
                tags is null ? "not read"
                    : tags.Count > 3 ? "50 others"
                    : tags.Count == 0 ? "none"
                    : string.Join(", ", tags),
                Plan(Repository(Ours) with { ResourceTags = tags }, Tagging)
            );
        table.Append("\nWHAT STOPS IT: the tag mutability MUTABLE is wanted, IMMUTABLE is found\n\n");
        var wants = Other with { TagMutability = TagMutability.Mutable };
        var differs = Repository(Ours) with { Mutability = TagMutability.Immutable };
        var first = Plan(differs, wants);
        var once = SettingHistory.None.Intending(first.Repairs[0]).Done(first.Repairs[0]);
        var twice = once.Intending(first.Repairs[0]).Done(first.Repairs[0]);
        Tell(table, "nothing", first);
        Tell(table, "it was written once", Plan(differs, wants, once));
        Tell(table, "it was written twice", Plan(differs, wants, twice));
        Tell(
            table,
            "when it wants something else",
            Plan(
                differs,
                wants with
                {
                    TagMutability = TagMutability.MutableWithExclusion,
                    MutabilityExclusions = ["v*"],
                },
                twice
            )
        );
        Tell(
            table,
            "it was put back",
            Plan(differs, wants, SettingHistory.None.PutBack(new(first.WantedHash, "the release", Facts.Now)))
        );
        Tell(
            table,
            "when it wants something else",
            Plan(differs, wants, SettingHistory.None.PutBack(new("other", "the release", Facts.Now)))
        );
        Tell(
            table,
            "the team's opt-out",
            Plan(
                differs with
                {
                    ResourceTags = new Dictionary<string, string> { ["ecrguard:opt-out"] = "we use Terraform" },
                },
                wants
            )
        );
        Tell(
            table,
            "without a reason",
            Plan(differs with { ResourceTags = new Dictionary<string, string> { ["ecrguard:opt-out"] = "" } }, wants)
        );
        Tell(table, "the mode observe", Plan(differs, wants, mode: EnforcementMode.Observe));
        Tell(table, "the baseline's", Plan(differs, wants with { Mode = BaselineMode.Observe }));
        Approval.Matches(table.ToString(), "baseline-table-others");
    }

    private static readonly Baseline Other = Enforcing() with { LifecyclePolicy = null };

    private static readonly Baseline Tagging = Other with
    {
        ResourceTags =
        [
            new("team", Glob.Parse("*")),
            new("cost-centre", Glob.Parse("4711")),
            new("env", Glob.Parse("*prod*")),
        ],
    };

    private static readonly Dictionary<string, string> Fifty = Enumerable
        .Range(0, 50)
        .ToDictionary(i => $"key-{i}", _ => "");

    private static readonly MutabilityValue[] Mutabilities =
    [
        new(TagMutability.Unknown, []),
        new(TagMutability.Mutable, []),
        new(TagMutability.Immutable, []),
        new(TagMutability.ImmutableWithExclusion, ["ecrguard-*"]),
        new(TagMutability.ImmutableWithExclusion, ["latest"]),
        new(TagMutability.ImmutableWithExclusion, ["a", "b", "c", "d", "e"]),
        new(TagMutability.MutableWithExclusion, ["v*"]),
    ];

    private static void Tell(StringBuilder table, string name, BaselinePlan plan)
    {
        table
            .Append("  ")
            .Append(name.PadRight(85))
            .Append(plan.Drift.Count == 0 ? "no drift" : string.Join(" ", plan.Drift))
            .Append('\n');
        foreach (var repair in plan.Repairs)
        {
            var value =
                repair.Setting.Kind == SettingKind.LifecyclePolicy
                    ? $"{repair.OwnRules} of EcrGuard's: "
                        + string.Join(
                            "; ",
                            Policies
                                .Read(repair.Value)
                                .Rules.Take(4)
                                .Select(r =>
                                    $"{r.Priority} {r.TagStatus} {string.Join(',', r.Tags)} {r.CountType} "
                                    + $"{r.CountNumber}"
                                )
                        )
                    : repair.Value;
            table.Append(' ', 87).Append("puts ").Append(repair.Setting.Name).Append(' ').Append(value).Append('\n');
        }
    }
}
