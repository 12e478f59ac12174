using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Reads what the weekly report is made of. What cannot be read is named in the report, and the rest is reported.
/// </summary>
public sealed class SummaryReader(
    EcrReader registry,
    RepositoryRecords repositoryRecords,
    ForcedApprovalRecords forcedApprovals,
    ImageRecords images,
    RegistryDocuments documents,
    UseStore uses,
    PolicyDocument policy,
    Settings settings,
    Log log
)
{
    /// <summary>The report of a week, as things stand now. Reads only.</summary>
    public async Task<WeeklySummary> ReadAsync(IsoWeek week, DateTimeOffset now, CancellationToken cancellation)
    {
        var unread = new List<Unread>();
        var repositories = await OrUnreadAsync(
                "the list of repositories",
                async () =>
                    (await registry.RepositoriesAsync(cancellation).ConfigureAwait(false))
                        .Select(r => r.Name)
                        .ToHashSet(),
                []
            )
            .ConfigureAwait(false);
        var notes = await OrUnreadAsync(
                "what the sweeps have noted of repositories",
                async () =>
                    await repositoryRecords.AllAsync(cancellation).ToListAsync(cancellation).ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var usage = await OrUnreadAsync(
                "what runs",
                async () => await uses.LatestAsync(cancellation).ConfigureAwait(false),
                null
            )
            .ConfigureAwait(false);
        var forced = await OrUnreadAsync(
                "the forced approvals",
                async () =>
                    await forcedApprovals
                        .EndingAsync(week.Start, DateTimeOffset.MaxValue, open: false, cancellation)
                        .ToListAsync(cancellation)
                        .ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var trend = await OrUnreadAsync("the weeks before", () => TrendAsync(week, cancellation), [])
            .ConfigureAwait(false);
        // The images come last, and quarantines stand with them.
        var quarantined = new HashSet<ImageId>();
        // A note outlives its repository.
        notes.RemoveAll(note => repositories.Count > 0 && !repositories.Contains(note.Repository));
        var builder = new SummaryBuilder(
            new SummaryFacts
            {
                Account = settings.Account,
                Region = settings.Region,
                Week = week,
                GeneratedAt = now,
                Policy = policy,
                Ceiling = settings.Enforcement,
                Repositories = repositories,
                Notes = [.. notes.Select(note => new RepositoryNote(note.Repository, note.Drift))],
                Sweeps =
                [
                    .. notes.Where(n => n.Sweep is not null).Select(n => new SweptRepository(n.Repository, n.Sweep!)),
                ],
                Past = [.. notes.Where(n => n.Past is not null).Select(n => new RepositoryPast(n.Repository, n.Past!))],
                Usage = usage,
                Quarantined = quarantined,
                BreakGlass = forced,
                Trend = trend,
                Unread = unread,
            }
        );
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

        async Task<T> OrUnreadAsync<T>(string what, Func<Task<T>> read, T otherwise)
        {
            try
            {
                return await read().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                log.Error("Something could not be read; the report says so first.", failure, ("what", what));
                unread.Add(new Unread(what, ErrorText.Of(failure)));
                return otherwise;
            }
        }
    }

    private async Task<IReadOnlyList<WeekRollUp>> TrendAsync(IsoWeek week, CancellationToken cancellation)
    {
        var weeks = new List<WeekRollUp>();
        for (var before = week.Previous; before > Oldest(week); before = before.Previous)
        {
            var (numbers, _) = await documents.FindAsync(StoredForms.Week(before), cancellation).ConfigureAwait(false);
            if (numbers is not null)
                weeks.Add(numbers);
        }
        return weeks;
    }

    private static IsoWeek Oldest(IsoWeek week) => IsoWeek.Of(week.Start.AddDays(-7 * RepositoryHistory.Weeks));
}
