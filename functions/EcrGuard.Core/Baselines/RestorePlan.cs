using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Core.Baselines;

/// <summary>
/// What a lifecycle policy that is put back takes once EcrGuard's shielding rule no longer stands before it.
/// </summary>
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
        // What a policy in words that EcrGuard does not know would take, nobody knows.
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
    /// Why the policy is not put back, and the command with which people do it all the same. The policy's text is
    /// quoted for a shell.
    /// https://docs.aws.amazon.com/cli/latest/reference/ecr/put-lifecycle-policy.html
    /// </summary>
    public string Refusal(RepositoryId repository, string policy) =>
        $"The lifecycle policy stays as it is. By the one that was there before, {Sentence} To put it back all the "
        + $"same: aws ecr put-lifecycle-policy --region {repository.Region} --repository-name {repository.Name} "
        + $"--lifecycle-policy-text '{policy.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Says what would go, beginning with a small letter.</summary>
    private string Sentence =>
        $"within {PolicySafety.Ahead.TotalHours} hours ECR may take "
        + $"{Phrase.Count(Images.Count, "image that is", "images that are")} in use or may be: "
        + $"{Named}.{(Images[0].Usage.Why is [var why, ..] ? $" {why}" : "")}";

    private string Named => Phrase.Some([.. Images.Select(image => image.Image.Id.Digest.Abbreviated)], MaxNamed);
}

/// <summary>One setting to put back as it was before EcrGuard.</summary>
/// <param name="Found">What EcrGuard put.</param>
/// <param name="Before">What the team last had there; null: nothing.</param>
public sealed record PutBack(RepositorySetting Setting, string? Found, string? Before);

/// <summary>
/// What puts a repository back as it was before EcrGuard. Planned again after it was carried out, there is nothing.
/// </summary>
/// <param name="Left">A sentence for each setting that somebody has changed since EcrGuard wrote it: it is theirs, and
///     stays.</param>
public sealed record RestorePlan(IReadOnlyList<PutBack> PutBacks, IReadOnlyList<string> Left)
{
    /// <param name="repository">As read now, with its resource tags.</param>
    public static RestorePlan For(RepositoryFacts repository, SettingHistory hold)
    {
        var (back, left) = (new List<PutBack>(), new List<string>());
        foreach (var (name, held) in hold.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal))
        {
            var setting = RepositorySetting.Of(name);
            var found = setting.ValueIn(repository);
            if (setting.AreSame(found, held.Before))
                continue;
            if (held.Ours.Any(ours => ours.Is(setting, found)))
                back.Add(new PutBack(setting, found, held.Before));
            else
                left.Add($"Somebody has changed {setting.Words} since EcrGuard wrote it: it stays as it is.");
        }
        return new RestorePlan(back, left);
    }
}
