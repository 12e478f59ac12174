using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>Moves one image to another storage class.</summary>
internal static class StorageClassWriter
{
    /// <returns>Why ECR did not do it; null if it did, or if it restores the image now.</returns>
    public static async Task<string?> MoveAsync(
        IAmazonECR ecr,
        ImageId image,
        TargetStorageClass target,
        CancellationToken cancellation
    )
    {
        var archives = target == TargetStorageClass.ARCHIVE;
        try
        {
            var answer = await ecr.UpdateImageStorageClassAsync(
                    new UpdateImageStorageClassRequest
                    {
                        RegistryId = image.Repository.Account,
                        RepositoryName = image.Repository.Name,
                        ImageId = new ImageIdentifier { ImageDigest = image.Digest.ToString() },
                        TargetStorageClass = target,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            // A restore takes up to about 20 minutes. Meanwhile the image is ACTIVATING.
            return (answer.ImageStatus == ImageStatus.ARCHIVED) == archives && answer.ImageStatus is not null
                ? null
                : $"ECR says that the image is {answer.ImageStatus?.Value ?? "of unknown status"}.";
        }
        catch (AmazonECRException refused)
            when (refused
                    is ImageStorageClassUpdateNotSupportedException
                        or ImageNotFoundException
                        or RepositoryNotFoundException
                        or InvalidParameterException
                        or ValidationException
                        or { ErrorCode: "UnknownOperationException" or "AccessDeniedException" }
            )
        {
            // ECR will answer the same tomorrow, for example in a region that has no archive. So this is recorded, not
            // retried.
            return archives
                ? $"ECR did not archive it: {ErrorText.Of(refused)}"
                : $"ECR did not restore it from the archive: {ErrorText.Of(refused)}";
        }
    }
}
