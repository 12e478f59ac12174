using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>What one step of planning decides.</summary>
/// <param name="Taken">The images that the items take.</param>
internal sealed record PlanStep(IReadOnlyList<PlanItem> Items, IReadOnlyList<string> Notes, IReadOnlySet<Digest> Taken)
{
    public static PlanStep Nothing { get; } = new([], [], new HashSet<Digest>());
}

/// <summary>Decides which images of a repository a plan names.</summary>
internal sealed class RemovalPlanner(PolicyDocument policy, RepositoryView view, DateTimeOffset now)
{
    private RepositoryContents Contents => view.Contents;

    /// <summary>Images that go, each with the reason; and a sentence about those that are spared.</summary>
    private sealed record Candidates(IReadOnlyDictionary<Digest, string> Images, IReadOnlyList<string> Notes)
    {
        public bool Has(ImageFacts image) => Images.ContainsKey(image.Id.Digest);

        public Candidates Without(HashSet<Digest> spared, string note) =>
            spared.Count == 0
                ? this
                : new Candidates(Images.Where(image => !spared.Contains(image.Key)).ToDictionary(), [.. Notes, note]);
    }

    /// <summary>The images that the policy would take today.</summary>
    public PlanStep Exactly(LifecyclePolicy wanted)
    {
        var effect = PolicyEffect.Of(wanted, Contents, view.Usages, shielded: true, now);
        var all = effect
            .Expired.Concat(effect.Archived)
            .ToDictionary(image => image.Image.Id.Digest, image => image.Reason);
        var candidates = KeepTheNewest(SpareQuarantined(new Candidates(all, [])), PlanStep.Nothing.Taken);
        var deleted = Take(RemovalKind.Delete, effect.Expired.Select(image => image.Image), candidates.Images);
        var archived = Take(RemovalKind.Archive, effect.Archived.Select(image => image.Image), candidates.Images);
        return new PlanStep(
            [.. deleted.Items, .. archived.Items],
            [.. candidates.Notes, .. deleted.Notes, .. archived.Notes],
            deleted.Taken.Concat(archived.Taken).ToHashSet()
        );
    }

    /// <summary>
    /// The images that carry only EcrGuard's tags. Nobody can name them any more, and the tags keep them out of the
    /// rules for untagged images. EcrGuard cannot remove its tags, since the image goes with its last tag. A blocked
    /// image goes only if the lifecycle policy would take it without the tags.
    /// </summary>
    /// <param name="inForce">The present policy, or the one that is put; null for none.</param>
    /// <param name="taken">The images that the policy takes.</param>
    public PlanStep Leftovers(LifecyclePolicy? inForce, IReadOnlySet<Digest> taken)
    {
        var left = Contents
            .Images.Where(image =>
                image is { TakesShield: true, Tags.Count: > 0 }
                && image.Tags.All(tag => OwnTags.IsOwn(image.Id.Digest, tag))
                && !taken.Contains(image.Id.Digest)
            )
            .ToList();
        var expired = ExpiredWithoutTags(left, inForce);
        var unused = left.Where(image => view.UsageOf(image.Id.Digest).Use == UseState.NotInUse)
            .ToLookup(image =>
                !image.Tags.Contains(OwnTags.Blocked(image.Id.Digest)) || expired.ContainsKey(image.Id.Digest)
            );
        var all = unused[true]
            .ToDictionary(
                image => image.Id.Digest,
                image =>
                    image.Tags.Contains(OwnTags.Blocked(image.Id.Digest))
                        ? "Only EcrGuard's own tags are left on it. Without them: " + expired[image.Id.Digest].Reason
                        : "Only EcrGuard's own tags are left on it."
            );
        var candidates = new Candidates(all, [.. Spared([.. unused[false]])]);
        candidates = KeepTheNewest(WithTheirParts(SpareQuarantined(candidates)), taken);
        var deleted = Take(RemovalKind.Delete, Contents.Images, candidates.Images);
        return deleted with { Notes = [.. candidates.Notes, .. deleted.Notes] };
    }

    private static IEnumerable<string> Spared(IReadOnlyList<ImageFacts> blocked) =>
        blocked.Count == 0
            ? []
            :
            [
                $"{Phrase.Count(blocked.Count, "blocked image carries", "blocked images carry")} only EcrGuard's own "
                    + $"tags, and no rule would take {(blocked.Count == 1 ? "it" : "them")} without: "
                    + $"{PlanNotes.Named(blocked)}.",
            ];

    /// <summary>What the policy would expire if the images carried no tags.</summary>
    private Dictionary<Digest, TakenImage> ExpiredWithoutTags(List<ImageFacts> tagged, LifecyclePolicy? inForce)
    {
        if (inForce is null || tagged.Count == 0)
            return [];
        var own = tagged.Select(image => image.Id.Digest).ToHashSet();
        List<ImageFacts> images =
        [
            .. Contents.Images.Select(image => own.Contains(image.Id.Digest) ? image with { Tags = [] } : image),
        ];
        return PolicyEffect
            .Of(inForce, Contents with { Images = images }, view.Usages, shielded: false, now)
            .Expired.ToDictionary(image => image.Image.Id.Digest);
    }

