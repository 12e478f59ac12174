using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>What happened to images: one message for each, or one for many that changed at once.</summary>
public static class ImageAlert
{
    /// <summary>More alerts than this in one batch become one message for each team.</summary>
    public const int MaxSingle = 10;

    /// <summary>
    /// How many alerts one message holds: with the longest names that ECR allows, it stays within SNS's limit.
    /// </summary>
    public const int MaxInOne = 200;

    /// <summary>How many consumers of an image are named: the text and the JSON fit into one message.</summary>
    private const int MaxRunsIn = 20;

    /// <summary>
    /// Which alerts of one batch share a message: none, or, if there are more than <see cref="MaxSingle"/>, those of
    /// one team, as many as a message holds.
    /// </summary>
    public static IEnumerable<IReadOnlyList<T>> Batches<T>(IReadOnlyList<T> alerts, Func<T, string?> teamOf) =>
        alerts.Count <= MaxSingle ? alerts.Chunk(1) : alerts.GroupBy(teamOf).SelectMany(team => team.Chunk(MaxInOne));

    /// <summary>The message for alerts that share one.</summary>
    public static AlertMessage ForBatch(IReadOnlyList<Alert> alerts) =>
        alerts is [var alert] ? For(alert) : ForMany(alerts);

    /// <summary>One change of one image.</summary>
    public static AlertMessage For(Alert alert) => Fitting(most => Of(alert with { Record = alert.Record.Cut(most) }));

    private static AlertMessage Of(Alert alert)
    {
        var verdict = alert.Record.Verdict;
        var (image, registry) = (verdict.Image, verdict.Image.Repository);
        var tags = Tags(alert.Record.Tags);
        var urgent = IsUrgent(alert) ? "URGENT, runs and is " : "";
        return AlertMessage.Of(
            Body(alert, tags),
            ReportJson.Default.AlertBody,
            $"EcrGuard: {urgent}{verdict.Status.Word()} {Named(image, tags)} in {registry.Account} {registry.Region}",
            Text(alert, tags),
            "the ledger.",
            [
                new("status", verdict.Status.Word().ToLowerInvariant()),
                new("running", alert.RunsIn.Count > 0 ? "true" : "false"),
                .. OfSeverity(AlertPointers.Worst(verdict.Reasons)),
                .. OfTeam(alert.Team),
            ]
        ) with
        {
            Next = [AlertPointers.Explain(image), AlertPointers.Ecr(image)],
        };
    }

    private static ReportText Text(Alert alert, IReadOnlyList<string> tags)
    {
        var (record, verdict) = (alert.Record, alert.Record.Verdict);
        var image = verdict.Image;
        var text = new ReportText()
            .Line(Headline(alert))
            .Line()
            .Image(image, tags)
            .Team(TeamName(alert.Team))
            .Line(
                $"Status    {record.PreviousStatus?.Word() ?? "new"} → {verdict.Status.Word()} since "
                    + $"{Moment(record.StatusSince)}; a gate answers {(verdict.Approved ? "yes" : "no")}"
            );
        text.Severity(verdict.Reasons)
            .Line(
                $"Findings  {(verdict.Counts.Total == 0 ? "none" : verdict.Counts.Words())}"
                    + (record.Kind == ImageKind.Index ? ", over all platforms" : "")
                    + (verdict.Waived.Count == 0 ? "" : ", waived ones included")
            );
        if (alert.Kind == AlertKind.Blocked && record.Grace is { } grace)
            text.Line($"Deadline  {Deadline(grace)}");
        text.List(RunsHeading(alert), "of what runs it", alert.RunsIn.Count, i => $"- {Clip(alert.RunsIn[i], 300)}");
        AddReasons(text, record);
        if (record.CouldNotMark is { } why)
            text.Line().Line($"The image could not be marked with a tag: {Clip(why, 500)}");
        text.Pointers(image);
        return text.Waiver(AlertPointers.WaiverOf(record)).Line().Line($"Policy    {verdict.PolicyVersion}");
    }

