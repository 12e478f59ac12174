using System.Globalization;
using System.Runtime.CompilerServices;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// The ledger's one DynamoDB table. It knows how to read and write items, but not what they hold: for that, each
/// subject has a class of its own on top of this one. In expressions, <c>#name</c> is the attribute of that name.
/// </summary>
public sealed class LedgerTable(IAmazonDynamoDB dynamo, Settings settings, TimeProvider time)
{
    /// <summary>How long history, finished writes and images that are gone are kept.</summary>
    public static readonly TimeSpan HistoryAge = TimeSpan.FromDays(400);

    /// <summary>
    /// BatchGetItem takes at most 100 keys. One of them is the repository's own item, and one is the item that names
    /// the ledger's table.
    /// </summary>
    public const int ReadBatch = 98;

    /// <summary>BatchWriteItem takes at most 25 items.</summary>
    private const int WriteBatch = 25;

    private const int ConflictRetries = 5;

    /// <summary>
    /// Counts the stores of an item. A store over a revision that is no longer the current one is refused.
    /// </summary>
    internal const string Revision = "rev";

    private const string OverRevision = $"attribute_not_exists(#{Revision}) OR #{Revision} = :was";

    /// <summary>The id of the last conditional write that wrote the item.</summary>
    private const string WrittenBy = "writtenBy";

    public string Name => settings.Table;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>An id that sorts by the time it was made (UUID version 7, RFC 9562).</summary>
    public string NewId() => Guid.CreateVersion7(Now).ToString("N");

    internal static Dictionary<string, AttributeValue> Key(ImageId image) =>
        Key(image.Repository, Keys.Image(image.Digest));

    internal static Dictionary<string, AttributeValue> Key(RepositoryId repository, string sort) =>
        new() { [Keys.Partition] = new(Keys.Repository(repository)), [Keys.Sort] = new(sort) };

    /// <summary>The key of what belongs to the whole registry.</summary>
    internal Dictionary<string, AttributeValue> Key(string name) =>
        new() { [Keys.Partition] = new(Keys.Registry(settings.Account, settings.Region)), [Keys.Sort] = new(name) };

    /// <summary>The key of a partition of the index.</summary>
    internal string StatusPartition(string status, int shard) =>
        Keys.StatusPartition(settings.Account, settings.Region, status, shard);

    internal AttributeValue ExpiresAfter(TimeSpan age) => Number((Now + age).ToUnixTimeSeconds());

    internal AttributeValue NowText() => new(Keys.Time(Now));

    internal static AttributeValue Number(long value) => new() { N = value.ToString(CultureInfo.InvariantCulture) };

    internal static long Number(AttributeValue value) => long.Parse(value.N, CultureInfo.InvariantCulture);

    internal static AttributeValue Set(params IEnumerable<string> values) => new() { SS = [.. values] };

    /// <summary>One item as it is; null if there is none.</summary>
    internal async Task<Dictionary<string, AttributeValue>?> FindAsync(
        Dictionary<string, AttributeValue> key,
        CancellationToken cancellation
    )
    {
        var request = new GetItemRequest
        {
            TableName = Name,
            Key = key,
            ConsistentRead = true,
        };
        var answer = await dynamo.GetItemAsync(request, cancellation).ConfigureAwait(false);
        return answer.Item is { Count: > 0 } item ? item : null;
    }

    /// <summary>Up to a hundred items. Items that do not exist are left out.</summary>
    internal async Task<List<Dictionary<string, AttributeValue>>> FindAsync(
        IEnumerable<Dictionary<string, AttributeValue>> keys,
        bool consistent,
        CancellationToken cancellation
    )
    {
        var items = new List<Dictionary<string, AttributeValue>>();
        var request = new Dictionary<string, KeysAndAttributes>
        {
            [Name] = new() { ConsistentRead = consistent, Keys = [.. keys] },
        };
        for (var attempt = 0; request.Count > 0; attempt++)
        {
            var answer = await dynamo
                .BatchGetItemAsync(new BatchGetItemRequest { RequestItems = request }, cancellation)
                .ConfigureAwait(false);
            items.AddRange(answer.Responses?.GetValueOrDefault(Name) ?? []);
            request = answer.UnprocessedKeys ?? [];
            if (request.Count > 0)
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
        }
        return items;
    }

