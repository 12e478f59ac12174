using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class RemovalCauseTests
{
    private static readonly LifecyclePolicy KeepsTwo = LifecyclePolicy
        .Read(
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}"""u8
        )
        .Policy!;

    private static ImageRecord Gone(int number, int daysAgo) =>
        Facts.Record(
            Status.Approved,
            Facts.Image(number, $"{number}.0") with
            {
                PushedAt = Facts.Now.AddDays(-daysAgo),
            }
        );

    private static ImageFacts There(int number, int daysAgo) =>
        Facts.Image(number, $"{number}.0") with
        {
            PushedAt = Facts.Now.AddDays(-daysAgo),
        };

    [Fact]
    public void What_the_policy_would_have_taken_was_taken_by_it_and_the_rest_by_somebody()
    {
        var attributed = RemovalCause.Attribute(
            [Gone(1, daysAgo: 9), Gone(2, daysAgo: 1)],
            Facts.Contents([There(3, daysAgo: 2)]),
            KeepsTwo,
            Facts.Now
        );
        Assert.StartsWith("Rule 1 expires it", attributed[Facts.Digest(1)], StringComparison.Ordinal);
        Assert.Null(attributed[Facts.Digest(2)]);
    }

    [Fact]
    public void Without_a_policy_nothing_is_its_doing() =>
        Assert.Equal([null], RemovalCause.Attribute([Gone(1, daysAgo: 9)], Facts.Contents([]), null, Facts.Now).Values);

    [Fact]
    public void A_child_that_went_with_its_index_was_taken_too()
    {
        var index = Gone(10, daysAgo: 9) with
        {
            Kind = ImageKind.Index,
            Children = [new IndexChild(Facts.Digest(1), "linux/amd64", ImageKind.Image)],
        };
        var attributed = RemovalCause.Attribute(
            [index, Gone(1, daysAgo: 9) with { Tags = [] }],
            Facts.Contents([There(3, daysAgo: 2), There(4, daysAgo: 1)]),
            KeepsTwo,
            Facts.Now
        );
        Assert.All(attributed.Values, Assert.NotNull);
    }
}
