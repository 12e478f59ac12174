using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Who publishes what. Alerts follow from a change of status and stand in the entry of their image; notices are
/// everything else that is said once, an item each. Both are claimed before they are published and closed after, and so
/// are EcrGuard's own looks at an image.
/// </summary>
public sealed class AlertClaims(LedgerTable table)
{
    /// <summary>
    /// Longer than any function of EcrGuard's that alerts may run, shorter than a message stays invisible: who claimed
    /// an alert before that is dead.
    /// </summary>
    private static readonly TimeSpan ClaimAge = TimeSpan.FromMinutes(6);

    internal const string AlertClaimedAt = "alertClaimedAt";

    /// <summary>Takes it on oneself to publish an alert.</summary>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            "SET #alertClaimedAt = :now",
            "#openAlert = :id AND (attribute_not_exists(#alertClaimedAt) OR #alertClaimedAt < :dead)",
            Claim(new() { [":id"] = new(alertId) }),
            cancellation
        );

    /// <summary>Gives an alert back that could not be published.</summary>
    public Task ReleaseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        OnAlertAsync(image, alertId, "REMOVE #alertClaimedAt", cancellation);

    /// <summary>Notes that an alert was published.</summary>
    public Task CloseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        OnAlertAsync(image, alertId, "REMOVE #openAlert, #alertClaimedAt", cancellation);

    private Task<bool> OnAlertAsync(ImageId image, string alertId, string update, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            update,
            "#openAlert = :id AND attribute_exists(#alertClaimedAt)",
            new() { [":id"] = new(alertId) },
            cancellation
        );

    /// <summary>Takes it on oneself to put down a look at an image.</summary>
    /// <param name="at">The time of the look, by which it is known.</param>
    /// <returns>False where it is put down already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            "SET #look = :at, #lookClaimedAt = :now",
            "attribute_exists(#rev) AND (attribute_not_exists(#look) OR #look <> :at OR #lookClaimedAt < :dead)",
            Claim(new() { [":at"] = new(Keys.Time(at)) }),
            cancellation
        );

    /// <summary>Gives a look back that could not be put down.</summary>
    public Task ReleaseLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        OnLookAsync(image, at, "REMOVE #look, #lookClaimedAt", cancellation);

    /// <summary>Notes that a look was put down.</summary>
    public Task CloseLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        OnLookAsync(image, at, "REMOVE #lookClaimedAt", cancellation);

    private Task<bool> OnLookAsync(ImageId image, DateTimeOffset at, string update, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            update,
            "#look = :at AND attribute_exists(#lookClaimedAt)",
            new() { [":at"] = new(Keys.Time(at)) },
            cancellation
        );

    /// <summary>
    /// Takes it on oneself to publish something that is said once and follows from no change of status.
    /// </summary>
    /// <param name="notice">The id of the alert.</param>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        ChangeAsync(
            Key(repository, Keys.Notice(notice)),
            "SET #claimedAt = :now, #expires = :expires",
            "attribute_not_exists(#publishedAt) AND (attribute_not_exists(#claimedAt) OR #claimedAt < :dead)",
            Claim(new() { [":expires"] = table.ExpiresAfter(HistoryAge) }),
            cancellation
        );

    /// <summary>Gives a notice back that could not be published.</summary>
    public Task ReleaseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        OnNoticeAsync(repository, notice, "REMOVE #claimedAt", null, cancellation);

    /// <summary>Notes that a notice was published.</summary>
    public Task CloseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        OnNoticeAsync(
            repository,
            notice,
            "SET #publishedAt = :now",
            new() { [":now"] = table.NowText() },
            cancellation
        );

    private Task<bool> OnNoticeAsync(
        RepositoryId repository,
        string notice,
        string update,
        Dictionary<string, AttributeValue>? values,
        CancellationToken cancellation
    ) =>
        ChangeAsync(
            Key(repository, Keys.Notice(notice)),
            update,
            "attribute_exists(#claimedAt) AND attribute_not_exists(#publishedAt)",
            values,
            cancellation
        );

    private Dictionary<string, AttributeValue> Claim(Dictionary<string, AttributeValue> values) =>
        new(values) { [":now"] = table.NowText(), [":dead"] = new(Keys.Time(table.Now - ClaimAge)) };

    private Task<bool> ChangeAsync(
        Dictionary<string, AttributeValue> key,
        string update,
        string condition,
        Dictionary<string, AttributeValue>? values,
        CancellationToken cancellation
    ) => table.IfStillSoAsync(table.Update(key, update, condition, values), cancellation);
}
