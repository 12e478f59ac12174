using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds while a baseline's setting is written, and after.</summary>
/// <param name="Intending">What it holds before the write.</param>
/// <param name="Done">What it holds after it.</param>
/// <param name="Revision">The revision that was read. <paramref name="Intending"/> is stored over it.</param>
public sealed record SettingWrite(SettingHistory Intending, SettingHistory Done, long Revision)
{
    /// <summary>What the lifecycle policy removes, with the plan that puts the policy; null if no plan does.</summary>
    public (string PlanId, Removed Removed)? Taken { get; init; }
}

/// <summary>Every write to ECR is an item: the intent before it is done, and the outcome after.</summary>
public sealed class WriteRecords(LedgerTable table, RepositoryRecords repositories)
{
    private const string Intended = "intended";

    /// <summary>
    /// How long the push of a manifest is remembered. After this its event can no longer come: queues keep what failed
    /// for 14 days.
    /// </summary>
    private static readonly TimeSpan EventAge = TimeSpan.FromDays(15);

    /// <summary>
    /// An id that identifies a write. Writes that follow from one another may share one id in what is told of them.
    /// </summary>
    public string NewId() => table.NewId();

    /// <summary>Writes down what is about to be done to an image, before it is done.</summary>
    /// <param name="entry">The entry whose verdict asks for it; null for an artifact, which has none.</param>
    /// <param name="onto">The manifest to which a tag is to be moved, so that its push is known to be EcrGuard's own;
    ///     null for none.</param>
    /// <returns>
    /// The id under which the caller notes the outcome; null if another verdict was stored since, which asks for
    /// something else.
    /// </returns>
    public async Task<string?> IntendAsync(
        ImageId image,
        LedgerEntry? entry,
        TagAction action,
        Digest? onto,
        CancellationToken cancellation
    )
    {
        var id = table.NewId();
        var intent = Intent(image, id, action.Change.ToString());
        intent["tag"] = new(action.Tag);
        intent["moves"] = new() { BOOL = onto is not null };
        IEnumerable<TransactWriteItem> also = onto is null
            ? []
            : [MeansToPut(action.Tag, image with { Digest = onto })];
        async Task<bool> StoreAsync(Update opening) =>
            await table
                .TransactAsync([table.Put(intent), new() { Update = opening }, .. also], cancellation)
                .ConfigureAwait(false);
        var stored = false;
        if (entry is not null)
            stored = await StoreAsync(Opening(image, entry, action, id)).ConfigureAwait(false);
        // The image may be judged for the first time between two tries.
        else
            foreach (var judged in new[] { true, false, true })
                stored = stored || await StoreAsync(OpeningUnread(image, judged, action, id)).ConfigureAwait(false);
        return stored ? id : null;
    }

    /// <summary>Notes a write as open in its image's item, if the verdict is still the one that was read.</summary>
    private Update Opening(ImageId image, LedgerEntry entry, TagAction action, string id)
    {
        var values = Opened(action, id, out var expression);
        values[":rev"] = Number(entry.Revision);
        return table.Update(Key(image), expression, "#rev = :rev", values);
    }

    /// <param name="judged">Whether the image has a record. An item that has no verdict expires, as its writes
    ///     do.</param>
    private Update OpeningUnread(ImageId image, bool judged, TagAction action, string id)
    {
        var values = Opened(action, id, out var expression);
        if (judged)
            return table.Update(Key(image), expression, "attribute_exists(#rev)", values);
        values[":expires"] = table.ExpiresAfter(HistoryAge);
        return table.Update(Key(image), $"SET #expires = :expires {expression}", "attribute_not_exists(#rev)", values);
    }

    private static Dictionary<string, AttributeValue> Opened(TagAction action, string id, out string expression)
    {
        var values = new Dictionary<string, AttributeValue> { [":id"] = Set(id) };
        expression = "ADD #openWrites :id";
        if (action.Change == TagChange.Add)
        {
            expression += ", #intendedTags :tag";
            values[":tag"] = Set(action.Tag);
        }
        return values;
    }

