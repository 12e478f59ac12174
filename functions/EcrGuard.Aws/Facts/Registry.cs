using System.Text.Json;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Facts;

/// <summary>Reads facts from the registry: whole or not at all. What is not there is null; every other failure escapes, and the queue retries it.</summary>
public sealed class Registry(IAmazonECR ecr, Settings settings, TimeProvider time)
{
    /// <summary>A page as large as ECR gives (DescribeRepositories, DescribeImages: 1 to 1000).</summary>
    private const int Page = 1000;

    /// <summary>Manifests that are asked for at a time (BatchGetImage: 1 to 100).</summary>
    private const int ManifestBatch = 100;

    /// <summary>How long the registry's scan type is believed. Findings themselves tell when it changed.</summary>
    private static readonly TimeSpan ScanTypeAge = TimeSpan.FromMinutes(5);

    private (Scanner Scanner, DateTimeOffset ReadAt)? scanType;

    public RepositoryId Repository(string name) => new(settings.Account, settings.Region, name);

    /// <summary>Every repository of the registry, sorted by name.</summary>
    public async Task<IReadOnlyList<RepositoryId>> RepositoriesAsync(CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (var page in ecr.Paginators.DescribeRepositories(new DescribeRepositoriesRequest { RegistryId = settings.Account, MaxResults = Page }).Responses.WithCancellation(cancellation).ConfigureAwait(false))
            names.AddRange(page.Repositories?.Select(r => r.RepositoryName) ?? []);
        return [.. names.Order(StringComparer.Ordinal).Select(Repository)];
    }

    /// <summary>One image by its digest; null where the repository or the image is gone.</summary>
    public async Task<ImageFacts?> ImageAsync(ImageId image, CancellationToken cancellation) =>
        await ImageAsync(image.Repository, new ImageIdentifier { ImageDigest = image.Digest.ToString() }, cancellation).ConfigureAwait(false);

    /// <summary>One image by its tag, its digest, or both, which must then be the same image's; null where there is none.</summary>
    public async Task<ImageFacts?> ImageAsync(RepositoryId repository, string? tag, Digest? digest, CancellationToken cancellation)
    {
        var image = await ImageAsync(repository, digest is null ? new ImageIdentifier { ImageTag = tag } : new ImageIdentifier { ImageDigest = digest.ToString() }, cancellation).ConfigureAwait(false);
        return tag is null || image?.Tags.Contains(tag) == true ? image : null;
    }

    /// <summary>The image that a reference names; where there is none, what is there instead. One call more only where a tag and a digest do not belong together.</summary>
    public async Task<ReferencedImage> ImageAsync(ImageReference reference, CancellationToken cancellation)
    {
        var repository = Repository(reference.Repository);
        var image = await ImageAsync(repository, reference.Digest is null ? new ImageIdentifier { ImageTag = reference.Tag } : new ImageIdentifier { ImageDigest = reference.Digest.ToString() }, cancellation).ConfigureAwait(false);
        if (image is not null && (reference.Tag is null || image.Tags.Contains(reference.Tag)))
            return new ReferencedImage(image, false, "");
        var holder = reference.Tag is null || reference.Digest is null ? null : (await ImageAsync(repository, new ImageIdentifier { ImageTag = reference.Tag }, cancellation).ConfigureAwait(false))?.Id.Digest;
        var there = image is not null && reference.Digest is not null;
        // It was moved back between the two reads.
        if (there && holder == reference.Digest)
            return new ReferencedImage(image! with { Tags = [.. image.Tags, reference.Tag!] }, false, "");
        return new ReferencedImage(null, reference.HasMoved(there, holder), reference.Missing(there, holder, $"the registry {repository.Account} in {repository.Region}"));
    }

    /// <summary>Every image of a repository, archived ones too, a page at a time.</summary>
    public async IAsyncEnumerable<ImageFacts> ImagesAsync(RepositoryId repository, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new DescribeImagesRequest
        {
            RegistryId = repository.Account,
            RepositoryName = repository.Name,
            MaxResults = Page,
            Filter = new DescribeImagesFilter { TagStatus = TagStatus.ANY, ImageStatus = ImageStatusFilter.ANY },
        };
        do
        {
            var readAt = time.GetUtcNow();
            var page = await ecr.DescribeImagesAsync(request, cancellation).ConfigureAwait(false);
            foreach (var detail in page.ImageDetails ?? [])
                yield return Facts(repository, detail, readAt);
            request.NextToken = page.NextToken;
        }
        while (!string.IsNullOrEmpty(request.NextToken));
    }

