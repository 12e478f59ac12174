using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>
/// Judges images of one platform, and whatever turns out not to be an image. It does not handle indexes.
/// </summary>
public sealed class PlatformDecider(
    EcrReader registry,
    ScanStarter scans,
    VerdictReader verdicts,
    VerdictRecorder recorder,
    ImageRecords images,
    EffectivePolicy policy,
    TimeProvider time
)
{
    /// <summary>
    /// How often facts are read again while others store. After that, the event goes back to the queue.
    /// </summary>
    private const int Attempts = 8;

    /// <inheritdoc cref="ImageDecider.JudgeAsync(ImageFacts, LedgerEntry?, DecisionTrigger, CancellationToken)"/>
    public async Task<JudgedImage?> JudgeAsync(
        ImageFacts image,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        if (image.Kind == ImageKind.Image)
            return await JudgePlatformAsync(image, before, trigger, cancellation).ConfigureAwait(false);
        if (image.Kind != ImageKind.Artifact)
            return await JudgeUnknownAsync(image, before, trigger, cancellation).ConfigureAwait(false);
        if (before is { Record.Gone: false })
            await images.ForgetArtifactAsync(image.Id, time.GetUtcNow(), cancellation).ConfigureAwait(false);
        return null;
    }

    /// <summary>Records an image that was just pushed and that no scanner has seen yet.</summary>
    /// <param name="scan">What is expected of the scanner.</param>
    public Task<JudgedImage?> AwaitAsync(
        ImageFacts image,
        ScanFacts scan,
        LedgerEntry? before,
        CancellationToken cancellation
    ) =>
        recorder.RecordAsync(
            image,
            before,
            DecisionTrigger.NoEvent,
            entry => verdicts.DecideAsync(image, scan, entry, [], null, cancellation),
            cancellation
        );

    private Task<JudgedImage?> JudgeUnknownAsync(
        ImageFacts image,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    ) =>
        recorder.RecordAsync(
            image,
            before,
            trigger with
            {
                News = [],
            },
            _ => Task.FromResult(new Decision(Judge.NotAnImage(image, policy.Document))),
            cancellation
        );

    private async Task<JudgedImage?> JudgePlatformAsync(
        ImageFacts image,
        LedgerEntry? before,
        DecisionTrigger trigger,
        CancellationToken cancellation
    )
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var askedAt = time.GetUtcNow();
            var (read, kept) = await verdicts
                .ScanAsync(image, trigger.Scanner, before, cancellation)
                .ConfigureAwait(false);
            if (read is null)
            {
                await images.MarkGoneAsync(image.Id, askedAt, because: null, cancellation).ConfigureAwait(false);
                return null;
            }
            var scan = await StartedAsync(image.Id, read, cancellation).ConfigureAwait(false);
            var (facts, known) = (image, before);
            // If somebody else has stored in the meantime, the new entry has other findings.
            Task<Decision> DecideOnAsync(LedgerEntry? entry) =>
                verdicts.DecideAsync(
                    facts,
                    scan,
                    entry,
                    trigger.News,
                    ReferenceEquals(entry, known) ? kept : null,
                    cancellation
                );
            if (
                await recorder.RecordAsync(image, before, trigger, DecideOnAsync, cancellation).ConfigureAwait(false) is
                { } judged
            )
                return judged;
            // Somebody stored newer facts without this news, and the news may never come again. So decide again from
            // the facts of now.
            before = await images.FindAsync(image.Id, cancellation).ConfigureAwait(false);
            if (await registry.ImageAsync(image.Id, cancellation).ConfigureAwait(false) is not { } now)
                return null;
            image = now;
        }
        throw new InvalidOperationException(
            $"The news of {image.Id} could not be stored: others kept storing without it."
        );
    }

    /// <summary>What the scanner says after EcrGuard has started a scan that nothing else starts.</summary>
    private async Task<ScanFacts> StartedAsync(ImageId image, ScanFacts scan, CancellationToken cancellation) =>
        scan is { State: ScanState.NotScanned, Scanner: Scanner.Basic }
        && await scans.TryAsync(image, cancellation).ConfigureAwait(false)
            ? scan with
            {
                State = ScanState.Pending,
                Word = "",
            }
            : scan;
}