    private TransactWriteItem MeansToPut(string tag, ImageId manifest) =>
        new()
        {
            Update = table.Update(
                Key(manifest),
                "SET #expires = :expires ADD #intendedTags :tag",
                condition: null,
                new() { [":expires"] = table.ExpiresAfter(EventAge), [":tag"] = Set(tag) }
            ),
        };

    /// <summary>
    /// Every tag that EcrGuard ever meant to write on an image or an artifact, whether or not it has an entry.
    /// </summary>
    public async Task<IReadOnlyList<string>> IntendedTagsAsync(ImageId image, CancellationToken cancellation)
    {
        var item = await table.FindAsync(Key(image), cancellation).ConfigureAwait(false);
        return item?.GetValueOrDefault(LedgerEntry.Attributes.IntendedTags)?.SS ?? [];
    }

    /// <summary>Writes down what is about to be done to a repository, before it is done.</summary>
    /// <param name="setting">Null for a write that changes no setting.</param>
    /// <param name="what">What is put; null if a setting is removed.</param>
    /// <returns>The id under which the caller notes the outcome.</returns>
    public async Task<string> IntendAsync(
        RepositoryId repository,
        string change,
        RepositorySetting? setting,
        string? what,
        CancellationToken cancellation
    )
    {
        var id = table.NewId();
        await table.PutAsync(Intent(repository, id, change, setting, what), cancellation).ConfigureAwait(false);
        return id;
    }

    /// <summary>
    /// The same for a setting that a baseline holds. It also stores what the ledger holds while the setting is written:
    /// both or neither.
    /// </summary>
    /// <returns>Null if somebody else has meanwhile stored what EcrGuard has written to the repository.</returns>
    public async Task<string?> IntendAsync(
        RepositoryId repository,
        string change,
        RepositorySetting setting,
        string? what,
        SettingWrite held,
        CancellationToken cancellation
    )
    {
        var id = table.NewId();
        var settings = repositories.PutSettings(repository, held.Intending, held.Revision);
        var intent = table.Put(Intent(repository, id, change, setting, what));
        return await table.TransactAsync([settings, intent], cancellation).ConfigureAwait(false) ? id : null;
    }

    /// <summary>
    /// Writes down that a setting was written as its baseline wants it. It also stores what the ledger then holds.
    /// </summary>
    /// <returns>
    /// False if somebody else has meanwhile stored what EcrGuard has written to the repository. Their version then
    /// stays.
    /// </returns>
    public async Task<bool> WrittenAsync(
        RepositoryId repository,
        string id,
        SettingWrite held,
        CancellationToken cancellation
    )
    {
        List<TransactWriteItem> items = [new() { Update = Outcome(repository, id, "done", guess: false) }];
        if (held.Taken is { } taken)
            items.Add(PlanLedger.Taken(table, taken.PlanId, taken.Removed));
        var settings = repositories.PutSettings(repository, held.Done, held.Revision + 1);
        if (await table.TransactAsync([.. items, settings], cancellation).ConfigureAwait(false))
            return true;
        await table.TransactAsync(items, cancellation).ConfigureAwait(false);
        return false;
    }

    private Dictionary<string, AttributeValue> Intent(
        RepositoryId repository,
        string id,
        string change,
        RepositorySetting? setting,
        string? what
    )
    {
        var intent = Intent(repository, id, change);
        if (setting is not null)
            intent["setting"] = new(setting.Name);
        if (what is not null)
            intent["what"] = new(what);
        return intent;
    }

    /// <summary>The item of a write that is about to be made to an image.</summary>
    internal Dictionary<string, AttributeValue> Intent(ImageId image, string id, string change) =>
        new(Intent(image.Repository, id, change)) { ["image"] = new(image.Arn) };

    private Dictionary<string, AttributeValue> Intent(RepositoryId repository, string id, string change) =>
        new(Key(repository, Keys.Write(id)))
        {
            ["change"] = new(change),
            ["intendedAt"] = table.NowText(),
            ["outcome"] = new(Intended),
            [Keys.IndexPartition] = new(table.StatusPartition(Keys.UnendedPartition, 0)),
            [Keys.IndexSort] = new(id),
            [Keys.Expires] = table.ExpiresAfter(HistoryAge),
        };

