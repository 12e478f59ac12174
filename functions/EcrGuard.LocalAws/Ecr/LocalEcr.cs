using System.Text;
using EcrGuard.LocalAws.Inspector;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// Amazon ECR in memory. The public members are what a test or the demo does that EcrGuard does not do over the wire:
/// create, push, scan.
/// They obey the same rules as the wire operations; what ECR would refuse throws.
/// </summary>
public sealed partial class LocalEcr : ILocalService
{
    private readonly LocalAccount account;
    private readonly SortedDictionary<string, EcrRepository> repositories = new(StringComparer.Ordinal);
    private ScanningConfiguration scanning = ScanningConfiguration.Basic;
    private IReadOnlyList<ReplicationRule> replication = [];
    private int listings;

    internal LocalEcr(LocalAccount account)
    {
        this.account = account;
        Inspector = new LocalInspector(account, this);
        operations = Operations();
    }

    /// <summary>
    /// The registry's scanning configuration; basic without rules at first. Setting it starts no scan.
    /// </summary>
    public ScanningConfiguration Scanning
    {
        get => Locked(() => scanning);
        set => Locked(() => scanning = value);
    }

    /// <summary>What the registry says that it replicates. Nothing is replicated.</summary>
    public IReadOnlyList<ReplicationRule> Replication
    {
        get => Locked(() => replication);
        set => Locked(() => replication = value);
    }

    /// <summary>How often a page of images was listed: DescribeImages without <c>imageIds</c>.</summary>
    public int Listings => Locked(() => listings);

    internal LocalInspector Inspector { get; }

    private LocalAwsOptions Options => account.Options;

    /// <summary>Creates an empty repository.</summary>
    /// <param name="name">Lower case, with <c>/</c> for name spaces.</param>
    /// <param name="mutability">Null for mutable tags.</param>
    /// <param name="scanOnPush">The repository's own setting for basic scanning.</param>
    /// <param name="lifecyclePolicy">The policy's text; null for none.</param>
    /// <param name="tags">The resource tags of the repository; null for none.</param>
    public void CreateRepository(
        string name,
        TagMutability? mutability = null,
        bool scanOnPush = false,
        string? lifecyclePolicy = null,
        IReadOnlyDictionary<string, string>? tags = null
    ) =>
        Locked(() =>
        {
            var repository = Create(name, mutability ?? TagMutability.Mutable, scanOnPush);
            repository.LifecyclePolicy = lifecyclePolicy;
            Put(
                repository,
                [
                    .. (tags ?? new Dictionary<string, string>()).Select(t => new ResourceTag
                    {
                        Key = t.Key,
                        Value = t.Value,
                    }),
                ]
            );
            return repository;
        });

    /// <summary>
    /// Pushes a manifest, its missing children first, as a <c>docker push</c> does, and sends the events. Whoever
    /// pushes has uploaded the layers.
    /// </summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="manifest">What to push.</param>
    /// <param name="tag">Null pushes by digest.</param>
    /// <param name="pushedAt">Null for now; only for a digest that the repository does not have yet.</param>
    /// <param name="announce">False for images that were there before anybody listened: no events.</param>
    /// <returns>The manifest's digest.</returns>
    public string Push(
        string repository,
        Manifest manifest,
        string? tag = null,
        DateTimeOffset? pushedAt = null,
        bool announce = true
    )
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return Locked(() => Store(Find(repository), manifest, tag).Digest);

