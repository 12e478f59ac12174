using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Notes which images a repository has lost.</summary>
public sealed class DepartedImages(ImageRecords images, RepositoryRecords repositories, TimeProvider time)
{
    /// <summary>How many entries are read at a time: an entry of the ledger has several kilobytes.</summary>
    private const int Chunk = 500;

    /// <summary>Marks every image of a repository that is gone.</summary>
    public async Task ForgetAsync(RepositoryId repository, IReadOnlySet<Digest> known, CancellationToken cancellation)
    {
        var readAt = time.GetUtcNow();
        foreach (var digest in known)
            await images
                .MarkGoneAsync(new ImageId(repository, digest), readAt, "its repository was deleted", cancellation)
                .ConfigureAwait(false);
        await repositories.ForgetAsync(repository, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Notes the images that the ledger knew and the repository no longer has, and what removed them.
    /// </summary>
    /// <returns>How many are gone, how many of them the lifecycle policy explains, and their size in bytes. Also the
    ///     facts, which now say that they are gone.</returns>
    public async Task<((int Expired, int Gone, long Bytes) Left, SweepFacts Facts)> NoteAsync(
        SweepFacts facts,
        CancellationToken cancellation
    )
    {
        var lately = new List<ImageFacts>(facts.Contents.LatelyGone);
        var contents = facts.Contents;
        var there = contents.Images.Select(image => image.Id.Digest).ToHashSet();
        var (left, expired, bytes) = (0, 0, 0L);
        foreach (var chunk in facts.Known.Where(digest => !there.Contains(digest)).Chunk(Chunk))
        {
            var gone = await images.FindAsync(contents.Repository, chunk, cancellation).ConfigureAwait(false);
            var records = gone.Values.Select(entry => entry.Record).ToList();
            lately.AddRange(ImageRecords.LatelyGone(records, facts.Now - PolicySafety.LookBack));
            foreach (var (digest, because) in RemovalCause.Attribute(records, contents, facts.Own, facts.Now))
            {
                var why = because is null ? null : $"the lifecycle policy accounts for it: {because}";
                var image = new ImageId(contents.Repository, digest);
                // False: it was pushed again since the list was made, or an event was faster.
                if (!await images.MarkGoneAsync(image, contents.ReadAt, why, cancellation).ConfigureAwait(false))
                    continue;
                left++;
                expired += because is null ? 0 : 1;
                bytes += gone[digest].Record.SizeInBytes ?? 0;
            }
        }
        return ((expired, left, bytes), facts with { Contents = contents with { LatelyGone = lately } });
    }
}
