using System.Collections.Concurrent;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// An image was pushed: its repository is held to the baseline, and the image is recorded as pending.
/// </summary>
public sealed class OnImagePushed(
    EventBatch batch,
    ImageDecider guard,
    BaselineEnforcer baselines,
    EcrReader registry,
    RepositoryWriter writer,
    WriteRecords writes,
    ImageRecords images,
    ManifestRecords manifests,
    Notifier notifier,
    TimeProvider time,
    Log log
)
{
    /// <summary>
    /// A tag does not move the time at which ECR says that an image was pushed: this much before the event, it was
    /// pushed by another one.
    /// </summary>
    private static readonly TimeSpan Retagged = TimeSpan.FromMinutes(1);

    /// <summary>Times of AWS are no finer.</summary>
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    [LambdaFunction]
    public Task<SQSBatchResponse> OnImagePushedAsync(SQSEvent input, ILambdaContext context)
    {
        // Twenty images pushed to one repository are twenty events and one repository.
        var repositories = new ConcurrentDictionary<RepositoryId, Lazy<Task<RepositoryFacts>>>();
        return batch.RunAsync(
            input,
            context,
            async (image, events, before, cancellation) =>
            {
                // Of an artifact there is no entry, and yet EcrGuard may have shielded it.
                var intended =
                    before?.IntendedTags
                    ?? (
                        events.Any(push => push.Tag is { } tag && OwnTags.Claims(tag))
                            ? await writes.IntendedTagsAsync(image, cancellation).ConfigureAwait(false)
                            : []
                    );
                var foreign = events.Where(push => IsForeign(push, intended)).ToList();
                var pushes = events.Where(push => !IsOwn(push, before, intended)).ToList();
                Judged? judged = null;
                if (pushes.MaxBy(push => push.Time) is { } last)
                {
                    var readAt = time.GetUtcNow();
                    var tags = pushes.Select(push => push.Tag).OfType<string>().ToList();
                    var facts = await FactsAsync(image, last, tags, cancellation).ConfigureAwait(false);
                    // Replication has brought it here: there the tags came off, and nothing of it is an image.
                    if (
                        facts is not null
                        && await registry.IsRemovalManifestAsync(facts, cancellation).ConfigureAwait(false)
                    )
                    {
                        await WarnOfTakenAsync(image, foreign, cancellation).ConfigureAwait(false);
                        return null;
                    }
                    // Of the calls that a push may cost, a manifest is worth one. An index comes with its children,
                    // whose pushes look at everything.
                    var spare = facts is null or { Kind: ImageKind.Image, MayBeArtifact: false } ? 1 : 0;
                    var repository = await repositories
                        .GetOrAdd(
                            image.Repository,
                            id => new Lazy<Task<RepositoryFacts>>(() =>
                                baselines.HoldAsync(id, repair: true, spare, usages: null, cancellation)
                            )
                        )
                        .Value.ConfigureAwait(false);
                    if (facts is not null)
                        judged = await RecordAsync(facts, last, repository, before, cancellation).ConfigureAwait(false);
                    else
                        await images.MarkGoneAsync(image, readAt, because: null, cancellation).ConfigureAwait(false);
                }
                // Last, so that trying the rest again does not say it again.
                foreach (var push in foreign)
                    await WarnAsync(image, push, cancellation).ConfigureAwait(false);
                return judged;
            }
        );
    }

    /// <summary>
    /// EcrGuard's own write: exactly the tag that it would write on this digest now, or the tag of another image, which
    /// it moves to a manifest of its own only. In both cases the ledger holds the intent.
    /// </summary>
    private static bool IsOwn(ImageEvent push, LedgerEntry? before, IReadOnlyList<string> intended) =>
        push.Tag is { } tag
        && intended.Contains(tag)
        && (
            tag == OwnTags.InUse(push.Image.Digest)
            || !OwnTags.IsOwn(push.Image.Digest, tag)
            || before?.Record.Verdict.Status == Status.Blocked
        );

    /// <summary>
    /// The tag has EcrGuard's prefix and the ledger holds no intent to write it on this digest: the prefix must not be
    /// a way around the guard, so that it is an ordinary push, and security hears of it.
    /// </summary>
    private static bool IsForeign(ImageEvent push, IReadOnlyList<string> intended) =>
        push.Tag is { } tag && OwnTags.Claims(tag) && !intended.Contains(tag);

    /// <summary>
    /// Tells of tags that were taken from images on which this EcrGuard has written them. Any manifest of that form
    /// will do for it, and the EcrGuard of another registry has no tag to take here.
    /// </summary>
    private async Task WarnOfTakenAsync(
        ImageId manifest,
        IEnumerable<ImageEvent> foreign,
        CancellationToken cancellation
    )
    {
        foreach (var push in foreign)
        {
            if (
                OwnTags.MarkedBy(push.Tag!) is { } digest
                && (
                    await writes
                        .IntendedTagsAsync(manifest with { Digest = digest }, cancellation)
                        .ConfigureAwait(false)
                ).Contains(push.Tag)
            )
                await WarnAsync(manifest, push, cancellation).ConfigureAwait(false);
        }
    }

    private async Task WarnAsync(ImageId image, ImageEvent push, CancellationToken cancellation)
    {
        log.Warning(
            "A tag with EcrGuard's prefix was pushed that EcrGuard did not write.",
            ("image", image.ToString()),
            ("tag", push.Tag)
        );
        await notifier
            .AlertAsync(TagAlert.ForForeign(image, push.Tag!, push.Id, push.Time), cancellation)
            .ConfigureAwait(false);
    }

    private async Task<Judged?> RecordAsync(
        ImageFacts image,
        ImageEvent push,
        RepositoryFacts repository,
        LedgerEntry? before,
        CancellationToken cancellation
    )
    {
        var id = image.Id;
        if (image.Kind != ImageKind.Image)
            return await guard.JudgeAsync(image, [], alerting: true, before, cancellation).ConfigureAwait(false);

        // Known already: another tag for it, which may be the first that a verdict tag can stand beside, or one that a
        // rule speaks of. Pushed again since, it has lost its scan.
        if (before is { Record.Gone: false } && !(image.PushedAt - before.Record.PushedAt >= Millisecond))
        {
            return before.Open || before.Record.ScanningChanged || guard.Policy.Rules.Any(rule => rule.Tags is not null)
                ? await guard.JudgeAsync(image, [], alerting: true, before, cancellation).ConfigureAwait(false)
                : new Judged(before, image, [], []);
        }

        // An image that was there before and got another tag may have been scanned long ago: no event will come.
        if (image.PushedAt < push.Time - Retagged)
            return await guard.JudgeAsync(image, [], alerting: true, before, cancellation).ConfigureAwait(false);

        var scanning = repository.Scanning;
        if (
            !scanning.Automatic
            && guard.ModeOf(id.Repository) >= EnforcementMode.Mark
            && await registry.ScanTypeAsync(cancellation).ConfigureAwait(false) == Scanner.Basic
            && await writer.StartScanAsync(id, cancellation).ConfigureAwait(false) is null
        )
            scanning = scanning with { OnPush = true };
        // These facts are as old as the push: a scan that finished before this event arrived must still be newer. But
        // newer than that the image was gone: events are stamped in whole seconds, and it may be back within one.
        var pushedAt = push.Time < image.ReadAt ? push.Time : image.ReadAt;
        if (before is { Record.Gone: true } && before.FactsAt >= pushedAt)
            pushedAt = image.ReadAt;
        return await guard
            .AwaitAsync(
                image with
                {
                    ReadAt = pushedAt,
                },
                ScannerWords.Nothing(scanning, push.Time, time.GetUtcNow()) with
                {
                    ReadAt = pushedAt,
                },
                before,
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// A signature or another artifact with a media type of its own is none to judge: not worth a call.
    /// </summary>
    private async Task<ImageFacts?> FactsAsync(
        ImageId id,
        ImageEvent push,
        IReadOnlyCollection<string> tags,
        CancellationToken cancellation
    )
    {
        if (MediaTypes.KindOf(push.MediaType) == ImageKind.Artifact)
            return new ImageFacts
            {
                Id = id,
                ReadAt = time.GetUtcNow(),
                Kind = ImageKind.Artifact,
            };
        var facts = await registry.PushedAsync(id, tags, manifests, cancellation).ConfigureAwait(false);
        if (facts?.NewNotes is { } notes)
            await manifests.RememberAsync(id.Repository, notes, cancellation).ConfigureAwait(false);
        return facts;
    }
}
