namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// The rules of a lifecycle policy that select an image by its tags: what holds of it whatever its age, whatever is
/// pushed after it, and however often ECR looks.
/// </summary>
/// <param name="Rules">The highest priority first: the first decides about the image, the others only count it.</param>
internal sealed record Selection(IReadOnlyList<LifecycleRule> Rules)
{
    /// <summary>
    /// More images than a repository holds (ECR service quotas): a rule that lets so many stay takes none, and keeps
    /// what it selects from every rule behind it.
    /// </summary>
    public const int EveryImage = 100_000;

    /// <param name="storage">An image in the archive has rules of its own.</param>
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
    /// Whether a tag more can only help: the image stays for good with it, or no rule counts it that did not before,
    /// and none takes it that would not have.
    /// </summary>
    /// <param name="with">The same image with the tag.</param>
    public bool IsNotWorse(Selection with) =>
        with.Keeps || (with.Rules.All(Rules.Contains) && with.Rules[0] == Rules[0]);
}
