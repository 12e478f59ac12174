using System.Text.Json;
using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>Where a summary went.</summary>
/// <param name="Whole">The S3 URI of the summary as JSON.</param>
public sealed record SummaryReport(string Week, string Whole);

/// <summary>The weekly summary that was sent last: a document of the ledger.</summary>
public sealed record SummaryState(string Week, DateTimeOffset SentAt);

/// <summary>
/// Every week security gets the compliance summary: text over SNS, the same as JSON in S3. It says first what it could
/// not read.
/// </summary>
public sealed class WeeklySummary(
    ImageDecider guard,
    EcrReader registry,
    Ledger ledger,
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
        using var reading = new CancellationTokenSource(context.RemainingTime * 0.8);
        using var deadline = new CancellationTokenSource(context.RemainingTime * 0.95);
        var now = time.GetUtcNow();
        var week = input.Week is { } asked ? IsoWeek.Parse(asked) : IsoWeek.Of(now).Previous;
        var unread = new List<Unread>();
        var summary = await SumUpAsync(week, now, unread, reading.Token).ConfigureAwait(false);

        var key = $"summaries/{settings.Account}/{settings.Region}/{week}.json";
        var whole = $"s3://{settings.Bucket}/{key}";
        using (var body = new MemoryStream(summary.ToJson()))
            await s3.PutObjectAsync(
                    new PutObjectRequest
                    {
                        BucketName = settings.Bucket,
                        Key = key,
                        InputStream = body,
                        ContentType = "application/json",
                    },
                    deadline.Token
                )
                .ConfigureAwait(false);

        await notifier
            .PublishAsync(
                settings.SummaryTopic
                    ?? throw new SettingsException(
                        "ECRGUARD_SUMMARY_TOPIC",
                        null,
                        "it must be the ARN of the topic for summaries"
                    ),
                AlertMessage.ForWeek(summary, whole),
                deadline.Token
            )
            .ConfigureAwait(false);

        // Last: the numbers are for the weeks to come, and a summary that was sent twice is better than one that was
        // not.
        var before = await ledger
            .DocumentAsync(Aws.Ledger.Ledger.WeekDocument(week), deadline.Token)
            .ConfigureAwait(false);
        await ledger
            .StoreDocumentAsync(
                Aws.Ledger.Ledger.WeekDocument(week),
                summary.RollUp().ToJson(),
                before?.Revision ?? 0,
                deadline.Token
            )
            .ConfigureAwait(false);
        // An older week that somebody asks for again says nothing of the schedule.
        await NoteSentAsync(new SummaryState(week.ToString(), now), deadline.Token).ConfigureAwait(false);
        log.Info("The weekly summary is out.", ("week", week.ToString()), ("whole", whole));
        return new SummaryReport(week.ToString(), whole);
    }

    private async Task NoteSentAsync(SummaryState sent, CancellationToken cancellation)
    {
        var stored = await ledger.DocumentAsync(Aws.Ledger.Ledger.SummaryDocument, cancellation).ConfigureAwait(false);
        var last = stored is { Json: var json }
            ? JsonSerializer.Deserialize(json, StateJson.Default.SummaryState)
            : null;
        if (last is null || string.CompareOrdinal(sent.Week, last.Week) >= 0)
        {
            var next = JsonSerializer.Serialize(sent, StateJson.Default.SummaryState);
            await ledger
                .StoreDocumentAsync(Aws.Ledger.Ledger.SummaryDocument, next, stored?.Revision ?? 0, cancellation)
                .ConfigureAwait(false);
        }
    }

    private async Task<Core.Reports.WeeklySummary> SumUpAsync(
        IsoWeek week,
        DateTimeOffset now,
        List<Unread> unread,
        CancellationToken cancellation
    )
    {
        var repositories = await OrUnreadAsync(
                "the list of repositories",
                async () =>
                    (await registry.RepositoriesAsync(cancellation).ConfigureAwait(false)).Select(r => r.Name).ToList(),
                []
            )
            .ConfigureAwait(false);
        var notes = await OrUnreadAsync(
                "the notes on baselines",
                async () => await ledger.NotesAsync(cancellation).ToListAsync(cancellation).ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var sweeps = await OrUnreadAsync(
                "the last sweep",
                async () => await ledger.SweepsAsync(cancellation).ToListAsync(cancellation).ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var forced = await OrUnreadAsync(
                "the forced approvals",
                async () =>
                    await ledger
                        .BreakGlassesAsync(week.Start, DateTimeOffset.MaxValue, open: false, cancellation)
                        .ToListAsync(cancellation)
                        .ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var previous = await OrUnreadAsync(
                "the week before",
                async () =>
                    await ledger
                        .DocumentAsync(Aws.Ledger.Ledger.WeekDocument(week.Previous), cancellation)
                        .ConfigureAwait(false)
                        is { } document
                        ? WeekRollUp.FromJson(document.Json)
                        : null,
                null
            )
            .ConfigureAwait(false);

        var summary = new SummaryBuilder(
            new SummaryFacts
            {
                Account = settings.Account,
                Region = settings.Region,
                Week = week,
                GeneratedAt = now,
                Policy = guard.Policy,
                Ceiling = settings.Enforcement,
                Repositories = repositories,
                // A note outlives its repository.
                Notes = [.. notes.Where(note => repositories.Count == 0 || repositories.Contains(note.Repository))],
                Sweeps = [.. sweeps.Where(swept => repositories.Count == 0 || repositories.Contains(swept.Repository))],
                BreakGlass = forced,
                Previous = previous,
                Unread = unread,
            }
        );
        try
        {
            await foreach (var record in ledger.AllAsync(cancellation).ConfigureAwait(false))
                summary.Add(record);
        }
        catch (Exception failure)
        {
            log.Error("The images could not be read whole; the summary says so first.", failure);
            summary.CouldNotRead(new Unread("the images in the ledger, some of them", ErrorText.Of(failure)));
        }
        return summary.Build();

        async Task<T> OrUnreadAsync<T>(string what, Func<Task<T>> read, T otherwise)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                log.Error("Something could not be read; the summary says so first.", failure, ("what", what));
                unread.Add(new Unread(what, ErrorText.Of(failure)));
                return otherwise;
            }
        }
    }
}
