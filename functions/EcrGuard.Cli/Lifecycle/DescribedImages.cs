using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>Reads what <c>aws ecr describe-images</c> prints: <c>{"imageDetails":[…]}</c>.</summary>
internal static class DescribedImages
{
    /// <exception cref="UnusableFileException">The file cannot be read or is not what describe-images
    ///     prints.</exception>
    public static IReadOnlyList<LifecycleImage> Read(FileInfo file) =>
        PrintedValue.Read(
            file,
            ["imageDetails"],
            root =>
            {
                if (!root.Has("imageDetails"))
                    throw root.Wrong(
                        "it has no \"imageDetails\"; it must be what 'aws ecr describe-images --output json' prints"
                    );
                if (root.PageToken() is { } token)
                    throw root.Wrong(
                        $"it has a \"{token}\", so that it is one page of several, and a count of half the "
                            + "images is wrong; print all pages, without --max-items and --no-paginate"
                    );
                var images = new List<LifecycleImage>();
                var seen = new HashSet<Digest>();
                var (repository, registry) = ((string?)null, (string?)null);
                foreach (var detail in root.List("imageDetails", "a list of images"))
                {
                    var image = ReadImage(detail);
                    if (detail.Text("repositoryName") is { } name && name != (repository ??= name))
                        throw detail.Wrong(
                            $"{detail.Path}.repositoryName is {name}, and another image is of {repository}; a "
                                + "lifecycle policy counts the images of one repository"
                        );
                    if (detail.Text("registryId") is { } account && account != (registry ??= account))
                        throw detail.Wrong(
                            $"{detail.Path}.registryId is {account}, and another image is of {registry}; a "
                                + "lifecycle policy counts the images of one repository"
                        );
                    if (!seen.Add(image.Digest))
                        throw detail.Wrong(
                            $"{detail.Path}.imageDigest is {image.Digest} for the second time; each image "
                                + "must be there once"
                        );
                    images.Add(image);
                }
                return images;
            }
        );

    private static LifecycleImage ReadImage(PrintedValue detail)
    {
        var subject = detail.Digest("subjectManifestDigest");
        return new LifecycleImage
        {
            Digest =
                detail.Digest("imageDigest")
                ?? throw detail.Wrong(
                    $"{detail.Path} has no imageDigest; it must be the digest of the image, 'sha256:' and 64 "
                        + "lower-case hexadecimal characters"
                ),
            Tags = [.. detail.List("imageTags", "a list of tags").Select(tag => tag.Text())],
            Kind = MediaTypes.KindOf(detail.Text("imageManifestMediaType")),
            // An AWS CLI from before archiving existed prints no status, and sees only active images.
            Storage = detail.Text("imageStatus") switch
            {
                null or "ACTIVE" => StorageStatus.Active,
                "ARCHIVED" => StorageStatus.Archived,
                "ACTIVATING" => StorageStatus.Activating,
                _ => throw detail.Member("imageStatus")!.MustBe("ACTIVE, ARCHIVED or ACTIVATING"),
            },
            PushedAt = detail.Time("imagePushedAt"),
            LastPulledAt = detail.Time("lastRecordedPullTime"),
            LastArchivedAt = detail.Time("lastArchivedAt"),
            LastActivatedAt = detail.Time("lastActivatedAt"),
            Subject = subject,
        };
    }
}
