using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

public sealed class QuarantineTests
{
    private static readonly VerdictTags Tags = VerdictTags.Default;
    private static readonly string Blocked = Tags.Blocked(Facts.Digest(1));
    private const string Change = "01CHANGE";

    internal static readonly Release Release = new("arn:aws:iam::123456789012:user/ann", Facts.Now.AddHours(-1), "The service is behind a proxy.");

    /// <summary>An image that nothing uses, in a repository whose tags are mutable.</summary>
    internal static QuarantineFacts Of(ImageFacts image, Status status = Status.Blocked) =>
        new() { Image = image, Status = status, Approved = status == Status.Approved, Mode = EnforcementMode.Quarantine, ChangeId = Change, Usage = Usage.None, Mutability = TagMutability.Mutable };

    /// <summary>What was begun an hour ago; two tags were withdrawn.</summary>
    internal static Quarantine Record(QuarantineBy by, QuarantineState state) =>
        new() { By = by, State = state, ChangeId = Change, Since = Facts.Now.AddHours(-1), Tags = by == QuarantineBy.Withdraw ? ["1.0", "latest"] : [] };

    private static QuarantinePlan Plan(QuarantineFacts facts, QuarantineBy? by, Quarantine? record) => QuarantinePlan.For(facts, by, record, Tags, Facts.Now);

    [Fact]
    public void A_blocked_image_is_archived_after_it_was_marked()
    {
        var marked = Plan(Of(Facts.Image(1, "1.0", Blocked)), QuarantineBy.Archive, null);
        Assert.Equal((QuarantineChange.Archive, QuarantineState.Taking, Facts.Now), (marked.Next!.Change, marked.Record!.State, marked.Record.Since));
        var unmarked = Plan(Of(Facts.Image(1, "1.0")), QuarantineBy.Archive, null);
        Assert.Equal((null, null, "It does not carry its blocking tag yet."), (unmarked.Next, unmarked.Record, unmarked.Why));
    }

    [Fact]
    public void An_index_is_archived_as_one_and_says_that_its_platforms_are_not() =>
        Assert.Contains("platforms can still be pulled by digest", Plan(Of(Facts.Image(1, "1.0", Blocked) with { Kind = ImageKind.Index }), QuarantineBy.Archive, null).Next!.Why, StringComparison.Ordinal);

