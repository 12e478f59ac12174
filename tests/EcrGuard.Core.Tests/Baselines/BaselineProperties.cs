using CsCheck;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Tests.Lifecycle;
using static EcrGuard.Core.Tests.Baselines.BaselineFacts;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class BaselineProperties
{
    /// <summary>
    /// Rules of a team or of a baseline: never two for untagged images, never one for any image but the last.
    /// </summary>
    private static Gen<string[]> Rules(string tag) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 9])
            .Array[1, 6]
            .Select(rules =>
                rules
                    .Select(
                        (rule, i) =>
                            rule.Item1 switch
                            {
                                0 => Policies.Keep(i + 1, $"{tag}*", rule.Item2),
                                1 => Policies.Expire(i + 1, $"{tag}1", rule.Item2),
                                2 => Policies.Archive(i + 1, $"{tag}*,{tag}2*", rule.Item2, "sinceImagePulled"),
                                _ => Policies.Keep(i + 1, $"*{tag}", rule.Item2, "described"),
                            }
                    )
                    .ToArray()
            );

    private static readonly Gen<LifecycleImage[]> Images = Gen.Select(
            OneOf("a1", "a2", "b1", "b2", "ecrguard-inuse-1", "c").Array[0, 3],
            Gen.Int[0, 12]
        )
        .Array[0, 14]
        .Select(images =>
            images.Select((image, i) => Policies.Image(i + 1, image.Item2, [.. image.Item1.Distinct()])).ToArray()
        );

    [Fact]
    public void Held_once_nothing_is_left_to_hold_whatever_the_baseline_was_before() =>
        Gen.Select(Rules("a"), Rules("b"), Rules("b"), Gen.Enum<ExistingPolicy>(), Gen.Enum<ExistingPolicy>(), Gen.Bool)
            .Sample(
                (team, first, second, existing, then, had) =>
                {
                    var repository = Repository(had ? PolicyOf(team) : null);
                    var hold = SettingHistory.None;
                    foreach (
                        var baseline in new[]
                        {
                            Enforcing(existing, PolicyOf(first)),
                            Enforcing(then, PolicyOf(second)),
                        }
                    )
                    {
                        (repository, hold) = Plan(repository, baseline, hold).Apply(repository, hold);
                        Assert.Empty(Plan(repository, baseline, hold).Repairs);
                        Assert.Empty(Plan(repository, baseline).Repairs);
                    }
                },
                iter: 500
            );

    [Fact]
    public void Merging_leaves_to_every_image_that_no_rule_of_EcrGuards_selects_what_its_team_decided() =>
        Gen.Select(Rules("a"), Rules("b"), Rules("b"), Images)
            .Sample(
                (team, first, second, images) =>
                {
                    var repository = Repository(PolicyOf(team));
                    var hold = SettingHistory.None;
                    foreach (var own in new[] { first, second })
                        (repository, hold) = Plan(repository, Enforcing(ExistingPolicy.Merge, PolicyOf(own)), hold)
                            .Apply(repository, hold);
                    Assert.Equal(
                        team.Length + second.Length + 1,
                        Policies.Read(repository.LifecyclePolicy!).Rules.Count
                    );

                    IEnumerable<(string, LifecycleOutcome)> Decided(string policy) =>
                        LifecycleEvaluator
                            .Evaluate(Policies.Read(policy), images, Facts.Now)
                            .Where(d => !d.Image.Tags.Any(tag => tag[0] is 'b' or 'e'))
                            .Select(d => (d.Image.Digest.Hex, d.Outcome));
                    Assert.Equal(Decided(PolicyOf(team)), Decided(repository.LifecyclePolicy!));
                },
                iter: 500
            );

    [Fact]
    public void No_image_with_the_shield_goes_by_a_policy_that_EcrGuard_put() =>
        Gen.Select(Rules("a"), Rules("b"), Images, Gen.Enum<ExistingPolicy>().Where(e => e != ExistingPolicy.Keep))
            .Sample(
                (team, own, images, existing) =>
                {
                    var put = Plan(Repository(PolicyOf(team)), Enforcing(existing, PolicyOf(own)))
                        .Repairs.Single()
                        .Value;
                    Assert.All(
                        LifecycleEvaluator
                            .Evaluate(Policies.Read(put), images, Facts.Now)
                            .Where(d => d.Image.Tags.Contains("ecrguard-inuse-1")),
                        d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome)
                    );
                },
                iter: 500
            );

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
