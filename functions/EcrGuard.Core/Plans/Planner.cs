using System.Globalization;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using Phrase = EcrGuard.Core.Images.Phrase;

namespace EcrGuard.Core.Plans;

/// <summary>The lifecycle policy that a repository should have.</summary>
/// <param name="Why">Why the repository should have it, a sentence.</param>
public sealed record WantedPolicy(string Text, string Why);

/// <summary>
/// Makes the plan of a repository. It names no image that is in use or may be, and none that something else needs. It
/// leaves as many of the newest images as the policy keeps in every repository. The other ceilings refuse a plan whole
/// (<see cref="Ceiling"/>).
/// </summary>
/// <param name="exact">False: the wanted policy is put, and images that carry only EcrGuard's tags are deleted. True:
///     instead, the images that the wanted policy would take today are named one by one.</param>
public sealed class Planner(PolicyDocument policy, bool exact)
{
    /// <summary>More examples in a note help nobody.</summary>
    private const int MaxNamed = 3;

    /// <param name="wanted">Null where nothing is wanted.</param>
    /// <param name="notes">More sentences about the repository.</param>
    /// <param name="now">When ages are measured; not before the view was read.</param>
    public PlannedRepository Plan(
        RepositoryView view,
        WantedPolicy? wanted,
        IReadOnlyList<string> notes,
        DateTimeOffset now
    )
    {
        var work = new Work(policy, view, now);
        foreach (var note in notes)
            work.Note(note);
        work.NotePresentPolicy();
        work.NoteLeftOver();
        var wantedPolicy = wanted is null ? null : work.Read(wanted.Text, "wanted");
        if (wantedPolicy is not null)
            work.NoteLint(wantedPolicy, wanted!.Text.Length);

        if (exact && wantedPolicy is not null)
            work.TakeExactly(wantedPolicy);
        else if (!exact)
        {
            var put =
                wantedPolicy is not null
                && !LifecyclePolicy.AreSame(wanted!.Text, view.LifecyclePolicy)
                && work.TryPut(wanted, wantedPolicy);
            work.TakeLeftovers(
                put ? wantedPolicy
                : view.LifecyclePolicy is { } present ? LifecyclePolicy.Read(present).Policy
                : null
            );
        }
        return work.End();
    }

    private sealed class Work(PolicyDocument policy, RepositoryView view, DateTimeOffset now)
    {
        private const string Present = "present";

        private readonly List<string> notes = [];
        private readonly List<PlanItem> items = [];

        /// <summary>All images that the items take.</summary>
        private readonly HashSet<Digest> taken = [];

        private RepositoryContents Contents => view.Contents;

        public void Note(string sentence) => notes.Add(Phrase.Clip(sentence, PlanReader.MaxSentence - 1));

        public LifecyclePolicy? Read(string text, string which)
        {
            var reading = LifecyclePolicy.Read(text);
            if (reading.Policy is null)
                Note(
                    which == Present
                        ? "The present lifecycle policy is in words that EcrGuard does not know: "
                            + $"{reading.Problems[0].Message}"
                        : $"The {which} lifecycle policy is one that {reading.Refusal}: {reading.Problems[0].Message}"
                );
            return reading.Policy;
        }

        public void NotePresentPolicy()
        {
            var unknown = Contents.Images.Count(image => view.UsageOf(image.Id.Digest).Use == UseState.Unknown);
            if (unknown > 0)
                Note(
                    $"Whether {Phrase.Count(unknown, "image is", "images are")} in use is not known; "
                        + $"{(unknown == 1 ? "it stays" : "they stay")}."
                );
            if (view.LifecyclePolicy is not { } text || Read(text, Present) is not { } present)
                return;
            var atRisk = PolicyEffect.Of(present, Contents, view.Usages, shielded: false, now).AtRisk;
            if (atRisk.Count > 0)
                Note(
                    "The present lifecycle policy takes "
                        + $"{Phrase.Count(atRisk.Count, "image that is", "images that are")} in use or may be: "
                        + $"{Named(atRisk.Select(image => image.Image))}."
                );
        }

        /// <summary>
        /// They are named, and stay: EcrGuard does not know whether somebody still reads a signature.
        /// </summary>
        public void NoteLeftOver()
        {
            if (Contents.LeftOver() is { Count: > 0 } left)
                Note(
                    $"{Phrase.Count(left.Count, "artifact is", "artifacts are")} left over, whose image is "
                        + $"gone: {Named(left)}."
                );
        }

        public void NoteLint(LifecyclePolicy wanted, int length)
        {
            var images = Contents.Images.Select(image => LifecycleImage.Of(image, Contents.ChildrenOf(image))).ToList();
            foreach (
                var finding in LifecycleLinter
                    .Lint(wanted, length, images)
                    .Where(finding => finding.Severity != LintSeverity.Info)
            )
            {
                var of = finding.RulePriority is { } rule
                    ? string.Create(CultureInfo.InvariantCulture, $"Rule {rule} of the wanted policy")
                    : "The wanted policy";
                Note($"{of} ({finding.Id}): {finding.Message}");
            }
        }

