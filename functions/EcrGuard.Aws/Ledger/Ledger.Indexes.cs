using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <content>Which index holds which children: ECR has no way to ask, so that the ledger keeps an edge for
/// each.</content>
public sealed partial class Ledger
{
    /// <summary>Remembers which index holds which children: ECR has no way to ask.</summary>
    public Task StoreEdgesAsync(ImageId index, IEnumerable<Digest> children, CancellationToken cancellation) =>
        WriteAllAsync(
            children
                .Distinct()
                .Select(child => new WriteRequest(
                    new PutRequest(Key(index.Repository, Keys.Edge(child, index.Digest)))
                )),
            cancellation
        );

    private async Task WriteAllAsync(IEnumerable<WriteRequest> writes, CancellationToken cancellation)
    {
        foreach (var chunk in writes.Chunk(WriteBatch))
        {
            var request = new Dictionary<string, List<WriteRequest>> { [settings.Table] = [.. chunk] };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                request =
                    (
                        await dynamo
                            .BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = request }, cancellation)
                            .ConfigureAwait(false)
                    ).UnprocessedItems
                    ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// What runs, with the platforms of the indexes that it names and that are gone: only the ledger knows them still.
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
    /// What indexes hold, and the indexes that they hold, as far as they were ever judged. An image has no entry.
    /// </summary>
    public async Task<IReadOnlyDictionary<Digest, IReadOnlyList<Digest>>> PlatformsAsync(
        RepositoryId repository,
        IReadOnlyList<Digest> indexes,
        CancellationToken cancellation
    )
    {
        var platforms = new Dictionary<Digest, IReadOnlyList<Digest>>();
        for (var level = 0; indexes.Count > 0 && level < Judge.MaxIndexLevels; level++)
        {
            foreach (var chunk in indexes.Chunk(ReadBatch))
            {
                var known = await FindAsync(repository, chunk, cancellation).ConfigureAwait(false);
                foreach (var (index, entry) in known.Where(entry => entry.Value.Record.Children.Count > 0))
                    platforms[index] = [.. entry.Record.Children.Select(child => child.Digest)];
            }
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

    /// <summary>The indexes that hold an image.</summary>
    public async Task<IReadOnlyList<Digest>> IndexesOfAsync(ImageId child, CancellationToken cancellation)
    {
        var edges = Keys.Edges(child.Digest);
        var indexes = new List<Digest>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND begins_with(sk, :edges)",
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(child.Repository)),
                            [":edges"] = new(edges),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            indexes.Add(Digest.Parse("sha256:" + item[Keys.Sort].S[edges.Length..]));
        }
        return indexes;
    }

    /// <summary>The records of the indexes that hold an image, as far as they were ever judged.</summary>
    public async Task<IReadOnlyList<ImageRecord>> IndexRecordsOfAsync(ImageId child, CancellationToken cancellation) =>
        [
            .. (
                await FindAsync(
                        child.Repository,
                        await IndexesOfAsync(child, cancellation).ConfigureAwait(false),
                        cancellation
                    )
                    .ConfigureAwait(false)
            ).Values.Select(entry => entry.Record),
        ];
}