    /// <summary>The items of a partition whose sort keys begin like the given one.</summary>
    internal IAsyncEnumerable<Dictionary<string, AttributeValue>> BeginningAsync(
        Dictionary<string, AttributeValue> begin,
        CancellationToken cancellation,
        string? filter = null,
        Dictionary<string, AttributeValue>? values = null,
        bool consistent = true
    ) =>
        QueryAsync(
            new QueryRequest
            {
                ConsistentRead = consistent,
                KeyConditionExpression = "#pk = :pk AND begins_with(#sk, :begin)",
                FilterExpression = filter,
                ExpressionAttributeValues = new(values ?? [])
                {
                    [":pk"] = begin[Keys.Partition],
                    [":begin"] = begin[Keys.Sort],
                },
            },
            cancellation
        );

    /// <summary>The items of one partition of the index. It may be a moment behind.</summary>
    internal IAsyncEnumerable<Dictionary<string, AttributeValue>> StatusPartitionAsync(
        string status,
        int shard,
        CancellationToken cancellation
    ) =>
        QueryAsync(
            new QueryRequest
            {
                IndexName = Keys.Index,
                KeyConditionExpression = $"#{Keys.IndexPartition} = :partition",
                ExpressionAttributeValues = new() { [":partition"] = new(StatusPartition(status, shard)) },
            },
            cancellation
        );

    /// <summary>What a query finds, page by page.</summary>
    internal async IAsyncEnumerable<Dictionary<string, AttributeValue>> QueryAsync(
        QueryRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        request.TableName = Name;
        request.ExpressionAttributeNames = Names(
            request.KeyConditionExpression,
            request.FilterExpression,
            request.ProjectionExpression
        );
        do
        {
            var page = await dynamo.QueryAsync(request, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items ?? [])
                yield return item;
            request.ExclusiveStartKey = page.LastEvaluatedKey;
        } while (request.ExclusiveStartKey is { Count: > 0 });
    }

    /// <summary>An update of one item: by itself, or a part of a transaction.</summary>
    /// <param name="expression">Begins with <c>SET</c> if it sets anything.</param>
    internal Update Update(
        Dictionary<string, AttributeValue> key,
        string expression,
        string? condition,
        Dictionary<string, AttributeValue>? values = null
    ) =>
        new()
        {
            TableName = Name,
            Key = key,
            UpdateExpression = expression,
            ConditionExpression = condition,
            ExpressionAttributeNames = Names(expression, condition),
            ExpressionAttributeValues = values,
        };

    /// <summary>Makes an update on its own.</summary>
    /// <inheritdoc cref="UpdateAsync"/>
    /// <returns>
    /// False if somebody was faster, with the same change or with news: there is nothing left to write.
    /// </returns>
    internal async Task<bool> IfStillSoAsync(Update update, CancellationToken cancellation) =>
        await UpdateAsync(update, ReturnValue.NONE, cancellation).ConfigureAwait(false) is not null;

