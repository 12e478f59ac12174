using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow.Reporting;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>Where a report was stored.</summary>
/// <param name="Whole">The S3 URI of its folder.</param>
public sealed record SummaryReport(string Week, string Whole);

/// <summary>The last weekly report that was sent. Stored as a document in the ledger.</summary>
public sealed record SummaryState(string Week, DateTimeOffset SentAt)
{
    public static StoredForm<SummaryState> Form { get; } = new("SUMMARY", 1, StateJson.Default.SummaryState);
}

/// <summary>
/// Sends security the weekly compliance report: the summary by mail, and the page, JSON and CSV in the private bucket.
/// The report first says what could not be read. A report that is out is never written over: it is evidence. It has no
/// signed link: a link that a function signs stops working when the function's session ends.
/// </summary>
public sealed class WeeklySummary(
    SummaryReader reader,
    WeekRollUps rollUps,
    SummaryFiles files,
    RegistryDocuments documents,
    Notifier notifier,
    TimeProvider time,
    Log log
)
{
    [LambdaFunction]
    public async Task<SummaryReport> WeeklySummaryAsync(ScheduledRequest input, ILambdaContext context)
    {
        // What cannot be read in time is reported as unread. There must be time left to report it.
        using var reading = new CancellationTokenSource(context.RemainingTime * 0.7);
        using var deadline = new CancellationTokenSource(context.RemainingTime * 0.95);
        var now = time.GetUtcNow();
        var lastEnded = IsoWeek.LastEnded(now);
        var week = input.Week is { } asked ? IsoWeek.ParseBegun(asked, now) : lastEnded;
        var report = new SummaryReport(week.ToString(), files.UriOf(week));
        var (last, revision) = await documents.FindAsync(SummaryState.Form, deadline.Token).ConfigureAwait(false);
        var isOut = IsOut(last, week, now);
        // A schedule may start the function twice.
        if (input.Week is null && isOut)
        {
            log.Info("The weekly report is out already.", ("week", report.Week));
            return report;
        }

        var summary = await reader.ReadAsync(week, now, isOut, reading.Token).ConfigureAwait(false);
        // An earlier week can no longer be counted, so its gap stays. A week that goes on is counted when it has ended.
        var isDue = week == lastEnded && !isOut;
        if (isDue)
            await rollUps.StoreAsync(summary.RollUp(), deadline.Token).ConfigureAwait(false);
        var unwritten = await files.PutAsync(summary, deadline.Token).ConfigureAwait(false);
        // The mail is still sent, and says so.
        summary = summary with
        {
            Unread = [.. summary.Unread, .. unwritten],
        };
        await notifier
            .SummaryAsync(WeekMessage.For(summary, report.Whole, files.PageOf(week)), deadline.Token)
            .ConfigureAwait(false);
        // Nothing comes between sending and storing: a report that is sent twice is better than one that is not sent.
        // If somebody asks for another week, that says nothing about the schedule.
        if (isDue)
            await documents
                .StoreAsync(SummaryState.Form, new SummaryState(report.Week, now), revision, deadline.Token)
                .ConfigureAwait(false);
        log.Info("The weekly report is out.", ("week", report.Week), ("whole", report.Whole));
        return report;
    }

    /// <summary>
    /// Whether the report of a week is out. One that was sent before the week had ended in UTC, as on a Monday morning
    /// in Tokyo, stands only until then: whoever asks afterwards gets the whole week.
    /// </summary>
    private static bool IsOut(SummaryState? last, IsoWeek week, DateTimeOffset now) =>
        last is not null
        && string.CompareOrdinal(last.Week, week.ToString()) is var order
        && (order > 0 || (order == 0 && (last.SentAt >= week.End || now < week.End)));
}
