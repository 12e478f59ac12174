using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using static EcrGuard.Core.Tests.Plans.PlanFacts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>What a plan says to people about what it does and what it leaves.</summary>
public sealed class PlannerNotesTests
{
    private const string KeepsOne =
        """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""";

    private static string Own(string verdict, int number) => $"ecrguard-{verdict}-{Facts.Digest(number).Hex}";

    /// <summary>The name in a note for an image with this tag and no other.</summary>
    private static string Clipped(string tag) => tag[..80] + "…";

    private static ImageFacts Left(int number, string verdict = "inuse") => Old(number, Own(verdict, number));

    private static IEnumerable<(int Number, string Why)> Whys(PlannedRepository planned) =>
        planned
            .Items.OfType<Removal>()
            .SelectMany(removal => removal.Images)
            .Select(image => (Convert.ToInt32(image.Digest.Hex, 16), image.Why));

    [Fact]
    public void What_else_is_to_be_said_is_said_first_and_no_longer_than_a_plan_may_say_it()
    {
        var planned = new Planner(Document, exact: false).Plan(
            View(Six, uses: (1, UseState.Unknown)),
            null,
            ["The baseline is observed.", new string('x', 5000)],
            Facts.Now
        );
        Assert.Equal(("The baseline is observed.", 3), (planned.Notes[0], planned.Notes.Count));
        Assert.Empty(PlanReader.Read(PlanWriter.Write(Plan(planned), indented: false)).Problems);
    }

    [Fact]
    public void Of_a_repository_of_which_nothing_is_to_be_said_nothing_is_said() =>
        Assert.Empty(Planned(View(Six, present: KeepsTwo), KeepsTwo).Notes);

    [Fact]
    public void How_many_images_may_be_in_use_is_said()
    {
        Assert.Equal(
            ["Whether 1 image is in use is not known; it stays."],
            Planned(View(Six, uses: (1, UseState.Unknown)), null).Notes
        );
        Assert.Equal(
            ["Whether 2 images are in use is not known; they stay."],
            Planned(View(Six, uses: [(1, UseState.Unknown), (2, UseState.Unknown)]), null).Notes
        );
    }

    [Fact]
    public void Images_are_named_by_their_first_tag_in_the_order_of_their_digests()
    {
        ImageFacts[] images = [Old(2, "2.1", "2.0"), Old(1, "1.1", "1.0"), .. Six.Skip(2)];
        Assert.Contains(
            "The present lifecycle policy takes 2 images that are in use or may be: 1.0, 2.0.",
            Planned(View(images, present: KeepsTwo, uses: [(1, UseState.InUse), (2, UseState.InUse)]), null).Notes
        );
        Assert.Contains(
            "The wanted lifecycle policy is not put: it would take 2 images that are in use or may be: 1.0, 2.0.",
            Planned(View(images, uses: [(1, UseState.InUse), (2, UseState.InUse)]), KeepsTwo).Notes
        );
    }

    [Fact]
    public void A_present_policy_that_cannot_be_read_is_noted_and_ECR_has_not_refused_it() =>
        Assert.StartsWith(
            "The present lifecycle policy is in words that EcrGuard does not know: ",
            Assert.Single(Planned(View(Six, present: """{"rules":[]}"""), null).Notes),
            StringComparison.Ordinal
        );