    [Fact]
    public void A_child_stays_as_long_as_an_index_that_needs_it_or_may_can_be_pulled()
    {
        var (child, index) = (Facts.Image(1, "1.0", Blocked), Facts.Image(2, "2.0") with { Kind = ImageKind.Index });
        var known = new Dictionary<Digest, IReadOnlyList<Digest>> { [Facts.Digest(2)] = [Facts.Digest(1)] };
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(child.Id, Facts.Contents([child, index], known)));
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(child.Id, Facts.Contents([child, index])));
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(child.Id, Facts.Contents([child, index with { Storage = StorageStatus.Activating }], known)));
        Assert.Null(QuarantineFacts.Needing(child.Id, Facts.Contents([child, index with { Storage = StorageStatus.Archived }], known)));
        Assert.Null(QuarantineFacts.Needing(child.Id with { Digest = Facts.Digest(3) }, Facts.Contents([child, index], known)));
        Assert.Null(QuarantineFacts.Needing(index.Id, Facts.Contents([child, index])));
    }

    /// <summary>ECR takes no child before its index; once that is archived, an untagged one is what many policies delete after two weeks.</summary>
    [Fact]
    public void An_index_is_not_archived_where_a_rule_could_then_take_the_images_of_its_platforms()
    {
        var (index, child, shared) = (Facts.Image(1, "1.0", Blocked) with { Kind = ImageKind.Index }, Facts.Image(2), Facts.Image(3));
        var other = Facts.Image(4, "2.0") with { Kind = ImageKind.Index };
        var contents = Facts.Contents([index, child, shared, other], new Dictionary<Digest, IReadOnlyList<Digest>> { [index.Id.Digest] = [child.Id.Digest, shared.Id.Digest], [other.Id.Digest] = [shared.Id.Digest] });
        Assert.Equal([child], QuarantineFacts.HeldBy(index, contents));
        Assert.Equal([child, shared], QuarantineFacts.HeldBy(index, contents with { Images = [index, child, shared, other with { Storage = StorageStatus.Archived }] }));

        QuarantinePlan Under(string policy) => Plan(Of(index) with { LifecyclePolicy = policy, Platforms = [child] }, QuarantineBy.Archive, null);
        var refused = Under(Lifecycle.Policies.Of(Lifecycle.Policies.Expire(1, "", 14)).Text);
        Assert.Equal((null, "Once it is archived, rule 1 of the repository's lifecycle policy could take the images of its platforms."), (refused.Next, refused.Why));
        Assert.Equal(QuarantineChange.Archive, Under(Lifecycle.Policies.Of(Lifecycle.Policies.Keep(1, "*", 3)).Text).Next!.Change);
        Assert.Equal("The repository's lifecycle policy cannot be understood, and could take what is out of reach.", Under("{}").Why);
    }

    [Fact]
    public void A_tag_is_not_withdrawn_where_a_rule_could_take_the_image_for_the_lack_of_it()
    {
        QuarantinePlan Under(string policy) => Plan(Of(Facts.Image(1, "1.0", Blocked)) with { LifecyclePolicy = policy }, QuarantineBy.Withdraw, null);
        var refused = Under(Lifecycle.Policies.Of(Lifecycle.Policies.Keep(1, "1.*", 500), Lifecycle.Policies.Expire(2, "any", 30)).Text);
        Assert.Equal((null, "Without its tags rule 2 of the repository's lifecycle policy could take it."), (refused.Next, refused.Why));
        Assert.Equal(QuarantineChange.Withdraw, Under(Lifecycle.Policies.Of(Lifecycle.Policies.Keep(1, "1.*", 500)).Text).Next!.Change);
        Assert.Equal(QuarantineChange.Withdraw, Under(Lifecycle.Policies.Of(Lifecycle.Policies.Expire(1, "any", 30)).Text).Next!.Change);
    }

    [Theory]
    [InlineData(QuarantineBy.Withdraw, QuarantineState.Taking, false)]
    [InlineData(QuarantineBy.Withdraw, QuarantineState.Returning, false)]
    [InlineData(QuarantineBy.Withdraw, QuarantineState.Held, false)]
    [InlineData(QuarantineBy.Withdraw, QuarantineState.Ended, true)]
    [InlineData(QuarantineBy.Archive, QuarantineState.Returning, true)]
    public void As_long_as_a_tag_may_still_be_withdrawn_EcrGuards_own_stays(QuarantineBy by, QuarantineState state, bool goes)
    {
        var plan = TagPlan.For(Facts.Image(1, "1.0", Blocked), Status.Approved, Use.Unknown, EnforcementMode.Mark, Tags, Record(by, state));
        Assert.Equal(goes ? [new TagAction(TagChange.Remove, Blocked)] : [], plan.Actions);
        Assert.Equal(goes, plan.CouldNot is null);
        // A tag more is never the last.
        Assert.Equal([new TagAction(TagChange.Add, Blocked)], TagPlan.For(Facts.Image(1, "1.0"), Status.Blocked, Use.Unknown, EnforcementMode.Mark, Tags, Record(by, state)).Actions);
    }

    [Fact]
    public void Only_the_restore_of_what_was_seen_archived_is_somebody_elses()
    {
        var active = Of(Facts.Image(1, "1.0", Blocked));
        Assert.True(Plan(active, QuarantineBy.Archive, Record(QuarantineBy.Archive, QuarantineState.Held)).RestoredByOthers);
        Assert.False(Plan(active, QuarantineBy.Archive, Record(QuarantineBy.Archive, QuarantineState.Taking)).RestoredByOthers);
        Assert.False(Plan(active, QuarantineBy.Archive, Record(QuarantineBy.Archive, QuarantineState.Returning)).RestoredByOthers);
    }

    [Fact]
    public void What_somebody_else_restored_and_uses_stays_and_is_told_once()
    {
        var used = Of(Facts.Image(1, "1.0", Blocked)) with { Usage = new Usage(Use.InUse, ["It runs."], []) };
        var plan = Plan(used, QuarantineBy.Archive, Record(QuarantineBy.Archive, QuarantineState.Held));
        Assert.Equal((null, QuarantineState.Ended, "It is in use. It runs.", true), (plan.Next, plan.Record!.State, plan.Why, plan.RestoredByOthers));
        Assert.False(Plan(used, QuarantineBy.Archive, plan.Record).RestoredByOthers);
    }

    [Fact]
    public void What_may_still_be_archived_by_a_late_step_is_looked_at_until_it_cannot_be()
    {
        var late = Record(QuarantineBy.Archive, QuarantineState.Taking) with { Since = Facts.Now - QuarantinePlan.UnderWay };
        var back = Of(Facts.Image(1, "1.0", Blocked), Status.Approved);
        Assert.Equal(QuarantineState.Returning, Plan(back, QuarantineBy.Archive, late).Record!.State);
        Assert.Equal(QuarantineState.Ended, Plan(back, QuarantineBy.Archive, late with { Since = late.Since.AddTicks(-1) }).Record!.State);
        Assert.Equal(QuarantineChange.Restore, Plan(back with { Image = back.Image with { Storage = StorageStatus.Archived } }, QuarantineBy.Archive, late with { State = QuarantineState.Returning }).Next!.Change);
    }

    [Fact]
    public void A_release_counts_for_its_block_and_no_other()
    {
        var released = Record(QuarantineBy.Archive, QuarantineState.Ended) with { Release = Release };
        var blocked = Of(Facts.Image(1, "1.0", Blocked));
        Assert.Equal((null, released), (Plan(blocked, QuarantineBy.Archive, released).Next, Plan(blocked, QuarantineBy.Archive, released).Record));
        var again = Plan(blocked with { ChangeId = "02CHANGE" }, QuarantineBy.Archive, released);
        Assert.Equal((QuarantineChange.Archive, "02CHANGE", null), (again.Next!.Change, again.Record!.ChangeId, again.Record.Release));
        Assert.Contains(Release.By, Plan(blocked with { Image = blocked.Image with { Storage = StorageStatus.Archived } }, QuarantineBy.Archive, released with { State = QuarantineState.Held }).Next!.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Status.Unscanned)]
    [InlineData(Status.Unsupported)]
    [InlineData(Status.Stale)]
    public void Withdrawn_tags_come_back_when_a_gate_answers_yes_and_until_then_it_is_said_what_is_waited_for(Status status)
    {
        var held = Record(QuarantineBy.Withdraw, QuarantineState.Held);
        var waits = Of(Facts.Image(1, Blocked), status);
        Assert.Equal((null, $"It is {status.Word()}: it comes back when a gate answers yes, or when it is released."), (Plan(waits, QuarantineBy.Withdraw, held).Next, Plan(waits, QuarantineBy.Withdraw, held).Why));
        Assert.Equal(new QuarantineStep(QuarantineChange.PutBack, "1.0", $"It is {status.Word()}, and the policy lets it pass."), Plan(waits with { Approved = true }, QuarantineBy.Withdraw, held).Next);
        Assert.Equal((QuarantineChange.PutBack, $"It was released by {Release.By}."), (Plan(waits, QuarantineBy.Withdraw, held with { Release = Release }) is { Next: { } next } ? (next.Change, next.Why) : default));
    }

    [Theory]
    [InlineData(QuarantineBy.Archive)]
    [InlineData(QuarantineBy.Withdraw)]
    public void Below_quarantine_what_is_held_comes_back_and_where_it_only_observes_it_is_said_to_stay(QuarantineBy by)
    {
        var image = Facts.Image(1, Blocked) with { Storage = by == QuarantineBy.Archive ? StorageStatus.Archived : StorageStatus.Active };
        var marking = Plan(Of(image) with { Mode = EnforcementMode.Mark }, by, Record(by, QuarantineState.Held));
        Assert.Equal((by == QuarantineBy.Archive ? QuarantineChange.Restore : QuarantineChange.PutBack, QuarantineState.Returning), (marking.Next!.Change, marking.Record!.State));
        var observing = Plan(Of(image) with { Mode = EnforcementMode.Observe }, by, Record(by, QuarantineState.Held));
        Assert.Equal((null, QuarantinePlan.Observing), (observing.Next, observing.Why));
        Assert.Null(Plan(Of(Facts.Image(1, "1.0", Blocked)) with { Mode = EnforcementMode.Mark }, by, null).Next);
    }

    [Fact]
    public void Withdrawing_remembers_every_tag_before_the_first_goes_and_those_that_come_later_too()
    {
        var first = Plan(Of(Facts.Image(1, "latest", "1.0", Blocked)), QuarantineBy.Withdraw, null);
        Assert.Equal(("1.0", "1.0 latest"), (first.Next!.Tag, string.Join(' ', first.Record!.Tags)));
        var later = Plan(Of(Facts.Image(1, "2.0", Blocked)), QuarantineBy.Withdraw, first.Record with { State = QuarantineState.Held });
        Assert.Equal(("2.0", "1.0 2.0 latest"), (later.Next!.Tag, string.Join(' ', later.Record!.Tags)));
    }

    [Fact]
    public void What_gets_into_use_while_its_tags_are_withdrawn_keeps_the_rest_and_remembers_those_that_are_gone()
    {
        var plan = Plan(Of(Facts.Image(1, "latest", Blocked)) with { Usage = new Usage(Use.InUse, [], []) }, QuarantineBy.Withdraw, Record(QuarantineBy.Withdraw, QuarantineState.Taking));
        Assert.Equal((null, "It is in use."), (plan.Next, plan.Why));
        Assert.Equal(["1.0", "latest"], plan.Record!.Tags);
    }

    [Fact]
    public void More_tags_than_can_be_withdrawn_in_one_go_are_left()
    {
        string[] many = [.. Enumerable.Range(0, 101).Select(i => $"1.{i}"), Blocked];
        Assert.Equal("It carries 101 tags; at most 100 are withdrawn.", Plan(Of(Facts.Image(1, many)), QuarantineBy.Withdraw, null).Why);
        Assert.NotNull(Plan(Of(Facts.Image(1, many[1..])), QuarantineBy.Withdraw, null).Next);
    }

    [Fact]
    public void A_tag_does_not_come_back_over_the_thousandth()
    {
        string[] full = [.. Enumerable.Range(0, 999).Select(i => $"2.{i}"), Blocked];
        var plan = Plan(Of(Facts.Image(1, full), Status.Approved), QuarantineBy.Withdraw, Record(QuarantineBy.Withdraw, QuarantineState.Held));
        Assert.Equal((null, "The image carries 1000 tags; ECR allows 1000."), (plan.Next, plan.Why));
    }

    [Fact]
    public void What_is_no_image_is_left_alone() =>
        Assert.All([ImageKind.Artifact, ImageKind.Unknown], kind => Assert.Equal(new QuarantinePlan(null, null, null), Plan(Of(Facts.Image(1, "1.0", Blocked) with { Kind = kind }), QuarantineBy.Archive, null)));
}