    /// <summary>
    /// The writes to each repository of the registry that were intended within a time and have no outcome. They are
    /// read from the index, which may be a moment behind.
    /// </summary>
    public async Task<ILookup<RepositoryId, UnfinishedWrite>> UnendedAsync(
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancellation
    )
    {
        var query = new QueryRequest
        {
            IndexName = Keys.Index,
            KeyConditionExpression = "#gsi1pk = :partition AND #gsi1sk BETWEEN :from AND :to",
            ExpressionAttributeValues = new()
            {
                [":partition"] = new(table.StatusPartition(Keys.UnendedPartition, 0)),
                [":from"] = new(Keys.WriteIds(from)),
                [":to"] = new(Keys.WriteIds(to)),
            },
        };
        var unended = await table
            .QueryAsync(query, cancellation)
            .Select(item => (Repository: Keys.RepositoryOf(item), Write: Unfinished(item)))
            .ToListAsync(cancellation)
            .ConfigureAwait(false);
        return unended.ToLookup(each => each.Repository, each => each.Write);
    }

    private static UnfinishedWrite Unfinished(Dictionary<string, AttributeValue> item)
    {
        string? Text(string name) => item.GetValueOrDefault(name)?.S;
        return new UnfinishedWrite(
            item[Keys.Sort].S[Keys.Write("").Length..],
            item["change"].S,
            RepositoryId.TryParseArn(Text("image"), out var repository, out var digest) && digest is not null
                ? new ImageId(repository, digest)
                : null,
            Text("tag"),
            Text("setting") is { } setting ? RepositorySetting.Of(setting) : null,
            Text("what")
        )
        {
            Moves = item.GetValueOrDefault("moves")?.BOOL ?? true,
        };
    }

    /// <summary>Writes down the outcome of a write to a repository.</summary>
    /// <param name="guess">Whether the caller did not make the write and does not know its outcome. An outcome that is
    ///     there already then stays.</param>
    public async Task OutcomeAsync(
        RepositoryId repository,
        string id,
        string outcome,
        CancellationToken cancellation,
        bool guess = false
    ) => await table.IfStillSoAsync(Outcome(repository, id, outcome, guess), cancellation).ConfigureAwait(false);

    /// <summary>Writes down the outcome of a write to an image.</summary>
    /// <inheritdoc cref="OutcomeAsync(RepositoryId, string, string, CancellationToken, bool)"/>
    public async Task OutcomeAsync(
        ImageId image,
        string id,
        string outcome,
        CancellationToken cancellation,
        bool guess = false
    )
    {
        var closing = table.Update(Key(image), "DELETE #openWrites :id", condition: null, new() { [":id"] = Set(id) });
        await table
            .TransactAsync(
                [new() { Update = Outcome(image.Repository, id, outcome, guess) }, new() { Update = closing }],
                cancellation
            )
            .ConfigureAwait(false);
    }

    private Update Outcome(RepositoryId repository, string id, string outcome, bool guess)
    {
        var values = new Dictionary<string, AttributeValue>
        {
            [":outcome"] = new(Phrase.Clip(outcome, 500)),
            [":now"] = table.NowText(),
        };
        if (guess)
            values[":intended"] = new(Intended);
        return table.Update(
            Key(repository, Keys.Write(id)),
            "SET #outcome = :outcome, #endedAt = :now REMOVE #gsi1pk, #gsi1sk",
            guess ? "#outcome = :intended" : null,
            values
        );
    }

    /// <summary>
    /// Takes the next turn to write to ECR. All functions that carry out people's orders share these turns, since
    /// nobody knows how many of them run at a time.
    /// </summary>
    /// <param name="gap">How long after this turn the next one may be taken.</param>
    /// <returns>False if somebody else has the turn.</returns>
    public Task<bool> TakeTurnAsync(TimeSpan gap, CancellationToken cancellation)
    {
        var now = table.Now;
        return table.IfStillSoAsync(
            table.Update(
                table.Key("TURN"),
                "SET #next = :next",
                "attribute_not_exists(#next) OR #next <= :now",
                new() { [":next"] = new(Keys.Time(now + gap)), [":now"] = new(Keys.Time(now)) }
            ),
            cancellation
        );
    }
}
