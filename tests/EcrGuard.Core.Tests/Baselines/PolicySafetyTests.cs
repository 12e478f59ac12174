using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Tests.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Tests.Baselines;

public sealed class PolicySafetyTests
{
    /// <summary>Pushed 1 and 9 days ago.</summary>
    private static readonly RepositoryContents Two = Facts.Contents([
        Facts.Image(1, "1") with
        {
            PushedAt = Facts.Now.AddDays(-1),
        },
        Facts.Image(2, "2") with
        {
            PushedAt = Facts.Now.AddDays(-9),
        },
    ]);

    [Theory]
    [InlineData(20, "NotInUse", null)]
    [InlineData(10, "NotInUse", null)]
    [InlineData(8, "NotInUse", null)]
    [InlineData(20, "Unknown", null)]
    [InlineData(
        10,
        "Unknown",
        "not put yet: within 26 hours its rule 1 would take 000000000000, and whether that is in use is not known."
    )]
    public void What_may_be_in_use_must_outlive_the_next_sweep(int days, string use, string? why) =>
        AssertWhy(why, WhyNot(Policies.Of(Policies.Expire(1, "*", days)), use));

    /// <summary>
    /// However far away the rule's limit still is: images in use are out of its reach for good, or the policy is not
    /// put.
    /// </summary>
    [Theory]
    [InlineData(8)]
    [InlineData(2000)]
    public void What_is_in_use_must_be_shielded_from_every_rule_that_selects_it(int days)
    {
        AssertWhy(
            "not put: 000000000000 in use without a shield, and rule 1 selects it. The task t runs it.",
            WhyNot(Policies.Of(Policies.Expire(1, "*", days)), "InUse")
        );
        Assert.Null(WhyNot(Policies.Of(Policies.Expire(1, "3*", days)), "InUse"));
        Assert.Null(
            WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "*", days)),
                "InUse",
                OwnTags.InUse(Facts.Digest(2))
            )
        );
        AssertWhy(
            "without a shield, and rule 1 selects it",
            WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 10), Policies.Expire(2, "*", days)),
                "InUse",
                OwnTags.InUse(Facts.Digest(2))
            )
        );
    }

    [Fact]
    public void A_child_is_as_safe_as_an_index_that_holds_it()
    {
        var index = Facts.Image(3, "3", OwnTags.InUse(Facts.Digest(3))) with
        {
            Kind = ImageKind.Index,
            PushedAt = Facts.Now.AddDays(-9),
        };
        var contents = Facts.Contents(
            [index, Facts.Image(4) with { PushedAt = Facts.Now.AddDays(-9) }],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(3)] = [Facts.Digest(4)] }
        );
        var usages = contents.Images.ToDictionary(
            image => image.Id.Digest,
            _ => new ImageUsage(UseState.InUse, ["The task t runs it."], [])
        );
        Assert.Null(
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "", 5)),
                contents,
                usages,
                Facts.Now
            )
        );
        AssertWhy(
            "without a shield",
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "", 5)),
                contents with
                {
                    Images = [index with { Storage = StorageStatus.Archived }, contents.Images[1]],
                },
                usages,
                Facts.Now
            )
        );
    }

    [Fact]
    public void An_image_that_nobody_has_looked_at_may_be_in_use() =>
        AssertWhy(
            "whether that is in use is not known",
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "*", 1)),
                Two,
                new Dictionary<Digest, ImageUsage>(),
                Facts.Now
            )
        );

    /// <summary>An image that is deployed between two sweeps has no shield yet.</summary>
    [Theory]
    [InlineData(12, null)]
    [InlineData(
        11,
        "on the busiest of the last 7 days 12 images were pushed, and on such a day rule 1 would take one of that day"
    )]
    public void As_many_images_stay_as_are_pushed_in_a_day(int keep, string? why)
    {
        var contents = Facts.Contents([
            .. Enumerable
                .Range(1, 30)
                .Select(i => Facts.Image(i, $"1.{i}") with { PushedAt = Facts.Now.AddDays(i <= 12 ? -3 : -10 - i) }),
        ]);
        AssertWhy(
            why,
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "*", keep)),
                contents,
                contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None),
                Facts.Now
            )
        );
    }

    /// <summary>A day begins whenever somebody begins to push.</summary>
    [Fact]
    public void The_busiest_day_is_found_wherever_it_begins()
    {
        var contents = Facts.Contents([
            .. Enumerable
                .Range(1, 12)
                .Select(i =>
                    Facts.Image(i, $"1.{i}") with
                    {
                        PushedAt = Facts.Now.AddDays(-3).AddMinutes(10 * (i - 6)),
                    }
                ),
        ]);
        AssertWhy(
            "12 images were pushed",
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "*", 11)),
                contents,
                contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None),
                Facts.Now
            )
        );
    }

    [Fact]
    public void Two_days_of_pushes_are_not_one()
    {
        var contents = Facts.Contents([
            .. Enumerable
                .Range(1, 13)
                .Select(i =>
                    Facts.Image(i, $"1.{i}") with
                    {
                        PushedAt = Facts.Now.AddDays(i <= 6 ? -3 : -5).AddMinutes(i),
                    }
                ),
        ]);
        var usages = contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None);
        Assert.Null(PolicySafety.WhyNot(Policies.Of(Policies.Keep(1, "*", 7)), contents, usages, Facts.Now));
        AssertWhy(
            "7 images were pushed",
            PolicySafety.WhyNot(Policies.Of(Policies.Keep(1, "*", 6)), contents, usages, Facts.Now)
        );
        AssertWhy("days 1 image was pushed", WhyNot(Policies.Of(Policies.Expire(1, "*", 1)), "NotInUse"));
    }

    /// <summary>A policy that keeps six leaves six of a day's twelve. It is known that the others were there.</summary>
    [Fact]
    public void What_was_pushed_and_is_gone_was_pushed_all_the_same()
    {
        ImageFacts Pushed(int number) =>
            Facts.Image(number, $"1.{number}") with
            {
                PushedAt = Facts.Now.AddDays(-1).AddMinutes(number),
            };
        var contents = Facts.Contents([.. Enumerable.Range(7, 6).Select(Pushed)]);
        var usages = contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None);
        var six = Policies.Of(Policies.Keep(1, "*", 6));
        Assert.Null(PolicySafety.WhyNot(six, contents, usages, Facts.Now));
        AssertWhy(
            "12 images were pushed",
            PolicySafety.WhyNot(
                six,
                contents with
                {
                    LatelyGone = [.. Enumerable.Range(1, 6).Select(Pushed)],
                },
                usages,
                Facts.Now
            )
        );
        AssertWhy(
            "12 images were pushed",
            PolicySafety.Outruns(
                six,
                contents with
                {
                    LatelyGone = [.. Enumerable.Range(1, 6).Select(Pushed)],
                },
                usages,
                Facts.Now
            )
        );
    }

    /// <summary>No tag can be put on the image, and it has its own rules.</summary>
    [Fact]
    public void An_archived_image_in_use_is_held_to_the_rules_for_the_archive()
    {
        var contents = Facts.Contents([
            Facts.Image(1, "1") with
            {
                Storage = StorageStatus.Archived,
                PushedAt = Facts.Now.AddDays(-400),
                LastArchivedAt = Facts.Now.AddDays(-10),
            },
        ]);
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = new(UseState.InUse, ["The task t runs it."], []),
        };
        var archive = Policies.Of(Policies.ExpireArchived(1, "any", 365));
        AssertWhy(
            "in use without a shield, since it is archived, and rule 1 selects it",
            PolicySafety.WhyNot(archive, contents, usages, Facts.Now)
        );
        Assert.Null(PolicySafety.WhyNot(Policies.Of(Policies.Keep(1, "*", 1)), contents, usages, Facts.Now));
    }

    [Fact]
    public void A_day_is_too_short_an_age() =>
        AssertWhy(
            "would take one of that day before the sweep has seen whether it runs",
            WhyNot(Policies.Of(Policies.Expire(1, "*", 1)), "NotInUse")
        );

    /// <summary>
    /// "last_activated_at is used instead of pushed_at_time" is documented for the order, but not for ages.
    /// </summary>
    [Fact]
    public void A_restored_image_whose_use_is_not_known_must_be_safe_by_its_push_and_by_its_restore()
    {
        var contents = Facts.Contents([
            Facts.Image(2, "2") with
            {
                PushedAt = Facts.Now.AddDays(-90),
                LastActivatedAt = Facts.Now.AddDays(-10),
            },
        ]);
        AssertWhy(
            "whether that is in use is not known",
            PolicySafety.WhyNot(
                Policies.Of(Policies.Expire(1, "*", 30)),
                contents,
                new Dictionary<Digest, ImageUsage>(),
                Facts.Now
            )
        );
    }

    [Fact]
    public void What_a_policy_exposes_is_all_that_it_takes_within_that_time_and_of_a_policy_nobody_understands_whatever_is_used()
    {
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = new(UseState.InUse, ["The task t runs it."], []),
        };
        Assert.Equal(
            "The lifecycle policy stays as it is. By the one that was there before, within 26 hours ECR may take "
                + "2 images that are in use or may be: 000000000000, 000000000000. The task t runs it. To put it back "
                + "all the same: aws ecr put-lifecycle-policy --region eu-central-1 --repository-name pay/api "
                + "--lifecycle-policy-text '{\"description\":\"The team'\\''s\"}'",
            Exposure.Of("{}", Two, usages, Facts.Now)!.Refusal(Facts.Repository, """{"description":"The team's"}""")
        );
        Assert.Equal(
            Facts.Digest(2),
            Exposure
                .Of(Policies.Of(Policies.Expire(1, "*", 8)).Text, Two, usages, Facts.Now)!
                .Images.Single()
                .Image.Id.Digest
        );
        Assert.Null(Exposure.Of(Policies.Of(Policies.Expire(1, "*", 12)).Text, Two, usages, Facts.Now));
    }

    /// <summary>
    /// A team's policy that is put back knows no shields. A rule that counts everything tagged counts them too.
    /// </summary>
    [Fact]
    public void A_policy_exposes_what_it_selects_by_nothing_but_a_shield()
    {
        var pinned = Facts.Contents([
            Facts.Image(1, OwnTags.InUse(Facts.Digest(1))) with
            {
                PushedAt = Facts.Now.AddDays(-90),
            },
        ]);
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = new(UseState.InUse, ["The task t runs it."], []),
        };
        Assert.Equal(
            Facts.Digest(1),
            Exposure
                .Of(Policies.Of(Policies.Keep(1, "*", 3)).Text, pinned, usages, Facts.Now)!
                .Images.Single()
                .Image.Id.Digest
        );
        Assert.Null(Exposure.Of(Policies.Of(Policies.Keep(1, "v*", 3)).Text, pinned, usages, Facts.Now));
    }

    private static string? WhyNot(LifecyclePolicy policy, string use, params string[] tags)
    {
        var contents = Two with
        {
            Images = [Two.Images[0], Two.Images[1] with { Tags = [.. Two.Images[1].Tags, .. tags] }],
        };
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = ImageUsage.None,
            [Facts.Digest(2)] = new(Enum.Parse<UseState>(use), ["The task t runs it."], []),
        };
        return PolicySafety.WhyNot(policy, contents, usages, Facts.Now);
    }

    private static void AssertWhy(string? part, string? why)
    {
        if (part is null)
            Assert.Null(why);
        else
            Assert.Contains(part, why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_index_holds_through_another_is_as_safe_as_it()
    {
        ImageFacts Old(int number, params string[] tags) =>
            Facts.Image(number, tags) with
            {
                PushedAt = Facts.Now.AddDays(-9),
            };
        var contents = Facts.Contents(
            [
                Old(3, "3", OwnTags.InUse(Facts.Digest(3))) with
                {
                    Kind = ImageKind.Index,
                },
                Old(5) with
                {
                    Kind = ImageKind.Index,
                },
                Old(4),
            ],
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [Facts.Digest(3)] = [Facts.Digest(5), Facts.Digest(99)],
                [Facts.Digest(5)] = [Facts.Digest(4)],
            }
        );
        var usages = contents.Images.ToDictionary(
            image => image.Id.Digest,
            _ => new ImageUsage(UseState.InUse, ["The task t runs it."], [])
        );
        Assert.Null(
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "", 5)),
                contents,
                usages,
                Facts.Now
            )
        );
        // It is not certain that an index protects anything if its manifest could not be read.
        AssertWhy(
            "in use without a shield",
            PolicySafety.WhyNot(
                Policies.Of(Policies.Keep(1, "ecrguard-inuse-*", 100_000), Policies.Expire(2, "", 5)),
                contents with
                {
                    Children = new Dictionary<Digest, IReadOnlyList<IndexChild>>(),
                },
                usages,
                Facts.Now
            )
        );
    }

    [Fact]
    public void Where_ECR_does_not_say_whether_it_is_archived_the_rules_of_both_must_leave_it()
    {
        var contents = Facts.Contents([
            Facts.Image(1, "1", OwnTags.InUse(Facts.Digest(1))) with
            {
                Storage = StorageStatus.Unknown,
                PushedAt = Facts.Now.AddDays(-9),
            },
        ]);
        var usages = new Dictionary<Digest, ImageUsage>
        {
            [Facts.Digest(1)] = new(UseState.InUse, ["The task t runs it."], []),
        };
        var shields = Policies.Keep(1, "ecrguard-inuse-*", 100_000);
        Assert.Null(PolicySafety.WhyNot(Policies.Of(shields), contents, usages, Facts.Now));
        AssertWhy(
            "in use without a shield, and rule 2 selects it. The task t runs it.",
            PolicySafety.WhyNot(
                Policies.Of(shields, Policies.ExpireArchived(2, "any", 365)),
                contents,
                usages,
                Facts.Now
            )
        );
    }

    [Fact]
    public void One_restored_image_among_others_is_looked_at_both_ways()
    {
        var contents = Facts.Contents([
            Facts.Image(2, "2") with
            {
                PushedAt = Facts.Now.AddDays(-90),
                LastActivatedAt = Facts.Now.AddDays(-10),
            },
            Facts.Image(3, "3") with
            {
                PushedAt = Facts.Now.AddDays(-10),
            },
        ]);
        var unknown = contents.Images.ToDictionary(
            image => image.Id.Digest,
            _ => new ImageUsage(UseState.Unknown, ["Nobody looked.", "Never."], [])
        );
        AssertWhy(
            "whether that is in use is not known. Nobody looked.",
            PolicySafety.WhyNot(Policies.Of(Policies.Expire(1, "*", 30)), contents, unknown, Facts.Now)
        );
        Assert.Null(PolicySafety.WhyNot(Policies.Of(Policies.Expire(1, "*", 120)), contents, unknown, Facts.Now));
    }
}