    /// <summary>
    /// Updates an item on a condition. The update leaves its own id in the item, because the SDK repeats a call whose
    /// answer was lost, and the repeated call then fails because of what the first one wrote. DynamoDB returns the item
    /// with the failure, and the id in it shows whose write it was.
    /// </summary>
    /// <returns>
    /// The item as it is, if <paramref name="returns"/> or such a failure shows it; otherwise an empty item. Null if
    /// somebody was faster, with the same change or with news: there is nothing left to write.
    /// </returns>
    internal async Task<Dictionary<string, AttributeValue>?> UpdateAsync(
        Update update,
        ReturnValue returns,
        CancellationToken cancellation
    )
    {
        var own = NewId();
        const string set = "SET ";
        var request = new UpdateItemRequest
        {
            TableName = update.TableName,
            Key = update.Key,
            UpdateExpression = update.UpdateExpression.StartsWith(set, StringComparison.Ordinal)
                ? $"SET #{WrittenBy} = :{WrittenBy}, {update.UpdateExpression[set.Length..]}"
                : $"SET #{WrittenBy} = :{WrittenBy} {update.UpdateExpression}",
            ConditionExpression = update.ConditionExpression,
            ExpressionAttributeNames = new(update.ExpressionAttributeNames) { [$"#{WrittenBy}"] = WrittenBy },
            ExpressionAttributeValues = new(update.ExpressionAttributeValues ?? []) { [$":{WrittenBy}"] = new(own) },
            ReturnValues = returns,
            ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
        };
        try
        {
            Dictionary<string, AttributeValue> updated = [];
            await RetryAsync(
                    async () =>
                        updated =
                            (await dynamo.UpdateItemAsync(request, cancellation).ConfigureAwait(false)).Attributes
                            ?? [],
                    cancellation
                )
                .ConfigureAwait(false);
            return updated;
        }
        catch (ConditionalCheckFailedException failed)
        {
            return IsOf(failed, own) ? failed.Item : null;
        }
    }

