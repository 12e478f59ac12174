using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using static EcrGuard.Core.Tests.Lifecycle.Policies;

namespace EcrGuard.Core.Tests.Lifecycle;

public sealed class LifecycleProperties
{
    private static readonly Gen<string> Tags = OneOf("a*", "b*", "*1", "a1", "a*,b*", "*", "*2");

    /// <summary>A rule, by the number in it: kept images or days.</summary>
    private static readonly Gen<Func<int, int, string>> Rule = Gen.Select(Gen.Int[0, 3], Tags)
        .Select(
            (kind, tags) =>
                (Func<int, int, string>)(
                    (priority, number) =>
                        kind switch
                        {
                            0 => Expire(priority, tags, number),
                            1 => Archive(priority, tags, number, "sinceImagePulled"),
                            _ => Keep(priority, tags, number),
                        }
                )
        );

    private static readonly Gen<LifecycleImage[]> Standalone = Gen.Select(
            OneOf("a1", "a2", "b1", "b2", "c").Array[0, 3],
            Gen.Int[0, 12],
            Gen.Int[0, 12],
            Gen.Enum<StorageStatus>(),
            Gen.Int[0, 9]
        )
        .Select(
            (tags, pushed, other, storage, which) =>
                new LifecycleImage
                {
                    Digest = Facts.Digest(1),
                    Tags = [.. tags.Distinct()],
                    Storage = which == 0 ? storage : StorageStatus.Active,
                    PushedAt = which == 1 ? null : Facts.Now.AddDays(-pushed),
                    LastPulledAt = which is 2 or 3 ? Facts.Now.AddDays(-other) : null,
                    LastActivatedAt = which == 4 ? Facts.Now.AddDays(-other) : null,
                    LastArchivedAt = storage == StorageStatus.Archived ? Facts.Now.AddDays(-90 - other) : null,
                }
        )
        .Array[0, 12]
        .Select(images => images.Select((image, i) => image with { Digest = Facts.Digest(i + 1) }).ToArray());

    /// <summary>With children and subjects, in any relation, also impossible ones.</summary>
    private static readonly Gen<LifecycleImage[]> Related = Gen.Select(
            Standalone,
            Gen.Int[0, 14].Array[12],
            Gen.Int[0, 4].Array[12]
        )
        .Select(
            (images, others, relations) =>
                images
                    .Select(
                        (image, i) =>
                            relations[i] switch
                            {
                                0 => image with
                                {
                                    Children = [Facts.Digest(others[i] + 1), Facts.Digest(others[(i + 1) % 12] + 1)],
                                },
                                1 => image with { Subject = Facts.Digest(others[i] + 1) },
                                _ => image,
                            }
                    )
                    .ToArray()
        );

    private static readonly Gen<(Func<int, int, string>[] Rules, int[] Numbers)> AnyRules = Gen.Select(
        Rule.Array[1, 5],
        Gen.Int[1, 8].Array[5]
    );

    private static readonly string[] Last = [Expire(98, "", 3), Keep(99, "any", 4), ExpireArchived(100, "any", 95)];

    private static LifecyclePolicy Policy(Func<int, int, string>[] rules, int[] numbers) => Of(Written(rules, numbers));

    private static string[] Written(Func<int, int, string>[] rules, int[] numbers) =>
        [.. rules.Select((rule, i) => rule(i + 1, numbers[i])), .. Last];

    private static IEnumerable<(Digest, LifecycleOutcome, int?, int?, string)> Told(
        IEnumerable<LifecycleDecision> decisions
    ) => decisions.Select(d => (d.Image.Digest, d.Outcome, d.Rule?.Priority, d.ShieldedBy?.Priority, d.Reason));

    [Fact]
    public void The_order_of_the_input_is_irrelevant() =>
        Gen.Select(AnyRules, Related, Gen.Int[0, 11])
            .Sample(
                (rules, images, turn) =>
                {
                    var policy = Policy(rules.Rules, rules.Numbers);
                    LifecycleImage[] turned = [.. images.Skip(turn).Reverse(), .. images.Take(turn)];
                    Assert.Equal(
                        Told(LifecycleEvaluator.Evaluate(policy, images, Facts.Now)),
                        Told(LifecycleEvaluator.Evaluate(policy, turned, Facts.Now))
                    );
                },
                iter: 1000
            );

