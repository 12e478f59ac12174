using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Remembers what indexes hold. It also remembers what a manifest holds if its listing does not show whether it is an
/// image. ECR has no way to ask which index holds an image, so an edge is kept for each child. A manifest is read only
/// once, since its digest covers its content.
/// </summary>
public sealed class ManifestRecords(LedgerTable table, ImageRecords images)
{
    private const string HoldsFiles = "holdsFiles";
    private const string ListsImages = "children";

    /// <summary>Remembers which index holds which children.</summary>
    public Task StoreEdgesAsync(ImageId index, IEnumerable<Digest> children, CancellationToken cancellation) =>
        table.PutAllAsync(
            children.Distinct().Select(child => Key(index.Repository, Keys.Edge(child, index.Digest))),
            cancellation
        );

    /// <summary>The indexes that hold an image.</summary>
    public async Task<IReadOnlyList<Digest>> IndexesOfAsync(ImageId child, CancellationToken cancellation)
    {
        var edges = Keys.Edges(child.Digest);
        return await table
            .BeginningAsync(Key(child.Repository, edges), cancellation)
            .Select(item => Keys.DigestAfter(edges, item))
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>The records of the indexes that hold an image, if they were ever judged.</summary>
    public async Task<IReadOnlyList<ImageRecord>> IndexRecordsOfAsync(ImageId child, CancellationToken cancellation)
    {
        var indexes = await IndexesOfAsync(child, cancellation).ConfigureAwait(false);
        var found = await images.FindAsync(child.Repository, indexes, cancellation).ConfigureAwait(false);
        return [.. found.Values.Select(entry => entry.Record)];
    }

    /// <summary>
    /// What runs, including the platforms of indexes that are in use and are gone: only the ledger still knows those.
    /// </summary>
    /// <param name="use">Null for nothing.</param>
    public async Task<UsageReading?> WithPlatformsAsync(
        UsageReading? use,
        RepositoryContents contents,
        CancellationToken cancellation
    )
    {
        if (use is null)
            return use;
        var gone = UseHistory.Gone(use, contents);
        return UseHistory.WithPlatforms(
            use,
            await PlatformsAsync(contents.Repository, gone, cancellation).ConfigureAwait(false)
        );
    }

    /// <summary>
    /// What indexes hold, and the indexes inside them, if they were ever judged. An image has no entry.
    /// </summary>
    public async Task<IReadOnlyDictionary<Digest, IReadOnlyList<Digest>>> PlatformsAsync(
        RepositoryId repository,
        IReadOnlyList<Digest> indexes,
        CancellationToken cancellation
    )
    {
        var platforms = new Dictionary<Digest, IReadOnlyList<Digest>>();
        for (var level = 0; indexes.Count > 0 && level < IndexJudge.MaxLevels; level++)
        {
            var known = await ChildrenAsync(repository, indexes, cancellation).ConfigureAwait(false);
            foreach (var (index, children) in known)
                platforms[index] = [.. children.Select(child => child.Digest)];
            indexes =
            [
                .. indexes
                    .Where(platforms.ContainsKey)
                    .SelectMany(index => platforms[index])
                    .Where(child => !platforms.ContainsKey(child))
                    .Distinct(),
            ];
        }
        return platforms;
    }

    /// <summary>
    /// What is known of the manifests of a repository: every note, and the children of those of the given indexes that
    /// were judged before.
    /// </summary>
    /// <param name="notes">The notes, if the caller has read them already.</param>
    public async Task<KnownManifests> ManifestsAsync(
        RepositoryId repository,
        IReadOnlyList<Digest> indexes,
        CancellationToken cancellation,
        IReadOnlyDictionary<Digest, ManifestNote>? notes = null
    )
    {
        var children = await ChildrenAsync(repository, indexes, cancellation).ConfigureAwait(false);
        notes ??= await table
            .BeginningAsync(Key(repository, Keys.Manifests), cancellation, consistent: false)
            .Select(Note)
            .ToDictionaryAsync(note => note.Digest, note => note.Note, cancellationToken: cancellation)
            .ConfigureAwait(false);
        return new KnownManifests(children, notes);
    }

    /// <summary>What is remembered of these manifests.</summary>
    public async Task<IReadOnlyDictionary<Digest, ManifestNote>> NotesAsync(
        RepositoryId repository,
        IReadOnlyCollection<Digest> digests,
        CancellationToken cancellation
    )
    {
        var notes = new Dictionary<Digest, ManifestNote>();
        foreach (var chunk in digests.Chunk(ReadBatch))
        {
            var keys = chunk.Select(digest => Key(repository, Keys.Manifests + digest.Hex));
            foreach (var item in await table.FindAsync(keys, consistent: false, cancellation).ConfigureAwait(false))
            {
                var (digest, note) = Note(item);
                notes[digest] = note;
            }
        }
        return notes;
    }

    /// <summary>
    /// Remembers what was read of manifests. An item expires some day, and the manifest is then read again.
    /// </summary>
    public Task RememberAsync(
        RepositoryId repository,
        IReadOnlyDictionary<Digest, ManifestNote> notes,
        CancellationToken cancellation
    ) => table.PutAllAsync(notes.Select(note => Item(repository, note.Key, note.Value)), cancellation);

    /// <summary>Keeps the children alone: a whole entry takes kilobytes.</summary>
    private async Task<Dictionary<Digest, IReadOnlyList<IndexChild>>> ChildrenAsync(
        RepositoryId repository,
        IReadOnlyList<Digest> indexes,
        CancellationToken cancellation
    )
    {
        var children = new Dictionary<Digest, IReadOnlyList<IndexChild>>();
        foreach (var chunk in indexes.Chunk(ReadBatch))
        {
            var found = await images.FindAsync(repository, chunk, cancellation).ConfigureAwait(false);
            foreach (var (index, entry) in found.Where(entry => entry.Value.Record.Children.Count > 0))
                children[index] = entry.Record.Children;
        }
        return children;
    }

    private Dictionary<string, AttributeValue> Item(RepositoryId repository, Digest digest, ManifestNote note)
    {
        var item = new Dictionary<string, AttributeValue>(Key(repository, Keys.Manifests + digest.Hex))
        {
            [HoldsFiles] = new() { BOOL = note.HoldsFiles },
            [Keys.Expires] = table.ExpiresAfter(HistoryAge),
        };
        if (note.Children.Count > 0)
            item[ListsImages] = Set(note.Children.Select(child => child.Hex));
        return item;
    }

    internal static (Digest Digest, ManifestNote Note) Note(Dictionary<string, AttributeValue> item) =>
        (
            Keys.DigestAfter(Keys.Manifests, item),
            new ManifestNote(
                item[HoldsFiles].BOOL ?? true,
                [.. (item.GetValueOrDefault(ListsImages)?.SS ?? []).Select(Keys.DigestOf)]
            )
        );
}
