using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Actions;

/// <summary>A quarantine's next step with the facts that it was planned from.</summary>
public sealed record PlannedQuarantine(QuarantinePlan Plan, ImageFacts Image);

/// <summary>Makes the steps that take an image out of reach and put it back: intent in the ledger before each, its outcome after it, planned again in between.</summary>
public sealed class QuarantineWriter(IAmazonECR ecr, TagWriter tagWriter, Ledger.Ledger ledger, WriteRate rate)
{
    /// <summary>Makes one step.</summary>
    /// <param name="again">Reads and plans again; null where the image is gone.</param>
    /// <returns>Why ECR refused it; null where it was made, or something has changed and the whole is to be planned again.</returns>
    public async Task<string?> MakeAsync(LedgerEntry entry, QuarantinePlan plan, Func<Task<PlannedQuarantine?>> again, CancellationToken cancellation)
    {
        var image = entry.Record.Verdict.Image;
        await rate.WaitAsync(cancellation).ConfigureAwait(false);
        if (await ledger.IntendAsync(entry, plan.Next!, plan.Record!, cancellation).ConfigureAwait(false) is not { } id)
            return null;
        // Read after the intent and immediately before the write: whatever took time lies before it.
        var now = await again().ConfigureAwait(false);
        var refusal = now?.Plan.Next != plan.Next ? Superseded : await MakeAsync(now!.Image, plan.Next!, cancellation).ConfigureAwait(false);
        await ledger.OutcomeAsync(image, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal is Superseded or TagWriter.Unanswered ? null : refusal;
    }

    private const string Superseded = "superseded: the facts had changed when they were read again, and it was planned again";

    private Task<string?> MakeAsync(ImageFacts image, QuarantineStep step, CancellationToken cancellation) => step.Change switch
    {
        QuarantineChange.Archive => MoveAsync(image.Id, TargetStorageClass.ARCHIVE, cancellation),
        QuarantineChange.Restore => MoveAsync(image.Id, TargetStorageClass.STANDARD, cancellation),
        QuarantineChange.Withdraw => tagWriter.RemoveAsync(image, step.Tag!, cancellation),
        QuarantineChange.PutBack => tagWriter.AddAsync(image, step.Tag!, cancellation),
    };

    private async Task<string?> MoveAsync(ImageId image, TargetStorageClass target, CancellationToken cancellation)
    {
        try
        {
            await ecr.UpdateImageStorageClassAsync(new UpdateImageStorageClassRequest
            {
                RegistryId = image.Repository.Account,
                RepositoryName = image.Repository.Name,
                ImageId = new ImageIdentifier { ImageDigest = image.Digest.ToString() },
                TargetStorageClass = target,
            }, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (Exception refused) when (refused is ImageStorageClassUpdateNotSupportedException or ImageNotFoundException or RepositoryNotFoundException or InvalidParameterException or ValidationException)
        {
            return $"ECR did not move the image to the storage class {target}: {refused.Message}";
        }
    }
}
