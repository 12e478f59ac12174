using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Tests.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class ImagesKeptByTagsTests
{
    private static string Blocked => OwnTags.Blocked(Facts.Digest(2));

    [Fact]
    public void What_goes_for_the_place_of_an_image_under_EcrGuards_tag_alone_is_told_with_its_use()
    {
        var warning = Warning("*", Blocked, UseState.InUse);
        Assert.StartsWith(
            "1 image stays by EcrGuard's tag alone, since the team has ",
            warning,
            StringComparison.Ordinal
        );
        Assert.Contains(" UTC (1 in use, or may be). Delete", warning, StringComparison.Ordinal);
        Assert.Contains(" UTC. Delete", Warning("*", Blocked, UseState.NotInUse), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v*", "blocked")]
    [InlineData("*", "v2", "blocked")]
    [InlineData("*", "blocked", "inuse")]
    public void Nothing_is_told_where_no_rule_counts_it_or_it_stays_for_something_else(
        string counts,
        params string[] tags
    )
    {
        string[] its =
        [
            .. tags.Select(tag =>
                tag switch
                {
                    "blocked" => Blocked,
                    "inuse" => OwnTags.InUse(Facts.Digest(2)),
                    _ => tag,
                }
            ),
        ];
        Assert.Null(Warning(counts, its, UseState.NotInUse));
    }

    /// <summary>A rule keeps two of three images. The second image is as given.</summary>
    private static string? Warning(string counts, string tag, UseState oldest) => Warning(counts, [tag], oldest);

    private static string? Warning(string counts, string[] tags, UseState oldest)
    {
        var contents = Facts.Contents([
            Facts.Image(1, "v1") with
            {
                PushedAt = Facts.Now.AddDays(-9),
            },
            Facts.Image(2, tags) with
            {
                PushedAt = Facts.Now.AddDays(-5),
            },
            Facts.Image(3, "v3"),
        ]);
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = new(oldest, ["The task t runs it."], []),
        };
        return ImagesKeptByTags.Warning(
            Policies.Of(Policies.Keep(1, counts, 2)),
            contents,
            usages,
            Facts.Now.AddHours(26)
        );
    }
}
