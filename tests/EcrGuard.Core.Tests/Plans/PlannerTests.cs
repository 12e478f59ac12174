using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class PlannerTests
{
    private static string Own(string verdict, int number) => $"ecrguard-{verdict}-{Facts.Digest(number).Hex}";

    private static PolicyDocument Under(EnforcementMode mode) =>
        Document with
        {
            Enforcement = [new EnforcementRule([Glob.Parse("*")], mode)],
        };

    [Fact]
    public void A_policy_that_differs_is_to_be_put_with_its_effect_in_numbers()
    {
        var put = Assert.IsType<PutPolicy>(Assert.Single(Planned(View(Six, present: ExpiresUntagged), KeepsTwo).Items));
        Assert.Equal(
            (KeepsTwo, PlanCheck.HashOf(ExpiresUntagged), 4, 0, 400L, "The baseline wants it."),
            (put.Policy, put.Replaces, put.Expires, put.Archives, put.FreedBytes, put.Why)
        );
        Assert.Null(Assert.IsType<PutPolicy>(Assert.Single(Planned(View(Six), KeepsTwo).Items)).Replaces);
    }

    [Fact]
    public void A_policy_that_is_there_already_is_not_put_again() =>
        Assert.Empty(Planned(View(Six, present: KeepsTwo), KeepsTwo).Items);

    [Fact]
    public void Where_nothing_is_wanted_nothing_is_planned()
    {
        Assert.Empty(Planned(View(Six), null).Items);
        Assert.Empty(Planned(View(Six), null, exact: true).Items);
    }

    [Theory]
    [InlineData(UseState.InUse)]
    [InlineData(UseState.Unknown)]
    public void A_policy_that_would_take_what_is_in_use_or_may_be_is_not_put_and_the_note_names_it(UseState use)
    {
        var planned = Planned(View(Six, uses: (1, use)), KeepsTwo);
        Assert.Empty(planned.Items);
        Assert.Contains(
            "The wanted lifecycle policy is not put: it would take 1 image that is in use or may be: 1.0.",
            planned.Notes
        );
    }

    [Fact]
    public void An_image_in_use_that_the_policy_shields_does_not_stand_in_the_way_of_it()
    {
        const string shields =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["ecrguard-inuse-*"],"countType":"imageCountMoreThan","countNumber":100000},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}]}""";
        Assert.Equal(
            3,
            Assert
                .IsType<PutPolicy>(Assert.Single(Planned(View(Six, uses: (1, UseState.InUse)), shields).Items))
                .Expires
        );
    }

    [Fact]
    public void What_the_present_policy_does_to_images_in_use_is_noted() =>
        Assert.Contains(
            "The present lifecycle policy takes 1 image that is in use or may be: 1.0.",
            Planned(View(Six, present: KeepsTwo, uses: (1, UseState.InUse)), null).Notes
        );

    [Fact]
    public void What_the_linter_has_to_say_of_the_wanted_policy_is_noted()
    {
        const string trap =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["1*","2*"],"countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}}]}""";
        Assert.Contains(
            Planned(View(Six), trap).Notes,
            note => note.StartsWith("Rule 1 of the wanted policy (and-trap): ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_wanted_policy_that_ECR_may_refuse_is_not_planned()
    {
        var planned = Planned(View(Six), """{"rules":[]}""");
        Assert.Empty(planned.Items);
        Assert.StartsWith(
            "The wanted lifecycle policy is one that ECR may refuse: ",
            Assert.Single(planned.Notes),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Exactly_names_the_images_that_the_policy_takes_today_the_oldest_first()
    {
        var planned = Planned(View([.. Six.Reverse()]), KeepsTwo, exact: true);
        Assert.Equal([1, 2, 3, 4], Going(planned));
        var image = Assert.IsType<Removal>(Assert.Single(planned.Items)).Images[0];
        Assert.Equal(
            (RemovalKind.Delete, 100L, Old(1).PushedAt),
            (((Removal)planned.Items[0]).Kind, image.Bytes, image.PushedAt)
        );
        Assert.Equal(["1.0"], image.Tags);
        Assert.Equal("Rule 1 expires it: it is number 6 from the newest, and 2 images stay.", image.Why);
        Assert.Equal((6, 0, 2), (planned.Images, planned.InUse, planned.Keeps));
    }

    [Fact]
    public void Exactly_archives_where_the_policy_archives() =>
        Assert.Equal(
            RemovalKind.Archive,
            Assert.IsType<Removal>(Assert.Single(Planned(View(Six), ArchivesUnused, exact: true).Items)).Kind
        );

    [Fact]
    public void An_image_in_use_or_of_unknown_use_is_not_named_and_the_note_says_why()
    {
        var planned = Planned(View(Six, uses: [(1, UseState.InUse), (2, UseState.Unknown)]), KeepsTwo, exact: true);
        Assert.Equal([3, 4], Going(planned));
        Assert.Contains(
            "1 image stays (1.0): It is in use. The ECS service pay refers to it by the tag 1.0.",
            planned.Notes
        );
        Assert.Contains(
            planned.Notes,
            note => note.StartsWith("1 image stays (2.0): Whether it is in use is not known.", StringComparison.Ordinal)
        );
        Assert.Equal(1, planned.InUse);
    }

    [Fact]
    public void The_newest_images_that_the_policy_keeps_are_left_in_every_repository()
    {
        var policy = Document with { Ceilings = Document.Ceilings with { KeepPerRepository = 5 } };
        var planned = Planned(View(Six), KeepsTwo, exact: true, policy);
        Assert.Equal([1], Going(planned));
        Assert.Equal(5, planned.Keeps);
        Assert.Contains(
            "3 images stay, because the policy keeps 5 images in every repository (ceilings.keepPerRepository).",
            planned.Notes
        );
        Assert.Empty(Planned(View([.. Six.Take(4)]), KeepsTwo, exact: true, policy).Items);
    }

    [Fact]
    public void Children_and_archived_images_do_not_count_as_kept()
    {
        var policy = Document with { Ceilings = Document.Ceilings with { KeepPerRepository = 2 } };
        var images = new[]
        {
            Old(1, "1.0"),
            Index(2, "2.0"),
            Old(3),
            Old(4),
            Old(5, "5.0") with
            {
                Storage = StorageStatus.Archived,
            },
        };
        var planned = Planned(
            View(
                images,
                new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(2)] = [Facts.Digest(3), Facts.Digest(4)] }
            ),
            KeepsTwo,
            exact: true,
            policy
        );
        Assert.Empty(planned.Items);
        Assert.Equal(2, planned.Keeps);
    }

    [Fact]
    public void An_image_that_is_left_with_only_EcrGuards_tags_goes_if_nothing_uses_it()
    {
        var images = new[]
        {
            Old(1, Own("inuse", 1)),
            Old(2, Own("approved", 2), "2.0"),
            Old(3, "ecrguard-approved-of-somebody"),
            Old(4),
            Old(5, Own("inuse", 5)),
            Old(6, "6.0"),
        };
        Assert.Equal([1], Going(Planned(View(images, uses: (5, UseState.InUse)), null)));
    }

    [Fact]
    public void A_blocked_image_that_is_left_with_only_EcrGuards_tags_goes_only_where_a_rule_takes_it_without_them()
    {
        var images = new[] { Old(1, Own("blocked", 1)), Old(2, "2.0") };
        Assert.Equal([1], Going(Planned(View(images, present: ExpiresUntagged), null)));
        var kept = Planned(View(images, present: null), null);
        Assert.Empty(kept.Items);
        Assert.StartsWith(
            "1 blocked image carries only EcrGuard's own tags, and no rule would take it without: ecrguard-blocked-",
            Assert.Single(kept.Notes),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(EnforcementMode.Mark, true)]
    [InlineData(EnforcementMode.Quarantine, false)]
    public void Where_the_policy_archives_blocked_images_one_that_is_archived_is_not_offered(
        EnforcementMode mode,
        bool goes
    )
    {
        const string expiresArchived =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":90},"action":{"type":"expire"}}]}""";
        var images = new[]
        {
            Old(1, "1.0", Own("blocked", 1)) with
            {
                Storage = StorageStatus.Archived,
                LastArchivedAt = Facts.Now.AddDays(-100),
            },
            Old(2, "2.0"),
        };
        Assert.Equal(goes ? [1] : [], Going(Planned(View(images), expiresArchived, exact: true, Under(mode))));
    }

    [Fact]
    public void With_an_index_go_its_untagged_children_and_what_speaks_about_them_unless_another_index_holds_them()
    {
        var images = new[]
        {
            Old(1),
            Old(2),
            Old(3, "3.0"),
            Index(4, Own("inuse", 4)),
            Index(5, "5.0"),
            Old(6) with
            {
                Kind = ImageKind.Artifact,
                Subject = Facts.Digest(4),
            },
            Old(7, "7.0"),
        };
        var planned = Planned(
            View(
                images,
                new Dictionary<Digest, IReadOnlyList<Digest>>
                {
                    [Facts.Digest(4)] = [Facts.Digest(1), Facts.Digest(2), Facts.Digest(3)],
                    [Facts.Digest(5)] = [Facts.Digest(2)],
                }
            ),
            null
        );
        Assert.Equal([1, 4, 6], Going(planned));
    }

    [Fact]
    public void What_a_policy_that_is_put_takes_is_left_to_it()
    {
        var planned = Planned(View([Old(1, Own("inuse", 1)), .. Six.Skip(1)]), KeepsTwo);
        Assert.IsType<PutPolicy>(Assert.Single(planned.Items));
        Assert.Equal(2, planned.Keeps);
    }
}
