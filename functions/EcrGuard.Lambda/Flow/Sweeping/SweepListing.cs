using System.Text.Json;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>One item of the list.</summary>
public sealed record ListedRepository(string Repository);

/// <summary>
/// The list of repositories of a sweep. It is a JSON array of <see cref="ListedRepository"/> in the bucket, and Step
/// Functions reads it.
/// </summary>
public sealed class SweepListing(EcrReader registry, RepositoryRecords repositories, IAmazonS3 s3, Settings settings)
{
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

    public async Task StoreAsync(string key, IEnumerable<string> names)
    {
        using var list = new MemoryStream(
            JsonSerializer.SerializeToUtf8Bytes(
                [.. names.Select(name => new ListedRepository(name))],
                StateJson.Default.IReadOnlyListListedRepository
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
            .DeserializeAsync(stored.ResponseStream, StateJson.Default.IReadOnlyListListedRepository)
            .ConfigureAwait(false);
        return [.. (listed ?? []).Select(item => item.Repository)];
    }
}
