using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class TagPlanProperties
{
    private static readonly string[] Known =
    [
        "1.0",
        "latest",
        "ecrguardian",
        .. from verdict in new[] { "blocked", "inuse" }
        from digest in new[] { 1, 2 }
        select $"ecrguard-{verdict}-{Facts.Digest(digest).Hex}",
    ];

    private static readonly Gen<ImageFacts> AnyImage = Gen.Select(
        Gen.Bool.Array[Known.Length],
        Gen.Enum<StorageStatus>(),
        Gen.Enum<ImageKind>(),
        Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[990, 1000])),
        (chosen, storage, kind, many) =>
            Facts.Image(
                1,
                [
                    .. Known
                        .Where((_, i) => chosen[i])
                        .Concat(Enumerable.Range(0, many).Select(i => $"2.{i}"))
                        .Take(TagPlan.MaxTags),
                ]
            ) with
            {
                Storage = storage,
                Kind = kind,
            }
    );

    private static ImageFacts Apply(ImageFacts image, TagAction action) =>
        image with
        {
            Tags =
                action.Change == TagChange.Add
                    ? [.. image.Tags, action.Tag]
                    : [.. image.Tags.Where(tag => tag != action.Tag)],
        };

    [Fact]
    public void A_plan_carried_out_and_planned_again_gives_nothing_to_do() =>
        Gen.Select(AnyImage, Gen.Enum<Status>(), Gen.Enum<UseState>(), Gen.Enum<EnforcementMode>())
            .Sample(
                (image, status, use, mode) =>
                {
                    var after = TagPlan.For(image, status, use, mode).Actions.Aggregate(image, Apply);
                    Assert.Empty(TagPlan.For(after, status, use, mode).Actions);
                },
                iter: 1000
            );

    [Fact]
    public void At_every_step_of_a_plan_all_team_tags_are_there_and_no_more_than_allowed() =>
        Gen.Select(AnyImage, Gen.Enum<Status>(), Gen.Enum<UseState>(), Gen.Enum<EnforcementMode>())
            .Sample(
                (image, status, use, mode) =>
                {
                    foreach (var action in TagPlan.For(image, status, use, mode).Actions)
                    {
                        Assert.True(action.Change == TagChange.Remove == image.Tags.Contains(action.Tag));
                        Assert.EndsWith(Facts.Digest(1).Hex, action.Tag, StringComparison.Ordinal);
                        var after = Apply(image, action);
                        Assert.Equal(OwnTags.TeamTags(image), OwnTags.TeamTags(after));
                        Assert.InRange(after.Tags.Count, 0, TagPlan.MaxTags);
                        image = after;
                    }
                },
                iter: 1000
            );

    [Fact]
    public void An_image_in_use_is_shielded_or_the_plan_says_why_not_and_unknown_use_changes_no_shield() =>
        Gen.Select(AnyImage, Gen.Enum<Status>(), Gen.Enum<UseState>())
            .Sample(
                (image, status, use) =>
                {
                    if (image.Kind is not (ImageKind.Image or ImageKind.Index))
                        return;
                    var plan = TagPlan.For(image, status, use, EnforcementMode.Mark);
                    var shield = OwnTags.InUse(Facts.Digest(1));
                    if (use == UseState.InUse)
                        Assert.True(
                            plan.CouldNot is not null || plan.Actions.Aggregate(image, Apply).Tags.Contains(shield)
                        );
                    if (use != UseState.NotInUse)
                        Assert.DoesNotContain(new TagAction(TagChange.Remove, shield), plan.Actions);
                    if (use != UseState.InUse)
                        Assert.DoesNotContain(new TagAction(TagChange.Add, shield), plan.Actions);
                },
                iter: 1000
            );

    [Fact]
    public void After_a_plan_that_could_be_carried_out_a_blocked_image_says_so_and_nothing_else() =>
        AnyImage.Sample(
            image =>
            {
                var plan = TagPlan.For(image, Status.Blocked, UseState.Unknown, EnforcementMode.Mark);
                if (
                    plan.CouldNot is not null
                    || OwnTags.TeamTags(image).Count == 0
                    || image.Kind is not (ImageKind.Image or ImageKind.Index)
                )
                    return;
                var own = plan
                    .Actions.Aggregate(image, Apply)
                    .Tags.Where(tag =>
                        OwnTags.Claims(tag)
                        && !tag.Contains("-inuse-", StringComparison.Ordinal)
                        && tag.EndsWith(Facts.Digest(1).Hex, StringComparison.Ordinal)
                    );
                Assert.Equal([OwnTags.Blocked(Facts.Digest(1))], own);
            },
            iter: 1000
        );
}
