using CsCheck;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class TagPlanProperties
{
    private static readonly string[] Known =
    [
        "1.0", "latest", "ecrguardian",
        .. from prefix in new[] { "ecrguard", "old" } from verdict in new[] { "blocked", "approved" } from digest in new[] { 1, 2 } select $"{prefix}-{verdict}-{Facts.Digest(digest).Hex}",
    ];

    private static readonly Gen<ImageFacts> AnyImage =
        Gen.Select(Gen.Bool.Array[Known.Length], Gen.Enum<StorageStatus>(), Gen.Enum<ImageKind>(), Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[990, 1000])),
            (chosen, storage, kind, many) => Facts.Image(1, [.. Known.Where((_, i) => chosen[i]).Concat(Enumerable.Range(0, many).Select(i => $"2.{i}")).Take(TagPlan.MaxTags)]) with { Storage = storage, Kind = kind });

    private static readonly Gen<VerdictTags> AnyTags = Gen.Bool.Select(approved => new VerdictTags("ecrguard", ["old"], approved));

    private static ImageFacts Apply(ImageFacts image, TagAction action) => image with
    {
        Tags = action.Change == TagChange.Add ? [.. image.Tags, action.Tag] : [.. image.Tags.Where(tag => tag != action.Tag)],
    };

    [Fact]
    public void A_plan_carried_out_and_planned_again_gives_nothing_to_do() =>
        Gen.Select(AnyImage, Gen.Enum<Status>(), Gen.Enum<EnforcementMode>(), AnyTags).Sample((image, status, mode, tags) =>
        {
            var after = TagPlan.For(image, status, mode, tags).Actions.Aggregate(image, Apply);
            Assert.Empty(TagPlan.For(after, status, mode, tags).Actions);
        }, iter: 1000);

    [Fact]
    public void At_every_step_of_a_plan_all_team_tags_are_there_and_at_least_one_and_no_more_than_allowed() =>
        Gen.Select(AnyImage, Gen.Enum<Status>(), Gen.Enum<EnforcementMode>(), AnyTags).Sample((image, status, mode, tags) =>
        {
            foreach (var action in TagPlan.For(image, status, mode, tags).Actions)
            {
                Assert.True(action.Change == TagChange.Remove == image.Tags.Contains(action.Tag));
                Assert.EndsWith(Facts.Digest(1).Hex, action.Tag, StringComparison.Ordinal);
                var after = Apply(image, action);
                Assert.Equal(tags.TeamTags(image), tags.TeamTags(after));
                Assert.NotEmpty(tags.TeamTags(after));
                Assert.InRange(after.Tags.Count, 1, TagPlan.MaxTags);
                image = after;
            }
        }, iter: 1000);

    [Fact]
    public void After_a_plan_that_could_be_carried_out_a_blocked_image_says_so_and_nothing_else() =>
        Gen.Select(AnyImage, AnyTags).Sample((image, tags) =>
        {
            var plan = TagPlan.For(image, Status.Blocked, EnforcementMode.Mark, tags);
            if (plan.CouldNot is not null || image.Tags.Count == 0 || image.Kind is not (ImageKind.Image or ImageKind.Index))
                return;
            var own = plan.Actions.Aggregate(image, Apply).Tags.Where(tag => tags.Claims(tag) && tag.EndsWith(Facts.Digest(1).Hex, StringComparison.Ordinal));
            Assert.Equal([tags.Blocked(Facts.Digest(1))], own);
        }, iter: 1000);
}
