using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Puts a verdict on its image as tags. ECR has no conditional write, so every write is planned again from a read
/// immediately before it. The intent is in the ledger before the write, and the outcome after.
/// </summary>
public sealed class TagWriter(
    AwsClients aws,
    EcrReader registry,
    ImageRecords images,
    WriteRecords writes,
    TagRemover remover,
    WriteRates rates
)
{
    /// <summary>
    /// A limit against endless writing. A plan has at most one tag to add, and one to remove for each prefix that was
    /// ever used.
    /// </summary>
    private const int MaxWrites = 8;

    private const string NoTurn =
        "More images changed at once than may be tagged in that time; the next sweep tags this one.";

    private static readonly string StillDiffer =
        $"The tags still differ after {MaxWrites} writes: somebody else is writing them too, or ECR does not answer.";

    /// <summary>Writes what the plan says, until nothing is left to write.</summary>
    /// <param name="image">The facts that the verdict rests on. If they agree with the plan already, nothing is read or
    ///     written.</param>
    /// <param name="entry">The entry whose verdict is written. If another verdict is stored meanwhile, nothing more is
    ///     written for this one.</param>
    /// <param name="shield">In use puts the shielding tag on, not in use takes it off, and unknown leaves it as it
    ///     is.</param>
    /// <param name="use">Whether the image is in use. No tag may endanger an image in use.</param>
    /// <param name="until">The time until which to wait for a turn to write.</param>
    public Task<TagsWritten> ApplyAsync(
        ImageFacts image,
        LedgerEntry entry,
        UseState shield,
        UseState use,
        EnforcementMode mode,
        DateTimeOffset until,
        CancellationToken cancellation
    ) =>
        WriteAsync(
            image,
            entry.NamedTags,
            (now, named) => TagPlan.For(now, entry.Record.Verdict.Status, shield, mode, named),
            (action, onto) => writes.IntendAsync(image.Id, entry, action, onto, cancellation),
            use,
            until,
            cancellation
        );

    /// <summary>The same for the shield alone, which does not depend on a verdict.</summary>
    /// <param name="named">The tags that consumers use to refer to it.</param>
    public Task<TagsWritten> ShieldAsync(
        ImageFacts artifact,
        UseState shield,
        UseState use,
        IReadOnlyDictionary<string, string>? named,
        EnforcementMode mode,
        CancellationToken cancellation
    ) =>
        WriteAsync(
            artifact,
            named,
            (now, names) => TagPlan.ForShield(now, shield, mode, names),
            (action, onto) => writes.IntendAsync(artifact.Id, null, action, onto, cancellation),
            use,
            DateTimeOffset.MaxValue,
            cancellation
        );

    private async Task<TagsWritten> WriteAsync(
        ImageFacts image,
        IReadOnlyDictionary<string, string>? named,
        Func<ImageFacts, IReadOnlyDictionary<string, string>?, TagPlan> planFor,
        Func<TagAction, Digest?, Task<string?>> intend,
        UseState use,
        DateTimeOffset until,
        CancellationToken cancellation
    )
    {
        var stay = new HashSet<TagAction>();
        string? whyStay = null;
        var plan = planFor(image, named);
        var written = 0;
        while (plan.Actions.FirstOrDefault(action => !stay.Contains(action)) is { } action)
        {
            var step = await StepAsync(image, action, cancellation).ConfigureAwait(false);
            if (await WhyNotAskedAsync(image, step, cancellation).ConfigureAwait(false) is { } why)
            {
                // ECR is not asked for anything, so no intent is needed.
                whyStay ??= why;
                stay.Add(action);
                continue;
            }
            if (written++ == MaxWrites)
                return new TagsWritten(true, StillDiffer);

            if (!await rates.PutImage.WaitAsync(until, cancellation).ConfigureAwait(false))
                return new TagsWritten(written > 1, NoTurn);
            var onto = step.Removal?.Way == TagRemovalWay.Move ? step.Removals!.Manifest.Digest : null;
            if (await intend(action, onto).ConfigureAwait(false) is not { } id)
                return new TagsWritten(true, null);
            (var policy, named, var now) = await ReadAgainAsync(image.Id, step, named, cancellation)
                .ConfigureAwait(false);
            plan = now is null ? TagPlan.Nothing : planFor(now, named);
            image = now ?? image;
            var refusal =
                plan.Actions.FirstOrDefault(again => !stay.Contains(again)) != action
                    ? Superseded
                    : await CarryOutAsync(image, step, id, policy, use, cancellation).ConfigureAwait(false);
            await writes.OutcomeAsync(image.Id, id, refusal ?? "done", cancellation).ConfigureAwait(false);
            if (refusal is not null and not Superseded and not TagRemover.Unanswered)
                return new TagsWritten(true, refusal);
            if (refusal is null)
                plan = plan with { Actions = [.. plan.Actions.Where(other => other != action)] };
        }
        return new TagsWritten(written > 0, plan.CouldNot ?? whyStay);
    }

    /// <summary>
    /// Reads again after the intent and immediately before the write, the image last, so that everything that takes
    /// time comes earlier.
    /// </summary>
    /// <returns>
    /// The lifecycle policy, the tags that consumers use to refer to the image, and the image; null if it is gone.
    /// </returns>
    private async Task<(string? Policy, IReadOnlyDictionary<string, string>? Named, ImageFacts? Now)> ReadAgainAsync(
        ImageId image,
        Step step,
        IReadOnlyDictionary<string, string>? named,
        CancellationToken cancellation
    )
    {
        var policy = await registry.LifecyclePolicyAsync(image.Repository, cancellation).ConfigureAwait(false);
        if (step.Removal?.Way == TagRemovalWay.ByName)
            step.Removals!.Mutability = await remover
                .MutabilityAsync(image.Repository, cancellation)
                .ConfigureAwait(false);
        // Waiting for the turn took time, and a consumer may have begun to use the tag as a version meanwhile.
        if (
            step.Action.Change == TagChange.Remove
            && await images.FindAsync(image, cancellation).ConfigureAwait(false) is { } entry
        )
            named = entry.NamedTags;
        return (policy, named, await registry.ImageAsync(image, cancellation).ConfigureAwait(false));
    }

    /// <summary>One write. For a tag that comes off, also where it goes and in which way.</summary>
    private sealed record Step(TagAction Action, TagRemover.Removals? Removals, TagRemoval? Removal);

    private async Task<Step> StepAsync(ImageFacts image, TagAction action, CancellationToken cancellation)
    {
        if (action.Change == TagChange.Add)
            return new Step(action, null, null);
        var removals = await remover.OfAsync(image.Id.Repository, cancellation).ConfigureAwait(false);
        return new Step(action, removals, TagRemoval.Of(image, action.Tag, removals.Mutability, removals.Replicated));
    }

    /// <summary>
    /// Why a tag stays, as far as that is known already; null if it is worth the reads and the write.
    /// </summary>
    private async Task<string?> WhyNotAskedAsync(ImageFacts image, Step step, CancellationToken cancellation)
    {
        if (step is not { Removals: { } removals, Removal: { } removal })
            return null;
        if (removal.Way != TagRemovalWay.Move)
            return removal.Why;
        return removals.Refusal
            ?? await remover
                .WhyNotMoveAsync(removals, removals.LifecyclePolicy, image, step.Action.Tag, cancellation)
                .ConfigureAwait(false);
    }

    /// <param name="write">The ledger's id of the write.</param>
    private async Task<string?> CarryOutAsync(
        ImageFacts image,
        Step step,
        string write,
        string? policy,
        UseState use,
        CancellationToken cancellation
    )
    {
        if (TagSafety.WhyNot(policy, image, step.Action, use) is { } unsafely)
            return unsafely;
        return await (
            step.Removals is null
                ? AddAsync(image, step.Action.Tag, cancellation)
                : TakeOffAsync(image, step, write, policy, cancellation)
        ).ConfigureAwait(false);
    }

    private const string Superseded =
        "superseded: the tags had changed when they were read again, and were planned again";

    /// <summary>Takes a tag off in the intended way, if that is still the right way.</summary>
    private async Task<string?> TakeOffAsync(
        ImageFacts image,
        Step step,
        string write,
        string? policy,
        CancellationToken cancellation
    )
    {
        var (tag, removals) = (step.Action.Tag, step.Removals!);
        var removal = TagRemoval.Of(image, tag, removals.Mutability, removals.Replicated);
        if (removal.Way != step.Removal!.Way)
            return removal.Why ?? Superseded;
        if (removal.Way == TagRemovalWay.ByName)
            return await remover.RemoveAsync(image, tag, write, cancellation).ConfigureAwait(false);
        return await remover.WhyNotMoveAsync(removals, policy, image, tag, cancellation).ConfigureAwait(false)
            ?? await remover.MoveAsync(removals, image, tag, cancellation).ConfigureAwait(false);
    }

    /// <summary>Puts a tag on an image. If tags can move, another image that carries the tag loses it.</summary>
    /// <returns>Why ECR refused it; null if the image carries the tag.</returns>
    private async Task<string?> AddAsync(ImageFacts image, string tag, CancellationToken cancellation)
    {
        if (await registry.ManifestAsync(image.Id, cancellation).ConfigureAwait(false) is not { } manifest)
            return "The manifest could not be read: the image is gone or archived.";
        try
        {
            await aws
                .Ecr.PutImageAsync(
                    new PutImageRequest
                    {
                        RegistryId = image.Id.Repository.Account,
                        RepositoryName = image.Id.Repository.Name,
                        ImageManifest = manifest.Text,
                        ImageManifestMediaType = manifest.MediaType,
                        ImageDigest = image.Id.Digest.ToString(),
                        ImageTag = tag,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return null;
        }
        catch (ImageAlreadyExistsException)
        {
            // The same tag names the same digest already, as intended.
            return null;
        }
        catch (ImageTagAlreadyExistsException)
        {
            // Immutable repositories give this error for the same digest too, so only a read shows which it is.
            var holder = await registry.ImageAsync(image.Id.Repository, tag, null, cancellation).ConfigureAwait(false);
            return holder?.Id.Digest == image.Id.Digest
                ? null
                : $"The tag '{tag}' belongs to another image "
                    + $"({holder?.Id.Digest.ToString() ?? "none that can be read"}) and tags of this repository "
                    + "cannot move.";
        }
        catch (AmazonECRException refused) when (IsRefusal(refused))
        {
            // ECR will answer the same tomorrow, so this is recorded, not retried.
            return $"ECR refused the tag: {ErrorText.Of(refused)}";
        }
    }

    private static bool IsRefusal(AmazonECRException refused) =>
        refused
            is ImageDigestDoesNotMatchException
                or ReferencedImagesNotFoundException
                or LayersNotFoundException
                or RepositoryNotFoundException
                or Amazon.ECR.Model.LimitExceededException
                or InvalidParameterException
                or KmsException
                or { ErrorCode: "AccessDeniedException" };
}

/// <summary>The outcome of a tag plan.</summary>
/// <param name="Wrote">Whether anything was written. Time has then passed, and the verdict may be another one by
///     now.</param>
/// <param name="CouldNot">Why it could not be done; null if it was done, or if there was nothing to do.</param>
public sealed record TagsWritten(bool Wrote, string? CouldNot);
