using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The time that the policy gives to replace a blocked image that runs.</summary>
public static class GraceAlert
{
    /// <summary>More are counted: with names as long as an ARN may be, the message stays within its limit.</summary>
    private const int MaxUsers = 50;

    /// <summary>
    /// Half of the grace of an image in use is over, or all of it. Names what runs the image, its owner if one is
    /// known, and the fix.
    /// </summary>
    public static AlertMessage For(GraceNotice notice) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }));

    private static AlertMessage Of(GraceNotice notice)
    {
        // A forced approval passes already: the fix is that of the verdict without it.
        var record = notice.Record.WithoutBreakGlass();
        var (grace, verdict) = (notice.Grace, record.Verdict);
        var tags = Tags(record.Tags);
        var body = new GraceBody(
            GraceNotice.Id(verdict.Image, notice.Stage, grace),
            notice.Stage switch
            {
                GraceStage.Reminder => "grace-reminder",
                GraceStage.Escalation => "grace-ended",
            },
            verdict.Image,
            tags,
            Grace.Word(grace.Severity),
            grace.StartedAt,
            grace.EndsAt,
            [.. notice.Usage.By.Take(MaxUsers).Select(by => Clip(by.ToString(), 300))],
            notice.Usage.By.Count,
            notice.Owner is null ? null : Clip(notice.Owner, 256),
            verdict.Reasons,
            record.ReasonCount,
            verdict.ToPass,
            verdict.PolicyVersion,
            AlertPointers.WaiverOf(record)
        );
        return AlertMessage.Of(
            body,
            ReportJson.Default.GraceBody,
            $"EcrGuard: {(notice.Stage == GraceStage.Escalation ? "grace ended" : "half of the grace gone")}, "
                + $"{Named(verdict.Image, tags)} runs and is blocked",
            Text(notice, body),
            "the message's JSON form.",
            [
                new("status", verdict.Status.Word().ToLowerInvariant()),
                .. OfSeverity(grace.Severity),
                .. OfTeam(notice.Owner),
            ]
        );
    }

    private static ReportText Text(GraceNotice notice, GraceBody body)
    {
        var text = new ReportText()
            .Line(
                notice.Stage switch
                {
                    GraceStage.Reminder =>
                        "Half of the time has gone that the policy gives to replace a blocked image in use.",
                    GraceStage.Escalation =>
                        "The time has ended that the policy gives to replace a blocked image in use. It "
                            + "still runs: EcrGuard takes nothing away that runs, and goes on refusing new "
                            + "deployments.",
                }
            )
            .Line()
            .Image(body.Image, body.Tags)
            .Team(body.Owner)
            .Severity(body.Reasons)
            .Line(
                $"Deadline  {Moment(body.EndsAt)} ({body.Severity}: "
                    + $"{Count(notice.Grace.Days, "day")} from {Moment(body.StartedAt)})"
            );
        return text.List(
                "In use:",
                "reasons for that",
                notice.Usage.Why.Count,
                i => $"- {Clip(notice.Usage.Why[i], 500)}"
            )
            .WaysToPass(body.ToPass)
            .Reasons(body.Reasons, body.ReasonCount)
            .Pointers(body.Image)
            .Waiver(body.Waiver)
            .Line()
            .Line($"Policy    {body.PolicyVersion}");
    }
}