    /// <summary>
    /// Leaves images that may be in quarantine: they look like images that nobody wants. Only the ledger knows whether
    /// EcrGuard archived them, and whoever makes a plan need not be able to read it. When the plan is applied, EcrGuard
    /// checks again and knows.
    /// </summary>
    private Candidates SpareQuarantined(Candidates candidates)
    {
        if (policy.EnforcementOf(Contents.Repository.Name) != EnforcementMode.Quarantine)
            return candidates;
        var spared = Contents
            .Images.Where(image => candidates.Has(image) && image.Storage != StorageStatus.Active)
            .Where(image => image.Tags.Contains(OwnTags.Blocked(image.Id.Digest)))
            .ToList();
        return candidates.Without(
            spared.Select(image => image.Id.Digest).ToHashSet(),
            $"{Phrase.Count(spared.Count, "blocked image stays", "blocked images stay")}, because the policy takes "
                + $"such out of reach, from where {(spared.Count == 1 ? "it" : "they")} may come back: "
                + $"{PlanNotes.Named(spared)}."
        );
    }

    /// <summary>
    /// Adds the untagged children of an index that goes, and the artifacts of an image that goes.
    /// <see cref="PlanCheck"/> sees whether something else needs them.
    /// </summary>
    private Candidates WithTheirParts(Candidates candidates)
    {
        var all = new Dictionary<Digest, string>(candidates.Images);
        var untagged = Contents
            .Images.Where(image => image.Tags.Count == 0)
            .Select(image => image.Id.Digest)
            .ToHashSet();
        foreach (var index in Contents.Images.Where(candidates.Has).OrderBy(image => image.Id.Digest))
        foreach (var child in (Contents.ChildrenOf(index) ?? []).Where(untagged.Contains))
            all.TryAdd(child, $"It is a child of the index {index.Id.Digest} and goes with it.");
        var referrers = Contents
            .Images.Where(image =>
                image is { Kind: ImageKind.Artifact, Subject: { } subject } && all.ContainsKey(subject)
            )
            .ToList();
        foreach (var referrer in referrers)
            all.TryAdd(referrer.Id.Digest, $"It belongs to {referrer.Subject} and goes with it.");
        return candidates with { Images = all };
    }

    /// <summary>Spares the newest images until as many are left as the policy keeps.</summary>
    /// <param name="taken">The images that another item takes.</param>
    private Candidates KeepTheNewest(Candidates candidates, IReadOnlySet<Digest> taken)
    {
        var standing = Removed
            .Standing(Contents)
            .Where(image => !taken.Contains(image.Id.Digest))
            .OrderByDescending(image => image.PushedAt ?? DateTimeOffset.MaxValue)
            .ThenByDescending(image => image.Id.Digest)
            .ToList();
        var keep = policy.Ceilings.KeepPerRepository;
        var missing = keep - standing.Count(image => !candidates.Has(image));
        var newest = standing
            .Where(candidates.Has)
            .Take(Math.Max(missing, 0))
            .Select(image => image.Id.Digest)
            .ToHashSet();
        // Nothing goes from a repository that has no more images than it keeps, not even a child or an archived image.
        var spared = newest.Count < missing ? candidates.Images.Keys.ToHashSet() : newest;
        return candidates.Without(
            spared,
            $"{Phrase.Count(spared.Count, "image stays", "images stay")}, because the policy keeps "
                + $"{Phrase.Count(keep, "image")} in every repository (ceilings.keepPerRepository)."
        );
    }

    private PlanStep Take(RemovalKind kind, IEnumerable<ImageFacts> images, IReadOnlyDictionary<Digest, string> reasons)
    {
        PlannedImage[] named =
        [
            .. images
                .Where(image => reasons.ContainsKey(image.Id.Digest))
                .OrderBy(image => image.PushedAt)
                .ThenBy(image => image.Id.Digest)
                .Select(image => PlannedImage.Of(image, reasons[image.Id.Digest])),
        ];
        var check = PlanCheck.Of(new Removal(kind, named), DateTimeOffset.MaxValue, view);
        return new PlanStep(
            check.Exact.Count == 0 ? [] : [new Removal(kind, check.Exact)],
            [
                .. check
                    .Superseded.GroupBy(superseded => superseded.Why)
                    .Select(same =>
                        $"{Phrase.Count(same.Count(), "image stays", "images stay")} "
                        + $"({PlanNotes.Named(same.Select(superseded => superseded.Image))}): {same.Key}"
                    ),
            ],
            check.Exact.Select(image => image.Digest).ToHashSet()
        );
    }
}