    /// <summary>
    /// Makes all of several writes, or none. The SDK gives each transaction a token. By the token DynamoDB recognises a
    /// transaction that it has carried out already, if the answer was lost.
    /// </summary>
    /// <inheritdoc cref="IfStillSoAsync"/>
    internal async Task<bool> TransactAsync(IEnumerable<TransactWriteItem> writes, CancellationToken cancellation)
    {
        List<TransactWriteItem> all = [.. writes];
        try
        {
            await RetryAsync(
                    () =>
                        dynamo.TransactWriteItemsAsync(
                            new TransactWriteItemsRequest { TransactItems = all },
                            cancellation
                        ),
                    cancellation
                )
                .ConfigureAwait(false);
            return true;
        }
        catch (TransactionCanceledException cancelled)
            when (cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") == true)
        {
            return false;
        }
    }

    /// <summary>A put of a whole item, as a part of a transaction.</summary>
    internal TransactWriteItem Put(Dictionary<string, AttributeValue> item) =>
        new()
        {
            Put = new Put { TableName = Name, Item = item },
        };

    /// <summary>A put of a whole item over the revision that was read (0: none), as a part of a transaction.</summary>
    internal TransactWriteItem Put(Dictionary<string, AttributeValue> item, long revision) =>
        new()
        {
            Put = new Put
            {
                TableName = Name,
                Item = new(item) { [Revision] = Number(revision + 1), [WrittenBy] = new(NewId()) },
                ConditionExpression = OverRevision,
                ExpressionAttributeNames = Names(OverRevision),
                ExpressionAttributeValues = new() { [":was"] = Number(revision) },
            },
        };

    /// <summary>Puts an item, whatever is there.</summary>
    internal Task PutAsync(Dictionary<string, AttributeValue> item, CancellationToken cancellation) =>
        RetryAsync(
            () => dynamo.PutItemAsync(new PutItemRequest { TableName = Name, Item = item }, cancellation),
            cancellation
        );

    /// <summary>Puts an item over the revision that was read (0: none).</summary>
    /// <returns>False if somebody else stored in between.</returns>
    internal async Task<bool> PutAsync(
        Dictionary<string, AttributeValue> item,
        long revision,
        CancellationToken cancellation
    )
    {
        item[Revision] = Number(revision + 1);
        var (put, _) = await PutAsync(item, OverRevision, new() { [":was"] = Number(revision) }, cancellation)
            .ConfigureAwait(false);
        return put;
    }

    /// <summary>Puts an item on a condition.</summary>
    /// <returns>
    /// Whether the item is in place, and, if not, what is there instead. A repeated call whose first answer was lost
    /// fails because of its own item. That counts as in place.
    /// </returns>
    internal async Task<(bool Stands, Dictionary<string, AttributeValue>? Other)> PutAsync(
        Dictionary<string, AttributeValue> item,
        string condition,
        Dictionary<string, AttributeValue>? values,
        CancellationToken cancellation
    )
    {
        var own = NewId();
        item[WrittenBy] = new(own);
        try
        {
            await dynamo
                .PutItemAsync(
                    new PutItemRequest
                    {
                        TableName = Name,
                        Item = item,
                        ConditionExpression = condition,
                        ExpressionAttributeNames = Names(condition),
                        ExpressionAttributeValues = values,
                        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            return (true, null);
        }
        catch (ConditionalCheckFailedException failed)
        {
            return (IsOf(failed, own), failed.Item);
        }
    }

    internal async Task DeleteAsync(Dictionary<string, AttributeValue> key, CancellationToken cancellation) =>
        await dynamo
            .DeleteItemAsync(new DeleteItemRequest { TableName = Name, Key = key }, cancellation)
            .ConfigureAwait(false);

    internal Task PutAllAsync(IEnumerable<Dictionary<string, AttributeValue>> items, CancellationToken cancellation) =>
        WriteAllAsync(items.Select(item => new WriteRequest(new PutRequest(item))), cancellation);

    internal Task DeleteAllAsync(
        IEnumerable<Dictionary<string, AttributeValue>> keys,
        CancellationToken cancellation
    ) => WriteAllAsync(keys.Select(key => new WriteRequest(new DeleteRequest(key))), cancellation);

    private async Task WriteAllAsync(IEnumerable<WriteRequest> writes, CancellationToken cancellation)
    {
        foreach (var chunk in writes.Chunk(WriteBatch))
        {
            var request = new Dictionary<string, List<WriteRequest>> { [Name] = [.. chunk] };
            for (var attempt = 0; request.Count > 0; attempt++)
            {
                var answer = await dynamo
                    .BatchWriteItemAsync(new BatchWriteItemRequest { RequestItems = request }, cancellation)
                    .ConfigureAwait(false);
                request = answer.UnprocessedItems ?? [];
                if (request.Count > 0)
                    await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether a write failed because of what the same write wrote before.</summary>
    private static bool IsOf(ConditionalCheckFailedException failed, string own) =>
        failed.Item?.GetValueOrDefault(WrittenBy)?.S == own;

    /// <summary>
    /// Retries a write that met a running transaction on the same item. The SDK does not count that error as worth
    /// repeating.
    /// </summary>
    private async Task RetryAsync<T>(Func<Task<T>> write, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await write().ConfigureAwait(false);
                return;
            }
            catch (TransactionConflictException) when (attempt < ConflictRetries)
            {
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
            catch (TransactionCanceledException cancelled)
                when (attempt < ConflictRetries
                    && cancelled.CancellationReasons?.Any(r => r.Code == "ConditionalCheckFailed") != true
                    && cancelled.CancellationReasons?.Any(r => r.Code == "TransactionConflict") == true
                )
            {
                await PauseAsync(attempt, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(int attempt, CancellationToken cancellation) =>
        await Task.Delay(TimeSpan.FromMilliseconds(50 << Math.Min(attempt, 6)), time, cancellation)
            .ConfigureAwait(false);

    /// <summary>Every <c>#name</c> in the expressions; null if there is none.</summary>
    private static Dictionary<string, string>? Names(params ReadOnlySpan<string?> expressions)
    {
        var names = new Dictionary<string, string>();
        foreach (var expression in expressions)
        {
            var rest = expression.AsSpan();
            while (rest.IndexOf('#') is >= 0 and var at)
            {
                rest = rest[(at + 1)..];
                var end = rest.IndexOfAnyExcept(Letters);
                var name = rest[..(end < 0 ? rest.Length : end)].ToString();
                names[$"#{name}"] = name;
            }
        }
        return names.Count == 0 ? null : names;
    }

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    );
}