        EcrImage Store(EcrRepository target, Manifest pushed, string? withTag)
        {
            foreach (var child in pushed.Children.Where(c => target.ByDigest(c.Digest) is null))
            {
                Store(target, child, null);
            }

            var bytes = Encoding.UTF8.GetBytes(pushed.Text);
            return this.Store(
                target,
                bytes,
                pushed.MediaType,
                ParsedManifest.Parse(bytes),
                pushed.Digest,
                withTag,
                pushedAt ?? account.Now,
                announce
            );
        }
    }

    /// <summary>The digest that the tag names now; null where the tag does not exist.</summary>
    public string? DigestOf(string repository, string tag) => Locked(() => Find(repository).ByTag(tag)?.Digest);

    /// <summary>The tags of an image, oldest first; null where the image does not exist.</summary>
    public IReadOnlyList<string>? TagsOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.Tags.ToArray());

    /// <summary>When an image was pushed; null where it does not exist.</summary>
    public DateTimeOffset? PushedAtOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.PushedAt);

    /// <summary>ACTIVE, ARCHIVED or ACTIVATING; null where the image does not exist.</summary>
    public string? StatusOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.Status);

    /// <summary>The repository's lifecycle policy as it was put; null where it has none.</summary>
    public string? LifecyclePolicyOf(string repository) => Locked(() => Find(repository).LifecyclePolicy);

    /// <summary>Puts a lifecycle policy on a repository, as its team would; null takes it away.</summary>
    public void PutLifecyclePolicy(string repository, string? policy) =>
        _ = Locked(() => Find(repository).LifecyclePolicy = policy);

    /// <summary>Deletes a repository with everything in it; ECR sends no event for that.</summary>
    public void DeleteRepository(string repository) => _ = Locked(() => repositories.Remove(repository));

    /// <summary>The tag mutability of a repository.</summary>
    public TagMutability MutabilityOf(string repository) => Locked(() => Find(repository).Mutability);

    /// <summary>Takes a tag from an image as BatchDeleteImage does: with its last tag the image is gone.</summary>
    public void DeleteTag(string repository, string tag) =>
        Delete(repository, new ImageIdentifier { ImageTag = tag }, announce: true);

    /// <summary>
    /// Deletes an image with all its tags, as a lifecycle policy does: without an event where
    /// <paramref name="announce"/> is false.
    /// </summary>
    public void Delete(string repository, string digest, bool announce = true) =>
        Delete(repository, new ImageIdentifier { ImageDigest = digest }, announce);

    /// <summary>Moves an image to the archive storage class, where it can be neither pulled nor scanned.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it that can be pulled.</param>
    /// <param name="at">When it was archived; null for now.</param>
    public void Archive(string repository, string digest, DateTimeOffset? at = null) =>
        Locked(() => Archive(Find(repository), Image(repository, digest), at ?? account.Now, announce: true));

    /// <summary>Takes an image back from the archive storage class, at once.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it that cannot be pulled.</param>
    /// <param name="at">When it could be pulled again; null for now.</param>
    public void Restore(string repository, string digest, DateTimeOffset? at = null) =>
        Locked(() => Activate(Find(repository), Image(repository, digest), at ?? account.Now));

    /// <summary>Pulls an image: moves its <c>lastRecordedPullTime</c>.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="reference">A tag, or a digest with its <c>sha256:</c>. What is archived cannot be pulled.</param>
    /// <param name="at">When it was pulled; null for now.</param>
    public void Pull(string repository, string reference, DateTimeOffset? at = null) =>
        Locked(() =>
        {
            var id = reference.StartsWith("sha256:", StringComparison.Ordinal)
                ? new ImageIdentifier { ImageDigest = reference }
                : new ImageIdentifier { ImageTag = reference };
            var image = Image(Find(repository), id) is { IsActive: true } active
                ? active
                : throw ImageNotFound(repository, id);
            return image.LastPulledAt = at ?? account.Now;
        });

    /// <summary>Starts a basic scan, as scan on push does. Until it ends its findings are IN_PROGRESS.</summary>
    public void StartScan(string repository, string digest) =>
        Locked(() => Image(repository, digest).Scan = new BasicScan("IN_PROGRESS", account.Now));

    /// <summary>Ends a basic scan with these findings and sends <c>ECR Image Scan</c>.</summary>
    public void CompleteScan(string repository, string digest, params IReadOnlyList<LocalFinding> findings) =>
        EndScan(repository, digest, "COMPLETE", "The scan was completed successfully.", findings);

    /// <summary>
    /// Ends a basic scan without findings and sends <c>ECR Image Scan</c> with scan status FAILED and no counts (the
    /// form of the event is undocumented).
    /// </summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it.</param>
    /// <param name="status">FAILED, or UNSUPPORTED_IMAGE for an operating system that the scanner cannot read.</param>
    /// <param name="description">What DescribeImageScanFindings says about it.</param>
    public void FailScan(
        string repository,
        string digest,
        string status = "FAILED",
        string description = "InternalError: The scan failed."
    ) => EndScan(repository, digest, status, description, []);

    /// <summary>The image of that digest. The caller holds the gate.</summary>
    internal EcrImage Image(string repository, string digest) =>
        Find(repository).ByDigest(digest)
        ?? throw ImageNotFound(repository, new ImageIdentifier { ImageDigest = digest });

    /// <summary>How a repository is scanned, by the registry's rules. The caller holds the gate.</summary>
    internal string FrequencyOf(string repository) => scanning.FrequencyOf(Find(repository));

    private void Delete(string repository, ImageIdentifier id, bool announce) =>
        Locked(() =>
            DeleteOne(Find(repository), id, announce) is { Failure: { } failure }
                ? throw new InvalidOperationException(JsonWire.Write(failure))
                : true
        );

    private void EndScan(
        string repository,
        string digest,
        string status,
        string description,
        IReadOnlyList<LocalFinding> findings
    ) =>
        Locked(() =>
        {
            var image = Image(repository, digest);
            var scan = new BasicScan(status, image.Scan?.StartedAt ?? account.Now)
            {
                Description = description,
                CompletedAt = account.Now,
                Findings = findings,
            };
            EmitScan(repository, image, scan);
            return image.Scan = scan;
        });

    private T Locked<T>(Func<T> action)
    {
        lock (account.Gate)
        {
            return action();
        }
    }
}