        /// <returns>False where the policy would take an image that must stay.</returns>
        public bool TryPut(WantedPolicy wanted, LifecyclePolicy parsed)
        {
            var effect = PolicyEffect.Of(parsed, Contents, view.Usages, shielded: true, now);
            if (effect.AtRisk.Count > 0)
            {
                Note(
                    "The wanted lifecycle policy is not put: it would take "
                        + $"{Phrase.Count(effect.AtRisk.Count, "image that is", "images that are")} in use or may be: "
                        + $"{Named(effect.AtRisk.Select(image => image.Image))}."
                );
                return false;
            }
            taken.UnionWith(effect.Expired.Concat(effect.Archived).Select(image => image.Image.Id.Digest));
            items.Add(
                new PutPolicy
                {
                    Policy = wanted.Text,
                    Replaces = PlanCheck.HashOf(view.LifecyclePolicy),
                    Expires = effect.Expired.Count,
                    Archives = effect.Archived.Count,
                    FreedBytes = effect.ExpiredBytes,
                    Why = wanted.Why,
                }
            );
            return true;
        }

        /// <summary>Names the images that the policy would take today.</summary>
        public void TakeExactly(LifecyclePolicy wanted)
        {
            var effect = PolicyEffect.Of(wanted, Contents, view.Usages, shielded: true, now);
            var going = effect
                .Expired.Concat(effect.Archived)
                .ToDictionary(image => image.Image.Id.Digest, image => image.Reason);
            SpareQuarantined(going);
            KeepTheNewest(going);
            Take(RemovalKind.Delete, effect.Expired.Select(image => image.Image), going);
            Take(RemovalKind.Archive, effect.Archived.Select(image => image.Image), going);
        }

        /// <summary>
        /// Takes images that carry only EcrGuard's tags. Nobody can name them any more, and the tags keep them out of
        /// the rules for untagged images. EcrGuard cannot remove its tags, since the image goes with its last tag. A
        /// blocked image goes only if the lifecycle policy would take it without the tags.
        /// </summary>
        /// <param name="inForce">The present policy, or the one that is put; null for none.</param>
        public void TakeLeftovers(LifecyclePolicy? inForce)
        {
            var left = Contents
                .Images.Where(image =>
                    image is { TakesShield: true, Tags.Count: > 0 }
                    && image.Tags.All(tag => OwnTags.IsOwn(image.Id.Digest, tag))
                    && !taken.Contains(image.Id.Digest)
                )
                .ToList();
            var expired = ExpiredWithoutTags(left, inForce);
            var going = new Dictionary<Digest, string>();
            var spared = new List<ImageFacts>();
            foreach (var image in left.Where(image => view.UsageOf(image.Id.Digest).Use == UseState.NotInUse))
            {
                var digest = image.Id.Digest;
                if (!image.Tags.Contains(OwnTags.Blocked(digest)))
                    going[digest] = "Only EcrGuard's own tags are left on it.";
                else if (expired.TryGetValue(digest, out var without))
                    going[digest] = $"Only EcrGuard's own tags are left on it. Without them: {without.Reason}";
                else
                    spared.Add(image);
            }
            if (spared.Count > 0)
                Note(
                    $"{Phrase.Count(spared.Count, "blocked image carries", "blocked images carry")} only "
                        + $"EcrGuard's own tags, and no rule would take {(spared.Count == 1 ? "it" : "them")} "
                        + $"without: {Named(spared)}."
                );
            SpareQuarantined(going);
            GoWith(going);
            KeepTheNewest(going);
            Take(RemovalKind.Delete, Contents.Images, going);
        }

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

        public PlannedRepository End()
        {
            var name = Contents.Repository.Name;
            return new PlannedRepository
            {
                Name = name,
                Images = Contents.Images.Count,
                InUse = Contents.Images.Count(image => view.UsageOf(image.Id.Digest).Use == UseState.InUse),
                Keeps = Removed.Of(Contents, taken).Keeps,
                Items = items,
                Notes = notes,
            };
        }

        /// <summary>
        /// Leaves images that may be in quarantine: they look like images that nobody wants. Only the ledger knows
        /// whether EcrGuard archived them, and whoever makes a plan need not be able to read it. When the plan is
        /// applied, EcrGuard checks again and knows.
        /// </summary>
        private void SpareQuarantined(Dictionary<Digest, string> going)
        {
            if (policy.EnforcementOf(Contents.Repository.Name) != EnforcementMode.Quarantine)
                return;
            var spared = Contents
                .Images.Where(image => going.ContainsKey(image.Id.Digest) && image.Storage != StorageStatus.Active)
                .Where(image => image.Tags.Contains(OwnTags.Blocked(image.Id.Digest)))
                .ToList();
            foreach (var image in spared)
                going.Remove(image.Id.Digest);
            if (spared.Count > 0)
                Note(
                    $"{Phrase.Count(spared.Count, "blocked image stays", "blocked images stay")}, because the "
                        + $"policy takes such out of reach, from where {(spared.Count == 1 ? "it" : "they")} may "
                        + $"come back: {Named(spared)}."
                );
        }

