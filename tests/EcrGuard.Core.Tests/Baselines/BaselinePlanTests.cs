using EcrGuard.Core.Baselines;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Tests.Lifecycle;
using static EcrGuard.Core.Tests.Baselines.BaselineFacts;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class BaselinePlanTests
{
    private static readonly Baseline Merging = Enforcing(ExistingPolicy.Merge);

    /// <summary>Merging, with another rule than <see cref="Merging"/>'s.</summary>
    private static readonly Baseline Changed = Enforcing(ExistingPolicy.Merge, PolicyOf(Policies.Expire(1, "", 7)));

    [Fact]
    public void A_teams_rules_stand_word_for_word_behind_those_of_the_baseline()
    {
        const string rule = """
            "description":"Größe \"XL\" & <mehr>","selection":{"countNumber":3,"tagStatus":"tagged","tagPrefixList":["v"],"countType":"imageCountMoreThan"},"action":{"type":"expire"}}]}
            """;
        var merged = Plan(Repository($"{{ \"rules\" : [ {{\"rulePriority\":77,{rule}"), Merging).Repairs.Single().Value;
        Assert.EndsWith($"{{\"rulePriority\":3,{rule}", merged, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_rules_is_that_of_their_priority_not_that_of_the_text()
    {
        var merged = Policies.Read(
            Plan(Repository(PolicyOf(Policies.Keep(9, "b", 2), Policies.Keep(4, "a", 1))), Merging)
                .Repairs.Single()
                .Value
        );
        Assert.Equal(["ecrguard-inuse-*", "", "a", "b"], merged.Rules.Select(rule => string.Join(',', rule.Tags)));
    }

    [Fact]
    public void What_ECR_gives_back_with_its_keys_in_another_order_is_the_same_policy()
    {
        var shuffled = Plan(Repository(), Merging)
            .Repairs.Single()
            .Value.Replace(
                "\"tagStatus\":\"untagged\",\"countType\":\"sinceImagePushed\"",
                "\"countType\":\"sinceImagePushed\",\"tagStatus\":\"untagged\"",
                StringComparison.Ordinal
            );
        Assert.Contains(
            "\"countType\":\"sinceImagePushed\",\"tagStatus\":\"untagged\"",
            shuffled,
            StringComparison.Ordinal
        );
        Assert.Empty(Plan(Repository(shuffled), Merging).Drift);
    }

    /// <summary>
    /// If ECR leaves default values out of its answer, the policy must not be put twice, nor count as changed by
    /// somebody else.
    /// </summary>
    [Theory]
    [InlineData(ExistingPolicy.Replace)]
    [InlineData(ExistingPolicy.Merge)]
    public void A_default_that_the_baseline_writes_out_and_ECR_does_not_give_back_is_no_drift(ExistingPolicy existing)
    {
        var written = PolicyOf(
            Policies
                .Keep(1, "dev*", 10)
                .Replace(
                    "\"countNumber\":10",
                    "\"countNumber\":10,\"storageClass\":\"standard\"",
                    StringComparison.Ordinal
                )
        );
        var baseline = Enforcing(existing, written);
        var put = Plan(Repository(), baseline).Repairs.Single().Value;
        Assert.Contains("\"storageClass\":\"standard\"", put, StringComparison.Ordinal);
        var given = put.Replace(",\"storageClass\":\"standard\"", "", StringComparison.Ordinal)
            .Replace("tagPatternList\":[\"dev*\"]", "tagPrefixList\":[\"dev\"]", StringComparison.Ordinal);

        var plan = Plan(Repository(given), baseline);

        Assert.Empty(plan.Drift);
        Assert.Empty(plan.Repairs);
        // The baseline asks for the same too, so what was put back stays.
        Assert.Equal(
            Plan(Repository(), Enforcing(existing, PolicyOf(Policies.Keep(1, "dev*", 10)))).WantedHash,
            plan.WantedHash
        );
    }

    [Fact]
    public void What_ECR_gives_back_in_other_words_is_what_EcrGuard_put_and_what_stood_before()
    {
        var before = PolicyOf(Newest5);
        var (repository, hold) = Plan(Repository(before), Merging).Apply(Repository(before), SettingHistory.None);
        var other = repository.LifecyclePolicy!.Replace(
            "\"countNumber\":14",
            "\"countNumber\":14,\"storageClass\":\"standard\"",
            StringComparison.Ordinal
        );

        var back = RestorePlan.For(repository with { LifecyclePolicy = other }, hold);
        Assert.Equal((before, 0), (back.PutBacks.Single().Before, back.Left.Count));
        Assert.Empty(
            RestorePlan
                .For(
                    repository with
                    {
                        LifecyclePolicy = before.Replace(
                            "tagPatternList\":[\"v*\"]",
                            "tagPrefixList\":[\"v\"]",
                            StringComparison.Ordinal
                        ),
                    },
                    hold
                )
                .PutBacks
        );
    }

    [Fact]
    public void A_rule_that_a_team_adds_behind_the_baselines_is_the_teams()
    {
        var merged = Plan(Repository(PolicyOf(Newest5)), Merging).Repairs.Single().Value;
        Assert.Empty(Plan(Repository($"{merged[..^2]},{Policies.Keep(9, "w*", 3)}]}}"), Merging).Drift);
    }

    [Fact]
    public void The_rules_of_an_earlier_baseline_are_not_taken_for_the_teams()
    {
        var plan = Plan(Repository(PolicyOf(Newest5)), Merging);
        var (repository, hold) = plan.Apply(Repository(PolicyOf(Newest5)), SettingHistory.None);
        Assert.Equal(
            ["Its lifecycle policy does not begin with the baseline's 2 rules."],
            Plan(repository, Changed, hold).Drift
        );
        Assert.Equal(
            [100_000, 7, 5],
            Policies.Read(Plan(repository, Changed, hold).Repairs.Single().Value).Rules.Select(rule => rule.CountNumber)
        );
        // Without the ledger nobody could tell the rules apart, and ECR would refuse two rules for untagged images.
        Assert.Contains(
            "one rule with the tagStatus 'untagged'",
            Assert.Single(Plan(repository, Changed).Drift),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_policy_that_EcrGuard_put_where_none_was_follows_the_baseline_that_keeps_a_teams()
    {
        var (repository, hold) = Plan(Repository(), Enforcing()).Apply(Repository(), SettingHistory.None);
        Assert.Equal(
            [100_000, 7],
            Policies
                .Read(
                    Plan(repository, Changed with { ExistingPolicy = ExistingPolicy.Keep }, hold).Repairs.Single().Value
                )
                .Rules.Select(rule => rule.CountNumber)
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_write_of_which_nobody_knows_whether_it_arrived_is_EcrGuards_either_way(bool arrived)
    {
        var (repository, hold) = Plan(Repository(PolicyOf(Newest5)), Merging)
            .Apply(Repository(PolicyOf(Newest5)), SettingHistory.None);
        var repair = Plan(repository, Changed, hold).Repairs.Single();
        (repository, hold) = (
            arrived ? Put(repository, repair.Setting, repair.Value) : repository,
            hold.Intending(repair)
        );
        Assert.Equal(arrived ? 0 : 1, Plan(repository, Changed, hold).Repairs.Count);
        var third = Enforcing(ExistingPolicy.Merge, PolicyOf(Policies.Expire(1, "", 3)));
        Assert.Equal(
            [100_000, 3, 5],
            Policies.Read(Plan(repository, third, hold).Repairs.Single().Value).Rules.Select(rule => rule.CountNumber)
        );
    }

    [Fact]
    public void What_was_there_before_EcrGuard_is_remembered_however_often_it_writes()
    {
        var before = " " + PolicyOf(Newest5);
        var (repository, hold) = Plan(Repository(before), Merging).Apply(Repository(before), SettingHistory.None);
        (repository, hold) = Plan(repository, Changed, hold).Apply(repository, hold);
        (_, hold) = Plan(repository, Merging, hold).Apply(repository, hold);
        Assert.Equal(
            (before, 2, 1),
            (
                hold.Of(RepositorySetting.LifecyclePolicy)!.Before,
                hold.Of(RepositorySetting.LifecyclePolicy)!.Ours.Count,
                hold.Of(RepositorySetting.LifecyclePolicy)!.Times
            )
        );
    }

    [Theory]
    [InlineData(ExistingPolicy.Merge)]
    [InlineData(ExistingPolicy.Replace)]
    public void What_the_team_put_since_is_what_it_last_had(ExistingPolicy existing)
    {
        var (first, hold) = Plan(Repository(PolicyOf(Newest5)), Enforcing(existing))
            .Apply(Repository(PolicyOf(Newest5)), SettingHistory.None);
        foreach (var last in new[] { " " + PolicyOf(Policies.Keep(1, "w*", 3)), null })
        {
            var (repository, held) = Plan(first with { LifecyclePolicy = last }, Enforcing(existing), hold)
                .Apply(first, hold);
            Assert.Equal(last, RestorePlan.For(repository, held).PutBacks.Single().Before);
        }
    }

    [Fact]
    public void Of_a_policy_of_EcrGuards_that_a_team_has_changed_its_own_rules_are_what_it_last_had()
    {
        var (repository, hold) = Plan(Repository(PolicyOf(Newest5)), Merging)
            .Apply(Repository(PolicyOf(Newest5)), SettingHistory.None);
        repository = repository with
        {
            LifecyclePolicy = $"{repository.LifecyclePolicy![..^2]},{Policies.Keep(9, "w*", 3)}]}}",
        };
        (repository, hold) = Plan(repository, Changed, hold).Apply(repository, hold);
        Assert.Equal(
            [5, 3],
            Policies.Read(hold.Of(RepositorySetting.LifecyclePolicy)!.Before!).Rules.Select(rule => rule.CountNumber)
        );
        Assert.Equal(
            [100_000, 7, 5, 3],
            Policies.Read(repository.LifecyclePolicy!).Rules.Select(rule => rule.CountNumber)
        );

        // The team's rules are removed and EcrGuard's stay, so the team has no rules.
        var own = RuleList.Read(repository.LifecyclePolicy!)!.First(2).Text();
        (_, hold) = Plan(repository with { LifecyclePolicy = own }, Merging, hold).Apply(repository, hold);
        Assert.Null(hold.Of(RepositorySetting.LifecyclePolicy)!.Before);
    }

    [Fact]
    public void Somebody_who_puts_another_policy_back_twice_has_it_until_the_baseline_changes()
    {
        var theirs = Repository(PolicyOf(Newest5));
        var hold = SettingHistory.None;
        for (var puts = 1; puts <= 2; puts++)
        {
            var repair = Plan(theirs, Merging, hold).Repairs.Single();
            hold = hold.Intending(repair).Done(repair);
        }
        Assert.Empty(Plan(theirs, Merging, hold).Repairs);
        Assert.Contains(
            "Twice somebody else has changed the lifecycle policy after EcrGuard: Terraform or another owner.",
            Plan(theirs, Merging, hold).Drift[1],
            StringComparison.Ordinal
        );
        Assert.Single(Plan(theirs, Changed, hold).Repairs);
    }

    [Fact]
    public void A_refused_write_is_not_held_against_anybody()
    {
        var theirs = Repository(PolicyOf(Newest5));
        var hold = Enumerable
            .Range(0, 5)
            .Aggregate(SettingHistory.None, (hold, _) => hold.Intending(Plan(theirs, Merging, hold).Repairs.Single()));
        Assert.Single(Plan(theirs, Merging, hold).Repairs);
    }
}
