using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>What another policy does to the answers, from the same facts.</summary>
public sealed class VerdictChangeTests
{
    private static readonly PolicyDocument BlocksHigh = new()
    {
        Version = new string('b', 64),
        Rules =
        [
            new Rule
            {
                Id = "severe",
                Severities = [Severity.Critical, Severity.High],
                Then = RuleEffect.Block,
            },
        ],
    };
    private static readonly PolicyDocument Waives = Facts.Policy with
    {
        Version = new string('c', 64),
        Waivers = [Facts.Waiver()],
    };

    private static RepositoryEvidence Evidence(RepositoryContents contents, params Evidence[] images) =>
        new(
            contents,
            images.ToDictionary(one => one.Image.Id.Digest),
            new Dictionary<Digest, Verdict>(),
            new Dictionary<Digest, string>()
        );

    private static VerdictChange Try(
        RepositoryEvidence evidence,
        PolicyDocument tried,
        int image = 1,
        ImageUsage? usage = null
    ) =>
        Assert.Single(
            evidence.Try(
                [Facts.Digest(image)],
                Facts.Policy,
                tried,
                new Dictionary<Digest, ImageUsage> { [Facts.Digest(image)] = usage ?? ImageUsage.None },
                Facts.Now
            )
        );

    [Theory]
    [InlineData(Status.Approved, true, Status.Blocked, false, AnswerChange.NewlyBlocked)]
    [InlineData(Status.Pending, false, Status.Blocked, false, AnswerChange.NewlyBlocked)]
    [InlineData(Status.Blocked, false, Status.Blocked, false, AnswerChange.None)]
    [InlineData(Status.Approved, true, Status.Stale, false, AnswerChange.NewlyRefused)]
    [InlineData(Status.Unscanned, true, Status.Unscanned, false, AnswerChange.NewlyRefused)]
    [InlineData(Status.Unscanned, false, Status.Unscanned, true, AnswerChange.NewlyApproved)]
    [InlineData(Status.Blocked, false, Status.Approved, true, AnswerChange.NewlyApproved)]
    [InlineData(Status.Blocked, false, Status.Stale, false, AnswerChange.Otherwise)]
    [InlineData(Status.Approved, true, Status.Stale, true, AnswerChange.Otherwise)]
    [InlineData(Status.Approved, true, Status.Approved, true, AnswerChange.None)]
    public void Each_pair_of_answers_is_one_change(
        Status before,
        bool wasYes,
        Status after,
        bool isYes,
        AnswerChange expected
    ) =>
        Assert.Equal(
            expected,
            new VerdictChange(
                Facts.Image(),
                Facts.Verdict(before) with
                {
                    Approved = wasYes,
                },
                Facts.Verdict(after) with
                {
                    Approved = isYes,
                },
                ImageUsage.None
            ).Change
        );

    [Theory]
    [InlineData(UseState.InUse, true)]
    [InlineData(UseState.Unknown, true)]
    [InlineData(UseState.NotInUse, false)]
    public void What_runs_or_may_run_fails_with_its_image(UseState use, bool fails)
    {
        var evidence = Evidence(
            Facts.Contents([Facts.Image()]),
            new Evidence(Facts.Image(), Facts.Scan(Facts.Finding(severity: Severity.High)), null)
        );
        var change = Try(evidence, BlocksHigh, usage: new ImageUsage(use, ["Why."], []));
        Assert.Equal((AnswerChange.NewlyBlocked, fails), (change.Change, change.FailsRunning));
        Assert.Equal("severe", change.After.Reasons[0].Code);
        Assert.False(Try(evidence, Waives, usage: new ImageUsage(use, ["Why."], [])).FailsRunning);
    }

    [Fact]
    public void A_block_that_rests_on_an_earlier_scan_stands_until_the_other_policy_excuses_it()
    {
        var archived = new Evidence(
            Facts.Image(),
            Facts.Scan(ScanState.Archived),
            new Judge.Before(Facts.Verdict(Status.Blocked), [Facts.Finding()])
        );
        var evidence = Evidence(Facts.Contents([Facts.Image()]), archived);
        Assert.Equal(AnswerChange.None, Try(evidence, BlocksHigh).Change);
        var excused = Try(evidence, Waives);
        Assert.Equal(
            (Status.Blocked, Status.Stale, AnswerChange.Otherwise),
            (excused.Before.Status, excused.After.Status, excused.Change)
        );
    }

