using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>How many forced approvals had ended, and of how many all that follows is done.</summary>
public sealed record BreakGlassEnds(int Ended, int Done);

/// <summary>
/// Gates answer by the verdict again on the moment at which a forced approval ends; what else follows, a schedule's
/// tick brings: the image is decided again, with tags and quarantine, and the end is told, once. A tick without an end
/// costs one query.
/// </summary>
public sealed class EndBreakGlass(
    DecisionBatch decisions,
    TimedNotices notices,
    ForcedApprovalRecords forcedApprovals,
    ImageRecords images,
    TimeProvider time,
    Log log
)
{
    [LambdaFunction]
    public async Task<BreakGlassEnds> EndBreakGlassAsync(ScheduledRequest input, ILambdaContext context)
    {
        using var deadline = Deadline.AtTheEnd(context);
        var now = time.GetUtcNow();
        var ended = await forcedApprovals
            .EndingAsync(now - ForcedApproval.EndIsNews, now, open: true, deadline.Token)
            .ToListAsync(deadline.Token)
            .ConfigureAwait(false);
        if (ended.Count == 0)
            return new BreakGlassEnds(0, 0);

        var decided = await decisions
            .AgainAsync(ended.Select(end => end.Image).Distinct(), context)
            .ConfigureAwait(false);
        var done = 0;
        foreach (var (image, forced) in ended)
        {
            if (await TryEndAsync(image, forced, decided.ContainsKey(image), deadline.Token).ConfigureAwait(false))
                done++;
        }
        // Gates say no already; that tags, quarantine or the alert lag behind must be heard of.
        return done == ended.Count
            ? new BreakGlassEnds(ended.Count, done)
            : throw new InvalidOperationException(
                $"Of {Phrase.Count(ended.Count, "forced approval")} that ended, {ended.Count - done} could not "
                    + "be brought to the end; the next tick tries again."
            );
    }

    /// <summary>Tells the end of an approval, and notes it if the image was decided again.</summary>
    /// <returns>False if it is left to the next tick.</returns>
    private async Task<bool> TryEndAsync(
        ImageId image,
        ForcedApproval forced,
        bool isDecided,
        CancellationToken cancellation
    )
    {
        try
        {
            if (await images.FindAsync(image, cancellation).ConfigureAwait(false) is { } entry)
                await notices.BreakGlassAsync(entry.Record, forced, ended: true, cancellation).ConfigureAwait(false);
            if (isDecided)
                await forcedApprovals.EndAsync(image, forced, cancellation).ConfigureAwait(false);
            return isDecided;
        }
        catch (Exception failure)
        {
            log.Error(
                "The end of a forced approval could not be told and is left to the next tick.",
                failure,
                ("image", image.ToString())
            );
            return false;
        }
    }
}
