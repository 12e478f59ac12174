using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Verdicts;

/// <summary>The verdicts of a repository's images if not everything was read.</summary>
public sealed class RepositoryEvidenceTests
{
    private static readonly ImageFacts Index = Facts.Image(9, "1.0") with { Kind = ImageKind.Index };

    private static RepositoryEvidence Evidence(
        RepositoryContents contents,
        Dictionary<Digest, Verdict>? before = null
    ) => new(contents, new Dictionary<Digest, Evidence>(), before ?? [], new Dictionary<Digest, string>());

    [Fact]
    public void An_image_that_nobody_asked_for_is_an_error_that_says_so()
    {
        var verdict = Evidence(Facts.Contents([Facts.Image(1, "1.0")]))
            .Decide(Facts.Image(1, "1.0"), Facts.Policy, Facts.Now);
        Assert.Equal(
            (Status.Error, false, "The facts could not be read: nobody asked for them"),
            (verdict.Status, verdict.Approved, Assert.Single(verdict.Reasons).Sentence)
        );
    }

    [Fact]
    public void An_index_whose_manifest_could_not_be_read_is_an_error_and_stays_blocked_if_it_was()
    {
        var contents = Facts.Contents([Index]);
        var verdict = Evidence(contents).Decide(Index, Facts.Policy, Facts.Now);
        Assert.Equal((Status.Error, false), (verdict.Status, verdict.Approved));
        Assert.Equal(
            "The facts could not be read: the manifest of the index, which lists its platforms, cannot be read",
            Assert.Single(verdict.Reasons).Sentence
        );
        Assert.Equal(["Ask again; if it lasts, see the function's log."], verdict.ToPass);

        Assert.Equal(
            Status.Blocked,
            Evidence(contents, new Dictionary<Digest, Verdict> { [Index.Id.Digest] = Facts.Verdict(Status.Blocked) })
                .Decide(Index, Facts.Policy, Facts.Now)
                .Status
        );
    }

    [Fact]
    public void An_index_that_is_said_to_hold_itself_is_looked_at_no_deeper_than_any_other()
    {
        var contents = Facts.Contents([Index]) with
        {
            Children = new Dictionary<Digest, IReadOnlyList<IndexChild>>
            {
                [Index.Id.Digest] = [new IndexChild(Index.Id.Digest, "linux/amd64", ImageKind.Index)],
            },
        };
        Assert.Equal(
            "nested-too-deep",
            Assert.Single(Evidence(contents).Decide(Index, Facts.Policy, Facts.Now).Reasons).Code
        );
    }
}
