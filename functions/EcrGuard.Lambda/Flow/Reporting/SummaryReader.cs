using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Reporting;

/// <summary>Makes the weekly report from what is known.</summary>
public sealed class SummaryReader(
    SummarySources sources,
    ImageRecords images,
    PolicyDocument policy,
    Settings settings,
    Log log
)
{
    /// <summary>The report of a week, as things are now. It only reads.</summary>
    /// <param name="isOut">Whether the week's own report is out. That of a week before the last one always is.</param>
    public async Task<WeeklySummary> ReadAsync(
        IsoWeek week,
        DateTimeOffset now,
        bool isOut,
        CancellationToken cancellation
    )
    {
        var frame = new SummaryFacts
        {
            Account = settings.Account,
            Region = settings.Region,
            Week = week,
            MadeAgain = isOut || week < IsoWeek.LastEnded(now),
            GeneratedAt = now,
            Policy = policy,
            Ceiling = settings.Enforcement,
        };
        var facts = await sources.ReadAsync(frame, cancellation).ConfigureAwait(false);
        // Images come one at a time, each with its quarantine: there may be a million.
        var quarantined = new HashSet<ImageId>();
        var builder = new SummaryBuilder(facts with { Quarantined = quarantined });
        try
        {
            await foreach (var entry in images.AllAsync(cancellation).ConfigureAwait(false))
            {
                if (entry.Quarantine is { State: QuarantineState.Taking or QuarantineState.Held })
                    quarantined.Add(entry.Record.Verdict.Image);
                builder.Add(entry.Record);
            }
        }
        catch (Exception failure)
        {
            log.Error("The images could not be read whole; the report says so first.", failure);
            builder.CouldNotReadImages(new Unread("the images in the ledger, some of them", ErrorText.Of(failure)));
        }
        return builder.Build();
    }
}
