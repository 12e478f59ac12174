using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// Why images are gone. AWS promises no event for images that a lifecycle policy expires. So EcrGuard evaluates the
/// policy: if it would have taken an image, it did.
/// </summary>
public static class RemovalCause
{
    /// <param name="gone">As the ledger last knew them.</param>
    /// <param name="contents">What is left of the repository.</param>
    /// <param name="policy">The lifecycle policy in force; null where there is none.</param>
    /// <returns>
    /// For each image the rule that took it, as a sentence; null where none did: somebody deleted it.
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
        // A count takes an image because of the images that stay, so all of them are evaluated together.
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