    private static void AddReasons(ReportText text, ImageRecord record)
    {
        var verdict = record.Verdict;
        text.Reasons(verdict.Reasons, record.ReasonCount);
        if (record.ReasonCount > verdict.Reasons.Count)
            text.Line(
                $"The first {verdict.Reasons.Count} are listed; an approval query or the ledger has the findings whole."
            );
        if (verdict.ToPass.Count > 0)
            text.WaysToPass(verdict.ToPass);
        if (verdict.Waived.Count > 0)
            text.List("Waived:", "waived findings", verdict.Waived.Count, i => Waived(verdict.Waived[i]));
    }

    private static string Headline(Alert alert) =>
        alert.Kind switch
        {
            AlertKind.Blocked when alert.Record.SettledBefore == Status.Approved =>
                "An image that was approved is blocked now: the policy blocks at least one of its findings, and "
                    + "nothing excuses it.",
            AlertKind.Blocked =>
                "An image is blocked: the policy blocks at least one of its findings, and nothing excuses it.",
            AlertKind.Lifted => "An image is no longer blocked.",
            AlertKind.NoLongerApproved => "An image that was approved no longer is, for want of a current scan.",
            AlertKind.NeverSettled =>
                "Findings that a scan announced are still not listed: nobody can say whether they block.",
        };

    private static bool IsUrgent(Alert alert) => alert is { Kind: AlertKind.Blocked, RunsIn.Count: > 0 };

    private static string RunsHeading(Alert alert) =>
        alert.RunsIn.Count == 0
            ? "Nothing is known to run it."
            : $"It runs now, and goes on running until its team replaces it ({alert.RunsIn.Count}):";

    private static string Deadline(Grace grace) =>
        $"What runs it {(grace.Counting ? "has" : "would have")} until {Moment(grace.EndsAt)} to be "
        + $"replaced ({Grace.Word(grace.Severity)}: {Count(grace.Days, "day")}). Nothing that runs is taken away; new "
        + "deployments are refused at once.";

    private static AlertBody Body(Alert alert, IReadOnlyList<string> tags)
    {
        var (record, verdict) = (alert.Record, alert.Record.Verdict);
        var image = verdict.Image;
        return new AlertBody(
            alert.Id,
            Word(alert.Kind),
            image,
            tags,
            record.PreviousStatus,
            verdict.Status,
            verdict.Approved,
            record.StatusSince,
            AlertPointers.Worst(verdict.Reasons),
            verdict.Reasons.Max(reason => reason.Score),
            verdict.Reasons.Max(reason => reason.Epss),
            [.. alert.RunsIn.Take(MaxRunsIn).Select(by => Clip(by, 300))],
            alert.RunsIn.Count,
            TeamName(alert.Team),
            verdict.Reasons,
            record.ReasonCount,
            verdict.ToPass,
            record.WaiversUsed,
            record.CouldNotMark,
            verdict.PolicyVersion,
            alert.Kind == AlertKind.Blocked ? record.Grace?.EndsAt : null,
            AlertPointers.Explain(image),
            AlertPointers.Ecr(image),
            Links.Inspector(image.Repository.Region),
            AlertPointers.WaiverOf(record)
        );
    }

