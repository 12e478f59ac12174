using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The deployment may do more than before, or less.</summary>
public static class CeilingAlert
{
    /// <summary>
    /// The deployment may do more than before, or less. Only this message shows a redeploy that nobody meant.
    /// </summary>
    /// <param name="change">Counts the changes, so that each has an id of its own.</param>
    public static AlertMessage For(
        string account,
        string region,
        EnforcementMode before,
        EnforcementMode now,
        long change,
        DateTimeOffset at
    )
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"ceiling:{account}:{region}:{change}:{Word(now)}");
        var body = new CeilingBody(id, account, region, before, now, at);
        var text = new ReportText()
            .Line($"The deployment's ceiling (the parameter Enforcement) was {Word(before)} and is {Word(now)} now.")
            .Line(
                now switch
                {
                    EnforcementMode.Observe => "EcrGuard decides, records and reports, and writes nothing to ECR: "
                        + "it marks no image, repairs no baseline, and what is out of reach stays there.",
                    EnforcementMode.Mark => "Where the policy says so, EcrGuard marks images and repairs baselines. "
                        + "It takes nothing out of reach, and puts back what it took.",
                    EnforcementMode.Quarantine => "Where the policy says so, EcrGuard marks images, repairs baselines, "
                        + "and takes blocked images that nothing uses out of reach.",
                }
            )
            .Line("No gate's answer changes by it.")
            .Line()
            .Account(account, region)
            .Line($"Seen      {Phrase.Moment(at)}")
            .Line()
            .Line(
                "Do        Nothing, if you ordered it. If not, find out who deployed the stack (CloudTrail), and "
                    + $"deploy again with Enforcement={Word(before)}."
            )
            .Line();
        return Of(
            body,
            ReportJson.Default.CeilingBody,
            $"EcrGuard: ceiling changed from {Word(before)} to {Word(now)} in {account} {region}",
            text,
            "the message's JSON form.",
            new FilterValue("ceiling", Word(now))
        );
    }

    private static string Word(EnforcementMode mode) =>
        mode switch
        {
            EnforcementMode.Observe => "observe",
            EnforcementMode.Mark => "mark",
            EnforcementMode.Quarantine => "quarantine",
        };
}