    [Fact]
    public void What_the_linter_has_to_say_of_no_rule_is_said_of_the_wanted_policy()
    {
        const string onlyTagged =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["*.0"],"countType":"imageCountMoreThan","countNumber":30},"action":{"type":"expire"}}]}""";
        Assert.Contains(
            Planned(View([.. Six, Old(7)]), onlyTagged).Notes,
            note =>
                note.StartsWith(
                    "The wanted policy (no-untagged-clean-up): No rule takes untagged images",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void What_a_policy_would_take_that_is_not_put_is_not_taken_in_its_place()
    {
        var planned = Planned(
            View([Left(1, "blocked"), Old(2, "2.0"), Old(3, "3.0")], uses: (2, UseState.InUse)),
            KeepsOne
        );
        Assert.Empty(planned.Items);
        Assert.Contains(
            "1 blocked image carries only EcrGuard's own tags, and no rule would take it without: "
                + $"{Clipped(Own("blocked", 1))}.",
            planned.Notes
        );
    }

    [Fact]
    public void Blocked_images_with_only_EcrGuards_tags_are_judged_without_those_and_the_others_with_theirs()
    {
        const string keepsOneUntagged =
            """{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}]}""";
        Assert.Empty(
            Planned(View([Left(1, "blocked"), Old(2, "2.0"), Old(3, "3.0")], present: keepsOneUntagged), null).Items
        );
        Assert.Equal(
            [
                (
                    1,
                    "Only EcrGuard's own tags are left on it. Without them: Rule 1 expires it: it is number "
                        + "2 from the newest, and 1 image stays."
                ),
            ],
            Whys(
                Planned(View([Left(1, "blocked"), Left(2, "blocked"), Old(3, "3.0")], present: keepsOneUntagged), null)
            )
        );
    }

    [Fact]
    public void Blocked_images_that_no_rule_would_take_stay_whatever_else_EcrGuard_has_tagged_them_with()
    {
        var planned = Planned(
            View([Left(2, "blocked"), Old(1, Own("blocked", 1), Own("inuse", 1)), Old(3, "3.0")]),
            null
        );
        Assert.Empty(planned.Items);
        Assert.Equal(
            [
                "2 blocked images carry only EcrGuard's own tags, and no rule would take them without: "
                    + $"{Clipped(Own("blocked", 1))}, {Clipped(Own("blocked", 2))}.",
            ],
            planned.Notes
        );
    }

    [Fact]
    public void What_goes_with_another_image_says_with_which()
    {
        ImageFacts Index(int number) => Left(number) with { Kind = ImageKind.Index };
        var images = new[]
        {
            Index(5),
            Index(4),
            Old(1),
            Old(2) with
            {
                Kind = ImageKind.Artifact,
                Subject = Facts.Digest(4),
            },
            Old(6, "6.0"),
        };
        var planned = Planned(
            View(
                images,
                new Dictionary<Digest, IReadOnlyList<Digest>>
                {
                    [Facts.Digest(4)] = [Facts.Digest(1)],
                    [Facts.Digest(5)] = [Facts.Digest(1)],
                }
            ),
            null
        );
        Assert.Equal(
            [
                (1, $"It is a child of the index {Facts.Digest(4)} and goes with it."),
                (2, $"It belongs to {Facts.Digest(4)} and goes with it."),
                (4, "Only EcrGuard's own tags are left on it."),
                (5, "Only EcrGuard's own tags are left on it."),
            ],
            Whys(planned)
        );
    }

    [Fact]
    public void The_newest_by_their_push_are_kept_and_one_of_which_ECR_gives_none_counts_as_the_newest()
    {
        var dated = Planned(View([Left(1) with { PushedAt = Facts.Now }, Left(2)]), null);
        Assert.Equal([2], Going(dated));
        Assert.Equal(
            ["1 image stays, because the policy keeps 1 image in every repository (ceilings.keepPerRepository)."],
            dated.Notes
        );
        Assert.Equal([2], Going(Planned(View([Left(1) with { PushedAt = null }, Left(2)]), null)));
    }

    [Fact]
    public void Images_that_stay_for_the_same_reason_are_named_together() =>
        Assert.Contains(
            "2 images stay (1.0, 2.0): It is in use. The ECS service pay refers to it by the tag 1.0.",
            Planned(
                View([.. Six.Reverse()], uses: [(1, UseState.InUse), (2, UseState.InUse)]),
                KeepsTwo,
                exact: true
            ).Notes
        );

    [Fact]
    public void The_tags_of_an_image_that_goes_are_listed_in_order_whatever_order_ECR_gives_them_in() =>
        Assert.Equal(
            ["a", "b"],
            Assert
                .IsType<Removal>(
                    Assert.Single(Planned(View([Old(1, "b", "a"), .. Six.Skip(4)]), KeepsTwo, exact: true).Items)
                )
                .Images[0]
                .Tags
        );
}
