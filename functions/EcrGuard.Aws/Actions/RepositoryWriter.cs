using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>Writes to a repository what its baseline wants.</summary>
public sealed class RepositoryWriter(IAmazonECR ecr, Ledger.Ledger ledger, WriteRate rate)
{
    /// <summary>Puts a lifecycle policy on a repository.</summary>
    /// <returns>Why ECR refused it; null where it is in place.</returns>
    public async Task<string?> PutLifecyclePolicyAsync(RepositoryId repository, string policy, CancellationToken cancellation)
    {
        await rate.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await ledger.IntendAsync(repository, "PutLifecyclePolicy", policy, cancellation).ConfigureAwait(false);
        var refusal = await TryPutLifecyclePolicyAsync(repository, policy, cancellation).ConfigureAwait(false);
        await ledger.OutcomeAsync(repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal;
    }

    private async Task<string?> TryPutLifecyclePolicyAsync(RepositoryId repository, string policy, CancellationToken cancellation)
    {
        try
        {
            await ecr.PutLifecyclePolicyAsync(new PutLifecyclePolicyRequest { RegistryId = repository.Account, RepositoryName = repository.Name, LifecyclePolicyText = policy }, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (Exception refused) when (refused is InvalidParameterException or RepositoryNotFoundException)
        {
            return $"ECR refused the lifecycle policy: {refused.Message}";
        }
    }

    /// <summary>Starts a basic scan.</summary>
    /// <returns>Why none will run; null where one runs or ran today.</returns>
    public async Task<string?> StartScanAsync(ImageId image, CancellationToken cancellation)
    {
        await rate.WaitAsync(cancellation).ConfigureAwait(false);
        var id = await ledger.IntendAsync(image.Repository, "StartImageScan", image.Digest.ToString(), cancellation).ConfigureAwait(false);
        var refusal = await TryStartScanAsync(image, cancellation).ConfigureAwait(false);
        await ledger.OutcomeAsync(image.Repository, id, refusal ?? "done", cancellation).ConfigureAwait(false);
        return refusal;
    }

    private async Task<string?> TryStartScanAsync(ImageId image, CancellationToken cancellation)
    {
        try
        {
            await ecr.StartImageScanAsync(new StartImageScanRequest { RegistryId = image.Repository.Account, RepositoryName = image.Repository.Name, ImageId = new ImageIdentifier { ImageDigest = image.Digest.ToString() } }, cancellation).ConfigureAwait(false);
            return null;
        }
        catch (Amazon.ECR.Model.LimitExceededException)
        {
            // One scan an image a day: it was scanned today, and its result is on the way or there.
            return null;
        }
        catch (Exception refused) when (refused is UnsupportedImageTypeException or Amazon.ECR.Model.ImageNotFoundException or RepositoryNotFoundException or ImageArchivedException or Amazon.ECR.Model.ValidationException)
        {
            return refused.Message;
        }
    }
}
