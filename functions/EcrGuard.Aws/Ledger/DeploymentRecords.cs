using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds about the deployment of one image by one consumer.</summary>
/// <param name="SeenAt">When it was last seen.</param>
/// <param name="Done">Whether everything that follows is done: the shield is in place, or no rule asked for
///     one.</param>
/// <param name="Shielded">Whether the shield is in place. Sweeps keep it as long as the deployment counts.</param>
/// <param name="Tag">The tag by which the consumer named the image then; null for none.</param>
public sealed record RecordedDeployment(DateTimeOffset SeenAt, bool Done, bool Shielded, string? Tag);

/// <summary>One of EcrGuard's own tags that a consumer uses to refer to an image.</summary>
/// <param name="By">The consumer.</param>
/// <param name="At">When this was noted.</param>
public sealed record NamedTag(string Tag, string By, DateTimeOffset At)
{
    /// <summary>The form in the ledger. Spaces can separate the parts: neither a tag nor a time contains one.</summary>
    internal string Text => $"{Tag} {Keys.Time(At)} {By}";

    internal static NamedTag Of(string text) =>
        text.Split(' ', 3) is [var tag, var time, var by]
            ? new NamedTag(tag, by, Keys.Time(time))
            : throw new FormatException($"The ledger holds '{text}' where a tag, a time and a name must be.");
}

/// <summary>
/// What was deployed according to events: an item for each image and consumer, beside the image's item. It counts until
/// a reading of all consumers knows better. After that it is kept in reserve for rollbacks.
/// </summary>
public sealed class DeploymentRecords(LedgerTable table)
{
    private const string SeenAt = "seenAt";

    /// <summary>What is recorded of a deployment; null if nothing is.</summary>
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
    /// <param name="use">The use, with the image's digest and the tag by which the consumer names the image.</param>
    /// <param name="kept">How long it may count after <paramref name="seenAt"/>.</param>
    /// <param name="follows">Whether something is still to be done. False only updates the time.</param>
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

    /// <summary>Notes that everything that follows from a deployment is done.</summary>
    /// <param name="seenAt">The recorded time. A later deployment is a different one and is left alone.</param>
    /// <param name="shielded">Whether the shield is in place.</param>
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

    /// <summary>The recorded deployments of a repository, each with its time.</summary>
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
    /// <param name="by">The consumer.</param>
    public Task NameTagAsync(ImageId image, string tag, string by, CancellationToken cancellation) =>
        NoteNamedTagsAsync(image, [new NamedTag(tag, by, table.Now)], [], cancellation);

    /// <summary>
    /// Notes which of EcrGuard's own tags consumers name, and drops notes that no longer hold. It drops only exactly
    /// those notes, since an event may add another at any moment.
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
