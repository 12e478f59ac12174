using System.Text;
using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Plans;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// Applies a plan that somebody has reviewed: exactly that plan, and nothing else. An item whose repository or image is
/// no longer as the plan says is left alone and named in the answer. Only one plan is applied at a time. If the same
/// plan is applied again, what is already done stays done.
/// </summary>
public sealed class ApplyPlan(
    PlanAdmission admission,
    PlanApplier applier,
    ApplyLeases leases,
    PlanLedger ledger,
    RepositoryReader repositories,
    UsageReader usages,
    TimeProvider time
)
{
    [LambdaFunction]
    public async Task<ApplyAnswer> ApplyPlanAsync(JsonElement input, ILambdaContext context)
    {
        var reading = PlanReader.Read(Encoding.UTF8.GetBytes(input.GetRawText()));
        if (reading.Plan is not { } plan)
            return Refused(null, [.. reading.Problems.Select(problem => problem.ToString("plan"))]);
        var id = plan.Id;
        if (await admission.WhyNotAsync(plan).ConfigureAwait(false) is { Count: > 0 } reasons)
            return Refused(id, reasons);
        var (lease, refusal) = await leases.TakeAsync(id).ConfigureAwait(false);
        if (lease is null)
            return Refused(id, [refusal]);
        try
        {
            var taken = await ledger.TakenAsync(id, CancellationToken.None).ConfigureAwait(false);
            using var views = new PlanViews(plan, repositories, usages, time);
            return await applier.RunAsync(new PlanRun(plan, id, views, lease, taken, context)).ConfigureAwait(false);
        }
        finally
        {
            await lease.EndAsync().ConfigureAwait(false);
        }
    }

    private static ApplyAnswer Refused(string? planId, IReadOnlyList<string> reasons) =>
        new(planId, [], [], [.. reasons.Select(why => new Applied(null, "plan", null, why))], false);
}
