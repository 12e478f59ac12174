using System.Collections.Concurrent;
using Amazon.ECR.Model;
using Amazon.Inspector2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using ScanType = Amazon.ECR.ScanType;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what uses the images of this registry: in this account, and in the accounts whose roles the policy names. If
/// something cannot be read, the result names it with the reason, and the rest is still read.
/// </summary>
public sealed class ConsumerReader(AwsClients aws, PolicyDocument policy, Settings settings, TimeProvider time)
{
    /// <summary>
    /// How many accounts are read at once. <see cref="WorkloadReader"/> limits the calls to each account.
    /// </summary>
    private const int AccountsAtOnce = 4;

    /// <summary>ListCoverage gives at most 200.</summary>
    private const int CoveragePage = 200;

    private const string SeenByInspector = "workloads that Amazon Inspector sees (ECS, EKS)";

    private readonly Immutables known = new();

    /// <summary>Reads every kind of consumer in every account.</summary>
    /// <param name="before">The reading that was last kept, which this one carries on; null if there was none, or if
    ///     nobody can know.</param>
    /// <param name="enough">Cancelled when time is up. What is not read by then counts as unread.</param>
    public async Task<UsageReading> ReadAsync(
        UsageReading? before,
        CancellationToken cancellation,
        CancellationToken enough = default
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enough);
        var readAt = time.GetUtcNow();
        var found = new FoundUses(settings, enough);
        var accounts = new List<Func<CancellationToken, Task>>
        {
            token => found.TryAsync(Inspector(SeenByInspector), () => InspectorAsync(found, readAt, token), token),
            token =>
                new WorkloadReader(
                    aws.Workloads,
                    settings.Account,
                    settings.Region,
                    settings,
                    known,
                    found,
                    token
                ).ReadAsync(),
        };
        accounts.AddRange(
            Elsewhere.Select(region => new Func<CancellationToken, Task>(async token =>
            {
                using var clients = aws.WorkloadsIn(region);
                await new WorkloadReader(clients, settings.Account, region, settings, known, found, token)
                    .ReadAsync()
                    .ConfigureAwait(false);
            }))
        );
        accounts.AddRange(
            (policy.Consumers.Roles ?? []).Select(role => new Func<CancellationToken, Task>(token =>
                RoleAsync(role, found, token)
            ))
        );
        await Parallel
            .ForEachAsync(
                accounts,
                new ParallelOptions { MaxDegreeOfParallelism = AccountsAtOnce, CancellationToken = cancellation },
                async (read, _) => await read(either.Token).ConfigureAwait(false)
            )
            .ConfigureAwait(false);
        return UseHistory.Carry(before, found.Facts(readAt), policy.Consumers.RollbackDays);
    }

    /// <summary>The regions that are read as well as this one.</summary>
    private IEnumerable<string> Elsewhere =>
        (policy.Consumers.Regions ?? []).Distinct().Where(region => region != settings.Region);

    private UnreadConsumer Inspector(string what) =>
        new(what, settings.Account, "") { Kind = ConsumerKind.Workload, Region = settings.Region };

    private Task RoleAsync(string role, FoundUses found, CancellationToken cancellation)
    {
        // arn:aws:iam::210987654321:role/name: the policy holds nothing else.
        var account = role.Split(':')[4];
        return found.TryAsync(
            new UnreadConsumer($"everything that the role {role} would show", account, ""),
            async () =>
            {
                var session = (
                    await aws
                        .Sts.AssumeRoleAsync(
                            new AssumeRoleRequest { RoleArn = role, RoleSessionName = "EcrGuard" },
                            cancellation
                        )
                        .ConfigureAwait(false)
                ).Credentials;
                var credentials = new SessionAWSCredentials(
                    session.AccessKeyId,
                    session.SecretAccessKey,
                    session.SessionToken
                );
                await Reading
                    .EachAsync(
                        Elsewhere.Prepend(settings.Region),
                        async region =>
                        {
                            using var clients = aws.WorkloadsOf(credentials, region);
                            await new WorkloadReader(clients, account, region, settings, known, found, cancellation)
                                .ReadAsync()
                                .ConfigureAwait(false);
                        }
                    )
                    .ConfigureAwait(false);
            },
            cancellation
        );
    }

    /// <summary>
    /// Reads what Inspector maps to running tasks and pods. This is the only way to see EKS without reaching into
    /// clusters. Only this account's Inspector is asked, since the images are this account's. Inspector sees what
    /// enhanced scanning covers. If that is not every repository, it is unknown what runs from the others.
    /// </summary>
    private async Task InspectorAsync(FoundUses found, DateTimeOffset readAt, CancellationToken cancellation)
    {
        var scanning = (
            await aws
                .Ecr.GetRegistryScanningConfigurationAsync(new GetRegistryScanningConfigurationRequest(), cancellation)
                .ConfigureAwait(false)
        ).ScanningConfiguration;
        if (scanning?.ScanType != ScanType.ENHANCED)
        {
            found.Unread(
                Inspector(SeenByInspector) with
                {
                    BySetting = true,
                    Why =
                        "Enhanced scanning is off in this registry, so that Amazon Inspector does not look "
                        + "at what runs.",
                }
            );
            return;
        }
        var filters =
            scanning.Rules?.SelectMany(rule => rule.RepositoryFilters ?? []).Select(filter => filter.Filter).ToList()
            ?? [];
        if (!filters.Contains("*"))
            found.Unread(NotScanned(filters));
        await RunningAsync(found, cancellation).ConfigureAwait(false);
        if (filters.Contains("*"))
            await ScannedAsync(found, readAt, cancellation).ConfigureAwait(false);
    }

    private UnreadConsumer NotScanned(List<string> filters) =>
        Inspector("workloads (ECS, EKS) of repositories that enhanced scanning does not cover") with
        {
            BySetting = true,
            Why =
                "No scanning rule of this registry is for all repositories ('*'), and Amazon "
                + "Inspector sees only what it scans.",
            // In ECR, a filter without a wildcard matches every name that contains it.
            But =
                filters.Count == 0
                    ? null
                    : string.Join(
                        ' ',
                        filters.Select(filter =>
                            filter.Contains('*', StringComparison.Ordinal) ? filter : $"*{filter}*"
                        )
                    ),
        };

    private async Task RunningAsync(FoundUses found, CancellationToken cancellation)
    {
        var inUse = new CoverageFilterCriteria
        {
            EcrImageInUseCount = [new CoverageNumberFilter { LowerInclusive = 1 }],
        };
        foreach (var running in await CoveredAsync(inUse, cancellation).ConfigureAwait(false))
            found.Add(running.ResourceId, new Consumer(ConsumerKind.Workload, "seen running by Amazon Inspector"));
    }

    /// <summary>
    /// Reads the images that Inspector scans although they were pulled long ago. Only for those does it matter that
    /// Inspector knows the image. ECR records pulls a day late.
    /// </summary>
    private async Task ScannedAsync(FoundUses found, DateTimeOffset readAt, CancellationToken cancellation)
    {
        var oldest = readAt - TimeSpan.FromDays(InUse.DaysWhenUnread) - InUse.RecordingDelay;
        var newest = readAt - TimeSpan.FromDays(policy.Consumers.PulledWithinDays) + InUse.RecordingDelay;
        if (oldest >= newest)
            return;
        var pulled = new CoverageDateFilter { StartInclusive = oldest.UtcDateTime, EndInclusive = newest.UtcDateTime };
        var covered = await CoveredAsync(new CoverageFilterCriteria { ImagePulledAt = [pulled] }, cancellation)
            .ConfigureAwait(false);
        found.Scanned(
            covered
                .Where(image =>
                    image.LastScannedAt is not null
                    && image.ScanStatus?.StatusCode == Amazon.Inspector2.ScanStatusCode.ACTIVE
                )
                .Select(image => image.ResourceId)
        );
    }

    /// <summary>
    /// The images of this account that pass the filter, from all pages. An administrator's Inspector also lists the
    /// images of its members.
    /// </summary>
    private async Task<IReadOnlyList<CoveredResource>> CoveredAsync(
        CoverageFilterCriteria criteria,
        CancellationToken cancellation
    )
    {
        criteria.AccountId = [new CoverageStringFilter { Comparison = "EQUALS", Value = settings.Account }];
        criteria.ResourceType = [new CoverageStringFilter { Comparison = "EQUALS", Value = "AWS_ECR_CONTAINER_IMAGE" }];
        var request = new ListCoverageRequest { MaxResults = CoveragePage, FilterCriteria = criteria };
        var all = new List<CoveredResource>();
        do
        {
            var page = await aws.Inspector.ListCoverageAsync(request, cancellation).ConfigureAwait(false);
            all.AddRange(page.CoveredResources ?? []);
            request.NextToken = page.NextToken;
        } while (!string.IsNullOrEmpty(request.NextToken));
        return all;
    }
}