    [Fact]
    public void Every_image_is_decided_once_and_taken_by_at_most_one_rule() =>
        Gen.Select(AnyRules, Related)
            .Sample(
                (rules, images) =>
                {
                    var decisions = LifecycleEvaluator.Evaluate(Policy(rules.Rules, rules.Numbers), images, Facts.Now);
                    Assert.Equal(images.Select(i => i.Digest).Order(), decisions.Select(d => d.Image.Digest).Order());
                    Assert.All(decisions, d => Assert.Equal(d.Outcome == LifecycleOutcome.Keep, d.Rule is null));
                    Assert.All(
                        decisions,
                        d => Assert.False(d.Outcome != LifecycleOutcome.Keep && d.ShieldedBy is not null)
                    );
                    Assert.All(decisions, d => Assert.NotEmpty(d.Reason));
                },
                iter: 1000
            );

    [Fact]
    public void Raising_a_number_never_adds_an_expiry() =>
        Gen.Select(AnyRules, Related, Gen.Int[0, 4], Gen.Int[1, 5])
            .Sample(
                (rules, images, which, more) =>
                {
                    var raised = rules.Numbers.Select((number, i) => i == which ? number + more : number).ToArray();
                    var before = Leaving(Policy(rules.Rules, rules.Numbers), images);
                    Assert.Subset(before, Leaving(Policy(rules.Rules, raised), images));
                },
                iter: 1000
            );

    [Fact]
    public void Removing_a_rule_changes_nothing_about_what_higher_rules_decide() =>
        Gen.Select(AnyRules, Standalone, Gen.Int[0, 4])
            .Sample(
                (rules, images, which) =>
                {
                    var removed = Math.Min(which, rules.Rules.Length - 1);
                    var all = Written(rules.Rules, rules.Numbers);
                    Assert.Equal(By(Of(all)), By(Of([.. all.Take(removed), .. all.Skip(removed + 1)])));

                    IEnumerable<(Digest, int)> By(LifecyclePolicy policy) =>
                        LifecycleEvaluator
                            .Evaluate(policy, images, Facts.Now)
                            .Where(d => d.Rule?.Priority <= removed)
                            .Select(d => (d.Image.Digest, d.Rule!.Priority));
                },
                iter: 1000
            );

    [Fact]
    public void What_a_first_rule_shields_stays_whatever_the_other_rules_say() =>
        Gen.Select(AnyRules, Related)
            .Sample(
                (rules, images) =>
                {
                    var policy = Of([
                        Keep(1, "c", 100_000),
                        .. rules.Rules.Select((rule, i) => rule(i + 2, rules.Numbers[i])),
                        .. Last,
                    ]);
                    var shielded = LifecycleEvaluator
                        .Evaluate(policy, images, Facts.Now)
                        .Where(d =>
                            d.Image.Tags.Contains("c") && d.Image is { Subject: null, Storage: StorageStatus.Active }
                        );
                    Assert.All(shielded, d => Assert.Equal(LifecycleOutcome.Keep, d.Outcome));
                },
                iter: 1000
            );

    [Fact]
    public void No_child_goes_before_an_index_that_stays_and_no_referrer_without_its_subject() =>
        Gen.Select(AnyRules, Related)
            .Sample(
                (rules, images) =>
                {
                    var leaving = Leaving(Policy(rules.Rules, rules.Numbers), images);
                    foreach (
                        var image in images.Where(i =>
                            !leaving.Contains(i.Digest) && i.Storage != StorageStatus.Archived
                        )
                    )
                        Assert.All(image.Children ?? [], child => Assert.DoesNotContain(child, leaving));
                    Assert.All(
                        images.Where(i => i.Subject is not null && leaving.Contains(i.Digest)),
                        referrer => Assert.Contains(referrer.Subject!, leaving)
                    );
                },
                iter: 1000
            );

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static HashSet<Digest> Leaving(LifecyclePolicy policy, LifecycleImage[] images) =>
        [
            .. LifecycleEvaluator
                .Evaluate(policy, images, Facts.Now)
                .Where(d => d.Outcome != LifecycleOutcome.Keep)
                .Select(d => d.Image.Digest),
        ];
}
