using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Tests.Verdicts.JudgeFacts;

namespace EcrGuard.Core.Tests.Verdicts;

public sealed class IndexStatusTests
{
    private static readonly ImageFacts Index = Facts.Image(9, "1.0") with { Kind = ImageKind.Index };

    private static (IndexChild, Verdict?) Child(
        int number,
        string platform,
        Verdict? verdict,
        ImageKind kind = ImageKind.Image
    ) => (new IndexChild(Facts.Digest(number), platform, kind), verdict);

    public static TheoryData<Status, Status> PairsOfStatuses =>
        new(from one in Enum.GetValues<Status>() from other in Enum.GetValues<Status>() select (one, other));

    [Theory]
    [MemberData(nameof(PairsOfStatuses))]
    public void An_index_has_the_worst_status_of_its_children_and_names_the_platform(Status one, Status other)
    {
        var verdict = IndexJudge.Decide(
            Index,
            [Child(1, "linux/amd64", Facts.Verdict(one)), Child(2, "linux/arm64", Facts.Verdict(other))],
            Facts.Policy
        );
        var worst = one < other ? one : other;
        Assert.Equal((worst, worst == Status.Approved), (verdict.Status, verdict.Approved));
        Assert.Equal(
            one == other ? ["linux/amd64", "linux/arm64"] : [one == worst ? "linux/amd64" : "linux/arm64"],
            verdict.Reasons.Select(reason => reason.Platform)
        );
        Assert.All(
            verdict.Reasons,
            reason => Assert.StartsWith($"{reason.Platform}: ", reason.Sentence, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_child_without_a_verdict_is_pending_and_named()
    {
        var verdict = IndexJudge.Decide(
            Index,
            [Child(1, "linux/amd64", Facts.Verdict(Status.Approved)), Child(2, "linux/arm64", null)],
            Facts.Policy
        );
        Assert.Equal((Status.Pending, "linux/arm64"), (verdict.Status, verdict.Reasons[0].Platform));
    }

    [Fact]
    public void Attestations_in_an_index_are_passed_over() =>
        Assert.Equal(
            Status.Approved,
            IndexJudge
                .Decide(
                    Index,
                    [
                        Child(1, "linux/amd64", Facts.Verdict(Status.Approved)),
                        Child(2, "unknown/unknown", null, ImageKind.Artifact),
                    ],
                    Facts.Policy
                )
                .Status
        );

    [Fact]
    public void Indexes_may_be_nested_so_deep_and_no_deeper()
    {
        var allowing = Facts.Policy with { Defaults = new PolicyDefaults(Unsupported: Answer.Allow) };
        var verdict = Facts.Verdict(Status.Approved);
        for (var level = 1; level <= IndexJudge.MaxLevels; level++)
        {
            verdict = IndexJudge.Decide(
                Index,
                [Child(1, "linux/amd64", verdict), Child(2, "linux/arm64", Facts.Verdict(Status.Approved))],
                allowing
            );
            Assert.Equal((Status.Approved, level), (verdict.Status, verdict.IndexLevels));
        }
        for (var level = 0; level < 2; level++)
        {
            verdict = IndexJudge.Decide(Index, [Child(1, "linux/amd64", verdict)], allowing);
            Assert.Equal(
                (Status.Unsupported, false, "nested-too-deep"),
                (verdict.Status, verdict.Approved, verdict.Reasons[0].Code)
            );
            Assert.StartsWith(
                "Indexes are nested deeper than 3 here",
                verdict.Reasons[0].Sentence,
                StringComparison.Ordinal
            );
        }
        Assert.Equal(
            "nested-too-deep",
            IndexJudge
                .Decide(Index, [Child(1, "linux/amd64", IndexJudge.TooDeep(Index, allowing))], allowing)
                .Reasons[0]
                .Code
        );
    }

    [Fact]
    public void An_index_without_images_is_never_approved()
    {
        var verdict = IndexJudge.Decide(Index, [Child(2, "unknown/unknown", null, ImageKind.Artifact)], Facts.Policy);
        Assert.Equal((Status.Unsupported, false), (verdict.Status, verdict.Approved));
    }

    [Fact]
    public void An_index_adds_up_its_children_and_holds_as_long_as_the_first_to_end()
    {
        var early = Facts.Now.AddDays(1);
        var verdict = IndexJudge.Decide(
            Index,
            [
                Child(1, "linux/amd64", Facts.Verdict(Status.Blocked) with { ValidUntil = early }),
                Child(2, "linux/arm64", Facts.Verdict(Status.Blocked)),
                Child(3, "linux/s390x", Facts.Verdict(Status.Stale)),
            ],
            Facts.Policy
        );
        Assert.Equal(2, verdict.Counts.Critical);
        Assert.Equal(early, verdict.ValidUntil);
        Assert.Equal(
            [
                "linux/amd64: Update openssl 3.0.1 → 3.0.2.",
                "linux/arm64: Update openssl 3.0.1 → 3.0.2.",
                "linux/s390x: Scan the image again (aws ecr start-image-scan), or rebuild it.",
            ],
            verdict.ToPass
        );
    }

    [Theory]
    [InlineData(ImageKind.Artifact, "artifact")]
    [InlineData(ImageKind.Unknown, "unknown-media-type")]
    public void What_is_no_image_is_never_approved_even_where_unsupported_images_are(ImageKind kind, string code)
    {
        var verdict = Judge.NotAnImage(
            Image with
            {
                Kind = kind,
            },
            Facts.Policy with
            {
                Defaults = new PolicyDefaults(Unsupported: Answer.Allow),
            }
        );
        Assert.Equal((Status.Unsupported, false, code), (verdict.Status, verdict.Approved, verdict.Reasons[0].Code));
    }
}