/// <summary>What readers that run at the same time have found so far.</summary>
internal sealed class FoundUses(Settings settings, CancellationToken enough)
{
    private readonly ConcurrentDictionary<ConsumerReference, byte> uses = [];
    private readonly ConcurrentDictionary<UnreadConsumer, byte> unread = [];
    private IReadOnlyDictionary<string, IReadOnlyList<Digest>>? scanned;

    /// <summary>Reads one kind of consumer of one account, and writes down any failure.</summary>
    public async Task TryAsync(UnreadConsumer consumer, Func<Task> read, CancellationToken cancellation)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        // Every failure means the same: this was not read. A time-out is a cancellation that nobody asked for.
#pragma warning disable CA1031
        catch (Exception error) when (!cancellation.IsCancellationRequested || enough.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Unread(
                consumer with
                {
                    Why = enough.IsCancellationRequested
                        ? "Time was up before all of it was read."
                        : ErrorText.Of(error),
                }
            );
        }
    }

    public void Unread(UnreadConsumer consumer) => unread.TryAdd(consumer, 0);

    /// <summary>
    /// Adds a reference as the consumer has it: an image URI. If it names no tag, its tag is <c>latest</c>. References
    /// to other registries are ignored.
    /// </summary>
    /// <param name="digest">The digest that the consumer resolved; null or empty if it did not say.</param>
    /// <exception cref="UnreadableReferenceException">The reference is to this registry and cannot be read.</exception>
    public void Add(string? uri, string? digest, Consumer by)
    {
        if (string.IsNullOrEmpty(uri))
            throw new UnreadableReferenceException($"The {by} names no image.");
        if (
            !ImageReference.TryParse(uri, out var reference, out var problem)
            && !ImageReference.TryParse($"{uri}:latest", out reference, out _)
        )
        {
            if (uri.StartsWith($"{settings.Account}.dkr", StringComparison.Ordinal))
                throw new UnreadableReferenceException($"The {by} names an image that cannot be read: {problem}");
            return;
        }
        if (reference.Account == settings.Account && reference.Region == settings.Region)
            uses.TryAdd(
                new ConsumerReference(
                    new RepositoryId(settings.Account, settings.Region, reference.Repository),
                    reference.Tag,
                    Digest.TryParse(digest, out var resolved) ? resolved : reference.Digest,
                    by
                ),
                0
            );
    }

    /// <summary>Adds a reference by the image's ARN.</summary>
    public void Add(string? arn, Consumer by)
    {
        if (Image(arn) is var image && IsHere(image))
            uses.TryAdd(new ConsumerReference(image.Repository, null, image.Digest, by), 0);
    }

    /// <summary>Sets the images that Inspector has scanned, by their ARNs.</summary>
    public void Scanned(IEnumerable<string> arns) =>
        scanned = arns.Select(Image)
            .Where(IsHere)
            .GroupBy(image => image.Repository.Name, StringComparer.Ordinal)
            .OrderBy(images => images.Key, StringComparer.Ordinal)
            .ToDictionary(
                images => images.Key,
                images => (IReadOnlyList<Digest>)[.. images.Select(image => image.Digest).Distinct().Order()]
            );

    private bool IsHere(ImageId image) =>
        image.Repository.Account == settings.Account && image.Repository.Region == settings.Region;

    private static ImageId Image(string? arn) =>
        RepositoryId.TryParseArn(arn, out var repository, out var digest) && digest is not null
            ? new ImageId(repository, digest)
            : throw new UnreadableReferenceException($"Amazon Inspector names the image '{Phrase.Clip(arn, 200)}'.");

    /// <summary>The same for a consumer that runs the image now.</summary>
    private static ConsumerReference Running(ConsumerReference use) =>
        use with
        {
            By = use.By with { IsPrevious = false },
        };

    /// <summary>Everything that was found, in an order that does not depend on which reader was first.</summary>
    public UsageReading Facts(DateTimeOffset readAt) =>
        new()
        {
            ReadAt = readAt,
            Scanned = scanned,
            Uses =
            [
                .. uses
                    .Keys.Where(use => !use.By.IsPrevious || !uses.ContainsKey(Running(use)))
                    .OrderBy(use => use.Repository.Name, StringComparer.Ordinal)
                    .ThenBy(use => use.Digest)
                    .ThenBy(use => use.Tag, StringComparer.Ordinal)
                    .ThenBy(use => use.By.Kind)
                    .ThenBy(use => use.By.Name, StringComparer.Ordinal),
            ],
            Unread =
            [
                .. unread
                    .Keys.OrderBy(u => u.Account, StringComparer.Ordinal)
                    .ThenBy(u => u.What, StringComparer.Ordinal)
                    .ThenBy(u => u.Why, StringComparer.Ordinal),
            ],
        };
}

