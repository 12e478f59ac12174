namespace EcrGuard.LocalAws.Ecr;

/// <content>
/// The events of ECR, in the shapes of https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html and
/// of captured ones, which also have media types.
/// </content>
public sealed partial class LocalEcr
{
    private const string Source = "aws.ecr";

    private void EmitPush(EcrRepository repository, EcrImage image, string? tag)
    {
        var referrer = image.SubjectDigest is not null;
        if (!referrer || Options.ReferrerPush is ReferrerPushEvent.ImageAction or ReferrerPushEvent.Both)
        {
            account.Emit(Source, "ECR Image Action", null, Detail(repository, image, "PUSH", tag ?? ""));
        }

        if (referrer && Options.ReferrerPush is ReferrerPushEvent.ReferrerAction or ReferrerPushEvent.Both)
        {
            account.Emit(Source, "ECR Referrer Action", null, Detail(repository, image, "PUSH", tag ?? ""));
        }
    }

    private void EmitDelete(EcrRepository repository, EcrImage image, string? tag) =>
        account.Emit(Source, "ECR Image Action", null, Detail(repository, image, "DELETE", tag ?? ""));

    private void EmitStorageClass(EcrRepository repository, EcrImage image, string storageClass)
    {
        var detail = Detail(repository, image, "UPDATE_STORAGE_CLASS", null);
        detail["target-storage-class"] = storageClass;
        if (storageClass == "STANDARD")
        {
            detail["last-activated-at"] = image.LastActivatedAt!.Value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffZ");
        }

        account.Emit(Source, image.SubjectDigest is null ? "ECR Image Action" : "ECR Referrer Action", null, detail);
    }

    private void EmitScan(string repository, EcrImage image, BasicScan scan)
    {
        var detail = new Dictionary<string, object>
        {
            ["scan-status"] = scan.Status == "COMPLETE" ? "COMPLETE" : "FAILED",
            ["repository-name"] = repository,
            ["image-digest"] = image.Digest,
            ["image-tags"] = image.Tags.ToArray(),
        };
        if (scan.Status == "COMPLETE")
        {
            detail["finding-severity-counts"] = Counted(
                scan.Findings.SelectMany(f => f.Packages, (f, _) => f.Severity)
            );
        }

        account.Emit(Source, "ECR Image Scan", account.RepositoryArn(repository), detail);
    }

    private static Dictionary<string, object> Detail(
        EcrRepository repository,
        EcrImage image,
        string action,
        string? tag
    )
    {
        var detail = new Dictionary<string, object>
        {
            ["result"] = "SUCCESS",
            ["repository-name"] = repository.Name,
            ["image-digest"] = image.Digest,
            ["action-type"] = action,
            ["manifest-media-type"] = image.MediaType,
        };
        if (tag is not null)
        {
            detail["image-tag"] = tag;
        }

        if (image.ArtifactMediaType is { } artifact)
        {
            detail["artifact-media-type"] = artifact;
        }

        return detail;
    }
}
