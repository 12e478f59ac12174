using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace EcrGuard.LocalAws.Ecr;

/// <content>Images: reading, pushing, tagging, deleting.</content>
public sealed partial class LocalEcr
{
    private const int MaxTagsPerImage = 1_000;

    [GeneratedRegex("^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,299}$")]
    private static partial Regex TagText { get; }

    [GeneratedRegex("^sha256:[0-9a-f]{64}$")]
    private static partial Regex DigestText { get; }

    private static EcrImage? Lookup(EcrRepository repository, ImageIdentifier id) =>
        id switch
        {
            { ImageDigest: { } digest, ImageTag: { } tag } => repository.ByTag(tag) is { } image
            && image.Digest == digest
                ? image
                : null,
            { ImageDigest: { } digest } => repository.ByDigest(digest),
            { ImageTag: { } tag } => repository.ByTag(tag),
            _ => throw new LocalError(
                400,
                "InvalidParameterException",
                "Invalid request parameters: both tag and digest cannot be null"
            ),
        };

    private static void CheckPaging(IReadOnlyList<ImageIdentifier>? imageIds, string? nextToken, int? maxResults)
    {
        CheckCount("imageIds", imageIds, 100);
        if (imageIds is not null && (nextToken is not null || maxResults is not null))
        {
            throw new LocalError(
                400,
                "InvalidParameterException",
                "maxResults and nextToken cannot be used with imageIds."
            );
        }
    }

    private static Func<EcrImage, bool> Matching(ImageFilter? filter, string defaultStatus)
    {
        CheckOneOf("tagStatus", filter?.TagStatus, "TAGGED", "UNTAGGED", "ANY");
        CheckOneOf("imageStatus", filter?.ImageStatus, "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY");
        var status = filter?.ImageStatus ?? defaultStatus;
        var tags = filter?.TagStatus ?? "ANY";
        return image =>
            (status == "ANY" || image.Status == status)
            && (tags == "ANY" || (tags == "TAGGED") == (image.Tags.Count > 0));
    }

    private static Members Failure(ImageIdentifier id, string code, string reason) =>
        new Members
        {
            ["ImageId"] = id,
            ["FailureCode"] = code,
            ["FailureReason"] = reason,
        };

    private static Members? FailureToRead(EcrRepository repository, ImageIdentifier id) =>
        id switch
        {
            { ImageDigest: null, ImageTag: null } => Failure(
                id,
                "MissingDigestAndTag",
                "Invalid request parameters: both tag and digest cannot be null"
            ),
            { ImageDigest: { } digest } when !DigestText.IsMatch(digest) => Failure(
                id,
                "InvalidImageDigest",
                $"Invalid request parameters: image digest should satisfy the regex '{DigestText}'"
            ),
            { ImageDigest: { } digest, ImageTag: { } tag }
                when repository.ByTag(tag) is { } image && image.Digest != digest => Failure(
                id,
                "ImageTagDoesNotMatchDigest",
                $"Tag {tag} does not match digest {digest}"
            ),
            _ => Lookup(repository, id) is null ? Failure(id, "ImageNotFound", "Requested image not found") : null,
        };

    private LocalError ImageNotFound(string repository, ImageIdentifier id) =>
        new(
            400,
            "ImageNotFoundException",
            $"The image with imageId {{imageDigest:'{id.ImageDigest ?? "null"}', "
                + $"imageTag:'{id.ImageTag ?? "null"}'}} does not exist within the repository with name "
                + $"'{repository}' in the registry with id '{Options.AccountId}'"
        );

    private EcrImage Image(EcrRepository repository, ImageIdentifier id) =>
        Lookup(repository, id) ?? throw ImageNotFound(repository.Name, id);

    private object DescribeImages(DescribeImagesRequest request)
    {
        var repository = Find(request);
        CheckPaging(request.ImageIds, request.NextToken, request.MaxResults);
        if (request.ImageIds is null)
        {
            listings++;
        }

        if (request.ImageIds is { } ids)
        {
            var matches = Matching(request.Filter, Options.ArchivedImagesAreFoundById ? "ANY" : "ACTIVE");
            return new Members
            {
                ["ImageDetails"] = ids.Select(Described).Distinct().Select(i => Shown(repository, i)).ToList(),
            };

            EcrImage Described(ImageIdentifier id) =>
                Image(repository, id) is var image && matches(image) ? image : throw ImageNotFound(repository.Name, id);
        }

