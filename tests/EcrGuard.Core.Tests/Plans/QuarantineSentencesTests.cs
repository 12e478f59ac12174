using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Plans;

/// <summary>
/// Why an image is put out of reach and why it comes back, in the words of the ledger and the notices.
/// </summary>
public sealed class QuarantineSentencesTests
{
    private static readonly string Blocked = OwnTags.Blocked(Facts.Digest(1));
    private static readonly ImageFacts Marked = Facts.Image(1, "1.0", Blocked);

    private static QuarantinePlan Plan(QuarantineFacts facts, Quarantine? record) =>
        QuarantinePlan.For(facts, record, Facts.Now);

    /// <summary>An image that is out of reach.</summary>
    private static QuarantineFacts Taken(Status status) =>
        QuarantineTests.Of(Marked with { Storage = StorageStatus.Archived }, status);

    [Theory]
    [InlineData(ImageKind.Image, "It is blocked, and nothing is known to use it.")]
    [InlineData(
        ImageKind.Index,
        "It is blocked, and nothing is known to use it. The images of its platforms can still be pulled by digest."
    )]
    public void What_is_taken_out_of_reach_says_what_stays_in_reach(ImageKind kind, string why) =>
        Assert.Equal(why, Plan(QuarantineTests.Of(Marked with { Kind = kind }), null).Next!.Why);

    [Theory]
    [InlineData(Status.Approved, EnforcementMode.Quarantine, "It is approved.")]
    [InlineData(
        Status.Unscanned,
        EnforcementMode.Quarantine,
        "Nothing blocks it any more; it is scanned again when it is back."
    )]
    [InlineData(
        Status.Stale,
        EnforcementMode.Quarantine,
        "Nothing blocks it any more; it is scanned again when it is back."
    )]
    [InlineData(Status.Blocked, EnforcementMode.Mark, "Enforcement takes no image of this repository out of reach.")]
    public void What_comes_back_says_why(Status status, EnforcementMode mode, string why) =>
        Assert.Equal(
            why,
            Plan(Taken(status) with { Mode = mode }, QuarantineTests.Record(QuarantineState.Held)).Next!.Why
        );

    [Fact]
    public void What_cannot_be_done_says_why()
    {
        var archived = QuarantineTests.Record(QuarantineState.Held);
        var unknown = QuarantineTests.Of(Marked with { Storage = StorageStatus.Unknown });
        Assert.Equal(
            (null, "ECR does not say whether the image is archived."),
            (Plan(unknown, archived).Next, Plan(unknown, archived).Why)
        );
        Assert.Equal(
            (null, "ECR does not say whether the image is archived."),
            (Plan(unknown, null).Next, Plan(unknown, null).Why)
        );
    }

    [Fact]
    public void Of_several_indexes_that_need_an_image_the_first_by_digest_is_named()
    {
        ImageFacts Index(int number) => Facts.Image(number, $"{number}.0") with { Kind = ImageKind.Index };
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(Facts.Image(1).Id, Facts.Contents([Index(2), Index(3)])));
        Assert.Equal(Facts.Digest(2), QuarantineFacts.Needing(Facts.Image(1).Id, Facts.Contents([Index(3), Index(2)])));
    }
}