    [Fact]
    public void An_index_changes_with_its_platforms_and_rules_that_speak_of_its_tags_mean_them()
    {
        var index = Facts.Image(9, "release-1") with { Kind = ImageKind.Index };
        var contents = Facts.Contents(
            [Facts.Image(1), index],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [index.Id.Digest] = [Facts.Digest(1)] }
        );
        var evidence = Evidence(
            contents,
            new Evidence(Facts.Image(1), Facts.Scan(Facts.Finding(severity: Severity.Low)), null)
        );
        var tried = BlocksHigh with
        {
            Rules =
            [
                new Rule
                {
                    Id = "releases",
                    Severities = [Severity.Low],
                    Tags = [Glob.Parse("release-*")],
                    Then = RuleEffect.Block,
                },
            ],
        };

        Assert.Equal(AnswerChange.NewlyBlocked, Try(evidence, tried, image: 9).Change);
        Assert.Equal(AnswerChange.None, Try(evidence, tried, image: 1).Change);
    }

    [Fact]
    public void What_could_not_be_read_is_an_error_by_both_and_a_block_stays()
    {
        var index = Facts.Image(9, "1") with { Kind = ImageKind.Index };
        var contents = Facts.Contents(
            [Facts.Image(1), Facts.Image(2), index],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [index.Id.Digest] = [Facts.Digest(7)] }
        );
        var evidence = new RepositoryEvidence(
            contents,
            new Dictionary<Digest, Evidence>(),
            new Dictionary<Digest, Verdict> { [Facts.Digest(2)] = Facts.Verdict(Status.Blocked) },
            new Dictionary<Digest, string> { [Facts.Digest(1)] = "AccessDenied" }
        );

        var changes = evidence.Try(
            [Facts.Digest(1), Facts.Digest(2), Facts.Digest(9)],
            Facts.Policy,
            BlocksHigh,
            contents.Images.ToDictionary(image => image.Id.Digest, _ => ImageUsage.None),
            Facts.Now
        );
        Assert.Equal([Status.Error, Status.Blocked, Status.Error], changes.Select(change => change.After.Status));
        Assert.All(changes, change => Assert.Equal(AnswerChange.None, change.Change));
        Assert.Contains("AccessDenied", changes[0].After.Reasons[0].Sentence, StringComparison.Ordinal);
        Assert.Contains("not in the repository", changes[2].After.Reasons[0].Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MediaTypes.SociIndex, Status.Approved)]
    [InlineData("application/spdx+json", Status.Unsupported)]
    public void The_SOCI_index_of_an_image_is_no_platform_and_another_artifact_is_said_to_be_one(
        string type,
        Status status
    )
    {
        var index = Facts.Image(9, "1") with { Kind = ImageKind.Index };
        var contents = Facts.Contents(
            [Facts.Image(1), Facts.Image(2) with { Kind = ImageKind.Artifact, ArtifactType = type }, index],
            new Dictionary<Digest, IReadOnlyList<Digest>> { [index.Id.Digest] = [Facts.Digest(1), Facts.Digest(2)] }
        );

        Assert.Equal(
            status,
            Evidence(contents, new Evidence(Facts.Image(1), Facts.Scan(), null))
                .Decide(index, Facts.Policy, Facts.Now)
                .Status
        );
    }

    [Fact]
    public void Artifacts_and_untagged_children_are_no_images_of_their_own()
    {
        var index = Facts.Image(9, "1") with { Kind = ImageKind.Index };
        var shielded = Facts.Image(2, OwnTags.InUse(Facts.Digest(2)));
        var contents = Facts.Contents(
            [
                Facts.Image(1),
                shielded,
                Facts.Image(3, "3"),
                Facts.Image(4),
                Facts.Image(5, "5") with
                {
                    Kind = ImageKind.Artifact,
                },
                index,
            ],
            new Dictionary<Digest, IReadOnlyList<Digest>>
            {
                [index.Id.Digest] = [Facts.Digest(1), Facts.Digest(2), Facts.Digest(3)],
            }
        );
        Assert.Equal(
            [3, 4, 9],
            RepositoryEvidence.Named(contents).Select(image => Convert.ToInt32(image.Id.Digest.Hex, 16))
        );
    }
}
