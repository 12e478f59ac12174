using Amazon.ECR;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Actions;

/// <summary>The next step of a quarantine, with the facts that it was planned from.</summary>
public sealed record PlannedQuarantine(QuarantinePlan Plan, ImageFacts Image);

/// <summary>
/// Makes the steps that take an image out of reach and put it back. The intent is in the ledger before each step, and
/// the outcome after it. Each step is planned again in between.
/// </summary>
public sealed class QuarantineWriter(
    IAmazonECR ecr,
    QuarantineRecords quarantines,
    WriteRecords writes,
    WriteRates rates
)
{
    /// <summary>Makes one step.</summary>
    /// <param name="again">Reads and plans again; null if the image is gone.</param>
    /// <returns>
    /// Why ECR refused the step. Null if it was made, or if something has changed and everything must be planned again.
    /// </returns>
    public async Task<string?> MakeAsync(
        LedgerEntry entry,
        QuarantinePlan plan,
        Func<Task<PlannedQuarantine?>> again,
        CancellationToken cancellation
    )
    {
        var image = entry.Record.Verdict.Image;
        await rates.Others.WaitAsync(cancellation).ConfigureAwait(false);
        if (
            await quarantines.IntendAsync(entry, plan.Next!, plan.Record!, cancellation).ConfigureAwait(false)
            is not { } id
        )
            return null;
        // This read comes after the intent and immediately before the write, so that everything that takes time comes
        // earlier.
        var now = await again().ConfigureAwait(false);
        if (now?.Plan.Next != plan.Next)
        {
            await writes.OutcomeAsync(image, id, Superseded, cancellation).ConfigureAwait(false);
            return null;
        }
        var refusal = await MakeAsync(image, plan.Next!.Change, cancellation).ConfigureAwait(false);
        await writes.OutcomeAsync(image, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        if (refusal is not null && plan.Next.Change == QuarantineChange.Archive)
        {
            // Nothing is out of reach, so the ledger must not say that something is.
            var intended = entry with
            {
                Quarantine = plan.Record,
                QuarantineRevision = entry.QuarantineRevision + 1,
            };
            await quarantines
                .StoreAsync(intended, plan.Record! with { State = QuarantineState.Ended }, cancellation)
                .ConfigureAwait(false);
        }
        return refusal;
    }

    private const string Superseded =
        "superseded: the facts had changed when they were read again, and it was planned again";

    /// <summary>
    /// Any answer but a refusal counts as done. If the ledger did not know of an archived image, nobody would bring it
    /// back.
    /// </summary>
    private async Task<string?> MakeAsync(ImageId image, QuarantineChange change, CancellationToken cancellation)
    {
        var target = change switch
        {
            QuarantineChange.Archive => TargetStorageClass.ARCHIVE,
            QuarantineChange.Restore => TargetStorageClass.STANDARD,
        };
        var (refusal, _) = await StorageClassWriter.MoveAsync(ecr, image, target, cancellation).ConfigureAwait(false);
        return refusal;
    }
}