        /// <summary>
        /// The untagged children of an index that goes, and the artifacts of an image that goes, go with it.
        /// <see cref="PlanCheck"/> sees whether something else needs them.
        /// </summary>
        private void GoWith(Dictionary<Digest, string> going)
        {
            var untagged = Contents
                .Images.Where(image => image.Tags.Count == 0)
                .Select(image => image.Id.Digest)
                .ToHashSet();
            foreach (
                var index in Contents
                    .Images.Where(image => going.ContainsKey(image.Id.Digest))
                    .OrderBy(image => image.Id.Digest)
                    .ToList()
            )
            {
                foreach (var child in (Contents.ChildrenOf(index) ?? []).Where(untagged.Contains))
                    going.TryAdd(child, $"It is a child of the index {index.Id.Digest} and goes with it.");
            }
            foreach (
                var referrer in Contents
                    .Images.Where(image =>
                        image is { Kind: ImageKind.Artifact, Subject: { } subject } && going.ContainsKey(subject)
                    )
                    .ToList()
            )
                going.TryAdd(referrer.Id.Digest, $"It belongs to {referrer.Subject} and goes with it.");
        }

        /// <summary>Spares the newest images until as many are left as the policy keeps.</summary>
        private void KeepTheNewest(Dictionary<Digest, string> going)
        {
            var standing = Removed
                .Standing(Contents)
                .Where(image => !taken.Contains(image.Id.Digest))
                .OrderByDescending(image => image.PushedAt ?? DateTimeOffset.MaxValue)
                .ThenByDescending(image => image.Id.Digest)
                .ToList();
            var leave =
                policy.Ceilings.KeepPerRepository - standing.Count(image => !going.ContainsKey(image.Id.Digest));
            var spared = standing.Where(image => going.ContainsKey(image.Id.Digest)).Take(Math.Max(leave, 0)).ToList();
            // Nothing goes from a repository that has no more images than it keeps, not even a child or an archived
            // image.
            List<Digest> stay = spared.Count < leave ? [.. going.Keys] : [.. spared.Select(image => image.Id.Digest)];
            foreach (var digest in stay)
                going.Remove(digest);
            if (stay.Count > 0)
                Note(
                    $"{Phrase.Count(stay.Count, "image stays", "images stay")}, because the policy keeps "
                        + $"{Phrase.Count(policy.Ceilings.KeepPerRepository, "image")} in every repository "
                        + "(ceilings.keepPerRepository)."
                );
        }

        private void Take(RemovalKind kind, IEnumerable<ImageFacts> images, Dictionary<Digest, string> going)
        {
            PlannedImage[] named =
            [
                .. images
                    .Where(image => going.ContainsKey(image.Id.Digest))
                    .OrderBy(image => image.PushedAt)
                    .ThenBy(image => image.Id.Digest)
                    .Select(image => new PlannedImage(
                        image.Id.Digest,
                        [.. image.Tags.Order(StringComparer.Ordinal)],
                        image.SizeInBytes,
                        image.PushedAt,
                        going[image.Id.Digest]
                    )),
            ];
            var check = PlanCheck.Of(new Removal(kind, named), DateTimeOffset.MaxValue, view);
            foreach (var same in check.Superseded.GroupBy(superseded => superseded.Why))
                Note(
                    $"{Phrase.Count(same.Count(), "image stays", "images stay")} "
                        + $"({Named([.. same.Select(superseded => superseded.Image)])}): {same.Key}"
                );
            if (check.Exact.Count == 0)
                return;
            taken.UnionWith(check.Exact.Select(image => image.Digest));
            items.Add(new Removal(kind, check.Exact));
        }

        private static string Named(IEnumerable<ImageFacts> images) =>
            Named([.. images.Select(image => (image.Id.Digest, image.Tags))]);

        private static string Named(IReadOnlyList<PlannedImage> images) =>
            Named([.. images.Select(image => (image.Digest, image.Tags))]);

        private static string Named(IReadOnlyList<(Digest Digest, IReadOnlyList<string> Tags)> images) =>
            Phrase.Some(
                [
                    .. images
                        .OrderBy(image => image.Digest)
                        .Select(image =>
                            image.Tags.Count > 0
                                ? Phrase.Clip(image.Tags.Order(StringComparer.Ordinal).First(), 80)
                                : image.Digest.Abbreviated
                        ),
                ],
                MaxNamed
            );
    }
}
