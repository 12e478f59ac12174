using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>How far a run over some repositories has come. Several are swept at the same time.</summary>
/// <param name="begunAt">From when notes age; of no matter where nothing is swept.</param>
public sealed class SweepProgress(IReadOnlyList<RepositoryId> repositories, DateTimeOffset begunAt = default)
{
    private readonly Lock turn = new();
    private readonly List<RepositoryId> left = [.. repositories];
    private readonly List<SweptRepositoryNote> notes = [];
    private readonly List<Exception> failures = [];
    private DateTimeOffset notedAt = begunAt;
    private (int Images, int Decided) counted;

    /// <summary>The repositories that are not finished. Those that were begun are the last of them.</summary>
    public IReadOnlyList<RepositoryId> Left => Locked(() => left.ToList());

    /// <summary>How many images were looked at.</summary>
    public int Images => Locked(() => counted.Images);

    /// <summary>How many of them were decided again.</summary>
    public int Decided => Locked(() => counted.Decided);

    /// <summary>Why the run failed; null if it has finished any repository, or none of them failed.</summary>
    internal Exception? Failure => Locked(() => left.Count == repositories.Count ? failures.FirstOrDefault() : null);

    /// <summary>
    /// Puts a repository last: if it takes all the time that is left, the next run begins with the others.
    /// </summary>
    internal void Begin(RepositoryId repository)
    {
        lock (turn)
        {
            left.Remove(repository);
            left.Add(repository);
        }
    }

    /// <param name="note">What was found; null if there is nothing to note.</param>
    internal void Finish(RepositoryId repository, SweptRepositoryNote? note)
    {
        lock (turn)
        {
            left.Remove(repository);
            if (note is not null)
                notes.Add(note);
        }
    }

    internal void Fail(Exception failure)
    {
        lock (turn)
            failures.Add(failure);
    }

    internal void Count(int images, int decided)
    {
        lock (turn)
            counted = (counted.Images + images, counted.Decided + decided);
    }

    /// <summary>Takes what was found and is not noted yet, if the last time is so long ago.</summary>
    internal IReadOnlyList<SweptRepositoryNote> TakeNotes(DateTimeOffset now, TimeSpan age)
    {
        lock (turn)
        {
            if (now - notedAt < age)
                return [];
            IReadOnlyList<SweptRepositoryNote> taken = [.. notes];
            notes.Clear();
            notedAt = now;
            return taken;
        }
    }

    /// <summary>Keeps notes that could not be stored.</summary>
    internal void Keep(IReadOnlyList<SweptRepositoryNote> unstored)
    {
        lock (turn)
            notes.AddRange(unstored);
    }

    private T Locked<T>(Func<T> read)
    {
        lock (turn)
            return read();
    }
}
