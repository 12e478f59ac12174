using System.Globalization;
using System.Text.Json;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <content>What is known of a repository as a whole: how it departs from its baseline, what the last sweep found, and
/// what EcrGuard has written to it.</content>
public sealed partial class Ledger
{
    /// <summary>What a note holds: one item has all notes of a repository.</summary>
    private const int MaxSentences = 40,
        MaxSentence = 500;

    /// <summary>Notes how a repository differs from its baseline, a sentence each.</summary>
    public Task StoreNoteAsync(RepositoryId repository, IReadOnlyList<string> drift, CancellationToken cancellation) =>
        NoteAsync(
            repository,
            "drift",
            JsonSerializer.Serialize(
                [.. drift.Take(MaxSentences).Select(each => Phrase.Clip(each, MaxSentence))],
                LedgerJson.Default.IReadOnlyListString
            ),
            cancellation
        );

    /// <summary>Notes what a sweep found in a repository.</summary>
    public Task StoreSweepAsync(RepositoryId repository, RepositorySweep sweep, CancellationToken cancellation) =>
        NoteAsync(
            repository,
            "sweep",
            JsonSerializer.Serialize(
                sweep with
                {
                    Undone = [.. sweep.Undone.Select(each => Phrase.Clip(each, MaxSentence))],
                },
                LedgerJson.Default.RepositorySweep
            ),
            cancellation
        );

    private async Task NoteAsync(RepositoryId repository, string name, string json, CancellationToken cancellation) =>
        await dynamo
            .UpdateItemAsync(
                new UpdateItemRequest
                {
                    TableName = settings.Table,
                    Key = Key(repository, Keys.RepositoryNote),
                    UpdateExpression =
                        "SET #repository = :repository, #note = :note, #at = :at, #p = :p, #s = :repository",
                    ExpressionAttributeNames = new()
                    {
                        ["#repository"] = "repository",
                        ["#note"] = name,
                        ["#at"] = "at",
                        ["#p"] = Keys.IndexPartition,
                        ["#s"] = Keys.IndexSort,
                    },
                    ExpressionAttributeValues = new()
                    {
                        [":repository"] = new(repository.Name),
                        [":note"] = new(json),
                        [":at"] = new(Keys.Time(time.GetUtcNow())),
                        [":p"] = new(Keys.Shelf(repository)),
                    },
                },
                cancellation
            )
            .ConfigureAwait(false);

    /// <summary>
    /// Notes that the scanning of repositories was changed: what was read of their images before is believed no more,
    /// and whoever comes next decides them again. After a day no answer rests on it anyway.
    /// </summary>
    public Task NoteScanningChangedAsync(IEnumerable<RepositoryId> repositories, CancellationToken cancellation) =>
        WriteAllAsync(
            repositories
                .Distinct()
                .Select(repository => new WriteRequest(
                    new PutRequest(
                        new Dictionary<string, AttributeValue>(Key(repository, Keys.ScanningChange))
                        {
                            [ChangedAt] = new(Keys.Time(time.GetUtcNow())),
                            [Keys.Expires] = ExpiresAfter(2 * ApprovalAnswer.RecordAge),
                        }
                    )
                )),
            cancellation
        );

    /// <summary>
    /// Forgets what is noted of a repository that is gone, and what was there before EcrGuard: one of the same name is
    /// another. Its images' entries end by themselves.
    /// </summary>
    public async Task ForgetAsync(RepositoryId repository, CancellationToken cancellation)
    {
        foreach (var item in new[] { Keys.Hold, Keys.RepositoryNote })
            await dynamo
                .DeleteItemAsync(
                    new DeleteItemRequest { TableName = settings.Table, Key = Key(repository, item) },
                    cancellation
                )
                .ConfigureAwait(false);
    }

    /// <summary>How repositories differ from their baselines.</summary>
    public async IAsyncEnumerable<RepositoryNote> NotesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var item in ShelfAsync(Keys.RepositoryShelf, 0, cancellation).ConfigureAwait(false))
        {
            if (item.GetValueOrDefault("drift")?.S is { } drift)
                yield return new RepositoryNote(
                    item["repository"].S,
                    JsonSerializer.Deserialize(drift, LedgerJson.Default.IReadOnlyListString) ?? []
                );
        }
    }

    /// <summary>What the last sweep found in each repository.</summary>
    public async IAsyncEnumerable<SweptRepository> SweepsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        await foreach (var item in ShelfAsync(Keys.RepositoryShelf, 0, cancellation).ConfigureAwait(false))
        {
            if (item.GetValueOrDefault("sweep")?.S is { } sweep)
                yield return new SweptRepository(
                    item["repository"].S,
                    JsonSerializer.Deserialize(sweep, LedgerJson.Default.RepositorySweep)!
                );
        }
    }

    /// <summary>What EcrGuard has written to a repository, and its revision: 0 where nothing is known.</summary>
    public async Task<(SettingHistory Hold, long Revision)> HoldAsync(
        RepositoryId repository,
        CancellationToken cancellation
    )
    {
        var answer = await dynamo
            .GetItemAsync(
                new GetItemRequest
                {
                    TableName = settings.Table,
                    Key = Key(repository, Keys.Hold),
                    ConsistentRead = true,
                },
                cancellation
            )
            .ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item
            ? (
                JsonSerializer.Deserialize(item["hold"].S, LedgerJson.Default.SettingHistory)!,
                long.Parse(item[Revision].N, CultureInfo.InvariantCulture)
            )
            : (SettingHistory.None, 0);
    }

    /// <summary>Stores what EcrGuard has written to a repository, over the revision that was read.</summary>
    /// <returns>False where somebody else stored in between.</returns>
    public Task<bool> StoreHoldAsync(
        RepositoryId repository,
        SettingHistory hold,
        long revision,
        CancellationToken cancellation
    ) =>
        StoreAsync(
            new Dictionary<string, AttributeValue>(Key(repository, Keys.Hold))
            {
                ["hold"] = new(JsonSerializer.Serialize(hold, LedgerJson.Default.SettingHistory)),
            },
            revision,
            cancellation
        );
}
