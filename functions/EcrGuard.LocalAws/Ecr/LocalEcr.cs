using System.Text;
using EcrGuard.LocalAws.Inspector;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>
/// Amazon ECR in memory. The public members do for a test or the demo what EcrGuard itself does not do over the wire:
/// create, push, scan. They follow the same rules as the wire operations and throw if ECR would refuse the call.
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
    /// The registry's scanning configuration. At first it is basic, without rules. A change starts no scan.
    /// </summary>
    public ScanningConfiguration Scanning
    {
        get => Locked(() => scanning);
        set => Locked(() => scanning = value);
    }

    /// <summary>The replication rules that the registry reports. Nothing is replicated.</summary>
    public IReadOnlyList<ReplicationRule> Replication
    {
        get => Locked(() => replication);
        set => Locked(() => replication = value);
    }

    /// <summary>How many pages of images were listed, by DescribeImages without <c>imageIds</c>.</summary>
    public int Listings => Locked(() => listings);

    internal LocalInspector Inspector { get; }

    private LocalAwsOptions Options => account.Options;

    /// <summary>Creates an empty repository.</summary>
    /// <param name="name">Lower case, with <c>/</c> between namespaces.</param>
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
    /// Pushes a manifest as <c>docker push</c> does, its missing children first, and sends the events. The layers count
    /// as uploaded.
    /// </summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="manifest">What to push.</param>
    /// <param name="tag">Null pushes by digest.</param>
    /// <param name="pushedAt">Null for now. Used only for a digest that the repository does not have yet.</param>
    /// <param name="announce">False for images that existed before anybody listened: no events are sent.</param>
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

    /// <summary>The digest that the tag points to now; null if the tag does not exist.</summary>
    public string? DigestOf(string repository, string tag) => Locked(() => Find(repository).ByTag(tag)?.Digest);

    /// <summary>The tags of an image, oldest first; null if the image does not exist.</summary>
    public IReadOnlyList<string>? TagsOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.Tags.ToArray());

    /// <summary>When an image was pushed; null if it does not exist.</summary>
    public DateTimeOffset? PushedAtOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.PushedAt);

    /// <summary>ACTIVE, ARCHIVED or ACTIVATING; null if the image does not exist.</summary>
    public string? StatusOf(string repository, string digest) =>
        Locked(() => Find(repository).ByDigest(digest)?.Status);

    /// <summary>The repository's lifecycle policy as it was put; null if it has none.</summary>
    public string? LifecyclePolicyOf(string repository) => Locked(() => Find(repository).LifecyclePolicy);

    /// <summary>Puts a lifecycle policy on a repository, as its team would; null removes it.</summary>
    public void PutLifecyclePolicy(string repository, string? policy) =>
        _ = Locked(() => Find(repository).LifecyclePolicy = policy);

    /// <summary>Deletes a repository with everything in it; ECR sends no event for that.</summary>
    public void DeleteRepository(string repository) => _ = Locked(() => repositories.Remove(repository));

    /// <summary>The tag mutability of a repository.</summary>
    public TagMutability MutabilityOf(string repository) => Locked(() => Find(repository).Mutability);

    /// <summary>Removes a tag from an image as BatchDeleteImage does. The image is deleted with its last tag.</summary>
    public void DeleteTag(string repository, string tag) =>
        Delete(repository, new ImageIdentifier { ImageTag = tag }, announce: true);

    /// <summary>
    /// Deletes an image with all its tags. If <paramref name="announce"/> is false, no event is sent, as for a
    /// lifecycle policy.
    /// </summary>
    public void Delete(string repository, string digest, bool announce = true) =>
        Delete(repository, new ImageIdentifier { ImageDigest = digest }, announce);

    /// <summary>Moves an image to the archive storage class, where it can be neither pulled nor scanned.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it that can be pulled.</param>
    /// <param name="at">When it was archived; null for now.</param>
    public void Archive(string repository, string digest, DateTimeOffset? at = null) =>
        Locked(() => Archive(Find(repository), Image(repository, digest), at ?? account.Now, announce: true));

    /// <summary>Restores an image from the archive storage class, at once.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="digest">An image of it that cannot be pulled.</param>
    /// <param name="at">When it could be pulled again; null for now.</param>
    public void Restore(string repository, string digest, DateTimeOffset? at = null) =>
        Locked(() => Activate(Find(repository), Image(repository, digest), at ?? account.Now));

    /// <summary>Pulls an image: sets its <c>lastRecordedPullTime</c>.</summary>
    /// <param name="repository">An existing repository.</param>
    /// <param name="reference">A tag, or a digest with its <c>sha256:</c>. An archived image cannot be pulled.</param>
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

    /// <summary>Starts a basic scan, as scan on push does. Until it ends, its findings are IN_PROGRESS.</summary>
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
