using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class PlanCheckTests
{
    private static readonly Removal First = new(RemovalKind.Delete, [Planned(Six[0])]);

    private static PlannedImage Planned(ImageFacts image) =>
        new(image.Id.Digest, image.Tags, image.SizeInBytes, image.PushedAt, "It is old.");

    private static string WhyNot(Removal removal, RepositoryView view) =>
        Assert.Single(PlanCheck.Of(removal, Facts.Now, view).Superseded).Why;

    private static RepositoryView With(ImageFacts first) => View([first, .. Six.Skip(1)]);

    [Fact]
    public void What_is_as_the_plan_says_is_exact_whatever_the_order_of_its_tags()
    {
        var image = Old(1, "a", "b");
        var check = PlanCheck.Of(
            new Removal(RemovalKind.Archive, [Planned(image)]),
            Facts.Now,
            View([image with { Tags = ["b", "a"], LastPulledAt = Facts.Now }])
        );
        Assert.Equal(image.Id.Digest, Assert.Single(check.Exact).Digest);
        Assert.Empty(check.Superseded);
    }

    [Fact]
    public void What_has_changed_is_superseded_by_a_sentence()
    {
        Assert.Equal("It is gone.", WhyNot(First, View([.. Six.Skip(1)])));
        Assert.Equal("It carries no tag; when the plan was made it carried the tag 1.0.", WhyNot(First, With(Old(1))));
        Assert.Equal(
            "It carries the tags 1.0, live; when the plan was made it carried the tag 1.0.",
            WhyNot(First, With(Old(1, "live", "1.0")))
        );
        Assert.StartsWith(
            "It was pushed at 2026-11-18 11:00:00Z, and not at ",
            WhyNot(First, With(Six[0] with { PushedAt = Facts.Now.AddHours(-1) })),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "It was pulled at 2026-11-18 12:00:01Z, after the plan was made.",
            WhyNot(First, With(Six[0] with { LastPulledAt = Facts.Now.AddSeconds(1) }))
        );
        Assert.Equal(
            "It was restored from the archive at 2026-11-18 12:00:01Z, after the plan was made.",
            WhyNot(First, With(Six[0] with { LastActivatedAt = Facts.Now.AddSeconds(1) }))
        );
        Assert.Equal(
            "It is being restored from the archive.",
            WhyNot(First, With(Six[0] with { Storage = StorageStatus.Activating }))
        );
        Assert.Equal(
            "ECR does not say whether it is archived.",
            WhyNot(First, With(Six[0] with { Storage = StorageStatus.Unknown }))
        );
        Assert.Equal(
            "What it is cannot be told from its media type; such are never touched.",
            WhyNot(First, With(Six[0] with { Kind = ImageKind.Unknown }))
        );
        Assert.Equal(
            "It is in use. The ECS service pay refers to it by the tag 1.0.",
            WhyNot(First, View(Six, uses: (1, UseState.InUse)))
        );
        Assert.StartsWith(
            "Whether it is in use is not known.",
            WhyNot(First, View(Six, uses: (1, UseState.Unknown))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_archived_image_may_be_deleted_and_is_not_archived_again()
    {
        var archived = With(Six[0] with { Storage = StorageStatus.Archived });
        Assert.Single(PlanCheck.Of(First, Facts.Now, archived).Exact);
        Assert.Equal("It is archived already.", WhyNot(First with { Kind = RemovalKind.Archive }, archived));
    }

    [Fact]
    public void An_image_that_nobody_looked_up_the_use_of_stays() =>
        Assert.StartsWith(
            "Whether it is in use is not known.",
            WhyNot(First, View(Six) with { Usages = new Dictionary<Digest, ImageUsage>() }),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_child_goes_with_every_index_that_refers_to_it_and_with_no_fewer()
    {
        ImageFacts[] images = [Old(1), Index(2, "2.0"), Index(3, "3.0")];
        var view = View(
            images,
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [Facts.Digest(2)] = [Facts.Digest(1)],
                [Facts.Digest(3)] = [Facts.Digest(1)],
            }
        );
        Assert.Equal(
            3,
            PlanCheck.Of(new Removal(RemovalKind.Delete, [.. images.Select(Planned)]), Facts.Now, view).Exact.Count
        );
        Assert.Equal(
            $"The index {Facts.Digest(3)} refers to it and stays.",
            WhyNot(new Removal(RemovalKind.Delete, [.. images.Take(2).Select(Planned)]), view)
        );
    }

    [Fact]
    public void What_is_held_holds_what_hangs_on_it()
    {
        ImageFacts[] images =
        [
            Old(1),
            Index(2),
            Index(3, "3.0"),
            Old(4) with
            {
                Kind = ImageKind.Artifact,
                Subject = Facts.Digest(1),
            },
        ];
        var view = View(
            images,
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [Facts.Digest(2)] = [Facts.Digest(1)],
                [Facts.Digest(3)] = [Facts.Digest(2)],
            },
            uses: (3, UseState.InUse)
        );
        var check = PlanCheck.Of(new Removal(RemovalKind.Delete, [.. images.Select(Planned)]), Facts.Now, view);
        Assert.Empty(check.Exact);
        Assert.Equal($"It belongs to {Facts.Digest(1)}, which stays.", check.Superseded[3].Why);
    }

    [Fact]
    public void What_cosign_tags_as_the_signature_of_an_image_that_stays_stays_with_it()
    {
        var signature = Old(1, $"sha256-{Facts.Digest(2).Hex}.sig");
        ImageFacts[] images = [signature, Old(2, "2.0")];
        Assert.Equal(
            $"It belongs to {Facts.Digest(2)}, which stays.",
            WhyNot(new Removal(RemovalKind.Delete, [Planned(signature)]), View(images))
        );
        Assert.Equal(
            2,
            PlanCheck
                .Of(new Removal(RemovalKind.Delete, [.. images.Select(Planned)]), Facts.Now, View(images))
                .Exact.Count
        );
    }

    [Fact]
    public void Whatever_may_belong_to_an_index_that_nobody_could_read_stays()
    {
        var view = View([Old(1), Index(2, "2.0")]);
        Assert.StartsWith(
            $"It may belong to the index {Facts.Digest(2)}",
            WhyNot(new Removal(RemovalKind.Delete, [Planned(Old(1))]), view),
            StringComparison.Ordinal
        );
        Assert.Single(PlanCheck.Of(new Removal(RemovalKind.Delete, [Planned(Index(2, "2.0"))]), Facts.Now, view).Exact);
    }

    [Fact]
    public void An_archived_index_lets_its_children_be_archived_and_not_deleted()
    {
        var view = View(
            [Old(1), Index(2, "2.0") with { Storage = StorageStatus.Archived }],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(2)] = [Facts.Digest(1)] }
        );
        Assert.Single(PlanCheck.Of(new Removal(RemovalKind.Archive, [Planned(Old(1))]), Facts.Now, view).Exact);
        Assert.Single(PlanCheck.Of(new Removal(RemovalKind.Delete, [Planned(Old(1))]), Facts.Now, view).Superseded);
    }

    [Theory]
    [InlineData(RemovalKind.Delete)]
    [InlineData(RemovalKind.Archive)]
    public void What_EcrGuard_has_taken_out_of_reach_is_superseded_whatever_the_plan_says(RemovalKind kind) =>
        Assert.StartsWith(
            "EcrGuard has taken it out of reach",
            WhyNot(
                First with
                {
                    Kind = kind,
                },
                View(Six) with
                {
                    Quarantined = new HashSet<Digest> { Facts.Digest(1) },
                }
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_index_that_EcrGuard_has_archived_keeps_its_children_until_it_comes_back()
    {
        var view = View(
            [Old(1), Index(2, "2.0") with { Storage = StorageStatus.Archived }],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(2)] = [Facts.Digest(1)] }
        );
        Assert.Equal(
            $"The index {Facts.Digest(2)} refers to it and stays.",
            WhyNot(
                new Removal(RemovalKind.Archive, [Planned(Old(1))]),
                view with
                {
                    Quarantined = new HashSet<Digest> { Facts.Digest(2) },
                }
            )
        );
    }

    [Fact]
    public void A_policy_is_put_only_over_the_one_that_the_plan_saw()
    {
        PutPolicy Over(string? present) =>
            new()
            {
                Policy = KeepsTwo,
                Replaces = PlanCheck.HashOf(present),
                Expires = 0,
                Archives = 0,
                FreedBytes = 0,
                Why = "It is wanted.",
            };
        Assert.Null(PlanCheck.WhyNot(Over(null), null));
        Assert.Null(PlanCheck.WhyNot(Over(ExpiresUntagged), ExpiresUntagged));
        Assert.Equal(
            "Somebody has put a lifecycle policy on the repository since; the plan was made for one without.",
            PlanCheck.WhyNot(Over(null), ExpiresUntagged)
        );
        Assert.Equal(
            "The repository has no lifecycle policy any more; the plan was made to replace one.",
            PlanCheck.WhyNot(Over(ExpiresUntagged), null)
        );
        Assert.Equal(
            "The repository has another lifecycle policy than the one that the plan was made to replace.",
            PlanCheck.WhyNot(Over(ExpiresUntagged), ArchivesUnused)
        );
    }

    [Fact]
    public void What_happened_at_the_very_moment_the_plan_was_made_did_not_happen_after_it() =>
        Assert.Single(
            PlanCheck
                .Of(First, Facts.Now, With(Six[0] with { LastPulledAt = Facts.Now, LastActivatedAt = Facts.Now }))
                .Exact
        );

    [Theory]
    [InlineData(UseState.InUse, "It is in use.")]
    [InlineData(UseState.Unknown, "Whether it is in use is not known.")]
    public void Where_nobody_says_why_an_image_is_in_use_the_sentence_ends_there(UseState use, string why) =>
        Assert.Equal(
            why,
            WhyNot(
                First,
                View(Six) with
                {
                    Usages = new Dictionary<Digest, ImageUsage> { [Facts.Digest(1)] = new(use, [], []) },
                }
            )
        );

    [Fact]
    public void A_time_of_push_that_ECR_does_not_give_is_not_the_one_of_the_plan() =>
        Assert.Equal(
            "It was pushed at a time that ECR does not give, and not at 2025-10-15 12:00:00Z as when the "
                + "plan was made.",
            WhyNot(First, With(Six[0] with { PushedAt = null }))
        );

    [Fact]
    public void Of_several_indexes_that_hold_it_the_first_by_digest_is_named()
    {
        var view = View(
            [Index(3, "3.0"), Index(2, "2.0"), Old(1)],
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [Facts.Digest(2)] = [Facts.Digest(1)],
                [Facts.Digest(3)] = [Facts.Digest(1)],
            }
        );
        Assert.Equal(
            $"The index {Facts.Digest(2)} refers to it and stays.",
            WhyNot(new Removal(RemovalKind.Delete, [Planned(Old(1))]), view)
        );
    }
}
