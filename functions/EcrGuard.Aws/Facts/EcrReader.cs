using System.Text.Json;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads facts from the registry, completely or not at all. What does not exist is null. Every other failure is thrown,
/// and the queue retries it.
/// </summary>
public sealed class EcrReader(IAmazonECR ecr, Settings settings, TimeProvider time) : IDisposable
{
    /// <summary>The largest page that ECR gives (DescribeRepositories, DescribeImages: 1 to 1000).</summary>
    private const int Page = 1000;

    /// <summary>
    /// How many manifests are asked for at once. BatchGetImage takes 100, but one manifest may have 4 MiB, and 100 of
    /// those are more than a function's memory.
    /// </summary>
    public const int ManifestBatch = 10;

    /// <summary>How long the registry's own settings are believed after they were read.</summary>
    private static readonly TimeSpan RegistryAge = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();

    /// <summary>
    /// Whoever reads manifests takes a place for each, so that all manifests that are read at once fit in memory.
    /// </summary>
    private readonly SemaphoreSlim places = new(ManifestBatch, ManifestBatch);

    /// <summary>
    /// Only one reader at a time takes its places, so that no two readers wait for places that the other one holds.
    /// </summary>
    private readonly SemaphoreSlim turn = new(1, 1);

    private (Task<Scanner> Read, DateTimeOffset At)? scanType;
    private (ReplicationFacts Facts, DateTimeOffset ReadAt)? replication;

    public void Dispose()
    {
        places.Dispose();
        turn.Dispose();
    }

    public RepositoryId Repository(string name) => new(settings.Account, settings.Region, name);

    /// <summary>Every repository of the registry, sorted by name.</summary>
    public async Task<IReadOnlyList<RepositoryId>> RepositoriesAsync(CancellationToken cancellation)
    {
        var names = new List<string>();
        await foreach (
            var page in ecr
                .Paginators.DescribeRepositories(
                    new DescribeRepositoriesRequest { RegistryId = settings.Account, MaxResults = Page }
                )
                .Responses.WithCancellation(cancellation)
                .ConfigureAwait(false)
        )
            names.AddRange(page.Repositories?.Select(r => r.RepositoryName) ?? []);
        return [.. names.Order(StringComparer.Ordinal).Select(Repository)];
    }

    /// <summary>One image by its digest; null if the repository or the image is gone.</summary>
    public async Task<ImageFacts?> ImageAsync(ImageId image, CancellationToken cancellation) =>
        await ImageAsync(image.Repository, new ImageIdentifier { ImageDigest = image.Digest.ToString() }, cancellation)
            .ConfigureAwait(false);

    /// <summary>One image that was just pushed, by its digest; null if the repository or the image is gone.</summary>
    /// <param name="tags">The tags under which it was pushed. They say what it is, and may have moved to another image
    ///     since.</param>
    /// <param name="records">Remembers what was read of manifests before.</param>
    public async Task<ImageFacts?> PushedAsync(
        ImageId image,
        IReadOnlyCollection<string> tags,
        ManifestRecords records,
        CancellationToken cancellation
    )
    {
        if (await ListedAsync(image, cancellation).ConfigureAwait(false) is not { } listed)
            return null;
        var named = listed with { Tags = [.. listed.Tags.Union(tags)] };
        return await ByContentAsync(named, records, cancellation).ConfigureAwait(false) with { Tags = listed.Tags };
    }

    /// <summary>
    /// One image by its tag, its digest, or both; null if there is none. If both are given, they must belong to the
    /// same image.
    /// </summary>
    public async Task<ImageFacts?> ImageAsync(
        RepositoryId repository,
        string? tag,
        Digest? digest,
        CancellationToken cancellation
    )
    {
        var image = await ImageAsync(
                repository,
                digest is null
                    ? new ImageIdentifier { ImageTag = tag }
                    : new ImageIdentifier { ImageDigest = digest.ToString() },
                cancellation
            )
            .ConfigureAwait(false);
        return tag is null || image?.Tags.Contains(tag) == true ? image : null;
    }