    /// <summary>Every image of a repository with what its indexes refer to; null where the repository is gone.</summary>
    /// <param name="known">Gives the children of those of these indexes that the ledger knows, which never change: an index's digest covers them. Reading a manifest may count as a pull. Null: none are known.</param>
    public async Task<Contents?> ContentsAsync(RepositoryId repository, Func<IReadOnlyList<Digest>, CancellationToken, Task<IReadOnlyDictionary<Digest, IReadOnlyList<IndexChild>>>>? known, CancellationToken cancellation)
    {
        var readAt = time.GetUtcNow();
        var images = new List<ImageFacts>();
        try
        {
            await foreach (var image in ImagesAsync(repository, cancellation).ConfigureAwait(false))
                images.Add(image);
        }
        catch (RepositoryNotFoundException)
        {
            return null;
        }
        List<Digest> indexes = [.. images.Where(image => image.Kind == ImageKind.Index).Select(image => image.Id.Digest)];
        var children = known is null || indexes.Count == 0 ? [] : new Dictionary<Digest, IReadOnlyList<IndexChild>>(await known(indexes, cancellation).ConfigureAwait(false));
        var unread = indexes.Where(index => !children.ContainsKey(index));
        foreach (var chunk in unread.Chunk(ManifestBatch))
        {
            var answer = await OrNullAsync(() => ecr.BatchGetImageAsync(new BatchGetImageRequest
            {
                RegistryId = repository.Account,
                RepositoryName = repository.Name,
                ImageIds = [.. chunk.Select(digest => new ImageIdentifier { ImageDigest = digest.ToString() })],
                AcceptedMediaTypes = [.. MediaTypes.Accepted],
            }, cancellation)).ConfigureAwait(false);
            foreach (var found in answer?.Images ?? [])
            {
                try
                {
                    if (Digest.TryParse(found.ImageId?.ImageDigest, out var digest))
                        children[digest] = new Manifest(found.ImageManifest, found.ImageManifestMediaType).Children();
                }
                catch (JsonException)
                {
                    // It stays unknown, which protects whatever may be its child.
                }
            }
        }
        return new Contents { Repository = repository, ReadAt = readAt, Images = images, Children = children };
    }

    /// <summary>The manifest of an image, byte for byte as it was pushed; null where the image is gone or cannot be pulled.</summary>
    public async Task<Manifest?> ManifestAsync(ImageId image, CancellationToken cancellation)
    {
        var answer = await OrNullAsync(() => ecr.BatchGetImageAsync(new BatchGetImageRequest
        {
            RegistryId = image.Repository.Account,
            RepositoryName = image.Repository.Name,
            ImageIds = [new ImageIdentifier { ImageDigest = image.Digest.ToString() }],
            AcceptedMediaTypes = [.. MediaTypes.Accepted],
        }, cancellation)).ConfigureAwait(false);
        return answer?.Images is [{ ImageManifest: { } text } found, ..]
            ? new Manifest(text, found.ImageManifestMediaType)
            : null;
    }

    /// <summary>The lifecycle policy as text; null where the repository has none, or is gone.</summary>
    public async Task<string?> LifecyclePolicyAsync(RepositoryId repository, CancellationToken cancellation)
    {
        try
        {
            var answer = await OrNullAsync(() => ecr.GetLifecyclePolicyAsync(new GetLifecyclePolicyRequest { RegistryId = repository.Account, RepositoryName = repository.Name }, cancellation)).ConfigureAwait(false);
            return answer?.LifecyclePolicyText;
        }
        catch (LifecyclePolicyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>How the repository is set up; null where it is gone.</summary>
    public async Task<RepositorySettings?> RepositoryAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var answer = await OrNullAsync(() => ecr.DescribeRepositoriesAsync(new DescribeRepositoriesRequest { RegistryId = repository.Account, RepositoryNames = [repository.Name] }, cancellation)).ConfigureAwait(false);
        return answer?.Repositories is not [var found, ..] ? null : new RepositorySettings
        {
            Id = repository,
            CreatedAt = Utc(found.CreatedAt),
            Mutability = MutabilityValue.ModeOf(found.ImageTagMutability?.Value),
            MutabilityExclusions = [.. (found.ImageTagMutabilityExclusionFilters ?? []).Select(filter => filter.Filter)],
            ScanOnPush = found.ImageScanningConfiguration?.ScanOnPush,
        };
    }

    /// <summary>The resource tags of the repository, which are not those of its images; null where it is gone.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> ResourceTagsAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var answer = await OrNullAsync(() => ecr.ListTagsForResourceAsync(new ListTagsForResourceRequest { ResourceArn = repository.Arn }, cancellation)).ConfigureAwait(false);
        return answer is null ? null : (answer.Tags ?? []).ToDictionary(tag => tag.Key, tag => tag.Value);
    }

