using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Core.Images.Phrase;
using static EcrGuard.Core.Reports.AlertMessage;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>Messages about images: one for each piece of news, or one for many that come at once.</summary>
public static class ImageMessage
{
    /// <summary>More news than this at once become one message for each team.</summary>
    public const int MaxSingle = 10;

    /// <summary>
    /// How many pieces of news one message holds. With the longest names that ECR allows, it stays within SNS's limit.
    /// </summary>
    public const int MaxInOne = 75;

    /// <summary>How many consumers of an image are named: the text and the JSON fit into one message.</summary>
    private const int MaxRunsIn = 20;

    /// <summary>
    /// Which news share a message: none, or, if there are more than <see cref="MaxSingle"/>, those of one team, as many
    /// as a message holds.
    /// </summary>
    public static IEnumerable<IReadOnlyList<T>> Batches<T>(IReadOnlyList<T> news, Func<T, string?> teamOf) =>
        news.Count <= MaxSingle ? news.Chunk(1) : news.GroupBy(teamOf).SelectMany(team => team.Chunk(MaxInOne));

    /// <summary>The message for news that share one.</summary>
    public static AlertMessage ForBatch(IReadOnlyList<ImageNews> news) => news is [var one] ? For(one) : ForMany(news);

    /// <summary>One piece of news.</summary>
    public static AlertMessage For(ImageNews news) => Fitting(most => Of(news.Cut(most)));

    private static AlertMessage Of(ImageNews news) =>
        AlertMessage.Of(
            Body(news),
            ReportJson.Default.ImageNewsBody,
            $"EcrGuard: {news.Subject}",
            Text(news),
            "the message's JSON form, up to its own limit, and the ledger.",
            [
                new("status", StatusOf(news)),
                new("running", news.Runs ? "true" : "false"),
                .. news.WasApproved is { } was
                    ? [new FilterValue("wasApproved", was ? "true" : "false")]
                    : (FilterValue[])[],
                .. OfSeverity(AlertPointers.Worst(news.Reasons)),
                .. OfTeam(news.Team),
            ]
        ) with
        {
            Next = [AlertPointers.Explain(news.Image), AlertPointers.Ecr(news.Image)],
        };

    private static string StatusOf(ImageNews news) =>
        (news.Record?.Verdict.Status.Word() ?? "unknown").ToLowerInvariant();

    private static ReportText Text(ImageNews news)
    {
        var text = new ReportText()
            .Line(news.Headline)
            .Line()
            .Image(news.Image, news.Tags)
            .Team(TeamName(news.Team))
            .Line($"Status    {StatusLine(news)}")
            .Severity(news.Reasons);
        if (news.Record is { } known)
            text.Line($"Findings  {Findings(known)}");
        if (news.Grace is { } grace)
            text.Line($"Grace     {GraceLine(grace)}");
        foreach (var (what, said) in news.Lines)
            text.Line($"{what, -9} {said}");
        if (news.Do is { } next)
            text.Line().Line($"Do        {next}");
        text.List(
            RunsHeading(news),
            "of what runs it",
            news.RunsIn?.Count ?? 0,
            i => $"- {Clip(news.RunsIn![i], 300)}"
        );
        if (news.Record is { } record)
            AddReasons(text, record);
        text.Pointers(news.Image).Waiver(news.Waiver).Line();
        return news.Record is { } judged ? text.Line($"Policy    {judged.Verdict.PolicyVersion}") : text;
    }

    private static string StatusLine(ImageNews news) =>
        news.Record is not { } record
            ? "UNKNOWN: EcrGuard has not judged it"
            : (news.PreviousStatus is { } before ? $"{before.Word()} → " : "")
                + $"{record.Verdict.Status.Word()} since {Moment(record.StatusSince)}; "
                + "pipelines that ask EcrGuard get a "
                + (
                    news.IsForced ? $"yes until {Moment(news.BreakGlass!.Until)}, since somebody forces it"
                    : record.Verdict.Approved ? "yes"
                    : "no"
                );

    private static string Findings(ImageRecord record) =>
        (record.Verdict.Counts.Total == 0 ? "none" : record.Verdict.Counts.Words())
        + (record.Kind == ImageKind.Index ? ", over all platforms" : "")
        + (record.Verdict.Waived.Count == 0 ? "" : ", waived ones included");

    private static string GraceLine(Grace grace) =>
        $"What runs it {(grace.Counting ? "has" : "would have")} until {Moment(grace.EndsAt)} to be "
        + $"replaced ({Grace.Word(grace.Severity)}: {Count(grace.Days, "day")} from {Moment(grace.StartedAt)}). "
        + "Nothing that runs is taken away; new deployments are refused at once.";