/// <summary>
/// A consumer says what it runs in a form that is not understood. What it runs then counts as unknown.
/// </summary>
internal sealed class UnreadableReferenceException(string message) : Exception(message);

/// <summary>
/// Keeps what never changes once it exists: a revision of a task definition or of a service, a published version of a
/// function. Each is asked for only once, even if several callers ask at the same time. If asking fails, nothing is
/// kept.
/// </summary>
internal sealed class Immutables
{
    /// <summary>At this number everything is forgotten. That is a few dozen megabytes at most.</summary>
    private const int Most = 50_000;

    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<Reference>?>>> kept = [];

    /// <summary>What is kept for one that is normally asked for together with others; null if nothing is.</summary>
    public IReadOnlyList<Reference>? Find(string key) =>
        kept.TryGetValue(key, out var asked) && asked.Value.IsCompletedSuccessfully ? asked.Value.Result : null;

    public void Keep(string key, IReadOnlyList<Reference> references) =>
        kept[key] = new(Task.FromResult<IReadOnlyList<Reference>?>(references));

    /// <param name="key">Its ARN.</param>
    /// <param name="ask">Gives its references; null if it does not exist (any more: numbers are not used
    ///     twice).</param>
    public async Task<IReadOnlyList<Reference>?> GetAsync(string key, Func<Task<IReadOnlyList<Reference>?>> ask)
    {
        if (kept.Count >= Most)
            kept.Clear();
        var asked = kept.GetOrAdd(key, _ => new(ask));
        try
        {
            return await asked.Value.ConfigureAwait(false);
        }
        catch
        {
            kept.TryRemove(new(key, asked));
            throw;
        }
    }
}

/// <summary>An image as a consumer names it, with the digest if the consumer resolved it.</summary>
internal sealed record Reference(string? Uri, string? Digest);