    /// <summary>
    /// The image that a tag names, in one call, for looking up what an event names. Archived images are left out, since
    /// they cannot be pulled, and the repository is never listed for this.
    /// </summary>
    public async Task<Digest?> PullableAsync(RepositoryId repository, string tag, CancellationToken cancellation)
    {
        var request = new DescribeImagesRequest
        {
            RegistryId = repository.Account,
            RepositoryName = repository.Name,
            ImageIds = [new ImageIdentifier { ImageTag = tag }],
        };
        var answer = await OrNullAsync(() => ecr.DescribeImagesAsync(request, cancellation)).ConfigureAwait(false);
        return answer?.ImageDetails is [var detail, ..] && Digest.TryParse(detail.ImageDigest, out var digest)
            ? digest
            : null;
    }

    /// <summary>
    /// The image that a reference names. If there is none, the result says what is there instead. One more call is
    /// needed only if a tag and a digest do not belong together.
    /// </summary>
    public async Task<ReferencedImage> ImageAsync(ImageReference reference, CancellationToken cancellation)
    {
        var repository = Repository(reference.Repository);
        var image = await ImageAsync(
                repository,
                reference.Digest is null
                    ? new ImageIdentifier { ImageTag = reference.Tag }
                    : new ImageIdentifier { ImageDigest = reference.Digest.ToString() },
                cancellation
            )
            .ConfigureAwait(false);
        if (image is not null && (reference.Tag is null || image.Tags.Contains(reference.Tag)))
            return new ReferencedImage(image, false, "");
        var holder =
            reference.Tag is null || reference.Digest is null
                ? null
                : (
                    await ImageAsync(repository, new ImageIdentifier { ImageTag = reference.Tag }, cancellation)
                        .ConfigureAwait(false)
                )
                    ?.Id
                    .Digest;
        var there = image is not null && reference.Digest is not null;
        // The tag was moved back between the two reads.
        if (there && holder == reference.Digest)
            return new ReferencedImage(image! with { Tags = [.. image.Tags, reference.Tag!] }, false, "");
        return new ReferencedImage(
            null,
            reference.HasMoved(there, holder),
            reference.Missing(there, holder, $"the registry {repository.Account} in {repository.Region}")
        );
    }

