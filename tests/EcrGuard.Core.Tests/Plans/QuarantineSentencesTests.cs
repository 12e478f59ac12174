using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>Why an image is taken out of reach and why it comes back, as ledger and notices say it.</summary>
public sealed class QuarantineSentencesTests
{
    private static readonly VerdictTags Tags = VerdictTags.Default;
    private static readonly string Blocked = Tags.Blocked(Facts.Digest(1));
    private static readonly ImageFacts Marked = Facts.Image(1, "1.0", Blocked);

    private static QuarantinePlan Plan(QuarantineFacts facts, QuarantineBy? by, Quarantine? record) => QuarantinePlan.For(facts, by, record, Tags, Facts.Now);

    /// <summary>An image that is out of reach.</summary>
    private static QuarantineFacts Taken(QuarantineBy by, Status status) =>
        QuarantineTests.Of(by == QuarantineBy.Archive ? Marked with { Storage = StorageStatus.Archived } : Facts.Image(1, Blocked), status);

    [Theory]
    [InlineData(ImageKind.Image, QuarantineBy.Archive, "It is blocked, and nothing is known to use it.")]
    [InlineData(ImageKind.Index, QuarantineBy.Archive, "It is blocked, and nothing is known to use it. The images of its platforms can still be pulled by digest.")]
    [InlineData(ImageKind.Image, QuarantineBy.Withdraw, "It is blocked, and nothing is known to use it. By digest it can still be pulled.")]
    [InlineData(ImageKind.Index, QuarantineBy.Withdraw, "It is blocked, and nothing is known to use it. By digest it can still be pulled.")]
    public void What_is_taken_out_of_reach_says_what_stays_in_reach(ImageKind kind, QuarantineBy by, string why) =>
        Assert.Equal(why, Plan(QuarantineTests.Of(Marked with { Kind = kind }), by, null).Next!.Why);

    [Theory]
    [InlineData(QuarantineBy.Archive, Status.Approved, EnforcementMode.Quarantine, "It is approved.")]
    [InlineData(QuarantineBy.Withdraw, Status.Approved, EnforcementMode.Quarantine, "It is approved.")]
    [InlineData(QuarantineBy.Archive, Status.Unscanned, EnforcementMode.Quarantine, "Nothing blocks it any more; it is scanned again when it is back.")]
    [InlineData(QuarantineBy.Archive, Status.Stale, EnforcementMode.Quarantine, "Nothing blocks it any more; it is scanned again when it is back.")]
    [InlineData(QuarantineBy.Archive, Status.Blocked, EnforcementMode.Mark, "Enforcement takes no image of this repository out of reach.")]
    [InlineData(QuarantineBy.Withdraw, Status.Blocked, EnforcementMode.Mark, "Enforcement takes no image of this repository out of reach.")]
    public void What_comes_back_says_why(QuarantineBy by, Status status, EnforcementMode mode, string why) =>
        Assert.Equal(why, Plan(Taken(by, status) with { Mode = mode }, by, QuarantineTests.Record(by, QuarantineState.Held)).Next!.Why);

    [Fact]
    public void What_cannot_be_done_says_why()
    {
        var archived = QuarantineTests.Record(QuarantineBy.Archive, QuarantineState.Held);
        var unknown = QuarantineTests.Of(Marked with { Storage = StorageStatus.Unknown });
        Assert.Equal((null, "ECR does not say whether the image is archived."), (Plan(unknown, QuarantineBy.Archive, archived).Next, Plan(unknown, QuarantineBy.Archive, archived).Why));
        Assert.Equal((null, "ECR does not say whether the image is archived."), (Plan(unknown, QuarantineBy.Archive, null).Next, Plan(unknown, QuarantineBy.Archive, null).Why));

        var withdrawn = QuarantineTests.Of(Facts.Image(1, Blocked) with { Storage = StorageStatus.Archived }, Status.Approved);
        var plan = Plan(withdrawn, QuarantineBy.Withdraw, QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Held));
        Assert.Equal((null, "The image is archived, or may be, and writing a tag would restore it."), (plan.Next, plan.Why));
    }

    [Fact]
    public void An_image_that_is_archived_keeps_its_tags_and_none_is_remembered_to_be_put_back() =>
        Assert.Empty(Plan(QuarantineTests.Of(Marked), QuarantineBy.Archive, null).Record!.Tags);

    [Fact]
    public void Where_all_tags_are_back_on_an_image_that_may_not_be_withdrawn_its_quarantine_is_over()
    {
        var back = QuarantineTests.Of(Facts.Image(1, "1.0", "latest", Blocked)) with { Usage = new Usage(Use.InUse, ["It runs."], []) };
        var plan = Plan(back, QuarantineBy.Withdraw, QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Held));
        Assert.Equal((null, QuarantineState.Ended, "It is in use. It runs."), (plan.Next, plan.Record!.State, plan.Why));
    }

    [Fact]
    public void Of_several_indexes_that_need_an_image_the_first_by_digest_is_named()
    {
        ImageFacts Index(int number) => Facts.Image(number, $"{number}.0") with { Kind = ImageKind.Index };
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(Facts.Image(1).Id, Facts.Contents([Index(2), Index(3)])));
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(Facts.Image(1).Id, Facts.Contents([Index(3), Index(2)])));
    }

    [Fact]
    public void Two_records_are_the_same_if_all_that_they_hold_is()
    {
        var record = QuarantineTests.Record(QuarantineBy.Withdraw, QuarantineState.Held);
        Assert.Equal(record, record with { Tags = [.. record.Tags] });
        Assert.All([record with { Tags = ["1.0"] }, record with { State = QuarantineState.Taking }, record with { Release = QuarantineTests.Release }, null], other => Assert.False(record.Equals(other)));
    }
}
