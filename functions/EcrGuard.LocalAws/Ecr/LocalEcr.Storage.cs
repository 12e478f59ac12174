using System.Globalization;

namespace EcrGuard.LocalAws.Ecr;

/// <content>Storage classes and referrers.</content>
public sealed partial class LocalEcr
{
    private object UpdateImageStorageClass(UpdateImageStorageClassRequest request)
    {
        var repository = Find(request);
        CheckOneOf("targetStorageClass", request.TargetStorageClass, "STANDARD", "ARCHIVE");
        var image = Image(repository, request.ImageId);
        var before = image.Status;
        switch (request.TargetStorageClass, image.Status)
        {
            case ("ARCHIVE", "ACTIVE") when !Options.ChildrenCanBeArchived && repository.IsReferencedByActive(image):
                throw NotSupported("The image is referenced by a manifest list that is not archived.");
            case ("ARCHIVE", "ACTIVE"):
                Archive(repository, image, account.Now, announce: true);
                break;
            case ("ARCHIVE", "ACTIVATING"):
                throw NotSupported("The image is being restored.");
            case ("STANDARD", "ARCHIVED") when Options.RestoreTakes == TimeSpan.Zero:
                Activate(repository, image, account.Now);
                break;
            case ("STANDARD", "ARCHIVED"):
                image.Status = "ACTIVATING";
                image.Restore = Options.TimeProvider.CreateTimer(
                    _ => Locked(() => Activate(repository, image, account.Now)),
                    null,
                    Options.RestoreTakes,
                    Timeout.InfiniteTimeSpan
                );
                break;
        }

        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageId"] = request.ImageId,
            ["ImageStatus"] = Options.StorageClassAnswersNewStatus ? image.Status : before,
        };

        // The service model lists this error but does not say when it occurs.
        static LocalError NotSupported(string reason) =>
            new(
                400,
                "ImageStorageClassUpdateNotSupportedException",
                $"The requested image storage class update is not supported. {reason}"
            );
    }

    private EcrImage Archive(EcrRepository repository, EcrImage image, DateTimeOffset at, bool announce)
    {
        if (!image.IsArchived)
        {
            (image.Status, image.LastArchivedAt) = ("ARCHIVED", at);
            Inspector.OnArchived(repository.Name, image);
            if (announce)
            {
                EmitStorageClass(repository, image, "ARCHIVE");
            }
        }

        return image;
    }

    /// <summary>Ends a restore. Does nothing to an image that was pushed again or deleted during the restore.</summary>
    private EcrImage Activate(EcrRepository repository, EcrImage image, DateTimeOffset at)
    {
        image.Restore?.Dispose();
        image.Restore = null;
        if (!image.IsActive && repository.ByDigest(image.Digest) == image)
        {
            // A restored image behaves like a new push: its earlier findings are gone.
            (image.Status, image.LastActivatedAt, image.Scan) = ("ACTIVE", at, null);
            StartScanOfPushed(repository, image);
            EmitStorageClass(repository, image, "STANDARD");
        }

        return image;
    }

    private object ListImageReferrers(ListImageReferrersRequest request)
    {
        var repository = Find(request);
        if (!DigestText.IsMatch(request.SubjectId.ImageDigest))
        {
            throw Invalid("imageDigest", $"Member must satisfy regular expression pattern: {DigestText}");
        }

        var types = request.Filter?.ArtifactTypes ?? [];
        if (types.Count > 5)
        {
            throw Invalid("artifactTypes", "Member must have length less than or equal to 5");
        }

        CheckOneOf("artifactStatus", request.Filter?.ArtifactStatus, "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY");
        var status = request.Filter?.ArtifactStatus ?? "ACTIVE";
        var (page, next) = Page(
            $"ListImageReferrers {repository.Name}@{request.SubjectId.ImageDigest}",
            request.NextToken,
            request.MaxResults,
            after =>
                repository
                    .After(Position(after))
                    .Where(i =>
                        i.SubjectDigest == request.SubjectId.ImageDigest
                        && (status == "ANY" || i.Status == status)
                        && (types.Count == 0 || types.Contains(i.ArtifactMediaType))
                    ),
            i => i.Sequence.ToString(CultureInfo.InvariantCulture),
            usual: 20, // In the service model; 50 on the API's page.
            most: 50
        );
        return new Members
        {
            ["Referrers"] = page.Select(i => new Members
            {
                ["Digest"] = i.Digest,
                ["MediaType"] = i.MediaType,
                ["ArtifactType"] = i.ArtifactMediaType,
                ["Size"] = i.Manifest.LongLength,
                ["Annotations"] = ParsedManifest.Parse(i.Manifest).Annotations,
                ["ArtifactStatus"] = i.Status,
            }),
            ["NextToken"] = next,
        };
    }
}
