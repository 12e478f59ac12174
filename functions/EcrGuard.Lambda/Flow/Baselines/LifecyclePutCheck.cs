using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Lambda.Flow.Baselines;

/// <summary>Decides whether a lifecycle policy of the baseline may be put on a repository now.</summary>
public sealed class LifecyclePutCheck(
    EcrReader registry,
    ManifestRecords manifests,
    ImageRecords images,
    PreviewReader previews,
    EffectivePolicy policy,
    TimeProvider time
)
{
    private const string Gone = "The repository was deleted meanwhile.";

    /// <summary>
    /// The age below which a repository counts as new. It then holds nothing that the last reading of what runs could
    /// have missed.
    /// </summary>
    private static readonly TimeSpan New = TimeSpan.FromHours(24);

    /// <summary>How long a list of images is new enough to put a policy by it, if the preview shows the same.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Checks a policy on a push. At that time it is not known what runs, nothing is shielded, and a preview would take
    /// too long. So a policy is put only if there is nothing yet that it could take.
    /// </summary>
    /// <returns>A sentence that says why not; null if the policy may be put.</returns>
    public async Task<string?> WhyNotOnPushAsync(RepositoryId id, string value, CancellationToken cancellation)
    {
        if (
            await registry.RepositoryAsync(id, cancellation).ConfigureAwait(false) is not { CreatedAt: { } createdAt }
            || time.GetUtcNow() - createdAt > New
        )
            return "The next sweep puts its lifecycle policy, once it has shielded what is in use.";
        return await ContentsAsync(id, cancellation).ConfigureAwait(false) is { } contents
            ? PolicySafety.WhyNot(Read(value), contents, new Dictionary<Digest, ImageUsage>(), time.GetUtcNow())
            : Gone;
    }

    /// <summary>
    /// Checks a policy with EcrGuard's own evaluator and then with ECR's preview, which takes minutes.
    /// </summary>
    /// <param name="known">What a sweep knows; null if everything must be read.</param>
    /// <returns>A sentence that says why not; null if the policy may be put.</returns>
    public async Task<string?> WhyNotAsync(
        RepositoryId id,
        string value,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        KnownRepository? known,
        CancellationToken cancellation
    )
    {
        if ((known?.Contents ?? await ContentsAsync(id, cancellation).ConfigureAwait(false)) is not { } before)
            return Gone;
        var lifecycle = Read(value);
        var gone = await LatelyGoneAsync(id, lifecycle, cancellation, known?.LatelyGone).ConfigureAwait(false);
        before = before with { LatelyGone = gone };
        if (PolicySafety.WhyNot(lifecycle, before, usages, time.GetUtcNow()) is { } unsafely)
            return unsafely;
        var preview = await previews.ReadAsync(id, value, cancellation).ConfigureAwait(false);
        if (preview.Taken is not { } taken)
            return $"Its lifecycle policy is not put without ECR's preview. {preview.WhyNot}";
        // The preview is newer than the list. If it takes nothing but images of that list, as they were listed, there
        // is nothing that another list could show.
        if (
            preview.Shows(before)
            && time.GetUtcNow() - before.ReadAt < Fresh
            && WhyNot(lifecycle, taken.Keys.ToHashSet(), before, usages) is null
        )
            return null;
        return await ContentsAsync(id, cancellation, before.Manifests).ConfigureAwait(false) is { } contents
            ? WhyNot(lifecycle, taken.Keys.ToHashSet(), contents with { LatelyGone = gone }, usages)
            : Gone;
    }

    /// <summary>
    /// Whether a policy would be safe once the images in use are shielded. EcrGuard's evaluator says what ECR's preview
    /// would say then. The preview itself cannot be used: it needs the shields to be there.
    /// </summary>
    public async Task<bool> WouldBeSafeAsync(
        string value,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages,
        CancellationToken cancellation
    )
    {
        var lifecycle = Read(value);
        var gone = await LatelyGoneAsync(contents.Repository, lifecycle, cancellation, contents.LatelyGone)
            .ConfigureAwait(false);
        ImageFacts Shielded(ImageFacts image) => Shields.With(image, ImageUsage.Of(usages, image.Id.Digest));
        var shielded = contents with { LatelyGone = gone, Images = [.. contents.Images.Select(Shielded)] };
        var effect = PolicyEffect.Of(lifecycle, shielded, usages, shielded: false, time.GetUtcNow());
        var taken = effect.Expired.Concat(effect.Archived).Select(image => image.Image.Id.Digest).ToHashSet();
        return WhyNot(lifecycle, taken, shielded, usages) is null;
    }

    /// <summary>The images that were pushed lately and are gone; empty if the policy does not count pushes.</summary>
    /// <param name="known">The same images, if the caller has read them already.</param>
    public async Task<IReadOnlyList<ImageFacts>> LatelyGoneAsync(
        RepositoryId id,
        LifecyclePolicy lifecycle,
        CancellationToken cancellation,
        IReadOnlyList<ImageFacts>? known = null
    ) =>
        PolicySafety.CountsPushes(lifecycle)
            ? known
                ?? await images
                    .GoneAsync(id, time.GetUtcNow() - PolicySafety.LookBack, cancellation)
                    .ConfigureAwait(false)
            : [];

    private string? WhyNot(
        LifecyclePolicy lifecycle,
        HashSet<Digest> taken,
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    ) => PreviewCheck.WhyNot(lifecycle, taken, taken, contents, usages, [], policy.Document.Ceilings, time.GetUtcNow());

    private Task<RepositoryContents?> ContentsAsync(
        RepositoryId id,
        CancellationToken cancellation,
        KnownManifests? known = null
    ) => registry.ContentsAsync(id, manifests, cancellation, known);

    private static LifecyclePolicy Read(string value) => LifecyclePolicy.Read(value).Policy!;
}