        var listed = Matching(request.Filter, "ACTIVE");
        var (page, next) = Page(
            $"DescribeImages {repository.Name}",
            request.NextToken,
            request.MaxResults,
            after => repository.After(Position(after)).Where(listed),
            i => i.Sequence.ToString(CultureInfo.InvariantCulture)
        );
        return new Members { ["ImageDetails"] = page.Select(i => Shown(repository, i)), ["NextToken"] = next };
    }

    private static long Position(string text) => text.Length == 0 ? 0 : long.Parse(text, CultureInfo.InvariantCulture);

    // The scan status is left out, and the findings summary unless it is asked for, as in AWS since the newer basic
    // scanning. DescribeImageScanFindings has them.
    // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
    private Members Shown(EcrRepository repository, EcrImage image) =>
        new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageDigest"] = image.Digest,
            ["ImageTags"] = image.Tags.Count == 0 ? null : image.Tags,
            ["ImageSizeInBytes"] = image.Bytes,
            ["ImagePushedAt"] = JsonWire.Epoch(image.PushedAt),
            ["ImageManifestMediaType"] = image.MediaType,
            ["ArtifactMediaType"] = image.ArtifactMediaType,
            ["LastRecordedPullTime"] = JsonWire.Epoch(image.LastPulledAt),
            ["SubjectManifestDigest"] = image.SubjectDigest,
            ["ImageStatus"] = image.Status,
            ["LastArchivedAt"] = JsonWire.Epoch(image.LastArchivedAt),
            ["LastActivatedAt"] = JsonWire.Epoch(image.LastActivatedAt),
            ["ImageScanFindingsSummary"] =
                Options.SummarizesScans && image.Scan is { Status: "COMPLETE" } scan
                    ? new Members
                    {
                        ["ImageScanCompletedAt"] = JsonWire.Epoch(scan.CompletedAt),
                        ["VulnerabilitySourceUpdatedAt"] = JsonWire.Epoch(scan.CompletedAt),
                        ["FindingSeverityCounts"] = Counted(
                            scan.Findings.SelectMany(f => f.Packages.Select(_ => f.Severity))
                        ),
                    }
                    : null,
        };

    /// <summary>One row per tag; an untagged image has one row without a tag.</summary>
    private object ListImages(ListImagesRequest request)
    {
        var repository = Find(request);
        var listed = Matching(request.Filter, "ACTIVE");
        var (page, next) = Page(
            $"ListImages {repository.Name}",
            request.NextToken,
            request.MaxResults,
            After,
            r => $"{r.Image.Sequence}/{r.Tag}"
        );
        return new Members
        {
            ["ImageIds"] = page.Select(r => new ImageIdentifier { ImageDigest = r.Image.Digest, ImageTag = r.Tag }),
            ["NextToken"] = next,
        };

        IEnumerable<(EcrImage Image, string? Tag)> After(string position)
        {
            var (sequence, tag) = position.Split('/') is [var s, var t] ? (Position(s), t) : (0, "");
            return repository
                .After(sequence - 1)
                .Where(listed)
                .SelectMany(Rows)
                .SkipWhile(r => r.Image.Sequence == sequence && string.CompareOrdinal(r.Tag, tag) <= 0);
        }

        static IEnumerable<(EcrImage Image, string? Tag)> Rows(EcrImage image) =>
            image.Tags.Count == 0
                ? [(image, null)]
                : image.Tags.Order(StringComparer.Ordinal).Select(t => (image, (string?)t));
    }

    private object BatchGetImage(BatchGetImageRequest request)
    {
        var repository = Find(request);
        CheckCount("imageIds", request.ImageIds, 100);
        CheckCount("acceptedMediaTypes", request.AcceptedMediaTypes, 100);
        var images = new List<object>();
        var failures = new List<object>();
        foreach (var id in request.ImageIds)
        {
            if (FailureToRead(repository, id) is { } failure)
            {
                failures.Add(failure);
                continue;
            }

            var image = Lookup(repository, id)!;
            if (!image.IsActive)
            {
                failures.Add(
                    Options.ArchivedImagePull == ArchivedImagePull.ImageNotFound
                        ? Failure(id, "ImageNotFound", "Requested image not found")
                        : Failure(id, "ImageInaccessible", "Requested image is archived")
                );
                continue;
            }

            if (Options.BatchGetImageRecordsPull)
            {
                image.LastPulledAt = account.Now;
            }

            var (manifest, mediaType) = AsAccepted(image, request.AcceptedMediaTypes ?? []);
            images.Add(
                new Members
                {
                    ["RegistryId"] = Options.AccountId,
                    ["RepositoryName"] = repository.Name,
                    ["ImageId"] = new ImageIdentifier { ImageDigest = image.Digest, ImageTag = id.ImageTag },
                    ["ImageManifest"] = manifest,
                    ["ImageManifestMediaType"] = mediaType,
                }
            );
        }

        return new Members { ["Images"] = images, ["Failures"] = failures };
    }

    /// <summary>
    /// A media type that the caller does not accept is converted to Docker's. The converted bytes have another digest,
    /// so a caller that puts them back makes another image.
    /// </summary>
    private static (string Manifest, string MediaType) AsAccepted(EcrImage image, IReadOnlyList<string> accepted)
    {
        var manifest = Encoding.UTF8.GetString(image.Manifest);
        return
            accepted.Contains(image.MediaType) || image.MediaType is MediaTypes.DockerManifest or MediaTypes.DockerList
            ? (manifest, image.MediaType)
            : (
                manifest
                    .Replace(MediaTypes.OciManifest, MediaTypes.DockerManifest, StringComparison.Ordinal)
                    .Replace(MediaTypes.OciIndex, MediaTypes.DockerList, StringComparison.Ordinal)
                    .Replace(MediaTypes.OciConfig, MediaTypes.DockerConfig, StringComparison.Ordinal)
                    .Replace(MediaTypes.OciLayer, MediaTypes.DockerLayer, StringComparison.Ordinal),
                MediaTypes.IsIndex(image.MediaType) ? MediaTypes.DockerList : MediaTypes.DockerManifest
            );
    }

    private object PutImage(PutImageRequest request)
    {
        var repository = Find(request);
        if (request.ImageTag is { } wrong && !TagText.IsMatch(wrong))
        {
            throw Invalid("imageTag", $"Member must satisfy regular expression pattern: {TagText}");
        }

        var bytes = Encoding.UTF8.GetBytes(request.ImageManifest);
        var parsed = ParsedManifest.Parse(bytes);
        var mediaType =
            parsed.MediaType
            ?? request.ImageManifestMediaType
            ?? throw new LocalError(
                400,
                "InvalidParameterException",
                "The image manifest has no mediaType: imageManifestMediaType must be specified."
            );
        if (request.ImageManifestMediaType is { } stated && stated != mediaType)
        {
            throw new LocalError(
                400,
                "InvalidParameterException",
                $"The media type '{stated}' does not match the manifest's '{mediaType}'."
            );
        }

        if (
            Options.RefusesUnknownConfigs
            && MediaTypes.IsImage(mediaType)
            && !MediaTypes.IsKnownConfig(parsed.ArtifactMediaType)
        )
        {
            throw new LocalError(
                405,
                "UnsupportedManifestException",
                $"Manifests with the config media type '{parsed.ArtifactMediaType}' are not supported."
            );
        }

        if (!MediaTypes.IsImage(mediaType) && !MediaTypes.IsIndex(mediaType))
        {
            throw new LocalError(400, "InvalidParameterException", $"Unsupported manifest media type '{mediaType}'");
        }

        var digest = Manifest.DigestOf(bytes);
        if (request.ImageDigest is { } expected && expected != digest)
        {
            throw new LocalError(
                400,
                "ImageDigestDoesNotMatchException",
                $"The specified image digest '{expected}' does not match the digest that Amazon ECR "
                    + $"calculated for the image '{digest}'."
            );
        }

        if (
            repository.ByDigest(digest) is null
            && repository.MissingBlobs(parsed.Blobs).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } missing
        )
        {
            throw new LocalError(
                400,
                "LayersNotFoundException",
                $"Layers with digests '{string.Join(", ", missing)}' required for pushing image into "
                    + $"repository with name '{repository.Name}' in the registry with id '{Options.AccountId}' do "
                    + "not exist"
            );
        }

        Store(repository, bytes, mediaType, parsed, digest, request.ImageTag, account.Now, announce: true);
        return new Members
        {
            ["Image"] = new Members
            {
                ["RegistryId"] = Options.AccountId,
                ["RepositoryName"] = repository.Name,
                ["ImageId"] = new ImageIdentifier { ImageDigest = digest, ImageTag = request.ImageTag },
                ["ImageManifest"] = request.ImageManifest,
                ["ImageManifestMediaType"] = mediaType,
            },
        };
    }

    private EcrImage Store(
        EcrRepository repository,
        byte[] bytes,
        string mediaType,
        ParsedManifest parsed,
        string digest,
        string? tag,
        DateTimeOffset pushedAt,
        bool announce
    )
    {
        var missing = parsed.Children.Where(c => repository.ByDigest(c) is null).ToList();
        if (missing.Count > 0)
        {
            throw new LocalError(
                400,
                "ReferencedImagesNotFoundException",
                $"Images with digests '{string.Join(", ", missing)}' required for pushing image into "
                    + $"repository with name '{repository.Name}' in the registry with id '{Options.AccountId}' do "
                    + "not exist"
            );
        }

        var image = repository.ByDigest(digest);
        var restored = image is { IsActive: false };
        if (image is not null && !restored && (tag is null || image.Tags.Contains(tag)))
        {
            throw tag is not null
            && repository.Mutability.IsImmutable(tag)
            && Options.SameTagOnImmutable == SameTagAnswer.ImageTagAlreadyExists
                ? TagIsImmutable(repository, tag)
                : new LocalError(
                    400,
                    "ImageAlreadyExistsException",
                    $"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name "
                        + $"'{repository.Name}' in registry with id '{Options.AccountId}'"
                );
        }

        if (
            tag is not null
            && repository.ByTag(tag) is { } holder
            && holder != image
            && repository.Mutability.IsImmutable(tag)
        )
        {
            throw TagIsImmutable(repository, tag);
        }

        var addsTag = tag is not null && image?.Tags.Contains(tag) != true;
        if (addsTag && image?.Tags.Count >= MaxTagsPerImage)
        {
            throw new LocalError(
                400,
                "LimitExceededException",
                $"The image with digest '{digest}' has reached the limit of {MaxTagsPerImage} tags per image."
            );
        }

        var isNew = image is null;
        image ??= repository.Add(digest, bytes, mediaType, parsed, pushedAt);
        if (addsTag)
        {
            repository.Tag(image, tag!);
        }

        if (restored)
        {
            // "When you push an image that is currently archived, that image will be immediately restored": no waiting.
            Activate(repository, image, account.Now);
        }
        else if (isNew)
        {
            StartScanOfPushed(repository, image);
        }

        if (announce)
        {
            EmitPush(repository, image, tag);
        }

        return image;
    }

    private static LocalError TagIsImmutable(EcrRepository repository, string tag) =>
        new(
            400,
            "ImageTagAlreadyExistsException",
            $"The image tag '{tag}' already exists in the '{repository.Name}' repository and cannot be "
                + "overwritten because the repository is immutable."
        );

    private object BatchDeleteImage(BatchDeleteImageRequest request)
    {
        var repository = Find(request);
        CheckCount("imageIds", request.ImageIds, 100);
        var outcomes = request.ImageIds.Select(id => DeleteOne(repository, id)).ToList();
        return new Members
        {
            ["ImageIds"] = outcomes.SelectMany(o => o.Deleted),
            ["Failures"] = outcomes.Select(o => o.Failure).OfType<object>(),
        };
    }

    /// <summary>
    /// By tag: removes the tag, and deletes the image with its last tag. By digest: deletes the image and its tags.
    /// </summary>
    private (IReadOnlyList<ImageIdentifier> Deleted, object? Failure) DeleteOne(
        EcrRepository repository,
        ImageIdentifier id,
        bool announce = true
    )
    {
        if (FailureToRead(repository, id) is { } failure)
        {
            return ([], failure);
        }

        var image = Lookup(repository, id)!;
        var wholeImage = id.ImageTag is null || image.Tags.Count == 1;
        if (wholeImage && repository.IsReferenced(image))
        {
            return (
                [],
                Failure(
                    id,
                    "ImageReferencedByManifestList",
                    $"Requested image referenced by manifest list: [{image.Digest}]"
                )
            );
        }

        IReadOnlyList<string?> gone =
            id.ImageTag is { } only ? [only]
            : image.Tags.Count == 0 ? [null]
            : [.. image.Tags];
        if (id.ImageTag is { } tag)
        {
            repository.Untag(image, tag);
        }
        else
        {
            repository.Remove(image);
        }

        if (wholeImage)
        {
            Inspector.Forget(repository.Name, image.Digest);
        }

        if (announce)
        {
            EmitDelete(repository, image, id.ImageTag);
        }

        return ([.. gone.Select(t => new ImageIdentifier { ImageDigest = image.Digest, ImageTag = t })], null);
    }
}
