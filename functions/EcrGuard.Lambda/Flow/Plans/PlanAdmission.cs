using EcrGuard.Aws;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>Decides whether a plan as a whole may be applied here.</summary>
public sealed class PlanAdmission(Notices notices, PolicyDocument policy, Settings settings, TimeProvider time)
{
    /// <summary>
    /// Checks a plan. Security is told only once about a plan that goes over a ceiling, however often somebody tries
    /// it.
    /// </summary>
    /// <returns>The reasons, as sentences; empty if the plan may be applied.</returns>
    public async Task<IReadOnlyList<string>> WhyNotAsync(Plan plan)
    {
        if (WhyNot(plan) is { } reason)
            return [reason];
        var removed = plan.Repositories.Select(repository => repository.Removed).ToList();
        var broken = Ceiling.Broken(removed, policy.Ceilings);
        if (broken.Count > 0)
            await notices
                .PublishOnceAsync(
                    new RepositoryId(plan.Account, plan.Region, plan.Repositories[0].Name),
                    PlanAlert.IdOf(plan),
                    _ => PlanAlert.For(plan, broken, time.GetUtcNow()),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
        return broken;
    }

    private string? WhyNot(Plan plan) =>
        plan.Account != settings.Account || plan.Region != settings.Region
            ? $"The plan is for the registry {plan.Account} in {plan.Region}; this EcrGuard acts on "
                + $"{settings.Account} in {settings.Region}."
        : time.GetUtcNow() - plan.CreatedAt > Plan.MaxAge
            ? $"The plan was made on {plan.CreatedAt.UtcDateTime:yyyy-MM-dd}, more than {Plan.MaxAge.Days} "
                + "days ago. Make it again."
        : plan.PolicyVersion != policy.Version
            ? $"The plan follows the policy {plan.PolicyVersion[..12]}…, and the policy in force is "
                + $"{policy.Version[..12]}…. Make the plan with the policy that is deployed."
        : null;
}
