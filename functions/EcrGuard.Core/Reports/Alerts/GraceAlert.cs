using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The time that the policy gives to replace a blocked image that runs.</summary>
public static class GraceAlert
{
    /// <summary>Half of the grace of an image in use is over, or all of it.</summary>
    /// <param name="at">When that was seen.</param>
    public static ImageNews Of(GraceNotice notice, DateTimeOffset at)
    {
        // A forced approval passes already: the fix is that of the verdict without it.
        var record = notice.Record.WithoutBreakGlass();
        var image = record.Verdict.Image;
        var (kind, headline, told) = notice.Stage switch
        {
            GraceStage.Reminder => (
                "grace-reminder",
                "Half of the time has gone that the policy gives to replace a blocked image in use.",
                "half of the grace gone"
            ),
            GraceStage.Escalation => (
                "grace-ended",
                "The time has ended that the policy gives to replace a blocked image in use. It still runs: EcrGuard "
                    + "takes nothing away that runs, and goes on refusing new deployments.",
                "grace ended"
            ),
        };
        return new ImageNews(GraceNotice.Id(image, notice.Stage, notice.Grace), kind, image, at)
        {
            Headline = headline,
            Subject = $"{told}, {Named(image, Tags(record.Tags))} runs and is blocked",
            Record = record,
            // An image may be in use by its pulls alone. Then nobody knows who runs it.
            RunsIn = notice.Usage.By.Count == 0 ? null : [.. notice.Usage.By.Select(by => by.ToString())],
            Grace = notice.Grace,
            Lines = [.. notice.Usage.Why.Take(MaxReasons).Select(why => ("In use", Clip(why, 500)))],
        };
    }

    /// <summary>How many reasons of its use are told.</summary>
    private const int MaxReasons = 20;
}
