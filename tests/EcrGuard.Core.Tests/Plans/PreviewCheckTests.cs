using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Tests.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>If ECR's preview and the evaluator differ, the preview decides.</summary>
public sealed class PreviewCheckTests
{
    /// <summary>
    /// Ten images, pushed 100 days ago, 99 days ago, and so on; by our reading, the policy keeps them all.
    /// </summary>
    private static readonly RepositoryContents Ten = Facts.Contents([
        .. Enumerable.Range(1, 10).Select(i => Facts.Image(i, $"{i}.0") with { PushedAt = Facts.Now.AddDays(i - 101) }),
    ]);

    private static readonly Ceilings Most = new(Images: 5, Percent: 50, KeepPerRepository: 6);

    private static string? WhyNot(
        int[] taken,
        Dictionary<int, ImageUsage>? usages = null,
        int[]? going = null,
        Ceilings? ceilings = null,
        LifecyclePolicy? policy = null,
        params Removed[] rest
    ) =>
        PreviewCheck.WhyNot(
            policy ?? Policies.Of(Policies.Keep(1, "any", 50)),
            Of(taken),
            Of(going ?? taken),
            Ten,
            Ten.Images.ToDictionary(
                image => image.Id.Digest,
                image => usages?.FirstOrDefault(of => Facts.Digest(of.Key) == image.Id.Digest).Value ?? ImageUsage.None
            ),
            rest,
            ceilings ?? Most,
            Facts.Now
        );

    private static HashSet<Digest> Of(int[] numbers) => [.. numbers.Select(Facts.Digest)];

    [Fact]
    public void What_nothing_uses_may_go()
    {
        Assert.Null(WhyNot([]));
        Assert.Null(WhyNot([1, 2, 3]));
    }

    [Theory]
    [InlineData(UseState.InUse)]
    [InlineData(UseState.Unknown)]
    public void One_image_that_is_in_use_or_may_be_stops_it_and_others_that_are_do_not(UseState use)
    {
        var usage = new ImageUsage(use, ["The task t runs it.", "It was pulled."], []);
        Assert.Equal(
            $"ECR's preview takes 1 image that is in use or may be ({Facts.Digest(2).Abbreviated}). The task "
                + "t runs it.",
            WhyNot([1, 2, 3], new() { [2] = usage })
        );
        Assert.Equal(
            $"ECR's preview takes 2 images that are in use or may be ({Facts.Digest(2).Abbreviated}, "
                + $"{Facts.Digest(3).Abbreviated}).",
            WhyNot([3, 2], new() { [3] = usage with { Why = [] }, [2] = usage with { Why = [] } })
        );
        Assert.Null(WhyNot([1, 3], new() { [2] = new ImageUsage(UseState.Unknown, [], []) }));
    }

    [Fact]
    public void What_the_preview_names_and_is_gone_cannot_be_taken() =>
        Assert.Null(WhyNot([1, 11, 12, 13, 14, 15, 16]));

    [Fact]
    public void The_policy_must_be_safe_beyond_the_moment_that_the_preview_shows() =>
        Assert.Contains(
            "in use without a shield, and rule 1 selects it",
            WhyNot([], new() { [10] = new ImageUsage(UseState.InUse, [], []) }),
            StringComparison.Ordinal
        );

    /// <summary>
    /// Ceilings apply to everything that goes, taken together: by the preview, image by image in the same plan, and
    /// from other repositories.
    /// </summary>
    [Fact]
    public void What_goes_beside_it_counts_against_the_ceilings()
    {
        Assert.Null(WhyNot([1, 2], going: [1, 2, 3, 4], ceilings: Most));
        Assert.StartsWith(
            "By ECR's preview: The plan leaves 5 images of pay/api; the policy keeps 6",
            WhyNot([1, 2], going: [1, 2, 3, 4, 5]),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "By ECR's preview: The plan takes 6 images; the policy allows 5 (ceilings.images).",
            WhyNot([1, 2], rest: new Removed("pay/web", 100, 4, 96)),
            StringComparison.Ordinal
        );
        Assert.StartsWith(
            "By ECR's preview: The plan takes 3 of the 10 images of pay/api (30 %); the policy allows 20 %",
            WhyNot([1, 2, 3], ceilings: Most with { Percent = 20 }),
            StringComparison.Ordinal
        );
    }
}
