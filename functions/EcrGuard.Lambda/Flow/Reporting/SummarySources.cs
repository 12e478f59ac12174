using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Reporting;

/// <summary>
/// Reads everything that the weekly report needs except the images. What cannot be read is named in the report, and the
/// rest is reported.
/// </summary>
public sealed class SummarySources(
    EcrReader registry,
    RepositoryRecords repositoryRecords,
    ForcedApprovalRecords forcedApprovals,
    WeekRollUps rollUps,
    UseStore uses,
    Log log
)
{
    /// <param name="frame">The week and the deployment.</param>
    public async Task<SummaryFacts> ReadAsync(SummaryFacts frame, CancellationToken cancellation)
    {
        var unread = new List<Unread>();
        Task<T> OrAsync<T>(string what, Func<Task<T>> read, T otherwise) =>
            OrUnreadAsync(what, read, otherwise, unread);

        var repositories = await OrAsync("the list of repositories", () => NamesAsync(cancellation), [])
            .ConfigureAwait(false);
        var notes = await OrAsync("what the sweeps have noted of repositories", () => NotesAsync(cancellation), [])
            .ConfigureAwait(false);
        var usage = await OrAsync("what runs", () => uses.LatestAsync(cancellation), null).ConfigureAwait(false);
        var forced = await OrAsync(
                "the forced approvals",
                async () =>
                    await forcedApprovals
                        .EndingAsync(frame.Week.Start, DateTimeOffset.MaxValue, open: false, cancellation)
                        .ToListAsync(cancellation)
                        .ConfigureAwait(false),
                []
            )
            .ConfigureAwait(false);
        var trend = await OrAsync("the weeks before", () => rollUps.BeforeAsync(frame.Week, cancellation), [])
            .ConfigureAwait(false);
        var own = frame.MadeAgain
            ? await OrAsync("the week's own figures", () => rollUps.FindAsync(frame.Week, cancellation), null)
                .ConfigureAwait(false)
            : null;
        // A note stays after its repository is deleted.
        notes.RemoveAll(note => repositories.Count > 0 && !repositories.Contains(note.Repository));
        return frame with
        {
            Repositories = repositories,
            Notes = [.. notes.Select(note => new RepositoryNote(note.Repository, note.Drift))],
            Sweeps =
            [
                .. notes.Where(n => n.Sweep is not null).Select(n => new SweptRepository(n.Repository, n.Sweep!)),
            ],
            Past = [.. notes.Where(n => n.Past is not null).Select(n => new RepositoryPast(n.Repository, n.Past!))],
            Usage = usage,
            BreakGlass = forced,
            Trend = trend,
            Own = own,
            Unread = unread,
        };
    }

    private async Task<HashSet<string>> NamesAsync(CancellationToken cancellation)
    {
        var repositories = await registry.RepositoriesAsync(cancellation).ConfigureAwait(false);
        return [.. repositories.Select(repository => repository.Name)];
    }

    private async Task<List<RepositoryNotes>> NotesAsync(CancellationToken cancellation) =>
        await repositoryRecords.AllAsync(cancellation).ToListAsync(cancellation).ConfigureAwait(false);

    private async Task<T> OrUnreadAsync<T>(string what, Func<Task<T>> read, T otherwise, List<Unread> unread)
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
