using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds of one consumer's deployment of one image.</summary>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Done">Whether all that follows is done: the shield stands, or no rule asked for one.</param>
/// <param name="Shielded">Whether the shield stands: sweeps keep it as long as the deployment counts.</param>
/// <param name="Tag">By which tag the consumer named the image then; null for none.</param>
public sealed record RecordedDeployment(DateTimeOffset SeenAt, bool Done, bool Shielded, string? Tag);

/// <summary>One of EcrGuard's own tags by which a consumer refers to an image.</summary>
/// <param name="By">Who does.</param>
/// <param name="At">When that was noted.</param>
public sealed record NamedTag(string Tag, string By, DateTimeOffset At)
{
    /// <summary>As the ledger keeps it: a tag has no space in it, nor has a time.</summary>
    internal string Text => $"{Tag} {Keys.Time(At)} {By}";

    internal static NamedTag Of(string text) =>
        text.Split(' ', 3) is [var tag, var time, var by]
            ? new NamedTag(tag, by, Keys.Time(time))
            : throw new FormatException($"The ledger holds '{text}' where a tag, a time and a name must be.");
}

/// <summary>
/// What events say was deployed: an item for each image and consumer, beside the image's. It counts until a reading of
/// all consumers knows better, and in reserve for rollbacks after that.
/// </summary>
public sealed class DeploymentRecords(LedgerTable table)
{
    private const string SeenAt = "seenAt";

    /// <summary>What is recorded of a deployment; null where nothing is.</summary>
    public async Task<RecordedDeployment?> FindAsync(ImageId image, Consumer by, CancellationToken cancellation) =>
        await table.FindAsync(Deployment(image, by), cancellation).ConfigureAwait(false) is { } item
            ? new RecordedDeployment(
                Keys.Time(item[SeenAt].S),
                item.ContainsKey("done"),
                item.ContainsKey("shielded"),
                Use(item).Tag
            )
            : null;

    /// <summary>Records a deployment, unless a later one is recorded already.</summary>
    /// <param name="use">With the image's digest, and the tag by which the consumer names it.</param>
    /// <param name="kept">For how long after <paramref name="seenAt"/> it may count.</param>
    /// <param name="follows">Whether something is still to be done: false only moves the time on.</param>
    public Task RecordAsync(
        ImageId image,
        ConsumerReference use,
        DateTimeOffset seenAt,
        TimeSpan kept,
        bool follows,
        CancellationToken cancellation
    )
    {
        var plain = use with { SeenAt = null, AbsentSince = null };
        return table.IfStillSoAsync(
            table.Update(
                Deployment(image, use.By),
                "SET #use = :use, #seenAt = :seenAt, #expires = :expires" + (follows ? " REMOVE #done, #shielded" : ""),
                "attribute_not_exists(#seenAt) OR #seenAt < :seenAt",
                new()
                {
                    [":use"] = new(StoredForms.Deployment.Write(plain)),
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":expires"] = Number((seenAt + kept).ToUnixTimeSeconds()),
                }
            ),
            cancellation
        );
    }

    /// <summary>Notes that all that follows from a deployment is done.</summary>
    /// <param name="seenAt">As it was recorded: a later one is another matter.</param>
    /// <param name="shielded">Whether the shield stands.</param>
    public Task DoneAsync(
        ImageId image,
        Consumer by,
        DateTimeOffset seenAt,
        bool shielded,
        CancellationToken cancellation
    ) =>
        table.IfStillSoAsync(
            table.Update(
                Deployment(image, by),
                shielded ? "SET #done = :true, #shielded = :true" : "SET #done = :true",
                "#seenAt = :seenAt",
                new()
                {
                    [":seenAt"] = new(Keys.Time(seenAt)),
                    [":true"] = new() { BOOL = true },
                }
            ),
            cancellation
        );

    /// <summary>What is recorded as deployed of a repository, with the time of each.</summary>
    public async Task<IReadOnlyList<ConsumerReference>> AllAsync(
        RepositoryId repository,
        CancellationToken cancellation
    ) =>
        await table
            .BeginningAsync(Key(repository, Keys.Deployments), cancellation)
            .Select(Of)
            .ToListAsync(cancellation)
            .ConfigureAwait(false);

    /// <summary>Notes that a consumer names one of EcrGuard's own tags.</summary>
    /// <param name="by">Who does.</param>
    public Task NameTagAsync(ImageId image, string tag, string by, CancellationToken cancellation) =>
        NoteNamedTagsAsync(image, [new NamedTag(tag, by, table.Now)], [], cancellation);

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, and drops what is over: only just those notes, since an event
    /// may note another at any moment.
    /// </summary>
    public async Task NoteNamedTagsAsync(
        ImageId image,
        IReadOnlyCollection<NamedTag> added,
        IReadOnlyCollection<NamedTag> over,
        CancellationToken cancellation
    )
    {
        foreach (var (verb, notes) in new[] { ("ADD", added), ("DELETE", over) })
        {
            if (notes.Count == 0)
                continue;
            var update = table.Update(
                Key(image),
                $"{verb} #namedTags :named",
                "attribute_exists(#rev)",
                new() { [":named"] = Set(notes.Select(note => note.Text)) }
            );
            await table.IfStillSoAsync(update, cancellation).ConfigureAwait(false);
        }
    }

    internal static ConsumerReference Of(Dictionary<string, AttributeValue> item) =>
        Use(item) with
        {
            SeenAt = Keys.Time(item[SeenAt].S),
        };

    private static ConsumerReference Use(Dictionary<string, AttributeValue> deployment) =>
        StoredForms.Deployment.Read(deployment["use"].S);

    private static Dictionary<string, AttributeValue> Deployment(ImageId image, Consumer by) =>
        Key(image.Repository, Keys.Deployment(image.Digest, by));
}
