using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Deletes and archives images by digest. What may be removed is decided elsewhere, and is written down before anything
/// here is called.
/// </summary>
public sealed class ImageRemover(IAmazonECR ecr, WriteRates rates)
{
    /// <summary>BatchDeleteImage takes 1 to 100 image ids.</summary>
    public const int Batch = 100;

    /// <summary>
    /// Waits for as many turns to write as the images need. This comes before they are read for the last time, so that
    /// nothing waits between that read and the removal.
    /// </summary>
    public async Task WaitAsync(RemovalKind kind, int images, CancellationToken cancellation)
    {
        for (var turns = kind == RemovalKind.Delete ? Math.Min(1, images) : images; turns > 0; turns--)
            await rates.Others.WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes images and all their tags, an index before its children.</summary>
    /// <param name="digests">At most <see cref="Batch"/>.</param>
    /// <returns>For each image, why ECR did not delete it; null if it is gone.</returns>
    public async Task<IReadOnlyDictionary<Digest, string?>> DeleteAsync(
        RepositoryId repository,
        IReadOnlyCollection<Digest> digests,
        CancellationToken cancellation
    )
    {
        var answer = await ecr.BatchDeleteImageAsync(
                new BatchDeleteImageRequest
                {
                    RegistryId = repository.Account,
                    RepositoryName = repository.Name,
                    ImageIds = [.. digests.Select(digest => new ImageIdentifier { ImageDigest = digest.ToString() })],
                },
                cancellation
            )
            .ConfigureAwait(false);
        var failures = (answer.Failures ?? []).ToLookup(failure => failure.ImageId?.ImageDigest);
        var deleted = (answer.ImageIds ?? []).Select(id => id.ImageDigest).ToHashSet();
        return digests.ToDictionary(
            digest => digest,
            digest =>
                failures[digest.ToString()].FirstOrDefault() switch
                {
                    // It was there a moment ago. Either the call was repeated because its answer was lost, or somebody
                    // else was faster.
                    { FailureCode.Value: "ImageNotFound" } => null,
                    { } failure => $"ECR did not delete it: {ErrorText.OfReason(failure.FailureReason)} "
                        + $"({failure.FailureCode?.Value})",
                    null => deleted.Contains(digest.ToString()) ? null : "ECR does not say whether it was deleted.",
                }
        );
    }

    /// <summary>Moves an image to the archive storage class.</summary>
    /// <returns>Why ECR did not archive it; null if it is archived.</returns>
    public async Task<string?> ArchiveAsync(ImageId image, CancellationToken cancellation)
    {
        var (refusal, status) = await StorageClassWriter
            .MoveAsync(ecr, image, TargetStorageClass.ARCHIVE, cancellation)
            .ConfigureAwait(false);
        return refusal is null && status != ImageStatus.ARCHIVED
            ? $"ECR says that the image is {status?.Value ?? "of unknown status"}."
            : refusal;
    }
}
