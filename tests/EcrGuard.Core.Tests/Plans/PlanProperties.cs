using CsCheck;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class PlanProperties
{
    private const int Most = 10;

    private static readonly string?[] Policies = [null, KeepsTwo, ArchivesUnused, ExpiresUntagged];

    /// <summary>
    /// Any repository: indexes that can be read and that cannot, nested ones too, signatures, archived images,
    /// EcrGuard's own tags, any use.
    /// </summary>
    private static readonly Gen<RepositoryView> AnyView = Gen.Select(
            Gen.Select(Gen.Enum<ImageKind>(), Gen.Enum<StorageStatus>(), Gen.Int[0, 5], Gen.Int[0, 400]).Array[0, Most],
            Gen.Enum<UseState>().Array[Most],
            Gen.Int[0, Most].Array[Most],
            Gen.Int[0, Policies.Length - 1]
        )
        .Select(
            (images, uses, others, present) =>
            {
                ImageFacts[] facts =
                [
                    .. images.Select(
                        (image, i) =>
                            Facts.Image(i + 1, Tags(i + 1, image.Item3)) with
                            {
                                Kind = image.Item1,
                                Storage = image.Item2,
                                PushedAt = image.Item4 == 0 ? null : Facts.Now.AddDays(-image.Item4),
                                Subject = image.Item1 == ImageKind.Artifact ? Facts.Digest(others[i] + 1) : null,
                            }
                    ),
                ];
                var children = facts
                    .Where((image, i) => image.Kind == ImageKind.Index && others[i] % 3 != 0)
                    .ToDictionary(
                        index => index.Id.Digest,
                        index =>
                            (IReadOnlyList<Digest>)
                                [Facts.Digest((others[0] % Most) + 1), Facts.Digest((others[1] % Most) + 1)]
                    );
                return View(facts, children, Policies[present], [.. uses.Select((use, i) => (i + 1, use))]);
            }
        );

    private static readonly Gen<PolicyDocument> AnyPolicy = Gen.Int[1, 5]
        .Select(keep => Document with { Ceilings = Document.Ceilings with { KeepPerRepository = keep } });

    private static readonly Gen<(RepositoryView View, string? Wanted, bool Exact, PolicyDocument Policy)> Any =
        Gen.Select(AnyView, Gen.Int[0, Policies.Length - 1], Gen.Bool, AnyPolicy)
            .Select((view, wanted, exact, policy) => (view, Policies[wanted], exact, policy));

    private static string[] Tags(int number, int which) =>
        which switch
        {
            0 or 1 => [],
            2 => [$"ecrguard-inuse-{Facts.Digest(number).Hex}"],
            3 => [$"ecrguard-blocked-{Facts.Digest(number).Hex}"],
            _ => [$"{number}.0"],
        };

    private static HashSet<Digest> Named(PlannedRepository planned) =>
        [.. planned.Items.OfType<Removal>().SelectMany(removal => removal.Images).Select(image => image.Digest)];

    [Fact]
    public void Nothing_in_use_or_of_unknown_use_is_ever_in_a_plan_nor_taken_by_a_policy_that_is_in_one() =>
        Any.Sample(
            any =>
            {
                var planned = Planned(any.View, any.Wanted, any.Exact, any.Policy);
                Assert.All(Named(planned), digest => Assert.Equal(UseState.NotInUse, any.View.UsageOf(digest).Use));
                foreach (var put in planned.Items.OfType<PutPolicy>())
                    Assert.Empty(
                        PolicyEffect
                            .Of(
                                LifecyclePolicy.Read(System.Text.Encoding.UTF8.GetBytes(put.Policy)).Policy!,
                                any.View.Contents,
                                any.View.Usages,
                                shielded: true,
                                Facts.Now
                            )
                            .AtRisk
                    );
            },
            iter: 2000
        );

    [Fact]
    public void Nothing_is_named_that_an_index_which_stays_refers_to() =>
        Any.Sample(
            any =>
            {
                var named = Named(Planned(any.View, any.Wanted, any.Exact, any.Policy));
                foreach (
                    var index in any.View.Contents.Images.Where(image =>
                        image.Kind == ImageKind.Index
                        && !named.Contains(image.Id.Digest)
                        && image.Storage != StorageStatus.Archived
                    )
                )
                {
                    if (any.View.Contents.ChildrenOf(index) is { } children)
                        Assert.Empty(children.Intersect(named));
                    else
                        Assert.All(
                            any.View.Contents.Images.Where(image => named.Contains(image.Id.Digest)),
                            image => Assert.Equal(ImageKind.Index, image.Kind)
                        );
                }
            },
            iter: 2000
        );

    [Fact]
    public void A_plan_checked_against_the_facts_that_it_was_made_of_is_exact() =>
        Any.Sample(
            any =>
                Assert.All(
                    Planned(any.View, any.Wanted, any.Exact, any.Policy).Items,
                    item =>
                    {
                        if (item is Removal removal)
                            Assert.Empty(PlanCheck.Of(removal, Facts.Now, any.View).Superseded);
                        else
                            Assert.Null(PlanCheck.WhyNot((PutPolicy)item, any.View.LifecyclePolicy));
                    }
                ),
            iter: 2000
        );

    [Fact]
    public void Checked_after_it_was_carried_out_nothing_of_a_plan_is_left_to_do() =>
        Any.Sample(
            any =>
            {
                var planned = Planned(any.View, any.Wanted, any.Exact, any.Policy);
                var removals = planned.Items.OfType<Removal>().ToList();
                var deleted = removals
                    .Where(removal => removal.Kind == RemovalKind.Delete)
                    .SelectMany(removal => removal.Images)
                    .Select(image => image.Digest)
                    .ToHashSet();
                var archived = removals
                    .Where(removal => removal.Kind == RemovalKind.Archive)
                    .SelectMany(removal => removal.Images)
                    .Select(image => image.Digest)
                    .ToHashSet();
                var after = any.View with
                {
                    Contents = any.View.Contents with
                    {
                        Images =
                        [
                            .. any
                                .View.Contents.Images.Where(image => !deleted.Contains(image.Id.Digest))
                                .Select(image =>
                                    archived.Contains(image.Id.Digest)
                                        ? image with
                                        {
                                            Storage = StorageStatus.Archived,
                                        }
                                        : image
                                ),
                        ],
                    },
                    LifecyclePolicy =
                        planned.Items.OfType<PutPolicy>().FirstOrDefault()?.Policy ?? any.View.LifecyclePolicy,
                };
                Assert.All(removals, removal => Assert.Empty(PlanCheck.Of(removal, Facts.Now, after).Exact));
                Assert.All(
                    planned.Items.OfType<PutPolicy>(),
                    put => Assert.NotNull(PlanCheck.WhyNot(put, after.LifecyclePolicy))
                );
                Assert.DoesNotContain(
                    Planned(after, any.Wanted, exact: false, any.Policy).Items.OfType<PutPolicy>(),
                    put => put.Policy == after.LifecyclePolicy
                );
            },
            iter: 2000
        );

    [Fact]
    public void As_many_images_stay_as_the_policy_keeps_and_the_plan_says_how_many() =>
        Any.Sample(
            any =>
            {
                var planned = Planned(any.View, any.Wanted, any.Exact, any.Policy);
                if (planned.Items.OfType<PutPolicy>().Any())
                    return;
                Assert.Equal(planned.Removed, Removed.Of(any.View.Contents, Named(planned)));
                Assert.Empty(Ceiling.Broken([planned.Removed], any.Policy.Ceilings));
            },
            iter: 2000
        );

    [Fact]
    public void The_order_of_the_images_is_irrelevant() =>
        Gen.Select(Any, Gen.Int[0, Most])
            .Sample(
                (any, turn) =>
                {
                    var images = any.View.Contents.Images;
                    var turned = any.View with
                    {
                        Contents = any.View.Contents with
                        {
                            Images = [.. images.Skip(turn).Reverse(), .. images.Take(turn)],
                        },
                    };
                    Assert.Equal(
                        Plan(Planned(any.View, any.Wanted, any.Exact, any.Policy)).Id,
                        Plan(Planned(turned, any.Wanted, any.Exact, any.Policy)).Id
                    );
                },
                iter: 1000
            );

    [Fact]
    public void A_plan_that_is_written_is_read_as_it_was() =>
        Any.Sample(
            any =>
            {
                var plan = Plan(Planned(any.View, any.Wanted, any.Exact, any.Policy));
                var read = PlanReader.Read(PlanWriter.Write(plan, indented: false));
                Assert.Empty(read.Problems);
                Assert.Equal(plan.Id, read.Plan!.Id);
            },
            iter: 500
        );

    [Fact]
    public void A_plan_that_takes_more_than_a_ceiling_allows_is_refused_and_one_that_does_not_is_not() =>
        Gen.Select(
                Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[0, 10]).Array[0, 4],
                Gen.Int[1, 60],
                Gen.Int[1, 100],
                Gen.Int[0, 6]
            )
            .Sample(
                (repositories, most, percent, keep) =>
                {
                    Removed[] plan =
                    [
                        .. repositories.Select(
                            (r, i) => new Removed($"r{i}", r.Item1, Math.Min(r.Item1, r.Item2), r.Item3)
                        ),
                    ];
                    var holds =
                        plan.Sum(r => r.Count) <= most
                        && plan.All(r => r.Count == 0 || (r.Count * 100 <= percent * r.Images && r.Keeps >= keep));
                    Assert.Equal(holds, Ceiling.Broken(plan, new Ceilings(most, percent, keep)).Count == 0);
                },
                iter: 2000
            );
}
