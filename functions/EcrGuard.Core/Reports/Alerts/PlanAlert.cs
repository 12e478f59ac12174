using EcrGuard.Core.Plans;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>Somebody wanted to apply a plan that takes more than the policy's ceilings allow.</summary>
public static class PlanAlert
{
    /// <summary>So many broken ceilings are named; the rest are counted.</summary>
    private const int MaxBroken = 20;

    /// <param name="broken">A sentence for each ceiling that is broken; at least one.</param>
    public static AlertMessage For(Plan plan, IReadOnlyList<string> broken, DateTimeOffset at)
    {
        var id = IdOf(plan);
        var text = new ReportText()
            .Line("A plan was refused, and nothing of it was done: it takes more than the policy's ceilings allow.")
            .Line()
            .Line($"Plan      {plan.Id}, made {Moment(plan.CreatedAt)}")
            .Account(plan.Account, plan.Region)
            .Line($"Refused   {Moment(at)}")
            .List($"Ceilings: {broken.Count}", "ceilings", broken.Count, i => $"- {Clip(broken[i], 500)}")
            .Line()
            .Line("Look at the plan before anybody raises a ceiling: ecrguard plan makes it again, and says why")
            .Line("each image goes.")
            .Line()
            .Line($"Policy    {plan.PolicyVersion}");
        return Of(
            new PlanRefusedBody(
                id,
                plan.Account,
                plan.Region,
                plan.Id,
                [.. broken.Take(MaxBroken).Select(why => Clip(why, 500))],
                broken.Count,
                plan.PolicyVersion,
                at
            ),
            ReportJson.Default.PlanRefusedBody,
            $"EcrGuard: plan refused by a ceiling in {plan.Account} {plan.Region}",
            text,
            "the answer to whoever applied it."
        );
    }

    /// <summary>The same for the same plan, however often it is tried.</summary>
    public static string IdOf(Plan plan) => $"plan:{plan.Account}:{plan.Region}:{plan.Id}:CEILING";
}
