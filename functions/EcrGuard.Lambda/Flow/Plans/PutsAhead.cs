using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Prepares the policies of the next repositories while one has its turn: ECR takes its time for a preview, and makes
/// those of many repositories at once.
/// </summary>
internal sealed class PutsAhead : IAsyncDisposable
{
    /// <summary>As many at a time, so that a thousand previews fit in one invocation where each takes 20 s.</summary>
    private const int AtOnce = 32;

    /// <summary>What is read of so many images fits in the function's memory with much to spare.</summary>
    private const int ImagesAtOnce = 100_000;

    private readonly PutPreparer preparer;
    private readonly PlanRun run;
    private readonly CancellationTokenSource stop;
    private readonly Queue<PlannedRepository> next;
    private readonly Dictionary<string, (Task<PreparedPut?> Put, int Images)> begun = new(StringComparer.Ordinal);

    /// <param name="preparer">Prepares one.</param>
    /// <param name="may">Whether a repository may be written to.</param>
    public PutsAhead(PutPreparer preparer, PlanRun run, Func<RepositoryId, bool> may, CancellationToken cancellation)
    {
        (this.preparer, this.run) = (preparer, run);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // What a plan removes image by image comes in the order of the plan: it is not known before it is done.
        next = new(run.Plan.Repositories.Where(its => its.Items is [PutPolicy] && may(run.IdOf(its))));
    }

    /// <summary>The policy of a repository, and those behind it on their way.</summary>
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

    /// <summary>Nothing goes on in the background that nobody waits for.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        foreach (var (put, _) in begun.Values)
            await ((Task)put).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }
}
