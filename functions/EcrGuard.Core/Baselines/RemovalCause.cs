using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Images that are no longer there. AWS promises no event for what a lifecycle policy expires, and none arrives for
/// certain: that it would have taken them says who did.
/// </summary>
public static class RemovalCause
{
    /// <param name="gone">As the ledger last knew them.</param>
    /// <param name="contents">What is left of the repository.</param>
    /// <param name="policy">The lifecycle policy in force; null where there is none.</param>
    /// <returns>
    /// For each image the rule that accounts for it, as a sentence; null where none does: somebody deleted it.
    /// </returns>
    public static IReadOnlyDictionary<Digest, string?> Attribute(
        IReadOnlyList<ImageRecord> gone,
        RepositoryContents contents,
        LifecyclePolicy? policy,
        DateTimeOffset now
    )
    {
        var attributed = gone.ToDictionary(record => record.Verdict.Image.Digest, _ => (string?)null);
        if (policy is null || gone.Count == 0)
            return attributed;
        // What went by a count went because of the images that stayed: all of them are put back as they were.
        var before = contents
            .Images.Select(image => LifecycleImage.Of(image, contents.ChildrenOf(image)))
            .Concat(
                gone.Select(record => new LifecycleImage
                {
                    Digest = record.Verdict.Image.Digest,
                    Tags = record.Tags,
                    Kind = record.Kind,
                    Storage = StorageStatus.Active,
                    PushedAt = record.PushedAt,
                    Children = [.. record.Children.Select(child => child.Digest)],
                })
            );
        foreach (var decision in LifecycleEvaluator.Evaluate(policy, [.. before], now))
        {
            if (decision.Outcome == LifecycleOutcome.Expire && attributed.ContainsKey(decision.Image.Digest))
                attributed[decision.Image.Digest] = decision.Reason;
        }
        return attributed;
    }
}
