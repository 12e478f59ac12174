using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;

namespace EcrGuard.Aws.Ledger;

/// <summary>Images that are about to be deleted or archived.</summary>
public sealed record RemovalIntent(
    RepositoryId Repository,
    string PlanId,
    RemovalKind Kind,
    IReadOnlyList<PlannedImage> Images,
    DateTimeOffset At
);

/// <summary>The outcome for one image of a plan.</summary>
/// <param name="Outcome"><see cref="PlanLedger.Intended"/>, <see cref="PlanLedger.Done"/>, or why it was not
///     done.</param>
public sealed record RemovalOutcome(string Outcome, DateTimeOffset IntendedAt);

/// <summary>
/// What plans do to images. There is an item for each image. It says what is intended before it is done, and the
/// outcome after. So a plan can be applied again whatever happened, and people can read what happened.
/// </summary>
public sealed class PlanLedger(LedgerTable table)
{
    public const string Done = "done";
    public const string Intended = "intended";

    /// <summary>What the ledger holds about a plan's images in a repository.</summary>
    public async Task<IReadOnlyDictionary<Digest, RemovalOutcome>> OutcomesAsync(
        RepositoryId repository,
        string planId,
        CancellationToken cancellation
    )
    {
        var prefix = Keys.PlannedImages(planId);
        var outcomes = new Dictionary<Digest, RemovalOutcome>();
        await foreach (
            var item in table.BeginningAsync(LedgerTable.Key(repository, prefix), cancellation).ConfigureAwait(false)
        )
            outcomes[Keys.DigestAfter(prefix, item)] = new(item["outcome"].S, Keys.Time(item["intendedAt"].S));
        return outcomes;
    }

    /// <summary>Writes down what is about to be done, before it is done.</summary>
    public async Task<RemovalIntent> IntendAsync(
        RepositoryId repository,
        string planId,
        RemovalKind kind,
        IReadOnlyList<PlannedImage> images,
        CancellationToken cancellation
    )
    {
        var intent = new RemovalIntent(repository, planId, kind, images, table.Now);
        await table.PutAllAsync(images.Select(image => Item(intent, image)), cancellation).ConfigureAwait(false);
        return intent;
    }

    /// <summary>Writes down the outcome.</summary>
    /// <param name="outcomes">For each image <see cref="Done"/>, or why it was not done.</param>
    public Task OutcomeAsync(
        RemovalIntent intent,
        IReadOnlyDictionary<Digest, string> outcomes,
        CancellationToken cancellation
    ) =>
        table.PutAllAsync(
            intent.Images.Select(image =>
            {
                var item = Item(intent, image);
                item["outcome"] = new(Phrase.Clip(outcomes[image.Digest], 500));
                item["endedAt"] = table.NowText();
                return item;
            }),
            cancellation
        );

    /// <summary>
    /// What is removed by the lifecycle policies that a plan has put so far. There is an item for each repository,
    /// since a plan may name thousands.
    /// </summary>
    public async Task<IReadOnlyList<Removed>> TakenAsync(string planId, CancellationToken cancellation) =>
        await table
            .BeginningAsync(table.Key(Keys.TakenBy(planId)), cancellation)
            .Select(item => StoredForms.Removed.Read(item["removed"].S))
            .ToListAsync(cancellation)
            .ConfigureAwait(false);

    /// <summary>Remembers what is removed by the policy that a plan has put on a repository.</summary>
    internal static TransactWriteItem Taken(LedgerTable table, string planId, Removed removed) =>
        table.Put(
            new(table.Key(Keys.TakenBy(planId) + removed.Repository))
            {
                ["removed"] = new(StoredForms.Removed.Write(removed)),
                [Keys.Expires] = table.ExpiresAfter(LedgerTable.HistoryAge),
            }
        );

    private Dictionary<string, AttributeValue> Item(RemovalIntent intent, PlannedImage image) =>
        new(LedgerTable.Key(intent.Repository, Keys.PlannedImages(intent.PlanId) + image.Digest.Hex))
        {
            ["image"] = new(new ImageId(intent.Repository, image.Digest).Arn),
            ["plan"] = new(intent.PlanId),
            ["change"] = new(intent.Kind.Word()),
            ["why"] = new(image.Why),
            ["intendedAt"] = new(Keys.Time(intent.At)),
            ["outcome"] = new(Intended),
            [Keys.Expires] = table.ExpiresAfter(LedgerTable.HistoryAge),
        };
}
