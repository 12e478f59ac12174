using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Deciding;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>How many forced approvals had ended, and for how many of them all further steps are done.</summary>
public sealed record BreakGlassEnds(int Ended, int Done);

/// <summary>
/// Does what follows when a forced approval ends. Gates use the verdict again from that moment on. The rest is done by
/// the tick of a schedule: it decides the image again, with its tags and quarantine, and tells once that the approval
/// has ended. A tick with no ended approval costs one query.
/// </summary>
public sealed class EndBreakGlass(
    DecisionBatch decisions,
    Notices notices,
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
        // Gates already say no. But somebody must hear of it if the tags, the quarantine or the alert lag behind.
        return done == ended.Count
            ? new BreakGlassEnds(ended.Count, done)
            : throw new InvalidOperationException(
                $"Of {Phrase.Count(ended.Count, "forced approval")} that ended, {ended.Count - done} could not "
                    + "be brought to the end; the next tick tries again."
            );
    }

    /// <summary>Tells that an approval has ended, and notes this if the image was decided again.</summary>
    /// <returns>False if this is left to the next tick.</returns>
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
