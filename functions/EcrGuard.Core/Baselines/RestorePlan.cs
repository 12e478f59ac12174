using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Baselines;

/// <summary>What a restored lifecycle policy takes once EcrGuard's rule no longer stands before it.</summary>
/// <param name="Images">In use, or of unknown use; not empty.</param>
public sealed record Exposure(IReadOnlyList<TakenImage> Images)
{
    /// <summary>More examples in a sentence help nobody.</summary>
    private const int MaxNamed = 10;

    /// <returns>Null where the policy would take nothing that is in use or may be.</returns>
    public static Exposure? Of(
        string policy,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        DateTimeOffset now
    )
    {
        // Nobody knows what a policy takes that EcrGuard cannot read.
        var images = LifecyclePolicy.Read(policy).Policy is { } read
            ? PolicySafety.Exposed(read, contents, usages, now)
            :
            [
                .. contents
                    .Images.Select(image => new TakenImage(image, 0, "", ImageUsage.Of(usages, image.Id.Digest)))
                    .Where(image => image.Usage.Use != UseState.NotInUse),
            ];
        return images.Count == 0 ? null : new Exposure(images);
    }

    /// <summary>
    /// Why the policy is not restored, and the command with which people can do it. The policy's text is quoted for a
    /// shell. https://docs.aws.amazon.com/cli/latest/reference/ecr/put-lifecycle-policy.html
    /// </summary>
    public string Refusal(RepositoryId repository, string policy) =>
        $"The lifecycle policy stays as it is. By the one that was there before, {Sentence} To put it back all the "
        + $"same: aws ecr put-lifecycle-policy --region {repository.Region} --repository-name {repository.Name} "
        + $"--lifecycle-policy-text '{policy.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Which images would go; begins with a small letter.</summary>
    private string Sentence =>
        Images[0]
            .Usage.Explain(
                $"within {PolicySafety.Ahead.TotalHours} hours ECR may take "
                    + $"{Phrase.Count(Images.Count, "image that is", "images that are")} in use or may be: "
                    + $"{Named}."
            );

    private string Named => Phrase.Some([.. Images.Select(image => image.Image.Id.Digest.Abbreviated)], MaxNamed);
}

/// <summary>One setting to put back as it was before EcrGuard.</summary>
/// <param name="Found">What EcrGuard put.</param>
/// <param name="Before">The team's last value; null: none.</param>
public sealed record PutBack(RepositorySetting Setting, string? Found, string? Before);

/// <summary>
/// How a repository becomes as it was before EcrGuard. A plan that is made after it was carried out is empty.
/// </summary>
/// <param name="Left">A sentence for each setting that somebody has changed after EcrGuard: it belongs to them, and
///     stays.</param>
public sealed record RestorePlan(IReadOnlyList<PutBack> PutBacks, IReadOnlyList<string> Left)
{
    /// <param name="repository">As read now, with its resource tags.</param>
    public static RestorePlan For(RepositoryFacts repository, SettingHistory history)
    {
        var (back, left) = (new List<PutBack>(), new List<string>());
        foreach (var (name, written) in history.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            var setting = RepositorySetting.Of(name);
            var found = setting.ValueIn(repository);
            if (setting.AreSame(found, written.Before))
                continue;
            if (written.Ours.Any(ours => ours.Is(setting, found)))
                back.Add(new PutBack(setting, found, written.Before));
            else
                left.Add($"Somebody has changed {setting.Words} since EcrGuard wrote it: it stays as it is.");
        }
        return new RestorePlan(back, left);
    }
}
