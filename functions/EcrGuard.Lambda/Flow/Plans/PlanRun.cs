using System.Collections.Concurrent;
using Amazon.Lambda.Core;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>The work of one call on one plan: how much time it has, what it sees, and the results so far.</summary>
public sealed class PlanRun
{
    /// <summary>
    /// Nothing is started with less time left than this. Nothing goes on with less than half of it left.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    private readonly PlanViews views;
    private readonly HeldLease lease;
    private readonly ConcurrentDictionary<string, Removed> taken;

    /// <param name="planId">The id of the plan, computed once.</param>
    /// <param name="taken">What policies that the plan has already put take from their repositories.</param>
    internal PlanRun(
        Plan plan,
        string planId,
        PlanViews views,
        HeldLease lease,
        IReadOnlyList<Removed> taken,
        ILambdaContext context
    )
    {
        (Plan, PlanId, Context, Results) = (plan, planId, context, new PlanResults(plan));
        (this.views, this.lease) = (views, lease);
        this.taken = new(
            taken.Select(removed => KeyValuePair.Create(removed.Repository, removed)),
            StringComparer.Ordinal
        );
    }

    public Plan Plan { get; }

    public string PlanId { get; }

    public ILambdaContext Context { get; }

    public PlanResults Results { get; }

    public TimeSpan RemainingTime => Context.RemainingTime;

    public bool IsLate => RemainingTime < Margin;

    /// <summary>Cancels running work when the time is nearly up.</summary>
    public CancellationTokenSource Deadline() => Hosting.Deadline.Before(Context, Margin / 2);

    public RepositoryId IdOf(PlannedRepository repository) => new(Plan.Account, Plan.Region, repository.Name);

    /// <summary>Reads a repository as it is now, with what runs now or ran at most a minute ago.</summary>
    /// <inheritdoc cref="PlanViews.ReadAsync"/>
    public Task<RepositoryView?> ViewAsync(
        RepositoryId id,
        KnownManifests? known,
        CancellationToken cancellation,
        Task<string?>? lifecycle = null
    ) => views.ReadAsync(id, known, Named(id), lifecycle, cancellation);

    /// <summary>Whether a view is recent enough to decide about an image.</summary>
    public bool IsFresh(RepositoryView view) => views.IsFresh(view);

    /// <summary>The images that the plan removes from a repository one by one.</summary>
    public IReadOnlyList<Digest> Named(RepositoryId id) =>
        [
            .. Plan
                .Repositories.Where(repository => repository.Name == id.Name)
                .SelectMany(repository => repository.Items.OfType<Removal>())
                .SelectMany(removal => removal.Images)
                .Select(image => image.Digest),
        ];

    /// <summary>
    /// What the plan takes from the other repositories. If a policy was already put, this is what ECR's preview said,
    /// which is seldom what the plan expected. If not, it is what the plan says.
    /// </summary>
    public IEnumerable<Removed> Beside(RepositoryId id) =>
        Plan
            .Repositories.Where(repository => repository.Name != id.Name)
            .Select(repository => taken.GetValueOrDefault(repository.Name) ?? repository.Removed);

    /// <summary>Whether the plan has put its policy on a repository, in this call or in an earlier one.</summary>
    public bool HasPut(RepositoryId id) => taken.ContainsKey(id.Name);

    /// <summary>
    /// Counts what a policy takes from a repository, together with what the plan removes from it. It counts before the
    /// policy is written, since the next repositories are decided on meanwhile.
    /// </summary>
    /// <returns>What counted before; null if nothing did.</returns>
    public Removed? Take(Removed removed)
    {
        var before = taken.GetValueOrDefault(removed.Repository);
        taken[removed.Repository] = removed;
        return before;
    }

    /// <summary>Counts what counted before: the policy was not put.</summary>
    public void GiveBack(RepositoryId id, Removed? before)
    {
        if (before is null)
            taken.TryRemove(id.Name, out _);
        else
            taken[id.Name] = before;
    }

    /// <returns>False if somebody else applies a plan. Then this run must start nothing more.</returns>
    public Task<bool> KeepsLeaseAsync() => lease.IsStillOursAsync();

    public ApplyAnswer Answer(bool more) => Results.Answer(PlanId, more);
}
