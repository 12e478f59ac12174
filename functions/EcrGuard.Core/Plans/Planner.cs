using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

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
        var contents = view.Contents;
        var reading = wanted is null ? null : LifecyclePolicy.Read(wanted.Text);
        var steps = Steps(view, wanted, reading?.Policy, now).ToList();
        var taken = steps.SelectMany(step => step.Taken).ToHashSet();
        IEnumerable<string> said =
        [
            .. notes,
            .. PlanNotes.OfPresent(view, now),
            .. PlanNotes.OfLeftOver(contents),
            .. reading is null ? [] : PlanNotes.OfWanted(reading, wanted!.Text.Length, contents),
            .. steps.SelectMany(step => step.Notes),
        ];
        var used = Used(view);
        return new PlannedRepository
        {
            Name = contents.Repository.Name,
            Images = contents.Images.Count,
            InUse = used.Count,
            Used = used,
            Keeps = Removed.Of(contents, taken).Keeps,
            Items = [.. steps.SelectMany(step => step.Items)],
            Notes = [.. said.Select(sentence => Phrase.Clip(sentence, PlanReader.MaxSentence - 1))],
        };
    }

    private static List<UsedImage> Used(RepositoryView view) =>
        [
            .. view
                .Contents.Images.Select(image => (Image: image, Usage: view.UsageOf(image.Id.Digest)))
                .Where(each => each.Usage.Use == UseState.InUse)
                .OrderBy(each => each.Image.Id.Digest)
                .Select(each => new UsedImage(
                    each.Image.Id.Digest,
                    [.. each.Image.Tags.Order(StringComparer.Ordinal)],
                    each.Usage.Why[0]
                )),
        ];

    /// <param name="parsed">The wanted policy; null where nothing is wanted or ECR would refuse it.</param>
    private IEnumerable<PlanStep> Steps(
        RepositoryView view,
        WantedPolicy? wanted,
        LifecyclePolicy? parsed,
        DateTimeOffset now
    )
    {
        var removals = new RemovalPlanner(policy, view, now);
        if (exact)
            return parsed is null ? [] : [removals.Exactly(parsed)];
        var put =
            parsed is null || LifecyclePolicy.AreSame(wanted!.Text, view.LifecyclePolicy)
                ? PlanStep.Nothing
                : Put(view, wanted, parsed, now);
        var inForce =
            put.Items.Count > 0 ? parsed
            : view.LifecyclePolicy is { } present ? LifecyclePolicy.Read(present).Policy
            : null;
        return [put, removals.Leftovers(inForce, put.Taken)];
    }

    /// <summary>Puts the wanted policy, unless it would take an image that must stay.</summary>
    private static PlanStep Put(RepositoryView view, WantedPolicy wanted, LifecyclePolicy parsed, DateTimeOffset now)
    {
        var effect = PolicyEffect.Of(parsed, view.Contents, view.Usages, shielded: true, now);
        if (effect.AtRisk.Count > 0)
            return PlanStep.Nothing with
            {
                Notes =
                [
                    "The wanted lifecycle policy is not put: it would take "
                        + $"{Phrase.Count(effect.AtRisk.Count, "image that is", "images that are")} in use or may be: "
                        + $"{PlanNotes.Named(effect.AtRisk.Select(image => image.Image))}.",
                ],
            };
        var put = new PutPolicy
        {
            Policy = wanted.Text,
            Replaces = PlanCheck.HashOf(view.LifecyclePolicy),
            Expires = effect.Expired.Count,
            Archives = effect.Archived.Count,
            FreedBytes = effect.ExpiredBytes,
            Why = wanted.Why,
            Today = [.. Named(effect.Expired), .. Named(effect.Archived)],
        };
        return new PlanStep([put], [], put.Today.Select(image => image.Digest).ToHashSet());

        // The oldest first.
        static IEnumerable<PlannedImage> Named(IEnumerable<TakenImage> taken) =>
            taken
                .OrderBy(one => one.Image.PushedAt)
                .ThenBy(one => one.Image.Id.Digest)
                .Select(one => PlannedImage.Of(one.Image, one.Reason));
    }
}
