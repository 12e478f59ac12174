using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;
using ConsumerReader = EcrGuard.Aws.Facts.ConsumerReader;

namespace EcrGuard.Lambda.Functions;

/// <summary>Which plan is being applied: a document of the ledger.</summary>
/// <param name="RunningUntil">Until when nobody else may apply one; null when none is.</param>
public sealed record ApplyLease(string PlanId, DateTimeOffset? RunningUntil)
{
    public static StoredForm<ApplyLease> Form { get; } = new("APPLY", 1, StateJson.Default.ApplyLease);
}

/// <summary>
/// Carries out a plan that somebody has reviewed, exactly, and nothing else. What is no longer as the plan says is left
/// alone and named; one plan is applied at a time; applied again, what is done stays done.
/// </summary>
public sealed class ApplyPlan(
    EffectivePolicy policy,
    RepositoryReader views,
    ConsumerReader consumers,
    UseStore uses,
    RegistryDocuments documents,
    PlanLedger plans,
    ImageRemovals removals,
    PolicyPut policyPut,
    TimedNotices notices,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    /// <summary>Lambda's longest run: a run that began before that is dead.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(15);

    [LambdaFunction]
    public async Task<ApplyAnswer> ApplyPlanAsync(JsonElement input, ILambdaContext context)
    {
        var reading = PlanReader.Read(Encoding.UTF8.GetBytes(input.GetRawText()));
        if (reading.Plan is not { } plan)
            return Refused(null, [.. reading.Problems.Select(problem => problem.ToString("plan"))]);
        var id = plan.Id;
        if (WhyNot(plan) is { Count: > 0 } reasons)
            return Refused(id, reasons);
        var removed = plan.Repositories.Select(repository => repository.Removed).ToList();
        if (Ceiling.Broken(removed, policy.Document.Ceilings) is { Count: > 0 } broken)
        {
            await TellAsync(plan, broken).ConfigureAwait(false);
            return Refused(id, broken);
        }

        var started = time.GetUtcNow();
        var (lease, revision) = await documents
            .FindAsync(ApplyLease.Form, CancellationToken.None)
            .ConfigureAwait(false);
        if (lease?.RunningUntil > started)
            return Refused(
                id,
                [
                    $"The plan {lease.PlanId} is being applied; one is at a time. Try again when it is done, "
                        + $"at the latest after {lease.RunningUntil.Value.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z.",
                ]
            );
        // Nobody else stores over a lease that runs.
        async Task<bool> LeaseAsync(DateTimeOffset? until)
        {
            var kept = await documents
                .StoreAsync(ApplyLease.Form, new ApplyLease(id, until), revision, CancellationToken.None)
                .ConfigureAwait(false);
            if (kept)
                revision++;
            return kept;
        }
        if (!await LeaseAsync(started + Lease).ConfigureAwait(false))
            return Refused(
                id,
                ["Another plan has just begun to be applied; one is at a time. Try again when it is done."]
            );

        try
        {
            var taken = await plans.TakenAsync(id, CancellationToken.None).ConfigureAwait(false);
            using var run = new PlanRun(
                plan,
                id,
                views,
                consumers,
                uses,
                time,
                context,
                taken,
                () => LeaseAsync(started + Lease)
            );
            return await AllAsync(run).ConfigureAwait(false);
        }
        finally
        {
            await LeaseAsync(null).ConfigureAwait(false);
        }
    }

    /// <summary>Why the plan as a whole must not be applied here; empty where it may.</summary>
    private IReadOnlyList<string> WhyNot(Plan plan) =>
        plan.Account != settings.Account || plan.Region != settings.Region
            ?
            [
                $"The plan is for the registry {plan.Account} in {plan.Region}; this EcrGuard acts on "
                    + $"{settings.Account} in {settings.Region}.",
            ]
        : time.GetUtcNow() - plan.CreatedAt > Plan.MaxAge
            ?
            [
                $"The plan was made on {plan.CreatedAt.UtcDateTime:yyyy-MM-dd}, more than {Plan.MaxAge.Days} "
                    + "days ago. Make it again.",
            ]
        : plan.PolicyVersion != policy.Document.Version
            ?
            [
                $"The plan follows the policy {plan.PolicyVersion[..12]}…, and the policy in force is "
                    + $"{policy.Document.Version[..12]}…. Make the plan with the policy that is deployed.",
            ]
        : [];

    /// <summary>Tells security once of a plan, however often it is tried.</summary>
    private Task TellAsync(Plan plan, IReadOnlyList<string> broken) =>
        notices.PublishOnceAsync(
            new RepositoryId(plan.Account, plan.Region, plan.Repositories[0].Name),
            PlanAlert.IdOf(plan),
            () => Task.FromResult(PlanAlert.For(plan, broken, time.GetUtcNow())),
            CancellationToken.None
        );

    private static ApplyAnswer Refused(string? planId, IReadOnlyList<string> reasons) =>
        new(planId, [], [], [.. reasons.Select(why => new Applied(null, "plan", null, why))], false);

    private async Task<ApplyAnswer> AllAsync(PlanRun run)
    {
        using var deadline = run.Deadline();
        var more = false;
        var rest = new List<Task<bool>>();
        await using (
            var ahead = new PutsAhead(policyPut, run, id => policy.ModeOf(id) >= EnforcementMode.Mark, deadline.Token)
        )
        {
            foreach (var repository in run.Plan.Repositories)
            {
                foreach (var item in repository.Items)
                {
                    var following = await ItemAsync(run, repository, item, ahead, deadline).ConfigureAwait(false);
                    // The next repository need not wait for what follows; the next item of the same one does.
                    more |= following is null || (repository.Items.Count > 1 && !await following.ConfigureAwait(false));
                    if (following is not null)
                        rest.Add(following);
                    more = more || !await KeepsLeaseAsync(run).ConfigureAwait(false);
                    if (more)
                        break;
                }
                if (more)
                    break;
            }
            more |= (await Task.WhenAll(rest).ConfigureAwait(false)).Contains(false);
        }
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

    /// <returns>False where somebody else applies a plan, or nobody knows: nothing more is begun.</returns>
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

    /// <returns>What follows, false in it where time was up meanwhile; null where time is up before.</returns>
    private async Task<Task<bool>?> ItemAsync(
        PlanRun run,
        PlannedRepository repository,
        PlanItem item,
        PutsAhead ahead,
        CancellationTokenSource deadline
    )
    {
        var (id, cancellation) = (run.IdOf(repository), deadline.Token);
        if (policy.ModeOf(id) < EnforcementMode.Mark)
        {
            run.Refuse(
                id,
                item,
                "EcrGuard only observes this repository: the policy's enforcement and the deployment's "
                    + "parameter Enforcement must both be at least mark, and its parameter Repositories empty "
                    + "or one that names it."
            );
            return Task.FromResult(true);
        }
        Task? following = null;
        var inTime = await SafelyAsync(async () =>
            {
                following = item switch
                {
                    Removal removal => await removals.ApplyAsync(run, id, removal, cancellation).ConfigureAwait(false)
                        ? Task.CompletedTask
                        : null,
                    PutPolicy put => await policyPut
                        .PutAsync(
                            run,
                            id,
                            put,
                            await ahead.OfAsync(repository, put, cancellation).ConfigureAwait(false),
                            cancellation
                        )
                        .ConfigureAwait(false),
                    _ => throw new InvalidOperationException(
                        $"The item {item.GetType().Name} is of a kind that nobody carries out."
                    ),
                };
                return following is not null;
            })
            .ConfigureAwait(false);
        return !inTime ? null
            : following is null ? Task.FromResult(true)
            : SafelyAsync(async () =>
            {
                await following.ConfigureAwait(false);
                return true;
            });

        // Whatever was begun stands in the ledger; the next call looks what became of it.
        async Task<bool> SafelyAsync(Func<Task<bool>> act)
        {
            try
            {
                return await act().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                log.Error(
                    "An item of a plan failed.",
                    failure,
                    ("plan", run.PlanId),
                    ("repository", id.Name),
                    ("item", item.Word)
                );
                run.Refuse(
                    id,
                    item,
                    $"It failed: {ErrorText.Of(failure).TrimEnd('.')}. What of it was done is known when the "
                        + "plan is applied again."
                );
                return true;
            }
        }
    }

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}
