using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class TagPlanTests
{
    private static readonly Digest Digest = Facts.Digest(1);
    private static readonly string Blocked = OwnTags.Blocked(Digest);

    private static TagPlan Plan(Status status, params string[] tags) =>
        TagPlan.For(Facts.Image(1, tags), status, UseState.Unknown, EnforcementMode.Mark);

    private static readonly string Shield = OwnTags.InUse(Digest);

    private static TagPlan Plan(UseState use, params string[] tags) =>
        TagPlan.For(Facts.Image(1, tags), Status.Approved, use, EnforcementMode.Mark);

    private static TagAction Add(string tag) => new(TagChange.Add, tag);

    private static TagAction Remove(string tag) => new(TagChange.Remove, tag);

    [Fact]
    public void A_blocked_image_gets_the_tag_of_its_digest()
    {
        Assert.Equal([Add(Blocked)], Plan(Status.Blocked, "1.0").Actions);
        Assert.Equal($"ecrguard-blocked-{Digest.Hex}", Blocked);
    }

    [Fact]
    public void An_artifact_that_stands_for_itself_is_shielded_and_nothing_else_is_said_of_it()
    {
        TagPlan Plan(UseState use, params string[] tags) =>
            TagPlan.ForShield(Facts.Image(1, tags) with { Kind = ImageKind.Artifact }, use, EnforcementMode.Mark);
        Assert.Equal([Add(Shield)], Plan(UseState.InUse, "1.0", Blocked).Actions);
        Assert.Equal([Add(Shield)], Plan(UseState.InUse).Actions);
        Assert.Equal([Remove(Shield)], Plan(UseState.NotInUse, "1.0", Shield).Actions);
        Nothing(Plan(UseState.Unknown, "1.0", Shield));
        Assert.Equal([Remove(Shield)], Plan(UseState.NotInUse, Shield).Actions);
        Nothing(
            TagPlan.ForShield(
                Facts.Image(1, "1.0") with
                {
                    Kind = ImageKind.Artifact,
                },
                UseState.InUse,
                EnforcementMode.Observe
            )
        );
        Nothing(
            TagPlan.ForShield(
                Facts.Image(1, "1.0") with
                {
                    Kind = ImageKind.Artifact,
                    Subject = Facts.Digest(2),
                },
                UseState.InUse,
                EnforcementMode.Mark
            )
        );
    }

    [Theory]
    [InlineData(Status.Error)]
    [InlineData(Status.Pending)]
    [InlineData(Status.Unscanned)]
    [InlineData(Status.Unsupported)]
    [InlineData(Status.Stale)]
    public void A_blocking_tag_goes_only_when_the_image_becomes_approved(Status status) =>
        Assert.DoesNotContain(Remove(Blocked), Plan(status, "1.0", Blocked).Actions);

    [Fact]
    public void In_observe_nothing_is_written_and_nothing_is_missing() =>
        Assert.All(
            Enum.GetValues<Status>(),
            status =>
                Nothing(TagPlan.For(Facts.Image(1, "1.0", Blocked), status, UseState.Unknown, EnforcementMode.Observe))
        );

    [Fact]
    public void An_image_in_use_of_a_media_type_that_nobody_knows_gets_no_shield_and_that_is_said()
    {
        var image = Facts.Image(1, "1.0") with { Kind = ImageKind.Unknown };
        TagPlan[] plans =
        [
            TagPlan.For(image, Status.Unsupported, UseState.InUse, EnforcementMode.Mark),
            TagPlan.ForShield(image, UseState.InUse, EnforcementMode.Mark),
        ];
        Assert.All(plans, plan => Assert.Empty(plan.Actions));
        const string Said = "It has a media type that EcrGuard does not know";
        Assert.All(plans, plan => Assert.StartsWith(Said, plan.CouldNot, StringComparison.Ordinal));
        Nothing(TagPlan.ForShield(image, UseState.NotInUse, EnforcementMode.Mark));
        Nothing(TagPlan.ForShield(image, UseState.InUse, EnforcementMode.Observe));
    }

    [Theory]
    [InlineData(ImageKind.Artifact)]
    [InlineData(ImageKind.Unknown)]
    public void What_is_no_image_is_not_tagged(ImageKind kind) =>
        Nothing(
            TagPlan.For(
                Facts.Image(1, "1.0") with
                {
                    Kind = kind,
                },
                Status.Blocked,
                UseState.Unknown,
                EnforcementMode.Mark
            )
        );

    [Fact]
    public void An_untagged_child_stays_untagged_and_nothing_is_missing() => Nothing(Plan(Status.Blocked));

    [Fact]
    public void An_image_in_use_is_shielded_tagged_or_not()
    {
        Assert.Equal([Add(Shield)], Plan(UseState.InUse, "1.0").Actions);
        Assert.Equal([Add(Shield)], Plan(UseState.InUse).Actions);
        Assert.Equal($"ecrguard-inuse-{Digest.Hex}", Shield);
        Nothing(Plan(UseState.InUse, Shield));
    }

    [Fact]
    public void The_shield_goes_when_the_image_is_no_longer_in_use_and_stays_while_that_is_not_known()
    {
        Assert.Equal([Remove(Shield)], Plan(UseState.NotInUse, "1.0", Shield).Actions);
        Nothing(Plan(UseState.Unknown, "1.0", Shield));
        Nothing(Plan(UseState.Unknown, "1.0"));
    }

    /// <summary>
    /// <see cref="TagRemoval"/> decides how the tag is removed so that the image does not go with it.
    /// </summary>
    [Fact]
    public void A_tag_is_to_come_off_even_if_it_is_the_last_one()
    {
        Assert.Equal([Remove(Shield)], Plan(UseState.NotInUse, Shield).Actions);
        Assert.Equal([Remove(Blocked)], Plan(Status.Approved, Blocked).Actions);
        Assert.Equal([Remove(Blocked)], Plan(Status.Approved, Blocked, "ecrguard-made-up").Actions);
    }

    [Fact]
    public void An_index_is_tagged_as_an_image_is() =>
        Assert.Equal(
            [Add(Blocked)],
            TagPlan
                .For(
                    Facts.Image(1, "1.0") with
                    {
                        Kind = ImageKind.Index,
                    },
                    Status.Blocked,
                    UseState.Unknown,
                    EnforcementMode.Quarantine
                )
                .Actions
        );

    [Theory]
    [InlineData(StorageStatus.Archived)]
    [InlineData(StorageStatus.Activating)]
    [InlineData(StorageStatus.Unknown)]
    public void An_archived_image_is_not_restored_by_a_tag(StorageStatus storage) =>
        CouldNot(
            "archived",
            TagPlan.For(
                Facts.Image(1, "1.0") with
                {
                    Storage = storage,
                },
                Status.Blocked,
                UseState.Unknown,
                EnforcementMode.Mark
            )
        );

    [Fact]
    public void A_thousand_and_first_tag_is_not_tried()
    {
        string[] full = [.. Enumerable.Range(0, 1000).Select(i => $"1.{i}")];
        CouldNot("1000", Plan(Status.Blocked, full));
        CouldNot("999", Plan(Status.Blocked, full[..999]));
        Assert.Equal([Add(Blocked)], Plan(Status.Blocked, full[..998]).Actions);
        Assert.Equal([Remove(Blocked)], Plan(Status.Approved, [.. full[..999], Blocked]).Actions);
    }

    [Fact]
    public void Where_two_tags_are_wanted_and_one_has_room_it_is_the_one_that_protects()
    {
        string[] full = [.. Enumerable.Range(0, 1000).Select(i => $"1.{i}")];
        TagPlan At(int tags) =>
            TagPlan.For(Facts.Image(1, full[..tags]), Status.Blocked, UseState.InUse, EnforcementMode.Mark);

        Assert.Equal([Add(Blocked), Add(Shield)], At(997).Actions);
        Assert.Null(At(997).CouldNot);
        Assert.Equal([Add(Shield)], At(998).Actions);
        Assert.Contains("998", At(998).CouldNot, StringComparison.Ordinal);
        CouldNot("999", At(999));
        CouldNot("1000", At(1000));
    }

    [Fact]
    public void Tags_of_other_digests_and_of_teams_are_left_alone()
    {
        var others = OwnTags.Blocked(Facts.Digest(2));
        Assert.Equal(
            [Remove(Blocked)],
            Plan(Status.Approved, "1.0", Blocked, others, "ecrguardian", "my-ecrguard-blocked").Actions
        );
    }

    [Theory]
    [InlineData("ecrguard-blocked-x", true)]
    [InlineData("ecrguard-", true)]
    [InlineData("ecrguard", false)]
    [InlineData("ecrguardian", false)]
    [InlineData("Ecrguard-x", false)]
    public void A_prefix_claims_what_begins_with_it_and_a_hyphen(string tag, bool claimed) =>
        Assert.Equal(claimed, OwnTags.Claims(tag));

    private static void Nothing(TagPlan plan) => Assert.Equal((0, null), (plan.Actions.Count, plan.CouldNot));

    private static void CouldNot(string because, TagPlan plan)
    {
        Assert.Empty(plan.Actions);
        Assert.Contains(because, plan.CouldNot, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_a_shield_is_all_that_is_to_be_written_nothing_is_missing() =>
        Assert.Equal((Add(Shield), null), (Assert.Single(Plan(UseState.InUse).Actions), Plan(UseState.InUse).CouldNot));

    /// <summary>
    /// An updater took the newest tag for a version, and a service runs by it. Without the tag, the service would have
    /// no image.
    /// </summary>
    [Fact]
    public void A_tag_that_a_consumer_names_stays_and_the_plan_says_who_does()
    {
        var blocked = OwnTags.Blocked(Facts.Digest(1));
        var image = Facts.Image(1, "1.0", blocked, OwnTags.InUse(Facts.Digest(1)));
        var named = new Dictionary<string, string> { [blocked] = "ECS service web" };
        var plan = TagPlan.For(image, Status.Approved, UseState.NotInUse, EnforcementMode.Mark, named);
        Assert.Equal(
            [new TagAction(TagChange.Remove, OwnTags.InUse(Facts.Digest(1)))],
            plan.Actions.Where(action => action.Change == TagChange.Remove)
        );
        Assert.Equal($"The tag '{blocked}' stays: the ECS service web names it.", plan.CouldNot);
        Assert.Equal(
            new TagPlan([], plan.CouldNot).CouldNot,
            TagPlan.For(image, Status.Approved, UseState.Unknown, EnforcementMode.Mark, named).CouldNot
        );
        Assert.Contains(
            new TagAction(TagChange.Remove, blocked),
            TagPlan
                .For(
                    image,
                    Status.Approved,
                    UseState.Unknown,
                    EnforcementMode.Mark,
                    new Dictionary<string, string> { ["1.0"] = "x" }
                )
                .Actions
        );
    }
}