    private static string RunsHeading(ImageNews news) =>
        news.RunsIn switch
        {
            null => "Who runs it is not known here: 'ecrguard explain' tells what the last sweep saw.",
            { Count: 0 } => "Nothing is known to run it.",
            { Count: var count } => $"It runs now, and goes on running until its team replaces it ({count}):",
        };

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
        if (record.CouldNotMark is { } why)
            text.Line().Line($"The image could not be marked with a tag: {Clip(why, 500)}");
    }

    private static string Waived(WaivedFinding waived)
    {
        var package = waived.Package is { } named ? $" in {Clip(named, 100)}" : "";
        return $"- {Clip(waived.Vulnerability, 100)}{package} by {waived.By()}";
    }

    private static ImageNewsBody Body(ImageNews news)
    {
        var (record, image) = (news.Record, news.Image);
        return new ImageNewsBody(
            news.Id,
            news.Kind,
            image,
            news.At,
            news.Tags,
            news.PreviousStatus,
            record?.Verdict.Status,
            news.IsForced || record is { Verdict.Approved: true },
            record?.StatusSince,
            AlertPointers.Worst(news.Reasons),
            news.Reasons.Max(reason => reason.Score),
            news.Reasons.Max(reason => reason.Epss),
            news.RunsIn is { } runs ? [.. runs.Take(MaxRunsIn).Select(by => Clip(by, 300))] : null,
            news.RunsIn?.Count,
            TeamName(news.Team),
            news.Reasons,
            record?.ReasonCount ?? 0,
            record?.Verdict.ToPass ?? [],
            news.Fix,
            record?.WaiversUsed ?? [],
            record?.CouldNotMark,
            record?.Verdict.PolicyVersion,
            news.Grace?.StartedAt,
            news.Grace?.EndsAt,
            news.BreakGlass,
            news.Released,
            AlertPointers.Explain(image),
            AlertPointers.Ecr(image),
            Links.Inspector(image.Repository.Region),
            news.Waiver
        );
    }

    /// <summary>
    /// One message for many pieces of news. They are counted by kind and repository, and each is described: it says in
    /// short what its own message would say.
    /// </summary>
    /// <param name="news">One to <see cref="MaxInOne"/>, in any order, of one team.</param>
    public static AlertMessage ForMany(IReadOnlyList<ImageNews> news)
    {
        ArgumentOutOfRangeException.ThrowIfZero(news.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(news.Count, MaxInOne);
        List<ImageNews> sorted =
        [
            .. news.OrderByDescending(each => each.IsUrgent)
                .ThenBy(each => each.Kind, StringComparer.Ordinal)
                .ThenByDescending(each => AlertPointers.Worst(each.Reasons))
                .ThenBy(each => each.Image.Repository.Name, StringComparer.Ordinal)
                .ThenBy(each => each.Id, StringComparer.Ordinal),
        ];
        // Whoever built the images chooses much of the text: it is cut until it fits.
        return Fitting(most => ForMany(sorted, 20 + (20 * most)));
    }

    /// <param name="longest">Of a text about one image, in characters.</param>
    private static AlertMessage ForMany(List<ImageNews> sorted, int longest)
    {
        var id = BatchId(sorted);
        var kinds = CountsOf(sorted, each => each.Kind);
        var repositories = CountsOf(sorted, each => each.Image.Repository.Name);
        var said = string.Join(", ", kinds.Select(kind => $"{kind.Count} {kind.Name}"));
        var registry = sorted[0].Image.Repository;
        var body = new NewsBatchBody(
            id,
            registry.Account,
            registry.Region,
            TeamName(sorted[0].Team),
            kinds,
            repositories,
            Links.Inspector(registry.Region),
            [.. sorted.Select(each => Entry(each, longest))]
        );
        return new AlertMessage(
            id,
            Subjects.Fit($"EcrGuard: news of {Count(sorted.Count, "image")}: {said}"),
            TextOfMany(sorted, body, said, longest),
            JsonSerializer.Serialize(body, ReportJson.Default.NewsBatchBody),
            [
                .. body.Attributes,
                .. repositories is [var only] ? [new FilterValue("repository", only.Name)] : (FilterValue[])[],
                new(
                    "status",
                    sorted.Min(each => each.Record?.Verdict.Status) is { } worst
                        ? worst.Word().ToLowerInvariant()
                        : "unknown"
                ),
                FilterValue.Of("alerts", sorted.Count),
                new("running", sorted.Exists(each => each.Runs) ? "true" : "false"),
                .. OfSeverity(sorted.Max(each => AlertPointers.Worst(each.Reasons))),
                .. OfTeam(sorted[0].Team),
            ]
        );
    }

    private static string TextOfMany(List<ImageNews> sorted, NewsBatchBody body, string said, int longest)
    {
        var running = sorted.Count(each => each.IsUrgent);
        var text = new ReportText().Line($"News of {Count(sorted.Count, "image")} at once: {said}.");
        if (running > 0)
            text.Line($"{Count(running, "of them runs and is blocked", "of them run and are blocked")}.");
        List<string> waivers =
        [
            .. sorted.Select(each => each.Waiver).OfType<string>().Distinct(StringComparer.Ordinal),
        ];
        text.Account(body.Account, body.Region)
            .Team(body.Team)
            .Line($"Inspector {body.InspectorConsole}")
            .List(
                "By repository:",
                "repositories",
                body.Repositories.Count,
                i =>
                    $"- {body.Repositories[i].Name}: {body.Repositories[i].Count}\n  "
                    + Links.Repository(body.Account, body.Region, body.Repositories[i].Name)
            )
            .List("Each of them:", "described", sorted.Count, i => Described(body.Alerts[i], sorted[i], longest))
            .List(
                "Waivers for the first reasons, should their team be sure. Fill in the rest:",
                "waivers",
                waivers.Count,
                i => waivers[i].ReplaceLineEndings("\n")
            )
            .Line()
            .Line("All of them, by alert id:");
        foreach (var each in sorted)
            text.Line(each.Id);
        return text.Line().Line($"Alert     {body.AlertId}").Render(2 * MaxText, "the message's JSON form.");
    }

    private static string Described(NewsEntry entry, ImageNews news, int longest)
    {
        var lines = new List<string>
        {
            $"- {entry.Kind}{(news.IsUrgent ? ", and it runs" : "")}: "
                + SummaryText.Name(entry.Repository, entry.Digest, entry.Tags),
            Clip(news.Reasons is [var first, ..] ? first.Sentence : news.Headline, 2 * longest),
        };
        if (entry.VulnerabilityPage is { } page)
            lines.Add(page);
        lines.Add(
            (
                entry.RunsIn is { Count: > 0 } runs ? $"Run by {SummaryText.RunBy(runs, entry.RunsInCount!.Value)}. "
                : entry.RunsIn is null ? "Who runs it is not known. "
                : ""
            )
                + (entry.Since is { } since ? $"{entry.Status?.Word()} since {Moment(since)}. " : "")
                + (entry.GraceEndsAt is { } ends ? $"Its grace ends {Moment(ends)}. " : "")
        );
        if (entry.Fix is { } fix)
            lines.Add($"Fix: {fix}");
        if (entry.Do is { } next)
            lines.Add($"Do: {next}");
        lines.Add(entry.Explain);
        return string.Join("\n  ", lines.Select(line => line.TrimEnd()).Where(line => line.Length > 0));
    }

    private static NewsEntry Entry(ImageNews news, int longest)
    {
        var vulnerability = news.Reasons.FirstOrDefault(reason => reason.Vulnerability is not null)?.Vulnerability;
        return new NewsEntry(
            news.Id,
            news.Kind,
            news.Image.Repository.Name,
            news.Image.Digest,
            [.. news.Tags.Take(2).Select(tag => Clip(tag, longest))],
            news.Record?.Verdict.Status,
            news.Record?.StatusSince,
            AlertPointers.Worst(news.Reasons),
            news.Reasons.Max(reason => reason.Score),
            news.Reasons.Max(reason => reason.Epss),
            vulnerability is null ? null : Clip(vulnerability, longest),
            vulnerability is null ? null : Links.Vulnerability(vulnerability),
            news.RunsIn is { } runs ? [.. runs.Take(2).Select(by => Clip(by, longest))] : null,
            news.RunsIn?.Count,
            news.Grace?.EndsAt,
            news.Fix is { } fix ? Clip(fix, 2 * longest) : null,
            news.Do is { } next ? Clip(next, 2 * longest) : null,
            AlertPointers.Explain(news.Image)
        );
    }

    private static string BatchId(IReadOnlyList<ImageNews> news)
    {
        var ids = string.Join('\n', news.Select(each => each.Id).Order(StringComparer.Ordinal));
        return $"batch:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ids)))}";
    }

    /// <summary>The most frequent first.</summary>
    private static List<CountOf> CountsOf(List<ImageNews> news, Func<ImageNews, string> name) =>
        [
            .. news.GroupBy(name, StringComparer.Ordinal)
                .Select(same => new CountOf(same.Key, same.Count()))
                .OrderByDescending(count => count.Count)
                .ThenBy(count => count.Name, StringComparer.Ordinal),
        ];
}
