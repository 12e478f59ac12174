using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>Where a report went.</summary>
/// <param name="Whole">The S3 URI of its folder.</param>
public sealed record SummaryReport(string Week, string Whole);

/// <summary>The weekly report that was sent last: a document of the ledger.</summary>
public sealed record SummaryState(string Week, DateTimeOffset SentAt)
{
    public static StoredForm<SummaryState> Form { get; } = new("SUMMARY", 1, StateJson.Default.SummaryState);
}

/// <summary>
/// Every week security gets the compliance report: the summary by mail, the page, JSON and CSV in the private bucket.
/// It says first what it could not read. No link is signed: one that a function signs dies with its session.
/// </summary>
public sealed class WeeklySummary(
    SummaryReader reader,
    RegistryDocuments documents,
    Notifier notifier,
    IAmazonS3 s3,
    Settings settings,
    TimeProvider time,
    Log log
)
{
    [LambdaFunction]
    public async Task<SummaryReport> WeeklySummaryAsync(ScheduledRequest input, ILambdaContext context)
    {
        // What cannot be read in time is said to be unread; there must be time left to say it.
        using var reading = new CancellationTokenSource(context.RemainingTime * 0.7);
        using var deadline = new CancellationTokenSource(context.RemainingTime * 0.95);
        var now = time.GetUtcNow();
        var week = input.Week is { } asked ? IsoWeek.Parse(asked) : IsoWeek.Of(now).Previous;
        var folder = $"reports/{settings.Account}/{settings.Region}/{week}/";
        var report = new SummaryReport(week.ToString(), $"s3://{settings.Bucket}/{folder}");
        // A schedule may start it twice.
        if (
            input.Week is null
            && (await SentAsync(deadline.Token).ConfigureAwait(false)).Last?.Week is { } last
            && string.CompareOrdinal(last, report.Week) >= 0
        )
        {
            log.Info("The weekly report is out already.", ("week", report.Week));
            return report;
        }

        var summary = await reader.ReadAsync(week, now, reading.Token).ConfigureAwait(false);
        // What an earlier week was like nobody can count any more: its gap stays.
        if (week == IsoWeek.Of(now).Previous)
            await StoreRollUpAsync(summary.RollUp(), deadline.Token).ConfigureAwait(false);
        foreach (var file in SummaryForms.Of(summary))
        {
            try
            {
                await PutAsync(folder, file, deadline.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (!deadline.IsCancellationRequested)
            {
                // The mail goes out all the same, and says so.
                log.Error("A file of the report could not be written.", failure, ("file", file.Name));
                var unwritten = new Unread(
                    $"the file {file.Name}",
                    $"It could not be written: {ErrorText.Of(failure)}"
                );
                summary = summary with { Unread = [.. summary.Unread, unwritten] };
            }
        }

        await notifier
            .PublishAsync(
                settings.SummaryTopic
                    ?? throw new SettingsException(
                        "ECRGUARD_SUMMARY_TOPIC",
                        null,
                        "it must be the ARN of the topic for summaries"
                    ),
                WeekMessage.For(
                    summary,
                    report.Whole,
                    Links.S3Object(settings.Region, settings.Bucket, folder + SummaryForms.Page)
                ),
                deadline.Token
            )
            .ConfigureAwait(false);
        // Nothing stands between the two: a report that was sent twice is better than one that was not.
        await NoteSentAsync(new SummaryState(report.Week, now), deadline.Token).ConfigureAwait(false);
        log.Info("The weekly report is out.", ("week", report.Week), ("whole", report.Whole));
        return report;
    }

    private async Task StoreRollUpAsync(WeekRollUp numbers, CancellationToken cancellation)
    {
        var form = StoredForms.Week(numbers.Week);
        var (_, revision) = await documents.FindAsync(form, cancellation).ConfigureAwait(false);
        await documents.StoreAsync(form, numbers, revision, cancellation).ConfigureAwait(false);
    }

    /// <summary>By way of a file: the table of a million images is larger than memory should be.</summary>
    private async Task PutAsync(string folder, SummaryFile file, CancellationToken cancellation)
    {
        var path = Path.GetTempFileName();
        await using var body = new FileStream(
            path,
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 65536,
            FileOptions.DeleteOnClose
        );
        file.Write(body);
        body.Position = 0;
        await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = folder + file.Name,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = file.ContentType,
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    private Task<(SummaryState? Last, long Revision)> SentAsync(CancellationToken cancellation) =>
        documents.FindAsync(SummaryState.Form, cancellation);

    /// <summary>An older week that somebody asks for again says nothing of the schedule.</summary>
    private async Task NoteSentAsync(SummaryState sent, CancellationToken cancellation)
    {
        var (last, revision) = await SentAsync(cancellation).ConfigureAwait(false);
        if (last is not null && string.CompareOrdinal(sent.Week, last.Week) < 0)
            return;
        await documents.StoreAsync(SummaryState.Form, sent, revision, cancellation).ConfigureAwait(false);
    }
}
