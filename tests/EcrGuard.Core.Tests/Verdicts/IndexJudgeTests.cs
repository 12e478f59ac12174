using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>What an index takes over from the images of its platforms.</summary>
public sealed class IndexJudgeTests
{
    private static readonly ImageFacts Index = Facts.Image(9, "1.0") with { Kind = ImageKind.Index };

    private static Verdict Of(params Verdict?[] platforms) =>
        IndexJudge.Decide(
            Index,
            [
                .. platforms.Select(
                    (verdict, number) =>
                        (new IndexChild(Facts.Digest(number + 1), $"linux/{number + 1}", ImageKind.Image), verdict)
                ),
            ],
            Facts.Policy
        );

    [Fact]
    public void A_platform_without_a_verdict_is_waited_for()
    {
        var verdict = Of(Facts.Verdict(Status.Approved), null);
        Assert.Equal((Status.Pending, false), (verdict.Status, verdict.Approved));
        Assert.Equal(
            new Reason(
                "child-pending",
                $"linux/2: The image {Facts.Digest(2)} of this platform has no verdict yet.",
                Platform: "linux/2"
            ),
            Assert.Single(verdict.Reasons)
        );
        Assert.Equal(["linux/2: Wait for the scan of this platform."], verdict.ToPass);
    }

    [Fact]
    public void What_the_scan_of_a_platform_says_first_the_index_says()
    {
        var (early, late) = (Facts.Now.AddHours(-2), Facts.Now.AddHours(-1));
        var approved = Facts.Verdict(Status.Approved);
        var verdict = Of(
            approved with
            {
                ScanCompletedAt = late,
                StaleAt = late.AddDays(30),
            },
            approved with
            {
                ScanCompletedAt = early,
                StaleAt = early.AddDays(30),
            }
        );
        Assert.Equal((early, early.AddDays(30)), (verdict.ScanCompletedAt, verdict.StaleAt));
    }

    [Fact]
    public void It_is_of_the_policy_in_force_only_when_all_of_its_platforms_are()
    {
        var (current, old) = (Facts.Verdict(Status.Approved), new string('b', 64));
        Assert.Equal(Facts.Policy.Version, Of(current, current).PolicyVersion);
        Assert.Equal(old, Of(current, current with { PolicyVersion = old }).PolicyVersion);
    }

    [Fact]
    public void It_is_believed_no_longer_than_the_record_of_any_of_its_platforms()
    {
        var approved = Facts.Verdict(Status.Approved) with { ValidUntil = Facts.Now.AddDays(10) };
        var index = Of(approved, approved with { FactsAt = Facts.Now.AddHours(-3) });
        Assert.True(index.IsOutdated(Facts.Policy.Version, Facts.Now.AddHours(21)));
        Assert.False(index.IsOutdated(Facts.Policy.Version, Facts.Now.AddHours(21).AddTicks(-1)));
        // Nor does it through an index that holds this index.
        Assert.Equal(Facts.Now.AddHours(-3), Of(approved, index).OldestFactsAt);
        Assert.Equal(
            Facts.Now.AddHours(1),
            Of(
                approved with
                {
                    ValidUntil = Facts.Now.AddHours(2),
                },
                approved with
                {
                    ValidUntil = Facts.Now.AddHours(1),
                }
            ).ValidUntil
        );
    }

    /// <summary>A request to ask again is not an ended waiver. The weekly summary counts it as what it was.</summary>
    [Fact]
    public void That_it_is_to_be_asked_again_takes_no_yes_away()
    {
        var index = Facts.Image(1, "1.0") with { Kind = ImageKind.Index };
        var record = ImageRecord.Of(
            index,
            Of(Facts.Verdict(Status.Approved), Facts.Verdict(Status.Approved)),
            null,
            "01C",
            Facts.Now,
            index.Tags
        );
        Assert.Equal(Status.Approved, record.AsOf(Facts.Now.AddHours(30), Facts.Policy).Verdict.Status);
    }

    [Fact]
    public void One_that_is_blocked_is_believed_as_long_as_what_blocks_it_stands()
    {
        var blocked = Facts.Verdict(Status.Blocked);
        Assert.Null(Of(blocked, Facts.Verdict(Status.Pending)).ValidUntil);
        Assert.Equal(
            Facts.Now.AddHours(1),
            Of(
                blocked with
                {
                    ValidUntil = Facts.Now.AddHours(2),
                },
                blocked with
                {
                    ValidUntil = Facts.Now.AddHours(1),
                }
            ).ValidUntil
        );
    }

    [Theory]
    [InlineData(
        ImageKind.Artifact,
        "artifact",
        "This is an artifact about an image (a signature, SBOM or attestation), not an image to deploy."
    )]
    [InlineData(
        ImageKind.Unknown,
        "unknown-media-type",
        "The media type of this manifest is not known, so that nothing can be said about it."
    )]
    public void What_is_no_image_says_what_it_is(ImageKind kind, string code, string sentence)
    {
        var verdict = Judge.NotAnImage(Facts.Image(1) with { Kind = kind }, Facts.Policy);
        Assert.Equal(
            (new Reason(code, sentence), "Ask about the image itself."),
            (Assert.Single(verdict.Reasons), Assert.Single(verdict.ToPass))
        );
    }

    [Fact]
    public void An_index_without_images_or_with_too_many_levels_says_so()
    {
        Assert.Equal(
            new Reason("empty-index", "This index lists no image of any platform."),
            Assert.Single(Of().Reasons)
        );
        var deep = IndexJudge.TooDeep(Index, Facts.Policy);
        Assert.Equal(
            "Indexes are nested deeper than 3 here, so that not every image in them was looked at.",
            Assert.Single(deep.Reasons).Sentence
        );
        Assert.Equal(["Push an index that lists its images itself."], deep.ToPass);
    }
}
