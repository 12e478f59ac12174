using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Prepares the policies of the next repositories while one has its turn. ECR needs time for a preview, but makes the
/// previews of many repositories at once.
/// </summary>
internal sealed class PutPrefetcher : IAsyncDisposable
{
    /// <summary>
    /// How many are prepared at the same time. A thousand previews then fit in one invocation if each takes 20 s.
    /// </summary>
    private const int AtOnce = 32;

    /// <summary>How many images may be read at the same time. They fit easily in the function's memory.</summary>
    private const int ImagesAtOnce = 100_000;

    private readonly PutPreparer preparer;
    private readonly PlanRun run;
    private readonly CancellationTokenSource stop;
    private readonly Queue<PlannedRepository> next;
    private readonly Dictionary<string, (Task<PreparedPut?> Put, int Images)> begun = new(StringComparer.Ordinal);

    /// <param name="preparer">Prepares one policy.</param>
    /// <param name="may">Whether a repository may be written to.</param>
    public PutPrefetcher(
        PutPreparer preparer,
        PlanRun run,
        Func<RepositoryId, bool> may,
        CancellationToken cancellation
    )
    {
        (this.preparer, this.run) = (preparer, run);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Items that remove single images are done in the order of the plan, and their result is not known before that.
        next = new(run.Plan.Repositories.Where(its => its.Items is [PutPolicy] && may(run.IdOf(its))));
    }

    /// <summary>Gives the prepared policy of a repository, and starts to prepare the next ones.</summary>
    public Task<PreparedPut?> OfAsync(PlannedRepository repository, PutPolicy put, CancellationToken cancellation)
    {
        if (repository.Items.Count != 1)
            return preparer.PrepareAsync(run, run.IdOf(repository), put, cancellation);
        Fill();
        begun.Remove(repository.Name, out var own);
        Fill();
        return own.Put;
    }

    private void Fill()
    {
        var images = begun.Values.Sum(each => each.Images);
        while (
            begun.Count < AtOnce
            && next.TryPeek(out var repository)
            && (begun.Count == 0 || images + repository.Images <= ImagesAtOnce)
        )
        {
            next.Dequeue();
            images += repository.Images;
            begun[repository.Name] = (
                preparer.PrepareAsync(run, run.IdOf(repository), (PutPolicy)repository.Items[0], stop.Token),
                repository.Images
            );
        }
    }

    /// <summary>Leaves no work in the background that nobody waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        foreach (var (put, _) in begun.Values)
            await ((Task)put).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
