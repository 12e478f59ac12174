namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// The rules of a lifecycle policy that select an image by its tags. This does not depend on its age, on later pushes,
/// or on when ECR looks.
/// </summary>
/// <param name="Rules">The highest priority first. The first decides about the image; the others only count it.</param>
internal sealed record Selection(IReadOnlyList<LifecycleRule> Rules)
{
    /// <summary>
    /// More images than a repository holds (ECR service quotas). A rule that keeps so many takes none, and keeps all
    /// that it selects from the rules behind it.
    /// </summary>
    public const int EveryImage = 100_000;

    /// <param name="storage">Archived images have rules of their own.</param>
    public static Selection Of(
        LifecyclePolicy policy,
        IEnumerable<string> tags,
        StorageClass storage = StorageClass.Standard
    )
    {
        string[] its = [.. tags];
        return new Selection([.. policy.Rules.Where(rule => LifecycleEvaluator.Selects(rule, its, storage))]);
    }

    /// <summary>Whether no rule can ever take the image.</summary>
    public bool Keeps => Rules is [] or [{ CountType: CountType.ImageCountMoreThan, CountNumber: >= EveryImage }, ..];

    /// <summary>
    /// Whether one more tag can only help. With it the image stays for good; or no rule counts it that did not count it
    /// before, and none takes it that would not have taken it.
    /// </summary>
    /// <param name="with">The same image with the tag.</param>
    public bool IsNotWorse(Selection with) =>
        with.Keeps || (with.Rules.All(Rules.Contains) && with.Rules[0] == Rules[0]);
}
