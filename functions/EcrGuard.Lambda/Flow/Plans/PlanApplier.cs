using System.Globalization;
using EcrGuard.Aws;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>Applies the items of a plan. They are decided on in the plan's order.</summary>
public sealed class PlanApplier(
    ImageRemovals removals,
    PutPreparer preparer,
    PolicyPut policyPut,
    EffectivePolicy policy,
    Log log
)
{
    /// <summary>
    /// How many repositories are written to at the same time. The rate of writes is reached even if a call takes 100
    /// ms.
    /// </summary>
    private const int WritesAtOnce = 8;

    public async Task<ApplyAnswer> RunAsync(PlanRun run)
    {
        using var deadline = run.Deadline();
        bool more;
        await using (var ahead = new PutPrefetcher(preparer, run, policy.MayMark, deadline.Token))
            more = !await AllAsync(run, ahead, deadline.Token).ConfigureAwait(false);
        var answer = run.Answer(more);
        log.Info(
            "A plan was applied.",
            ("plan", run.PlanId),
            ("done", Number(answer.Done.Count)),
            ("superseded", Number(answer.Superseded.Count)),
            ("refused", Number(answer.Refused.Count)),
            ("more", more ? "true" : "false")
        );
        return answer;
    }

    /// <summary>
    /// Decides about one item after the other, because ceilings count in the order of the plan. Writes of several
    /// repositories are under way at the same time.
    /// </summary>
    /// <returns>False if the time was up, or somebody else applies a plan.</returns>
    private async Task<bool> AllAsync(PlanRun run, PutPrefetcher ahead, CancellationToken cancellation)
    {
        var underWay = new Queue<Task<bool>>();
        var inTime = true;
        foreach (var (repository, item) in Items(run.Plan))
        {
            if (await ItemAsync(run, repository, item, ahead, cancellation).ConfigureAwait(false) is not { } write)
            {
                inTime = false;
                break;
            }
            underWay.Enqueue(write);
            // The next item of the same repository must wait.
            while (inTime && underWay.Count > (repository.Items.Count == 1 ? WritesAtOnce : 0))
                inTime = await underWay.Dequeue().ConfigureAwait(false);
            if (!inTime || !await KeepsLeaseAsync(run).ConfigureAwait(false))
            {
                inTime = false;
                break;
            }
        }
        // No write goes on once the lease is given up.
        var ended = await Task.WhenAll(underWay).ConfigureAwait(false);
        return inTime && !ended.Contains(false);
    }

    private static IEnumerable<(PlannedRepository Repository, PlanItem Item)> Items(Plan plan) =>
        plan.Repositories.SelectMany(repository => repository.Items, (repository, item) => (repository, item));

    /// <returns>False if somebody else applies a plan, or if that is not known. Then nothing more is started.</returns>
    private async Task<bool> KeepsLeaseAsync(PlanRun run)
    {
        try
        {
            return await run.KeepsLeaseAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            log.Error("Whether the plan is still this run's to apply is not known.", failure, ("plan", run.PlanId));
            return false;
        }
    }

    /// <returns>
    /// The write, which gives false if the time was up during it; null if the time was up before the item.
    /// </returns>
    private async Task<Task<bool>?> ItemAsync(
        PlanRun run,
        PlannedRepository repository,
        PlanItem item,
        PutPrefetcher ahead,
        CancellationToken cancellation
    )
    {
        var id = run.IdOf(repository);
        if (!policy.MayMark(id))
        {
            run.Results.Refuse(
                id,
                item,
                "EcrGuard only observes this repository: the policy's enforcement and the deployment's "
                    + "parameter Enforcement must both be at least mark, and its parameter Repositories empty "
                    + "or one that names it."
            );
            return Task.FromResult(true);
        }
        Task? write = null;
        async Task<bool> BeginAsync()
        {
            write = await ActAsync(run, repository, item, ahead, cancellation).ConfigureAwait(false);
            return write is not null;
        }
        async Task<bool> EndAsync()
        {
            await (write ?? Task.CompletedTask).ConfigureAwait(false);
            return true;
        }
        return await SafelyAsync(run, id, item, BeginAsync, cancellation).ConfigureAwait(false)
            ? SafelyAsync(run, id, item, EndAsync, cancellation)
            : null;
    }

    /// <returns>The write; null if the time is up.</returns>
    private async Task<Task?> ActAsync(
        PlanRun run,
        PlannedRepository repository,
        PlanItem item,
        PutPrefetcher ahead,
        CancellationToken cancellation
    )
    {
        var id = run.IdOf(repository);
        switch (item)
        {
            case Removal removal:
                var done = await removals.ApplyAsync(run, id, removal, cancellation).ConfigureAwait(false);
                return done ? Task.CompletedTask : null;
            case PutPolicy put:
                var prepared = await ahead.OfAsync(repository, put, cancellation).ConfigureAwait(false);
                return await policyPut.PutAsync(run, id, put, prepared, cancellation).ConfigureAwait(false);
            default:
                throw new InvalidOperationException(
                    $"The item {item.GetType().Name} is of a kind that nobody carries out."
                );
        }
    }

    /// <summary>
    /// Runs a step so that a failure is safe: everything that was started is in the ledger, and the next call checks
    /// what became of it. It never throws, so that every write is waited for.
    /// </summary>
    /// <returns>False if the time was up.</returns>
    private async Task<bool> SafelyAsync(
        PlanRun run,
        RepositoryId id,
        PlanItem item,
        Func<Task<bool>> act,
        CancellationToken cancellation
    )
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception failure)
        {
            log.Error(
                "An item of a plan failed.",
                failure,
                ("plan", run.PlanId),
                ("repository", id.Name),
                ("item", item.Word)
            );
            run.Results.Refuse(
                id,
                item,
                $"It failed: {ErrorText.Of(failure).TrimEnd('.')}. What of it was done is known when the "
                    + "plan is applied again."
            );
            return true;
        }
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}
