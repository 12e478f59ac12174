using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Ledger;

/// <content>Alerts follow from a change of status and stand in the entry of their image; notices are everything else
/// that is said once, an item each. Both are claimed before they are published and closed after, and so are EcrGuard's
/// own looks at an image.</content>
public sealed partial class Ledger
{
    /// <summary>
    /// Longer than any function of EcrGuard's that alerts may run, shorter than a message stays invisible: who claimed
    /// an alert before that is dead.
    /// </summary>
    private static readonly TimeSpan ClaimAge = TimeSpan.FromMinutes(6);

    private const string AlertClaimedAt = "alertClaimedAt";
    private const string Look = "look";
    private const string LookClaimedAt = "lookClaimedAt";
    private const string ClaimedAt = "claimedAt";
    private const string PublishedAt = "publishedAt";

    /// <summary>Takes it on oneself to publish an alert.</summary>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = "SET #claim = :now",
                ConditionExpression = "#alert = :id AND (attribute_not_exists(#claim) OR #claim < :dead)",
                ExpressionAttributeNames = new() { ["#alert"] = OpenAlert, ["#claim"] = AlertClaimedAt },
                ExpressionAttributeValues = new()
                {
                    [":id"] = new(alertId),
                    [":now"] = new(Keys.Time(time.GetUtcNow())),
                    [":dead"] = new(Keys.Time(time.GetUtcNow() - ClaimAge)),
                },
            },
            cancellation
        );

    /// <summary>Gives an alert back that could not be published.</summary>
    public Task ReleaseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        OnAlertAsync(image, alertId, "REMOVE #claim", cancellation);

    /// <summary>Notes that an alert was published.</summary>
    public Task CloseAlertAsync(ImageId image, string alertId, CancellationToken cancellation) =>
        OnAlertAsync(image, alertId, "REMOVE #alert, #claim", cancellation);

    private Task<bool> OnAlertAsync(ImageId image, string alertId, string update, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = update,
                ConditionExpression = "#alert = :id AND attribute_exists(#claim)",
                ExpressionAttributeNames = new() { ["#alert"] = OpenAlert, ["#claim"] = AlertClaimedAt },
                ExpressionAttributeValues = new() { [":id"] = new(alertId) },
            },
            cancellation
        );

    /// <summary>Takes it on oneself to put down a look at an image.</summary>
    /// <param name="at">The time of the look, by which it is known.</param>
    /// <returns>False where it is put down already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = "SET #look = :at, #claim = :now",
                ConditionExpression =
                    "attribute_exists(#rev) AND (attribute_not_exists(#look) OR #look <> :at OR #claim < :dead)",
                ExpressionAttributeNames = new()
                {
                    ["#rev"] = Revision,
                    ["#look"] = Look,
                    ["#claim"] = LookClaimedAt,
                },
                ExpressionAttributeValues = new()
                {
                    [":at"] = new(Keys.Time(at)),
                    [":now"] = new(Keys.Time(time.GetUtcNow())),
                    [":dead"] = new(Keys.Time(time.GetUtcNow() - ClaimAge)),
                },
            },
            cancellation
        );

    /// <summary>Gives a look back that could not be put down.</summary>
    public Task ReleaseLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        OnLookAsync(image, at, "REMOVE #look, #claim", cancellation);

    /// <summary>Notes that a look was put down.</summary>
    public Task CloseLookAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation) =>
        OnLookAsync(image, at, "REMOVE #claim", cancellation);

    private Task<bool> OnLookAsync(ImageId image, DateTimeOffset at, string update, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(image),
                UpdateExpression = update,
                ConditionExpression = "#look = :at AND attribute_exists(#claim)",
                ExpressionAttributeNames = new() { ["#look"] = Look, ["#claim"] = LookClaimedAt },
                ExpressionAttributeValues = new() { [":at"] = new(Keys.Time(at)) },
            },
            cancellation
        );

    /// <summary>
    /// Takes it on oneself to publish something that is said once and follows from no change of status.
    /// </summary>
    /// <param name="notice">The id of the alert.</param>
    /// <returns>False where it is published already, or somebody else has taken it on who may still be alive.</returns>
    public Task<bool> ClaimNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(repository, Keys.Notice(notice)),
                UpdateExpression = "SET #claim = :now, #expires = :expires",
                ConditionExpression =
                    "attribute_not_exists(#published) AND (attribute_not_exists(#claim) OR #claim < :dead)",
                ExpressionAttributeNames = new()
                {
                    ["#claim"] = ClaimedAt,
                    ["#published"] = PublishedAt,
                    ["#expires"] = Keys.Expires,
                },
                ExpressionAttributeValues = new()
                {
                    [":now"] = new(Keys.Time(time.GetUtcNow())),
                    [":dead"] = new(Keys.Time(time.GetUtcNow() - ClaimAge)),
                    [":expires"] = ExpiresAfter(HistoryAge),
                },
            },
            cancellation
        );

    /// <summary>Gives a notice back that could not be published.</summary>
    public Task ReleaseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        OnNoticeAsync(repository, notice, "REMOVE #claim", [], cancellation);

    /// <summary>Notes that a notice was published.</summary>
    public Task CloseNoticeAsync(RepositoryId repository, string notice, CancellationToken cancellation) =>
        OnNoticeAsync(
            repository,
            notice,
            "SET #published = :now",
            new() { [":now"] = new(Keys.Time(time.GetUtcNow())) },
            cancellation
        );

    private Task<bool> OnNoticeAsync(
        RepositoryId repository,
        string notice,
        string update,
        Dictionary<string, AttributeValue> values,
        CancellationToken cancellation
    ) =>
        IfStillSoAsync(
            new UpdateItemRequest
            {
                TableName = settings.Table,
                Key = Key(repository, Keys.Notice(notice)),
                UpdateExpression = update,
                ConditionExpression = "attribute_exists(#claim) AND attribute_not_exists(#published)",
                ExpressionAttributeNames = new() { ["#claim"] = ClaimedAt, ["#published"] = PublishedAt },
                ExpressionAttributeValues = values.Count == 0 ? null : values,
            },
            cancellation
        );
}
