using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>One item of the list: the repositories that are swept in one run.</summary>
public sealed record ListedRepositories(IReadOnlyList<string> Repositories);

/// <summary>
/// The list of repositories of a sweep. It is a JSON array of <see cref="ListedRepositories"/> in the bucket, and Step
/// Functions reads it.
/// </summary>
public sealed class SweepListing(EcrReader registry, RepositoryRecords repositories, IAmazonS3 s3, Settings settings)
{
    /// <summary>
    /// How many repositories one run sweeps at most: what they share is then read once. AWS reads the scanning of as
    /// many at once, and DynamoDB writes as many notes.
    /// </summary>
    public const int BatchSize = EcrReader.ScanningBatch;

    /// <summary>
    /// The repositories that exist, and those that are gone: the images of the latter must be noted as gone.
    /// </summary>
    public async Task<IReadOnlyCollection<string>> NamesAsync()
    {
        var there = await registry.RepositoriesAsync(CancellationToken.None).ConfigureAwait(false);
        var names = new SortedSet<string>(there.Select(repository => repository.Name), StringComparer.Ordinal);
        await foreach (var known in repositories.SweepsAsync(CancellationToken.None).ConfigureAwait(false))
            names.Add(known.Repository);
        return names;
    }

    /// <summary>Stores the list. If there are few repositories, each instance still gets some.</summary>
    public async Task StoreAsync(string key, IReadOnlyCollection<string> names)
    {
        var fair = (names.Count + settings.Instances - 1) / settings.Instances;
        var size = Math.Clamp(fair, 1, BatchSize);
        var batches = (names.Count + size - 1) / size;
        // Like cards are dealt: names that are alike often have as much to do, and no run should get all of them.
        var dealt = names.Index().GroupBy(name => name.Index % batches, name => name.Item);
        using var list = new MemoryStream(
            JsonSerializer.SerializeToUtf8Bytes(
                [.. dealt.Select(batch => new ListedRepositories([.. batch]))],
                StateJson.Default.IReadOnlyListListedRepositories
            )
        );
        await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = key,
                    InputStream = list,
                    ContentType = "application/json",
                },
                CancellationToken.None
            )
            .ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> ReadAsync(string key)
    {
        using var stored = await s3.GetObjectAsync(settings.Bucket, key, CancellationToken.None).ConfigureAwait(false);
        var listed = await JsonSerializer
            .DeserializeAsync(stored.ResponseStream, StateJson.Default.IReadOnlyListListedRepositories)
            .ConfigureAwait(false);
        return [.. (listed ?? []).SelectMany(item => item.Repositories)];
    }
}
