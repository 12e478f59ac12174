using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;

namespace EcrGuard.Core.Tests.Plans;

public sealed class RemovalManifestEffectTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));

    private static LifecyclePolicy Policy(params string[] rules) =>
        LifecyclePolicy
            .Read(
                $$"""{"rules":[{{string.Join(
                    ',',
                    rules.Select((rule, at) => $$"""{"rulePriority":{{at + 1}},{{rule}} }""")
                )}}]}"""
            )
            .Policy!;

    private static string Keep(int count, string selection, string action = "expire") =>
        $$"""
            "selection":{ {{selection}},"countType":"imageCountMoreThan","countNumber":{{count}} },
            "action":{"type":"{{action}}"{{(action == "expire" ? "" : ",\"targetStorageClass\":\"archive\"")}} }
            """;

    private const string Any = "\"tagStatus\":\"any\"";

    private static string Tagged(params string[] patterns) =>
        $"\"tagStatus\":\"tagged\",\"tagPatternList\":[{string.Join(',', patterns.Select(p => $"\"{p}\""))}]";

    [Theory]
    [InlineData("*", true)]
    [InlineData("ecrguard-*", true)]
    [InlineData("v*", false)]
    public void A_rule_counts_the_manifest_that_its_patterns_select(string pattern, bool counts) =>
        Assert.Equal(counts, RemovalManifestEffect.CountedBy(Policy(Keep(3, Tagged(pattern))), [Blocked]) is not null);

    [Fact]
    public void Every_rule_counts_also_behind_one_that_keeps_the_manifest()
    {
        var policy = Policy(Keep(100_000, Tagged("ecrguard-inuse-*")), Keep(3, Any));
        Assert.Equal(2, RemovalManifestEffect.CountedBy(policy, [OwnTags.InUse(Facts.Digest(1))])?.Priority);
        Assert.Null(RemovalManifestEffect.CountedBy(Policy(Keep(100_000, Tagged("*"))), [Blocked]));
        // The policy selects neither tag alone, but it selects both together.
        var both = Policy(Keep(3, Tagged("ecrguard-blocked-*", "ecrguard-inuse-*")));
        Assert.Null(RemovalManifestEffect.CountedBy(both, [Blocked]));
        Assert.NotNull(RemovalManifestEffect.CountedBy(both, [Blocked, OwnTags.InUse(Facts.Digest(1))]));
    }

    private static string? WhyNot(LifecyclePolicy policy, params ImageFacts[] images) =>
        RemovalManifestEffect.WhyNot(
            policy,
            Facts.Contents(images),
            images[0].Id,
            Blocked,
            Facts.Digest(99),
            [],
            Facts.Now
        );

    private static ImageFacts Aged(int number, int days, params string[] tags) =>
        Facts.Image(number, tags) with
        {
            PushedAt = Facts.Now.AddDays(-days),
        };

    [Theory]
    [InlineData("expire")]
    [InlineData("transition")]
    public void An_image_that_goes_by_the_place_alone_keeps_the_tag_where_it_is(string action)
    {
        var policy = Policy(Keep(3, Any, action));
        ImageFacts[] three = [Aged(1, 3, "v3", Blocked), Aged(2, 4, "v2"), Aged(3, 5, "v1")];
        Assert.Contains(Facts.Digest(3).Abbreviated, WhyNot(policy, three), StringComparison.Ordinal);
        Assert.Null(WhyNot(policy, three[..2]));
        // The fourth goes anyway, and the third goes because the place is taken.
        Assert.NotNull(WhyNot(policy, [.. three, Aged(4, 6, "v0")]));
        // If the third has its own rule that keeps it, nothing else goes.
        var shielding = Policy(Keep(100_000, Tagged("ecrguard-inuse-*")), Keep(3, Any, action));
        var shield = OwnTags.InUse(Facts.Digest(3));
        Assert.Null(WhyNot(shielding, three[0], three[1], three[2] with { Tags = ["v1", shield] }));
    }

    [Fact]
    public void A_manifest_that_was_left_behind_takes_a_place_too()
    {
        var contents = Facts.Contents([Aged(1, 3, "v3", Blocked), Aged(2, 4, "v2")]);
        string? Of(RepositoryContents with) =>
            RemovalManifestEffect.WhyNot(
                Policy(Keep(3, Any)),
                with,
                contents.Images[0].Id,
                Blocked,
                Facts.Digest(99),
                [],
                Facts.Now
            );
        Assert.Null(Of(contents));
        Assert.NotNull(Of(contents with { RemovalManifests = [Aged(98, 0, "ecrguard-x")] }));
    }
}