    /// <summary>Every image of a repository, including archived ones, a page at a time.</summary>
    public async IAsyncEnumerable<ImageFacts> ImagesAsync(
        RepositoryId repository,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var page in PagesAsync(repository, cancellation).ConfigureAwait(false))
        {
            foreach (
                var image in await ByContentAsync(page, new Manifests(repository), everyIndex: false, cancellation)
                    .ConfigureAwait(false)
            )
                yield return image;
        }
    }

    /// <summary>Every image of a repository, with what its indexes refer to; null if the repository is gone.</summary>
    /// <param name="records">Remembers manifests, which never change: reading one may count as a pull. Null if none is
    ///     known.</param>
    /// <param name="known">What was read of manifests before, if the caller reads a repository again. The ledger is
    ///     then not asked.</param>
    /// <param name="notes">Reads the ledger's notes of manifests together with anything else that the caller wants from
    ///     it. If null, the notes are read alone.</param>
    public async Task<RepositoryContents?> ContentsAsync(
        RepositoryId repository,
        ManifestRecords? records,
        CancellationToken cancellation,
        KnownManifests? known = null,
        Func<Task<IReadOnlyDictionary<Digest, ManifestNote>>>? notes = null
    )
    {
        var readAt = time.GetUtcNow();
        var listed = new List<ImageFacts>();
        try
        {
            await foreach (var page in PagesAsync(repository, cancellation).ConfigureAwait(false))
                listed.AddRange(page);
        }
        catch (RepositoryNotFoundException)
        {
            return null;
        }
        // An image that is pushed again while the pages are read may be listed twice. The last entry is its current
        // state.
        listed = [.. listed.GroupBy(image => image.Id.Digest, (_, same) => same.Last())];
        var leftBehind = await RemovalManifestsAsync(repository, listed, cancellation).ConfigureAwait(false);
        listed.RemoveAll(leftBehind.Contains);
        if (known is null && records is not null)
            known = await records
                .ManifestsAsync(
                    repository,
                    [.. listed.Where(image => image.Kind == ImageKind.Index).Select(image => image.Id.Digest)],
                    cancellation,
                    notes is null ? null : await notes().ConfigureAwait(false)
                )
                .ConfigureAwait(false);
        var manifests = new Manifests(repository, known);
        var images = await ByContentAsync(listed, manifests, everyIndex: true, cancellation).ConfigureAwait(false);
        return new RepositoryContents
        {
            Repository = repository,
            ReadAt = readAt,
            Images = images,
            RemovalManifests = leftBehind,
            Children = manifests.Children,
            Notes = manifests.Notes,
            NewNotes = manifests.News,
        };
    }

    /// <summary>What is known of the manifests of a repository while its images are read.</summary>
    private sealed class Manifests
    {
        private readonly RepositoryId repository;
        private readonly ManifestRecords? records;
        private readonly Dictionary<Digest, ManifestNote> remembered;

        /// <param name="known">All that is known; null for nothing.</param>
        /// <param name="records">Asked for what is not in <paramref name="known"/>; null for none.</param>
        public Manifests(RepositoryId repository, KnownManifests? known = null, ManifestRecords? records = null)
        {
            this.repository = repository;
            this.records = records;
            remembered = new Dictionary<Digest, ManifestNote>((known ?? KnownManifests.None).Notes);
            Children = new Dictionary<Digest, IReadOnlyList<IndexChild>>((known ?? KnownManifests.None).Children);
            // Nobody judges an index that is an artifact, so its children are in no record.
            foreach (var (digest, note) in remembered.Where(note => note.Value.Children.Count > 0))
                Children.TryAdd(
                    digest,
                    [.. note.Children.Select(child => new IndexChild(child, child.Abbreviated, ImageKind.Artifact))]
                );
        }

        public Dictionary<Digest, IReadOnlyList<IndexChild>> Children { get; }

        public Dictionary<Digest, ManifestNote> News { get; } = [];

        public IReadOnlyDictionary<Digest, ManifestNote> Notes =>
            News.Count == 0 ? remembered : new Dictionary<Digest, ManifestNote>(remembered.Concat(News));

        /// <summary>
        /// The children of indexes that are too wide to be judged. Each is kept once, however many indexes list it.
        /// </summary>
        private readonly Dictionary<(Digest, ImageKind), IndexChild> shared = [];

        public ManifestNote? NoteOf(Digest digest) =>
            News.GetValueOrDefault(digest) ?? remembered.GetValueOrDefault(digest);

        public bool HoldsNoFiles(Digest digest) => NoteOf(digest) is { HoldsFiles: false };

        /// <summary>Reads manifests. One that cannot be read stays unknown, and unknown protects.</summary>
        public async Task ReadAsync(EcrReader registry, IEnumerable<Digest> digests, CancellationToken cancellation)
        {
            List<Digest> unread = [.. digests.Distinct()];
            if (records is not null && unread.Count > 0)
            {
                foreach (
                    var (digest, note) in await records
                        .NotesAsync(repository, unread, cancellation)
                        .ConfigureAwait(false)
                )
                    remembered[digest] = note;
                // Only the manifest of an index says in full what the index lists.
                unread.RemoveAll(digest => NoteOf(digest) is { Children.Count: 0 });
            }
            foreach (var chunk in unread.Chunk(ManifestBatch))
            {
                foreach (
                    var (digest, manifest) in await registry
                        .ManifestsAsync(repository, [.. chunk], cancellation)
                        .ConfigureAwait(false)
                )
                {
                    try
                    {
                        if (manifest.Kind == ImageKind.Index)
                            Children[digest] = manifest.Children(shared);
                        else
                            News[digest] = new ManifestNote(!manifest.HoldsNoFiles(), []);
                    }
                    catch (JsonException)
                    {
                        // It stays unknown, which protects anything that may be its child.
                    }
                }
            }
        }
    }

    /// <summary>
    /// Images, with what their content shows. A manifest is read only if the listing from ECR does not show whether it
    /// is an image, and, for indexes, if their children are wanted. The manifests of all images are never read.
    /// </summary>
    private async Task<List<ImageFacts>> ByContentAsync(
        IReadOnlyList<ImageFacts> listed,
        Manifests manifests,
        bool everyIndex,
        CancellationToken cancellation
    )
    {
        var unread = listed.Where(image => IsUnread(image, manifests, everyIndex)).Select(image => image.Id.Digest);
        await manifests.ReadAsync(this, unread, cancellation).ConfigureAwait(false);
        var there = listed.ToDictionary(image => image.Id.Digest);
        var doubtful = listed
            .Where(image => image.Kind == ImageKind.Index && image.MayBeArtifact)
            .Select(image => image.Id.Digest)
            .ToHashSet();
        var called = CalledArtifacts(manifests, doubtful)
            .Where(child =>
                manifests.NoteOf(child) is null && there.GetValueOrDefault(child)?.Kind is null or ImageKind.Image
            )
            .ToList();
        await manifests.ReadAsync(this, called, cancellation).ConfigureAwait(false);
        return [.. listed.Select(image => ByContent(image, manifests, there, doubtful))];
    }

    private static bool IsUnread(ImageFacts image, Manifests manifests, bool everyIndex) =>
        image.Kind == ImageKind.Index
            ? (everyIndex || image.MayBeArtifact) && !manifests.Children.ContainsKey(image.Id.Digest)
            : image.MayBeArtifact && manifests.NoteOf(image.Id.Digest) is null;

    /// <summary>
    /// The digests that only an index calls artifacts. BuildKit's attestations look like images, and only the index
    /// shows what they are, as a tag shows what a signature is.
    /// </summary>
    private static IEnumerable<Digest> CalledArtifacts(Manifests manifests, HashSet<Digest> doubtful) =>
        manifests.Children.SelectMany(index =>
            index
                .Value.Where(child =>
                    child.Kind == ImageKind.Artifact
                    || (doubtful.Contains(index.Key) && index.Value.Count <= ManifestNote.MaxChildren)
                )
                .Select(child => child.Digest)
        );

    private static ImageFacts ByContent(
        ImageFacts image,
        Manifests manifests,
        Dictionary<Digest, ImageFacts> there,
        HashSet<Digest> doubtful
    )
    {
        var digest = image.Id.Digest;
        if (image.Kind == ImageKind.Image)
            return manifests.HoldsNoFiles(digest) ? image with { Kind = ImageKind.Artifact } : image;
        // An index that holds nothing but artifacts is an artifact itself, whatever its tag, which may have moved to a
        // newer one.
        if (
            !manifests.Children.TryGetValue(digest, out var children)
            || (children.Count == 0 && !doubtful.Contains(digest))
            || !children.All(child =>
                manifests.HoldsNoFiles(child.Digest)
                || there.GetValueOrDefault(child.Digest)?.Kind == ImageKind.Artifact
            )
        )
            return image;
        if (manifests.NoteOf(digest) is null && children.Count is > 0 and <= ManifestNote.MaxChildren)
            manifests.News[digest] = new ManifestNote(
                HoldsFiles: false,
                [.. children.Select(child => child.Digest).Distinct()]
            );
        return image with { Kind = ImageKind.Artifact };
    }

    private async IAsyncEnumerable<IReadOnlyList<ImageFacts>> PagesAsync(
        RepositoryId repository,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
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
            yield return [.. (page.ImageDetails ?? []).Select(detail => Facts(repository, detail, readAt))];
            request.NextToken = page.NextToken;
        } while (!string.IsNullOrEmpty(request.NextToken));
    }

    /// <summary>
    /// The manifests of at most <see cref="ManifestBatch"/> images. Those that cannot be read are left out.
    /// </summary>
    private async Task<IReadOnlyDictionary<Digest, Manifest>> ManifestsAsync(
        RepositoryId repository,
        List<Digest> digests,
        CancellationToken cancellation
    )
    {
        await TakeAsync(digests.Count, cancellation).ConfigureAwait(false);
        try
        {
            return await UngatedAsync(repository, digests, cancellation).ConfigureAwait(false);
        }
        finally
        {
            places.Release(digests.Count);
        }
    }

    private async Task TakeAsync(int count, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        var taken = 0;
        try
        {
            for (; taken < count; taken++)
                await places.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (taken > 0)
        {
            places.Release(taken);
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<IReadOnlyDictionary<Digest, Manifest>> UngatedAsync(
        RepositoryId repository,
        IReadOnlyCollection<Digest> digests,
        CancellationToken cancellation
    )
    {
        var answer = await OrNullAsync(() =>
                ecr.BatchGetImageAsync(
                    new BatchGetImageRequest
                    {
                        RegistryId = repository.Account,
                        RepositoryName = repository.Name,
                        ImageIds =
                        [
                            .. digests.Select(digest => new ImageIdentifier { ImageDigest = digest.ToString() }),
                        ],
                        AcceptedMediaTypes = [.. MediaTypes.Accepted],
                    },
                    cancellation
                )
            )
            .ConfigureAwait(false);
        var manifests = new Dictionary<Digest, Manifest>();
        foreach (var found in answer?.Images ?? [])
        {
            if (found.ImageManifest is { } text && Digest.TryParse(found.ImageId?.ImageDigest, out var digest))
                manifests[digest] = new Manifest(text, found.ImageManifestMediaType);
        }
        return manifests;
    }

    /// <summary>
    /// The images that are EcrGuard's own manifests for taking tags off. They are recognised by what they hold, since
    /// anybody can use the name of a media type.
    /// </summary>
    private async Task<IReadOnlyList<ImageFacts>> RemovalManifestsAsync(
        RepositoryId repository,
        IReadOnlyList<ImageFacts> images,
        CancellationToken cancellation
    )
    {
        var own = new List<ImageFacts>();
        var named = images.Where(image => image is { ArtifactType: RemovalManifest.ConfigType, Subject: null });
        foreach (var chunk in named.Chunk(ManifestBatch))
        {
            var digests = chunk.Select(image => image.Id.Digest).ToList();
            var manifests = await ManifestsAsync(repository, digests, cancellation).ConfigureAwait(false);
            own.AddRange(
                chunk.Where(image =>
                    manifests.GetValueOrDefault(image.Id.Digest) is { } manifest && RemovalManifest.Is(manifest.Text)
                )
            );
        }
        return own;
    }

    /// <summary>Whether an image is a manifest to which EcrGuard, here or elsewhere, has moved tags.</summary>
    public async Task<bool> IsRemovalManifestAsync(ImageFacts image, CancellationToken cancellation) =>
        (await RemovalManifestsAsync(image.Id.Repository, [image], cancellation).ConfigureAwait(false)).Count > 0;

    /// <summary>
    /// The manifest of an image, byte for byte as it was pushed; null if the image is gone or cannot be pulled.
    /// </summary>
    public async Task<Manifest?> ManifestAsync(ImageId image, CancellationToken cancellation)
    {
        return (
            await ManifestsAsync(image.Repository, [image.Digest], cancellation).ConfigureAwait(false)
        ).GetValueOrDefault(image.Digest);
    }

    /// <summary>The lifecycle policy as text; null if the repository has none, or is gone.</summary>
    public async Task<string?> LifecyclePolicyAsync(RepositoryId repository, CancellationToken cancellation)
    {
        try
        {
            var answer = await OrNullAsync(() =>
                    ecr.GetLifecyclePolicyAsync(
                        new GetLifecyclePolicyRequest
                        {
                            RegistryId = repository.Account,
                            RepositoryName = repository.Name,
                        },
                        cancellation
                    )
                )
                .ConfigureAwait(false);
            return answer?.LifecyclePolicyText;
        }
        catch (LifecyclePolicyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>How the repository is set up; null if it is gone.</summary>
    public async Task<RepositorySettings?> RepositoryAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var answer = await OrNullAsync(() =>
                ecr.DescribeRepositoriesAsync(
                    new DescribeRepositoriesRequest
                    {
                        RegistryId = repository.Account,
                        RepositoryNames = [repository.Name],
                    },
                    cancellation
                )
            )
            .ConfigureAwait(false);
        return answer?.Repositories is not [var found, ..]
            ? null
            : new RepositorySettings
            {
                Id = repository,
                CreatedAt = Utc(found.CreatedAt),
                Mutability = MutabilityValue.ModeOf(found.ImageTagMutability?.Value),
                MutabilityExclusions =
                [
                    .. (found.ImageTagMutabilityExclusionFilters ?? []).Select(filter => filter.Filter),
                ],
                ScanOnPush = found.ImageScanningConfiguration?.ScanOnPush,
            };
    }

    /// <summary>The resource tags of the repository, not the tags of its images; null if it is gone.</summary>
    public async Task<IReadOnlyDictionary<string, string>?> ResourceTagsAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var answer = await OrNullAsync(() =>
                ecr.ListTagsForResourceAsync(
                    new ListTagsForResourceRequest { ResourceArn = repository.Arn },
                    cancellation
                )
            )
            .ConfigureAwait(false);
        return answer is null ? null : (answer.Tags ?? []).ToDictionary(tag => tag.Key, tag => tag.Value);
    }

    /// <summary>How many repositories BatchGetRepositoryScanningConfiguration takes.</summary>
    public const int ScanningBatch = 25;

    /// <summary>
    /// What scans the repository. ECR itself says how often, since only ECR can match its filters. Which scanner it is
    /// stays unknown unless ECR says so.
    /// </summary>
    public async Task<ScanningFacts> ScanningAsync(RepositoryId repository, CancellationToken cancellation) =>
        (await ScanningAsync([repository], cancellation).ConfigureAwait(false)).GetValueOrDefault(repository)
        ?? ScanningFacts.Unknown;

    /// <summary>
    /// The same of up to <see cref="ScanningBatch"/> repositories. One that is gone is missing from the result.
    /// </summary>
    public async Task<IReadOnlyDictionary<RepositoryId, ScanningFacts>> ScanningAsync(
        IReadOnlyCollection<RepositoryId> repositories,
        CancellationToken cancellation
    )
    {
        var answer = await OrNullAsync(() =>
                ecr.BatchGetRepositoryScanningConfigurationAsync(
                    new BatchGetRepositoryScanningConfigurationRequest
                    {
                        RepositoryNames = [.. repositories.Select(repository => repository.Name)],
                    },
                    cancellation
                )
            )
            .ConfigureAwait(false);
        return (answer?.ScanningConfigurations ?? []).ToDictionary(
            found => Repository(found.RepositoryName),
            ScanningOf
        );
    }

    private static ScanningFacts ScanningOf(RepositoryScanningConfiguration found) =>
        found.ScanFrequency?.Value switch
        {
            "CONTINUOUS_SCAN" => new ScanningFacts(Scanner.Enhanced, OnPush: true, Continuous: true),
            "SCAN_ON_PUSH" => new ScanningFacts(Scanner.Unknown, OnPush: true, Continuous: false),
            // Basic scanning was once set on the repository alone, and that is still possible.
            _ when found.ScanOnPush == true => new ScanningFacts(Scanner.Unknown, OnPush: true, Continuous: false),
            _ => new ScanningFacts(Scanner.Unknown, OnPush: false, Continuous: false),
        };

    /// <summary>Which scanner the registry uses.</summary>
    public Task<Scanner> ScanTypeAsync(CancellationToken cancellation) =>
        ScanTypeAsync(DateTimeOffset.MinValue, cancellation);

    /// <inheritdoc cref="ScanTypeAsync(CancellationToken)"/>
    /// <param name="since">What was read before this time is not believed.</param>
    public Task<Scanner> ScanTypeAsync(DateTimeOffset since, CancellationToken cancellation)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            // One caller reads it for everybody who asks meanwhile.
            if (
                scanType is not { } known
                || known.Read is { IsCompleted: true, IsCompletedSuccessfully: false }
                || known.At < since
                || now - known.At >= RegistryAge
            )
                scanType = known = (ReadScanTypeAsync(), now);
            return known.Read.WaitAsync(cancellation);
        }
    }

    private async Task<Scanner> ReadScanTypeAsync()
    {
        var answer = await ecr.GetRegistryScanningConfigurationAsync(
                new GetRegistryScanningConfigurationRequest(),
                CancellationToken.None
            )
            .ConfigureAwait(false);
        return answer.ScanningConfiguration?.ScanType?.Value switch
        {
            "BASIC" => Scanner.Basic,
            "ENHANCED" => Scanner.Enhanced,
            _ => Scanner.Unknown,
        };
    }

    /// <summary>What the registry replicates to other registries.</summary>
    public async Task<ReplicationFacts> ReplicationAsync(CancellationToken cancellation)
    {
        if (replication is { } known && time.GetUtcNow() - known.ReadAt < RegistryAge)
            return known.Facts;
        var readAt = time.GetUtcNow();
        var answer = await ecr.DescribeRegistryAsync(new DescribeRegistryRequest(), cancellation).ConfigureAwait(false);
        var facts = new ReplicationFacts([
            .. (answer.ReplicationConfiguration?.Rules ?? []).Select(rule =>
                (IReadOnlyList<string>)[.. (rule.RepositoryFilters ?? []).Select(PrefixOf)]
            ),
        ]);
        replication = (facts, readAt);
        return facts;
    }

    private static string PrefixOf(RepositoryFilter filter) =>
        filter.FilterType == RepositoryFilterType.PREFIX_MATCH ? filter.Filter ?? "" : "";

    /// <summary>
    /// One image as ECR lists it; null if it is gone. Its content is not read, so its kind is only what its media type
    /// says.
    /// </summary>
    public Task<ImageFacts?> ListedAsync(ImageId image, CancellationToken cancellation) =>
        ListedAsync(image.Repository, new ImageIdentifier { ImageDigest = image.Digest.ToString() }, cancellation);

    private async Task<ImageFacts?> ImageAsync(
        RepositoryId repository,
        ImageIdentifier id,
        CancellationToken cancellation
    ) =>
        await ListedAsync(repository, id, cancellation).ConfigureAwait(false) is { } listed
            ? await ByContentAsync(listed, records: null, cancellation).ConfigureAwait(false)
            : null;

    private async Task<ImageFacts?> ListedAsync(
        RepositoryId repository,
        ImageIdentifier id,
        CancellationToken cancellation
    )
    {
        var readAt = time.GetUtcNow();
        var request = new DescribeImagesRequest
        {
            RegistryId = repository.Account,
            RepositoryName = repository.Name,
            ImageIds = [id],
        };
        var answer = await OrNullAsync(() => ecr.DescribeImagesAsync(request, cancellation)).ConfigureAwait(false);
        if (answer?.ImageDetails is not { Count: > 0 })
        {
            // ECR shows only active images unless asked, and does not say whether it takes a filter together with ids.
            // An archived image must not look deleted in either case.
            request.Filter = new DescribeImagesFilter { ImageStatus = ImageStatusFilter.ANY };
            try
            {
                answer = await OrNullAsync(() => ecr.DescribeImagesAsync(request, cancellation)).ConfigureAwait(false);
            }
            catch (InvalidParameterException)
            {
                await foreach (var page in PagesAsync(repository, cancellation).ConfigureAwait(false))
                {
                    if (
                        page.FirstOrDefault(listed =>
                            listed.Id.Digest.ToString() == id.ImageDigest
                            || (id.ImageTag is { } tag && listed.Tags.Contains(tag))
                        ) is
                        { } listed
                    )
                        return listed;
                }
                return null;
            }
        }
        return answer?.ImageDetails is [var detail, ..] ? Facts(repository, detail, readAt) : null;
    }

    private async Task<ImageFacts> ByContentAsync(
        ImageFacts image,
        ManifestRecords? records,
        CancellationToken cancellation
    )
    {
        if (!image.MayBeArtifact)
            return image;
        var manifests = new Manifests(image.Id.Repository, records: records);
        var read = await ByContentAsync([image], manifests, everyIndex: false, cancellation).ConfigureAwait(false);
        return read[0] with
        {
            Children = manifests.Children.GetValueOrDefault(image.Id.Digest),
            NewNotes = manifests.News.Count > 0 ? manifests.News : null,
        };
    }

    private static ImageFacts Facts(RepositoryId repository, ImageDetail detail, DateTimeOffset readAt) =>
        new()
        {
            Id = new ImageId(repository, Digest.Parse(detail.ImageDigest)),
            ReadAt = readAt,
            Tags = detail.ImageTags ?? [],
            Kind = MediaTypes.KindOf(detail.ImageManifestMediaType),
            ArtifactType = detail.ArtifactMediaType,
            Storage = detail.ImageStatus?.Value switch
            {
                // Answers from before archiving carry no status.
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

    /// <summary>
    /// A time in whole milliseconds, which is what AWS gives. Packages differ by some ticks when they turn the number
    /// into a time. A plan that was made on one package would then not fit what another one reads.
    /// </summary>
    internal static DateTimeOffset? Utc(DateTime? time) =>
        time is { } t
            ? DateTimeOffset.FromUnixTimeMilliseconds(
                (long)Math.Round((t.ToUniversalTime() - DateTime.UnixEpoch).TotalMilliseconds)
            )
            : null;

    /// <summary>Null if what was asked for is gone: that is a fact, not a failure.</summary>
    private static async Task<T?> OrNullAsync<T>(Func<Task<T>> call)
        where T : class
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
/// <param name="Image">Null if there is none.</param>
/// <param name="TagMoved">Whether its tag and its digest no longer belong to one image.</param>
/// <param name="WhyNot">Why there is no image, a sentence.</param>
public sealed record ReferencedImage(ImageFacts? Image, bool TagMoved, string WhyNot);

/// <summary>A manifest as it was pushed.</summary>
/// <param name="Text">Byte for byte. Written in any other form it would be another image.</param>
/// <param name="MediaType">As ECR keeps it. The manifest itself does not have to state it.</param>
public sealed record Manifest(string Text, string MediaType)
{
    /// <summary>The kind that its media type states.</summary>
    public ImageKind Kind => MediaTypes.KindOf(MediaType);

    /// <summary>Whether every layer of an image manifest is known not to be a file system.</summary>
    /// <exception cref="JsonException">The manifest is not what its media type says.</exception>
    public bool HoldsNoFiles() =>
        Read(root =>
            Kind == ImageKind.Image
            && Only(root, "layers") is { ValueKind: JsonValueKind.Array } layers
            && Only(root, "config") is { } config
            && !Has(root, "manifests")
            && !Has(root, "fsLayers")
            && Artifacts.HoldNoFiles(
                Word(config, "mediaType"),
                [
                    .. layers
                        .EnumerateArray()
                        .Select(layer => new Core.Images.Layer(
                            Word(layer, "mediaType"),
                            Only(layer, "size") is { ValueKind: JsonValueKind.Number } size
                            && size.TryGetInt64(out var bytes)
                                ? bytes
                                : null
                        )),
                ]
            )
        );

    /// <summary>
    /// The children of an index, as it lists them; empty for any other manifest. Children beyond the number that is
    /// judged have no platforms, and each of those is kept once: an index may list tens of thousands.
    /// </summary>
    /// <param name="shared">The same children, if other indexes have listed them.</param>
    /// <exception cref="JsonException">The manifest is not what its media type says.</exception>
    public IReadOnlyList<IndexChild> Children(Dictionary<(Digest, ImageKind), IndexChild>? shared = null)
    {
        shared ??= [];
        return Kind != ImageKind.Index
            ? []
            : Read<IReadOnlyList<IndexChild>>(root =>
                Only(root, "manifests") is { ValueKind: JsonValueKind.Array } manifests
                    ?
                    [
                        .. manifests
                            .EnumerateArray()
                            .Select((child, at) => Child(child, at < IndexJudge.MaxChildren ? null : shared)),
                    ]
                : !Has(root, "manifests") ? []
                : throw new JsonException("The index lists its children in more than one way.")
            );
    }

    private static IndexChild Child(JsonElement manifest, Dictionary<(Digest, ImageKind), IndexChild>? shared)
    {
        if (!Digest.TryParse(Word(manifest, "digest"), out var digest))
            throw new JsonException(
                $"A child of the index has the digest '{Core.Images.Phrase.Clip(Word(manifest, "digest"), 80)}'."
            );
        var platform = PlatformOf(manifest);
        var kind = KindOf(manifest, platform);
        if (shared is null)
            return new IndexChild(
                digest,
                Core.Images.Phrase.Clip(platform.Length == 0 ? digest.Abbreviated : platform, 100),
                kind
            );
        if (!shared.TryGetValue((digest, kind), out var known))
            shared[(digest, kind)] = known = new IndexChild(digest, digest.Abbreviated, kind);
        return known;
    }

    private static string PlatformOf(JsonElement manifest) =>
        Only(manifest, "platform") is { } named
            ? string.Join(
                '/',
                new[] { Word(named, "os"), Word(named, "architecture"), Word(named, "variant") }.Where(part =>
                    part is { Length: > 0 }
                )
            )
            : "";

    private static ImageKind KindOf(JsonElement manifest, string platform)
    {
        // BuildKit's attestations have the platform unknown/unknown, and an annotation says what they are. Both must
        // hold: a runtime chooses by platform alone, so an image with just the annotation could hide from the check.
        // The media type that the index gives its child is no proof either. Only the child's own facts are.
        var attestation =
            platform == "unknown/unknown"
            && Only(manifest, "annotations") is { } annotations
            && Word(annotations, "vnd.docker.reference.type") == "attestation-manifest";
        var kind = MediaTypes.KindOf(Word(manifest, "mediaType"));
        return attestation ? ImageKind.Artifact
            : kind == ImageKind.Artifact ? ImageKind.Unknown
            : kind;
    }

    private T Read<T>(Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(Text);
            return read(document.RootElement);
        }
        catch (InvalidOperationException wrong)
        {
            // For example, half of a surrogate pair in a string.
            throw new JsonException("The manifest cannot be read.", wrong);
        }
    }

    private static string? Word(JsonElement element, string name) =>
        Only(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>
    /// The field of that name; null if there is none, if there is more than one, or if its name is written differently.
    /// Container runtimes match names in any case, so what can be read in two ways is not read at all.
    /// </summary>
    private static JsonElement? Only(JsonElement element, string name)
    {
        JsonElement? only = null;
        foreach (var property in element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : default)
        {
            if (!property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;
            if (only is not null || property.Name != name)
                return null;
            only = property.Value;
        }
        return only;
    }

    private static bool Has(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.EnumerateObject().Any(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