    /// <summary>
    /// What scans the repository: ECR's own answer about frequency, since its filters are ECR's to match. Which scanner that is stays unknown unless it says so itself.
    /// </summary>
    public async Task<ScanningFacts> ScanningAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var answer = await OrNullAsync(() => ecr.BatchGetRepositoryScanningConfigurationAsync(new BatchGetRepositoryScanningConfigurationRequest { RepositoryNames = [repository.Name] }, cancellation)).ConfigureAwait(false);
        return answer?.ScanningConfigurations is not [var found, ..] ? ScanningFacts.Unknown : found.ScanFrequency?.Value switch
        {
            "CONTINUOUS_SCAN" => new ScanningFacts(Scanner.Enhanced, OnPush: true, Continuous: true),
            "SCAN_ON_PUSH" => new ScanningFacts(Scanner.Unknown, OnPush: true, Continuous: false),
            // Basic scanning was once set on the repository alone, and still may be.
            _ when found.ScanOnPush == true => new ScanningFacts(Scanner.Unknown, OnPush: true, Continuous: false),
            _ => new ScanningFacts(Scanner.Unknown, OnPush: false, Continuous: false),
        };
    }

    /// <summary>Which scanner the registry uses.</summary>
    public async Task<Scanner> ScanTypeAsync(CancellationToken cancellation)
    {
        if (scanType is { } known && time.GetUtcNow() - known.ReadAt < ScanTypeAge)
            return known.Scanner;
        var readAt = time.GetUtcNow();
        var answer = await ecr.GetRegistryScanningConfigurationAsync(new GetRegistryScanningConfigurationRequest(), cancellation).ConfigureAwait(false);
        var scanner = answer.ScanningConfiguration?.ScanType?.Value switch
        {
            "BASIC" => Scanner.Basic,
            "ENHANCED" => Scanner.Enhanced,
            _ => Scanner.Unknown,
        };
        scanType = (scanner, readAt);
        return scanner;
    }

    private async Task<ImageFacts?> ImageAsync(RepositoryId repository, ImageIdentifier id, CancellationToken cancellation)
    {
        var readAt = time.GetUtcNow();
        var request = new DescribeImagesRequest { RegistryId = repository.Account, RepositoryName = repository.Name, ImageIds = [id] };
        var answer = await OrNullAsync(() => ecr.DescribeImagesAsync(request, cancellation)).ConfigureAwait(false);
        if (answer?.ImageDetails is not { Count: > 0 })
        {
            // ECR shows active images only unless asked, and does not say whether it takes a filter together with ids: an archived image must not look deleted, whichever it is.
            request.Filter = new DescribeImagesFilter { ImageStatus = ImageStatusFilter.ANY };
            try
            {
                answer = await OrNullAsync(() => ecr.DescribeImagesAsync(request, cancellation)).ConfigureAwait(false);
            }
            catch (InvalidParameterException)
            {
                await foreach (var listed in ImagesAsync(repository, cancellation).ConfigureAwait(false))
                {
                    if (listed.Id.Digest.ToString() == id.ImageDigest || (id.ImageTag is { } tag && listed.Tags.Contains(tag)))
                        return listed;
                }
                return null;
            }
        }
        return answer?.ImageDetails is [var detail, ..] ? Facts(repository, detail, readAt) : null;
    }

    private static ImageFacts Facts(RepositoryId repository, ImageDetail detail, DateTimeOffset readAt) => new()
    {
        Id = new ImageId(repository, Digest.Parse(detail.ImageDigest)),
        ReadAt = readAt,
        Tags = detail.ImageTags ?? [],
        Kind = MediaTypes.KindOf(detail.ImageManifestMediaType, detail.ArtifactMediaType, !string.IsNullOrEmpty(detail.SubjectManifestDigest)),
        ArtifactType = detail.ArtifactMediaType,
        Storage = detail.ImageStatus?.Value switch
        {
            // Older answers carry no status; archiving came with it.
            null or "ACTIVE" => StorageStatus.Active,
            "ARCHIVED" => StorageStatus.Archived,
            "ACTIVATING" => StorageStatus.Activating,
            _ => StorageStatus.Unknown,
        },
        PushedAt = Utc(detail.ImagePushedAt),
        LastPulledAt = Utc(detail.LastRecordedPullTime),
        LastArchivedAt = Utc(detail.LastArchivedAt),
        LastActivatedAt = Utc(detail.LastActivatedAt),
        SizeInBytes = detail.ImageSizeInBytes,
        Subject = Digest.TryParse(detail.SubjectManifestDigest, out var subject) ? subject : null,
    };

    internal static DateTimeOffset? Utc(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime()) : null;

    /// <summary>Null where what was asked for is gone: that is a fact, not a failure.</summary>
    private static async Task<T?> OrNullAsync<T>(Func<Task<T>> call) where T : class
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is RepositoryNotFoundException or ImageNotFoundException)
        {
            return null;
        }
    }
}

