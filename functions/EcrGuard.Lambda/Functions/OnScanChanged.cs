using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Lambda.Flow.Deciding;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// Handles events about scans. A scan finished, a finding opened or closed, coverage changed, or an image was deleted
/// or moved to another storage class: the image is judged from what the scanner says now. The counts in the event only
/// say how many findings must be listed. If the scan frequency of repositories was changed, the stored scan results are
/// no longer trusted. The next one to look (a gate, an event or the sweep) judges the images again.
/// </summary>
public sealed class OnScanChanged(EventBatch batch, ImageDecider decider)
{
    [LambdaFunction]
    public Task<SQSBatchResponse> OnScanChangedAsync(SQSEvent input, ILambdaContext context) =>
        batch.RunAsync(
            input,
            context,
            (image, events, before, cancellation) =>
                decider.JudgeAsync(image, before, new DecisionTrigger(events), cancellation)
        );
}
