using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// A scan finished, a finding opened or closed, coverage changed, an image was deleted or moved to another storage
/// class: the image is judged from what the scanner says now; the event's counts say only how much of that must be
/// listed.
/// How often repositories are scanned was changed: what is remembered of their scans is believed no more, and whoever
/// comes next (a gate, an event, the sweep) judges their images.
/// </summary>
public sealed class OnScanChanged(EventBatch batch, ImageDecider decider)
{
    [LambdaFunction]
    public Task<SQSBatchResponse> OnScanChangedAsync(SQSEvent input, ILambdaContext context) =>
        batch.RunAsync(
            input,
            context,
            (image, events, before, cancellation) =>
                decider.JudgeAsync(image, before, new Occasion(events), cancellation)
        );
}
