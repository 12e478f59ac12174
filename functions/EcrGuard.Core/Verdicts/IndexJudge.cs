using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>Decides indexes: verdicts of platforms in, one verdict out.</summary>
public static class IndexJudge
{
    /// <summary>
    /// How deep indexes may be nested. Nobody runs an index of indexes of indexes. EcrGuard does not look deeper, and
    /// never approves what is nested deeper.
    /// </summary>
    public const int MaxLevels = 3;

    /// <summary>
    /// How many manifests an index may list. There are some sixty platforms; an index of thousands is an attack on
    /// whoever reads it.
    /// </summary>
    public const int MaxChildren = 200;

    /// <summary>Decides the child of an index that is not there.</summary>
    public static Verdict MissingChild(ImageId child, PolicyDocument policy, DateTimeOffset now, Verdict? before) =>
        Judge.Unreadable(
            child,
            $"the image {child.Digest} of this platform is not in the repository",
            policy,
            now,
            before
        );

    /// <summary>Decides an index whose platforms nobody knows.</summary>
    public static Verdict Unreadable(ImageId index, PolicyDocument policy, DateTimeOffset now, Verdict? before) =>
        Judge.Unreadable(
            index,
            "the manifest of the index, which lists its platforms, cannot be read",
            policy,
            now,
            before
        );

    /// <summary>
    /// Decides an index that is nested deeper than <see cref="MaxLevels"/>, or that lists such an index.
    /// </summary>
    public static Verdict TooDeep(ImageFacts index, PolicyDocument policy) =>
        Judge.NotAnImage(index, policy) with
        {
            Reasons =
            [
                new(
                    "nested-too-deep",
                    $"Indexes are nested deeper than {MaxLevels} here, so that not every image in them "
                        + "was looked at."
                ),
            ],
            ToPass = ["Push an index that lists its images itself."],
            IndexLevels = MaxLevels + 1,
        };

    /// <summary>
    /// Decides an index that lists more than <see cref="MaxChildren"/> manifests. EcrGuard looks at none of them.
    /// </summary>
    public static Verdict TooWide(ImageFacts index, int children, PolicyDocument policy) =>
        Judge.NotAnImage(index, policy) with
        {
            Reasons =
            [
                new(
                    "too-many-platforms",
                    $"This index lists {children} manifests, and EcrGuard judges an index of at most "
                        + $"{MaxChildren}, so that none of them was looked at."
                ),
            ],
            ToPass = [$"Push an index of at most {MaxChildren} platforms and attestations."],
        };

    /// <summary>
    /// Decides an index: it has the worst status of the platforms that it lists. A platform without a verdict is
    /// pending. Attestations do not count.
    /// </summary>
    /// <param name="children">As the index lists them, each with its verdict; null where there is none yet.</param>
    public static Verdict Decide(
        ImageFacts index,
        IReadOnlyList<(IndexChild Child, Verdict? Verdict)> children,
        PolicyDocument policy
    )
    {
        var platforms = children
            .Where(c => c.Child.Kind != ImageKind.Artifact)
            .Select(c => new Platform(c.Child.Platform, c.Verdict ?? Unjudged(c.Child, index, policy)))
            .OrderBy(platform => platform.Verdict.Status)
            .ToList();
        if (platforms.Count == 0)
            return Judge.NotAnImage(index, policy) with
            {
                Reasons = [new("empty-index", "This index lists no image of any platform.")],
            };
        return platforms.Max(platform => platform.Verdict.IndexLevels) < MaxLevels
            ? OfPlatforms(index, platforms, policy)
            : TooDeep(index, policy);
    }

    /// <summary>A child of an index, with its verdict.</summary>
    private readonly record struct Platform(string Name, Verdict Verdict);

    /// <param name="platforms">The worst first; not empty.</param>
    private static Verdict OfPlatforms(ImageFacts index, List<Platform> platforms, PolicyDocument policy)
    {
        var verdicts = platforms.ConvertAll(platform => platform.Verdict);
        var worst = platforms.FindAll(platform => platform.Verdict.Status == verdicts[0].Status);
        return new Verdict
        {
            Image = index.Id,
            Status = verdicts[0].Status,
            Approved = verdicts.TrueForAll(verdict => verdict.Approved),
            Reasons = [.. worst.SelectMany(each => each.Verdict.Reasons.Select(reason => reason.On(each.Name)))],
            Blocking = [.. worst.SelectMany(each => each.Verdict.Blocking).Distinct().OrderDescending()],
            Warnings = [.. platforms.SelectMany(each => each.Verdict.Warnings.Select(reason => reason.On(each.Name)))],
            Waived = [.. verdicts.SelectMany(verdict => verdict.Waived).Distinct()],
            ToPass =
            [
                .. platforms
                    .Where(each => !each.Verdict.Approved)
                    .SelectMany(each => each.Verdict.ToPass.Select(way => $"{each.Name}: {way}")),
            ],
            Counts = verdicts.Aggregate(new FindingCounts(), (sum, verdict) => sum + verdict.Counts),
            Scanner = verdicts[0].Scanner,
            ScanCompletedAt = verdicts.Min(verdict => verdict.ScanCompletedAt),
            StaleAt = verdicts.Min(verdict => verdict.StaleAt),
            // As long as an older policy decided one of its platforms, a question makes it be decided again.
            PolicyVersion =
                verdicts.Select(verdict => verdict.PolicyVersion).FirstOrDefault(version => version != policy.Version)
                ?? policy.Version,
            FactsAt = index.ReadAt,
            IndexLevels = 1 + verdicts.Max(verdict => verdict.IndexLevels),
            OldestFactsAt = verdicts.Min(verdict => verdict.OldestFactsAt ?? verdict.FactsAt),
            ValidUntil = verdicts.Min(verdict => verdict.ValidUntil),
        };
    }

    private static Verdict Unjudged(IndexChild child, ImageFacts index, PolicyDocument policy) =>
        new()
        {
            Image = index.Id with { Digest = child.Digest },
            Status = Status.Pending,
            Approved = false,
            Reasons = [new("child-pending", $"The image {child.Digest} of this platform has no verdict yet.")],
            ToPass = ["Wait for the scan of this platform."],
            PolicyVersion = policy.Version,
            FactsAt = index.ReadAt,
        };
}
