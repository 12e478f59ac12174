using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using ConsumerReader = EcrGuard.Aws.Facts.ConsumerReader;

namespace EcrGuard.Lambda.Flow;

/// <summary>What became of one thing that a plan wants.</summary>
/// <param name="Repository">Null for the plan as a whole.</param>
/// <param name="Item"><c>plan</c>, <c>put-policy</c>, <c>delete</c> or <c>archive</c>.</param>
/// <param name="Digest">Null for an item as a whole.</param>
/// <param name="Why">A sentence.</param>
public sealed record Applied(string? Repository, string Item, string? Digest, string Why);

/// <summary>What became of a plan, all of it, whatever earlier calls have done.</summary>
/// <param name="PlanId">Null where it could not be read.</param>
/// <param name="Superseded">Left alone, because it is not as it was when the plan was made.</param>
/// <param name="Refused">Not done; applying the plan again may help where the reason has gone.</param>
/// <param name="More">Time was up: call again with the same plan.</param>
public sealed record ApplyAnswer(
    string? PlanId,
    IReadOnlyList<Applied> Done,
    IReadOnlyList<Applied> Superseded,
    IReadOnlyList<Applied> Refused,
    bool More
);

/// <summary>
/// One call's work on one plan: what it has read of who runs what, and what has become of the plan so far.
/// </summary>
public sealed class PlanRun(
    Plan plan,
    string planId,
    RepositoryReader views,
    ConsumerReader consumers,
    UseStore uses,
    TimeProvider time,
    ILambdaContext context,
    IReadOnlyList<Removed> taken,
    Func<Task<bool>> keepLease
) : IDisposable
{
    /// <summary>
    /// Nothing is begun with less time than this left, and nothing runs on with less than half of it.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    /// <summary>One reading of who runs what serves for so long, and nothing is deleted by an older one.</summary>
    private static readonly TimeSpan UseAge = TimeSpan.FromMinutes(1);

    /// <summary>So often it is looked whether the lease is still this run's.</summary>
    private static readonly TimeSpan LeaseLook = TimeSpan.FromSeconds(15);

    private readonly Lock gate = new();
    private readonly List<Applied> done = [],
        superseded = [],
        refused = [];
    private readonly Dictionary<string, int> order = plan
        .Repositories.Select((repository, at) => KeyValuePair.Create(repository.Name, at))
        .ToDictionary(StringComparer.Ordinal);
    private readonly Dictionary<string, Removed> taken = taken.ToDictionary(
        removed => removed.Repository,
        StringComparer.Ordinal
    );

    /// <summary>Several repositories are read at a time, and what they share is read for all of them once.</summary>
    private readonly SemaphoreSlim reading = new(1, 1);
    private UsageReading? use;
    private DateTimeOffset useUntil;
    private DateTimeOffset leaseSeen;

    public void Dispose() => reading.Dispose();

    public Plan Plan => plan;

    /// <summary>The plan's id, worked out once.</summary>
    public string PlanId => planId;

    public RepositoryId IdOf(PlannedRepository repository) => new(plan.Account, plan.Region, repository.Name);

    public ILambdaContext Context => context;

    public TimeSpan RemainingTime => context.RemainingTime;

    public bool IsLate => context.RemainingTime < Margin;

    /// <summary>Cancels what still runs when time is nearly up.</summary>
    public CancellationTokenSource Deadline() => Hosting.Deadline.Before(context, Margin / 2);

    /// <summary>A repository as it is now, under what runs now or ran a minute ago.</summary>
    /// <param name="known">The manifests that were read before; null: whatever the ledger knows.</param>
    /// <param name="lifecycle">The lifecycle policy there, for whoever knows it already.</param>
    /// <returns>Null where the repository is gone.</returns>
    /// <exception cref="InvalidOperationException">A consumer that could be read when the plan was made cannot be read
    ///     now.</exception>
    public async Task<RepositoryView?> ViewAsync(
        RepositoryId id,
        KnownManifests? known,
        CancellationToken cancellation,
        Task<string?>? lifecycle = null
    ) =>
        await views
            .ReadAsync(
                id,
                await UseNowAsync(cancellation).ConfigureAwait(false),
                known,
                Named(id),
                cancellation,
                lifecycle
            )
            .ConfigureAwait(false);

    /// <summary>Whether a view is as young as what decides over an image must be.</summary>
    public bool IsFresh(RepositoryView view) => time.GetUtcNow() - view.Contents.ReadAt < UseAge;

    private async Task<UsageReading> UseNowAsync(CancellationToken cancellation)
    {
        await reading.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (use is null || time.GetUtcNow() >= useUntil)
            {
                use = await UseAsync(cancellation).ConfigureAwait(false);
                // From its end: in a large account a reading takes minutes.
                useUntil = time.GetUtcNow() + UseAge;
            }
            return use;
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>The images of a repository that the plan removes one by one.</summary>
    public IReadOnlyList<Digest> Named(RepositoryId id) =>
        [
            .. plan
                .Repositories.Where(repository => repository.Name == id.Name)
                .SelectMany(repository => repository.Items.OfType<Removal>())
                .SelectMany(removal => removal.Images)
                .Select(image => image.Digest),
        ];

    private async Task<UsageReading> UseAsync(CancellationToken cancellation)
    {
        var read = await consumers
            .ReadAsync(await uses.LatestAsync(cancellation).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false);
        return read.Unread.FirstOrDefault(consumer => !plan.Knows(consumer)) is not { } unread
            ? read
            : throw new InvalidOperationException($"{Plan.Sentence(unread)} It could when the plan was made.");
    }

    /// <summary>
    /// What the plan takes from the other repositories: by ECR's preview where a policy was put, which is seldom what
    /// the plan foresaw, and by the plan where not yet.
    /// </summary>
    public IEnumerable<Removed> Beside(RepositoryId id) =>
        plan
            .Repositories.Where(repository => repository.Name != id.Name)
            .Select(repository => taken.GetValueOrDefault(repository.Name) ?? repository.Removed);

    /// <summary>Whether the plan has put its policy on a repository, in this call or an earlier one.</summary>
    public bool HasPut(RepositoryId id) => taken.ContainsKey(id.Name);

    /// <summary>
    /// Remembers what a policy that was put takes from a repository, together with what the plan removes from it.
    /// </summary>
    public void Take(Removed removed) => taken[removed.Repository] = removed;

    /// <summary>Looks, after the first item and then every few seconds, whether nobody else applies a plan.</summary>
    /// <returns>False where somebody else has begun: nothing more is begun here.</returns>
    public async Task<bool> KeepsLeaseAsync()
    {
        if (time.GetUtcNow() - leaseSeen < LeaseLook)
            return true;
        leaseSeen = time.GetUtcNow();
        return await keepLease().ConfigureAwait(false);
    }

    public void Do(RepositoryId id, PlanItem item, string how, PlannedImage? image = null) =>
        Add(done, id, item, how, image);

    public void Supersede(RepositoryId id, PlanItem item, string why, PlannedImage? image = null) =>
        Add(superseded, id, item, why, image);

    public void Refuse(RepositoryId id, PlanItem item, string why, PlannedImage? image = null) =>
        Add(refused, id, item, why, image);

    /// <summary>What became of each thing, in the order of the plan.</summary>
    public ApplyAnswer Answer(bool more) => new(planId, InOrder(done), InOrder(superseded), InOrder(refused), more);

    private void Add(List<Applied> list, RepositoryId id, PlanItem item, string why, PlannedImage? image)
    {
        lock (gate)
            list.Add(new Applied(id.Name, item.Word, image?.Digest.ToString(), why));
    }

    private List<Applied> InOrder(List<Applied> list)
    {
        lock (gate)
            return [.. list.OrderBy(applied => order[applied.Repository!])];
    }
}
