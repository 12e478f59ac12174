using System.Text.Json;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>The time that the policy gives to replace a blocked image that runs.</summary>
public static class GraceAlert
{
    /// <summary>Of as many characters as an ARN may take, within what a message holds.</summary>
    private const int MaxUsers = 50;

    /// <summary>
    /// The grace of an image in use: half of it has gone, or all. Names what runs it, the owner where one is known, and
    /// the fix.
    /// </summary>
    public static AlertMessage For(GraceNotice notice) =>
        Fitting(most => Of(notice with { Record = notice.Record.Cut(most) }));

    private static AlertMessage Of(GraceNotice notice)
    {
        // What is forced passes already: the fix is that of the verdict it stands for.
        var record = notice.Record.WithoutBreakGlass();
        var (grace, verdict, image) = (notice.Grace, record.Verdict, record.Verdict.Image);
        var id = GraceNotice.Id(image, notice.Stage, grace);
        var kind = notice.Stage switch
        {
            GraceStage.Reminder => "grace-reminder",
            GraceStage.Escalation => "grace-ended",
        };
        var tags = Tags(record.Tags);
        var owner = notice.Owner is null ? null : Clip(notice.Owner, 256);
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
            .Line($"Image     {image.Repository.Uri}@{image.Digest}")
            .Line($"Tags      {(tags.Count == 0 ? "none" : string.Join(", ", tags))}")
            .Line($"Account   {image.Repository.Account}, {image.Repository.Region}")
            .Line(
                $"Grace     {Grace.Word(grace.Severity)}: {Count(grace.Days, "day")}, from "
                    + $"{SummaryText.Moment(grace.StartedAt)} to {SummaryText.Moment(grace.EndsAt)}"
            );
        if (owner is not null)
            text.Line($"Owner     {owner}");
        text.List("In use:", "reasons for that", notice.Usage.Why.Count, i => $"- {Clip(notice.Usage.Why[i], 500)}")
            .List(
                "What would make it pass, shortest way first:",
                "ways to pass",
                verdict.ToPass.Count,
                i => $"- {Clip(verdict.ToPass[i], 1000)}"
            )
            .List(
                $"Reasons: {record.ReasonCount}",
                "reasons",
                verdict.Reasons.Count,
                i => $"- {Clip(verdict.Reasons[i].Sentence, 1000)}"
            )
            .Pointers(image)
            .Line()
            .Line($"Policy    {verdict.PolicyVersion}")
            .Line($"Alert     {id}");
        return new AlertMessage(
            id,
            Subjects.Fit(
                "EcrGuard: "
                    + $"{(notice.Stage == GraceStage.Escalation ? "grace ended" : "half of the grace gone")}, "
                    + $"{Named(image, tags)} runs and is blocked"
            ),
            text.Render(MaxText, "the message's JSON form."),
            JsonSerializer.Serialize(
                new GraceBody(
                    1,
                    id,
                    kind,
                    image.Repository.Account,
                    image.Repository.Region,
                    image.Repository.Name,
                    image.Digest,
                    tags,
                    Grace.Word(grace.Severity),
                    grace.StartedAt,
                    grace.EndsAt,
                    [.. notice.Usage.By.Take(MaxUsers).Select(by => Clip(by.ToString(), 300))],
                    notice.Usage.By.Count,
                    owner,
                    verdict.Reasons,
                    record.ReasonCount,
                    verdict.ToPass,
                    verdict.PolicyVersion
                ),
                ReportJson.Default.GraceBody
            ),
            [
                .. Routing(id, kind, image.Repository.Account, image.Repository.Region),
                new("repository", image.Repository.Name),
                new("severity", Grace.Word(grace.Severity).ToLowerInvariant()),
                .. OfTeam(notice.Owner),
            ]
        );
    }
}
