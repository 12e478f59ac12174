using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Ledger;

/// <content>What manifests hold whose listing leaves open whether they are images: read once, since a digest covers its
/// manifest.</content>
public sealed partial class Ledger
{
    private const string HoldsFiles = "holdsFiles";
    private const string ListsImages = "children";

    /// <summary>Remembers what was read of manifests. An item ends some day, and is then read again.</summary>
    public Task RememberAsync(
        RepositoryId repository,
        IReadOnlyDictionary<Digest, ManifestNote> notes,
        CancellationToken cancellation
    ) =>
        WriteAllAsync(
            notes.Select(note =>
            {
                var item = new Dictionary<string, AttributeValue>(Key(repository, Keys.Manifests + note.Key.Hex))
                {
                    [HoldsFiles] = new() { BOOL = note.Value.HoldsFiles },
                    [Keys.Expires] = ExpiresAfter(HistoryAge),
                };
                if (note.Value.Children.Count > 0)
                    item[ListsImages] = new() { SS = [.. note.Value.Children.Select(child => child.Hex)] };
                return new WriteRequest(new PutRequest(item));
            }),
            cancellation
        );

    private async Task<IReadOnlyDictionary<Digest, ManifestNote>> NotesAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var notes = new Dictionary<Digest, ManifestNote>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        KeyConditionExpression = "pk = :pk AND begins_with(sk, :manifests)",
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":manifests"] = new(Keys.Manifests),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            var (digest, note) = Note(item);
            notes[digest] = note;
        }
        return notes;
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
            var keys = chunk.Select(digest => Key(repository, Keys.Manifests + digest.Hex)).ToList();
            var request = new Dictionary<string, KeysAndAttributes> { [settings.Table] = new() { Keys = keys } };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                var answer = await dynamo
                    .BatchGetItemAsync(new BatchGetItemRequest { RequestItems = request }, cancellation)
                    .ConfigureAwait(false);
                foreach (var item in answer.Responses?.GetValueOrDefault(settings.Table) ?? [])
                {
                    var (digest, note) = Note(item);
                    notes[digest] = note;
                }
                request = answer.UnprocessedKeys ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
        return notes;
    }

    private static (Digest Digest, ManifestNote Note) Note(Dictionary<string, AttributeValue> item) =>
        (
            OfHex(item[Keys.Sort].S[Keys.Manifests.Length..]),
            new ManifestNote(
                item[HoldsFiles].BOOL ?? true,
                [.. (item.GetValueOrDefault(ListsImages)?.SS ?? []).Select(OfHex)]
            )
        );

    private static Digest OfHex(string hex) => Digest.Parse("sha256:" + hex);
}
