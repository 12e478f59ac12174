using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using static EcrGuard.Aws.Ledger.LedgerTable;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Records who publishes what. An alert follows from a change of status and is kept in the entry of its image. A notice
/// is anything else that is said once; each notice has its own item. Alerts and notices are claimed before they are
/// published and closed afterwards. The same holds for EcrGuard's own looks at an image.
/// </summary>
public sealed class AlertClaims(LedgerTable table)
{
    /// <summary>
    /// Longer than any EcrGuard function that publishes alerts may run, and shorter than a message stays invisible.
    /// Whoever claimed an alert longer ago than this is dead.
    /// </summary>
    private static readonly TimeSpan ClaimAge = TimeSpan.FromMinutes(6);

    internal const string AlertClaimedAt = "alertClaimedAt";

    /// <summary>Claims an alert: the caller will publish it.</summary>
    /// <returns>False if it is already published, or if somebody who may still be alive has claimed it.</returns>
    public Task<bool> ClaimAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            "SET #alertClaimedAt = :now",
            "#openAlert = :id AND (attribute_not_exists(#alertClaimedAt) OR #alertClaimedAt < :dead)",
            Claim(new() { [":id"] = new(alertId) }),
            cancellation
        );

    /// <summary>Releases an alert that could not be published.</summary>
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

    /// <summary>Claims a look at an image: the caller will schedule it.</summary>
    /// <param name="at">The time of the look, which identifies it.</param>
    /// <returns>False if it is already scheduled, or if somebody who may still be alive has claimed it.</returns>
    public Task<bool> ClaimLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        ChangeAsync(
            Key(image),
            "SET #look = :at, #lookClaimedAt = :now",
            "attribute_exists(#rev) AND (attribute_not_exists(#look) OR #look <> :at OR #lookClaimedAt < :dead)",
            Claim(new() { [":at"] = new(Keys.Time(at)) }),
            cancellation
        );

    /// <summary>Releases a look that could not be scheduled.</summary>
    public Task ReleaseLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        OnLookAsync(image, at, "REMOVE #look, #lookClaimedAt", cancellation);

    /// <summary>Notes that a look was scheduled.</summary>
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
    /// Claims a notice, which is said once and follows from no change of status: the caller will publish it.
    /// </summary>
    /// <param name="notice">The id of the alert.</param>
    /// <returns>False if it is already published, or if somebody who may still be alive has claimed it.</returns>
    public Task<bool> ClaimNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        ChangeAsync(
            Key(repository, Keys.Notice(notice)),
            "SET #claimedAt = :now, #expires = :expires",
            "attribute_not_exists(#publishedAt) AND (attribute_not_exists(#claimedAt) OR #claimedAt < :dead)",
            Claim(new() { [":expires"] = table.ExpiresAfter(HistoryAge) }),
            cancellation
        );

    /// <summary>Releases a notice that could not be published.</summary>
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