    /// <summary>
    /// One message about many changes. They are counted by kind and repository, the first are described, and all are
    /// listed with their ids.
    /// </summary>
    /// <param name="alerts">One to <see cref="MaxInOne"/>, in any order, of one team.</param>
    public static AlertMessage ForMany(IReadOnlyList<Alert> alerts)
    {
        ArgumentOutOfRangeException.ThrowIfZero(alerts.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(alerts.Count, MaxInOne);
        List<Alert> sorted =
        [
            .. alerts
                .OrderByDescending(IsUrgent)
                .ThenBy(alert => alert.Kind)
                .ThenBy(alert => alert.Record.Verdict.Image.Repository.Name, StringComparer.Ordinal)
                .ThenBy(alert => alert.Id, StringComparer.Ordinal),
        ];
        var id = BatchId(alerts);
        var kinds = CountsOf(sorted, alert => Word(alert.Kind));
        var repositories = CountsOf(sorted, alert => alert.Record.Verdict.Image.Repository.Name);
        var told = string.Join(", ", kinds.Select(kind => $"{kind.Count} {kind.Name}"));
        var registry = sorted[0].Record.Verdict.Image.Repository;
        var body = new AlertBatchBody(
            id,
            registry.Account,
            registry.Region,
            TeamName(sorted[0].Team),
            kinds,
            repositories,
            [.. sorted.Select(Entry)]
        );
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: {Count(sorted.Count, "image")} changed status: {told}"),
            TextOfMany(sorted, id, told, repositories),
            JsonSerializer.Serialize(body, ReportJson.Default.AlertBatchBody),
            [
                .. body.Attributes,
                new("status", sorted.Min(alert => alert.Record.Verdict.Status).Word().ToLowerInvariant()),
                FilterValue.Of("alerts", sorted.Count),
                FilterValue.Of("blocked", sorted.Count(alert => alert.Kind == AlertKind.Blocked)),
                new("running", sorted.Exists(alert => alert.RunsIn.Count > 0) ? "true" : "false"),
                .. OfSeverity(sorted.Max(alert => AlertPointers.Worst(alert.Record.Verdict.Reasons))),
                .. OfTeam(sorted[0].Team),
            ]
        );
    }

    private static string TextOfMany(List<Alert> sorted, string id, string told, List<CountOf> repositories)
    {
        var (registry, running) = (sorted[0].Record.Verdict.Image.Repository, sorted.Count(IsUrgent));
        var text = new ReportText().Line($"{Count(sorted.Count, "image")} changed status at once: {told}.");
        if (running > 0)
            text.Line($"{Count(running, "of them runs and is blocked", "of them run and are blocked")}.");
        text.Account(registry.Account, registry.Region)
            .Team(TeamName(sorted[0].Team))
            .List(
                "By repository:",
                "repositories",
                repositories.Count,
                i => $"- {repositories[i].Name}: {repositories[i].Count}"
            )
            .List(
                "The first of them:",
                "described",
                Math.Min(MaxSingle, sorted.Count),
                i => $"- {Described(sorted[i])}"
            )
            .Line()
            .Line("All of them, by alert id:");
        foreach (var alert in sorted)
            text.Line(alert.Id);
        return text.Line().Line($"Alert     {id}").Render(2 * MaxText, "the message's JSON form.");
    }

    private static AlertEntry Entry(Alert alert) =>
        new(
            alert.Id,
            Word(alert.Kind),
            alert.Record.Verdict.Image.Repository.Name,
            alert.Record.Verdict.Image.Digest,
            alert.Record.Verdict.Status,
            alert.RunsIn.Count > 0
        );

    private static string BatchId(IReadOnlyList<Alert> alerts)
    {
        var ids = string.Join('\n', alerts.Select(alert => alert.Id).Order(StringComparer.Ordinal));
        return $"batch:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ids)))}";
    }

    /// <summary>The most frequent first.</summary>
    private static List<CountOf> CountsOf(List<Alert> alerts, Func<Alert, string> name) =>
        [
            .. alerts
                .GroupBy(name, StringComparer.Ordinal)
                .Select(same => new CountOf(same.Key, same.Count()))
                .OrderByDescending(count => count.Count)
                .ThenBy(count => count.Name, StringComparer.Ordinal),
        ];

    private static string Described(Alert alert)
    {
        var (record, verdict) = (alert.Record, alert.Record.Verdict);
        return $"{Word(alert.Kind)}{(IsUrgent(alert) ? ", and it runs" : "")}: "
            + $"{SummaryText.Name(verdict.Image.Repository.Name, verdict.Image.Digest, Tags(record.Tags))}: "
            + $"{Clip(verdict.Reasons[0].Sentence, 500)}";
    }

    private static string Word(AlertKind kind) =>
        kind switch
        {
            AlertKind.Blocked => "blocked",
            AlertKind.Lifted => "lifted",
            AlertKind.NoLongerApproved => "no-longer-approved",
            AlertKind.NeverSettled => "never-settled",
        };

    private static string Waived(WaivedFinding waived)
    {
        var package = waived.Package is { } named ? $" in {Clip(named, 100)}" : "";
        return $"- {Clip(waived.Vulnerability, 100)}{package} by {waived.By()}";
    }
}
