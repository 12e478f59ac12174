using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class QuarantineTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));
    private const string Change = "01CHANGE";

    internal static readonly Release Release = new(
        "arn:aws:iam::123456789012:user/ann",
        Facts.Now.AddHours(-1),
        "The service is behind a proxy."
    );

    /// <summary>An image that nothing uses.</summary>
    internal static QuarantineFacts Of(ImageFacts image, Status status = Status.Blocked) =>
        new()
        {
            Image = image,
            Status = status,
            Mode = EnforcementMode.Quarantine,
            ChangeId = Change,
            Usage = ImageUsage.None,
        };

    /// <summary>A quarantine that began an hour ago.</summary>
    internal static Quarantine Record(QuarantineState state) =>
        new()
        {
            State = state,
            ChangeId = Change,
            Since = Facts.Now.AddHours(-1),
        };

    private static QuarantinePlan Plan(QuarantineFacts facts, Quarantine? record) =>
        QuarantinePlan.For(facts, record, Facts.Now);

    [Fact]
    public void A_blocked_image_is_archived_after_it_was_marked()
    {
        var marked = Plan(Of(Facts.Image(1, "1.0", Blocked)), null);
        Assert.Equal(
            (QuarantineChange.Archive, QuarantineState.Taking, Facts.Now),
            (marked.Next!.Change, marked.Record!.State, marked.Record.Since)
        );
        var unmarked = Plan(Of(Facts.Image(1, "1.0")), null);
        Assert.Equal(
            (null, null, "It does not carry its blocking tag yet."),
            (unmarked.Next, unmarked.Record, unmarked.Why)
        );
    }

    [Fact]
    public void An_index_is_archived_as_one_and_says_that_its_platforms_are_not() =>
        Assert.Contains(
            "platforms can still be pulled by digest",
            Plan(Of(Facts.Image(1, "1.0", Blocked) with { Kind = ImageKind.Index }), null).Next!.Why,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_child_stays_as_long_as_an_index_that_needs_it_or_may_can_be_pulled()
    {
        var (child, index) = (Facts.Image(1, "1.0", Blocked), Facts.Image(2, "2.0") with { Kind = ImageKind.Index });
        var known = new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(2)] = [Facts.Digest(1)] };
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(child.Id, Facts.Contents([child, index], known)));
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(child.Id, Facts.Contents([child, index])));
        Assert.Equal(
            Facts.Digest(2),
            QuarantineFacts.Needing(
                child.Id,
                Facts.Contents([child, index with { Storage = StorageStatus.Activating }], known)
            )
        );
        Assert.Null(
            QuarantineFacts.Needing(
                child.Id,
                Facts.Contents([child, index with { Storage = StorageStatus.Archived }], known)
            )
        );
        Assert.Null(
            QuarantineFacts.Needing(child.Id with { Digest = Facts.Digest(3) }, Facts.Contents([child, index], known))
        );
        Assert.Null(QuarantineFacts.Needing(index.Id, Facts.Contents([child, index])));
    }

    /// <summary>
    /// ECR takes no child before its index. Once the index is archived, many policies delete an untagged child after
    /// two weeks.
    /// </summary>
    [Fact]
    public void An_index_is_not_archived_where_a_rule_could_then_take_the_images_of_its_platforms()
    {
        var (index, child, shared) = (
            Facts.Image(1, "1.0", Blocked) with
            {
                Kind = ImageKind.Index,
            },
            Facts.Image(2),
            Facts.Image(3)
        );
        var other = Facts.Image(4, "2.0") with { Kind = ImageKind.Index };
        var contents = Facts.Contents(
            [index, child, shared, other],
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [index.Id.Digest] = [child.Id.Digest, shared.Id.Digest],
                [other.Id.Digest] = [shared.Id.Digest],
            }
        );
        Assert.Equal([child], QuarantineFacts.ChildrenOfNoOther(index, contents));
        Assert.Equal(
            [child, shared],
            QuarantineFacts.ChildrenOfNoOther(
                index,
                contents with
                {
                    Images = [index, child, shared, other with { Storage = StorageStatus.Archived }],
                }
            )
        );

        QuarantinePlan Under(string policy) =>
            Plan(Of(index) with { LifecyclePolicy = policy, Platforms = [child] }, null);
        var refused = Under(Lifecycle.Policies.Of(Lifecycle.Policies.Expire(1, "", 14)).Text);
        Assert.Equal(
            (
                null,
                "Once it is archived, rule 1 of the repository's lifecycle policy could take the images of "
                    + "its platforms."
            ),
            (refused.Next, refused.Why)
        );
        Assert.Equal(
            QuarantineChange.Archive,
            Under(Lifecycle.Policies.Of(Lifecycle.Policies.Keep(1, "*", 3)).Text).Next!.Change
        );
        Assert.Equal(
            "The repository's lifecycle policy cannot be understood, and could take what is out of reach.",
            Under("{}").Why
        );
    }

    [Theory]
    [InlineData(-49, false)]
    [InlineData(-47, true)]
    [InlineData(0, true)]
    public void For_two_days_after_a_forced_approval_its_use_is_not_known(int endedHoursAgo, bool stays)
    {
        var facts = Of(Facts.Image(1, "1.0", Blocked)) with { ForcedUntil = Facts.Now.AddHours(endedHoursAgo) };
        var plan = Plan(facts, null);
        Assert.Equal(stays, plan.Next is null);
        Assert.Equal(stays, plan.Why?.Contains("approved by force until", StringComparison.Ordinal) == true);
    }

    /// <summary>A team may delete an image that has been in the archive for long enough.</summary>
    [Theory]
    [InlineData("\"tagStatus\":\"any\"", false)]
    [InlineData("\"tagStatus\":\"tagged\",\"tagPatternList\":[\"1*\"]", false)]
    [InlineData("\"tagStatus\":\"tagged\",\"tagPatternList\":[\"2*\"]", true)]
    [InlineData("\"tagStatus\":\"untagged\"", true)]
    public void An_image_is_not_archived_where_a_rule_for_the_archive_could_then_take_it(string selects, bool archives)
    {
        var policy = $$"""
            {"rules":[{"rulePriority":1,"selection":{ {{selects}},"storageClass":"archive",
            "countType":"sinceImageTransitioned","countUnit":"days","countNumber":90 },"action":{"type":"expire"} } ] }
            """;
        var plan = Plan(Of(Facts.Image(1, "1.0", Blocked)) with { LifecyclePolicy = policy }, null);
        Assert.Equal(archives, plan.Next is { Change: QuarantineChange.Archive });
        Assert.Equal(
            archives ? null : "Once it is archived, rule 1 of the repository's lifecycle policy could take it.",
            plan.Why
        );
    }

    [Fact]
    public void Only_the_restore_of_what_was_seen_archived_is_somebody_elses()
    {
        var active = Of(Facts.Image(1, "1.0", Blocked));
        Assert.True(Plan(active, Record(QuarantineState.Held)).RestoredByOthers);
        Assert.False(Plan(active, Record(QuarantineState.Taking)).RestoredByOthers);
        Assert.False(Plan(active, Record(QuarantineState.Returning)).RestoredByOthers);
    }

    [Fact]
    public void What_somebody_else_restored_and_uses_stays_and_is_told_once()
    {
        var used = Of(Facts.Image(1, "1.0", Blocked)) with { Usage = new ImageUsage(UseState.InUse, ["It runs."], []) };
        var plan = Plan(used, Record(QuarantineState.Held));
        Assert.Equal(
            (null, QuarantineState.Ended, "It is in use. It runs.", true),
            (plan.Next, plan.Record!.State, plan.Why, plan.RestoredByOthers)
        );
        Assert.False(Plan(used, plan.Record).RestoredByOthers);
    }

    [Fact]
    public void What_may_still_be_archived_by_a_late_step_is_looked_at_until_it_cannot_be()
    {
        var late = Record(QuarantineState.Taking) with { Since = Facts.Now - QuarantinePlan.UnderWay };
        var back = Of(Facts.Image(1, "1.0", Blocked), Status.Approved);
        Assert.Equal(QuarantineState.Returning, Plan(back, late).Record!.State);
        Assert.Equal(QuarantineState.Ended, Plan(back, late with { Since = late.Since.AddTicks(-1) }).Record!.State);
        Assert.Equal(
            QuarantineChange.Restore,
            Plan(
                back with
                {
                    Image = back.Image with { Storage = StorageStatus.Archived },
                },
                late with
                {
                    State = QuarantineState.Returning,
                }
            ).Next!.Change
        );
    }

    [Fact]
    public void A_release_counts_for_its_block_and_no_other()
    {
        var released = Record(QuarantineState.Ended) with { Release = Release };
        var blocked = Of(Facts.Image(1, "1.0", Blocked));
        Assert.Equal((null, released), (Plan(blocked, released).Next, Plan(blocked, released).Record));
        var again = Plan(blocked with { ChangeId = "02CHANGE" }, released);
        Assert.Equal(
            (QuarantineChange.Archive, "02CHANGE", null),
            (again.Next!.Change, again.Record!.ChangeId, again.Record.Release)
        );
        Assert.Contains(
            Release.By,
            Plan(
                blocked with
                {
                    Image = blocked.Image with { Storage = StorageStatus.Archived },
                },
                released with
                {
                    State = QuarantineState.Held,
                }
            ).Next!.Why,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Below_quarantine_what_is_held_comes_back_and_where_it_only_observes_it_is_said_to_stay()
    {
        var image = Facts.Image(1, Blocked) with { Storage = StorageStatus.Archived };
        var marking = Plan(Of(image) with { Mode = EnforcementMode.Mark }, Record(QuarantineState.Held));
        Assert.Equal(
            (QuarantineChange.Restore, QuarantineState.Returning),
            (marking.Next!.Change, marking.Record!.State)
        );
        var observing = Plan(Of(image) with { Mode = EnforcementMode.Observe }, Record(QuarantineState.Held));
        Assert.Equal((null, QuarantinePlan.Observing), (observing.Next, observing.Why));
        Assert.Null(Plan(Of(Facts.Image(1, "1.0", Blocked)) with { Mode = EnforcementMode.Mark }, null).Next);
    }

    [Fact]
    public void What_is_no_image_is_left_alone() =>
        Assert.All(
            [ImageKind.Artifact, ImageKind.Unknown],
            kind =>
                Assert.Equal(
                    new QuarantinePlan(null, null, null),
                    Plan(Of(Facts.Image(1, "1.0", Blocked) with { Kind = kind }), null)
                )
        );
}
