using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>Moves one image to another storage class.</summary>
internal static class StorageClassWriter
{
    /// <returns>Why ECR refused, null if it did not; and the status that it answers. AWS does not document whether that
    ///     is the one before or after the change.</returns>
    public static async Task<(string? Refusal, ImageStatus? Status)> MoveAsync(
        IAmazonECR ecr,
        ImageId image,
        TargetStorageClass target,
        CancellationToken cancellation
    )
    {
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
            return (null, answer.ImageStatus);
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
            var what = target == TargetStorageClass.ARCHIVE ? "archive it" : "restore it from the archive";
            return ($"ECR did not {what}: {ErrorText.Of(refused)}", null);
        }
    }
}