/// <summary>What a reference names.</summary>
/// <param name="Image">Null where there is none.</param>
/// <param name="TagMoved">Whether its tag and its digest are not one image's any more.</param>
/// <param name="WhyNot">A sentence where there is none.</param>
public sealed record ReferencedImage(ImageFacts? Image, bool TagMoved, string WhyNot);

/// <summary>A manifest as it was pushed.</summary>
/// <param name="Text">Byte for byte: written again in any other form it would be another image.</param>
/// <param name="MediaType">As ECR keeps it; a manifest need not say it itself.</param>
public sealed record Manifest(string Text, string MediaType)
{
    /// <summary>The children of an index, as it lists them; empty for any other manifest.</summary>
    /// <exception cref="JsonException">The manifest is not what its media type says.</exception>
    public IReadOnlyList<IndexChild> Children()
    {
        if (MediaTypes.KindOf(MediaType, null, hasSubject: false) != ImageKind.Index)
            return [];
        using var document = JsonDocument.Parse(Text);
        var children = new List<IndexChild>();
        // An index that speaks about another image is an artifact, whatever it lists.
        if (!document.RootElement.TryGetProperty("subject", out _) && document.RootElement.TryGetProperty("manifests", out var manifests) && manifests.ValueKind == JsonValueKind.Array)
        {
            foreach (var manifest in manifests.EnumerateArray())
            {
                if (!Digest.TryParse(Property(manifest, "digest"), out var digest))
                    throw new JsonException($"A child of the index has the digest '{Core.Images.Text.Clip(Property(manifest, "digest"), 80)}'.");
                var platform = manifest.TryGetProperty("platform", out var p) ? string.Join('/', new[] { Property(p, "os"), Property(p, "architecture"), Property(p, "variant") }.Where(part => part is { Length: > 0 })) : "";
                // BuildKit's attestations are children of the platform unknown/unknown and say so in an annotation. Both must hold: a runtime chooses by platform alone, so that the annotation alone would hide an image from its judge.
                // So would a media type that the index gives to its child: that it names an artifact is for the child's own facts to say.
                var attestation = platform == "unknown/unknown" && manifest.TryGetProperty("annotations", out var annotations) && Property(annotations, "vnd.docker.reference.type") == "attestation-manifest";
                var named = MediaTypes.KindOf(Property(manifest, "mediaType"), null, hasSubject: false);
                var kind = attestation ? ImageKind.Artifact : named == ImageKind.Artifact ? ImageKind.Unknown : named;
                children.Add(new IndexChild(digest, Core.Images.Text.Clip(platform.Length == 0 ? digest.Abbreviated : platform, 100), kind));
            }
        }
        return children;
    }

    private static string? Property(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
