using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;

namespace EcrGuard.Aws.Actions;

/// <summary>A message to a topic.</summary>
/// <param name="Subject">ASCII, at most 99 characters.</param>
/// <param name="Attributes">For filter policies; a value that is a number is sent as one.</param>
public sealed record Message(string Subject, string Body, IReadOnlyDictionary<string, string> Attributes);

/// <summary>Publishes to SNS.</summary>
public sealed class Notifier(IAmazonSimpleNotificationService sns)
{
    public async Task PublishAsync(string topic, Message message, CancellationToken cancellation) =>
        await sns.PublishAsync(new PublishRequest
        {
            TopicArn = topic,
            Subject = message.Subject,
            Message = message.Body,
            MessageAttributes = message.Attributes.Where(a => a.Value.Length > 0).ToDictionary(
                a => a.Key,
                a => new MessageAttributeValue { DataType = double.TryParse(a.Value, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out _) && a.Key.EndsWith("Count", StringComparison.Ordinal) ? "Number" : "String", StringValue = a.Value }),
        }, cancellation).ConfigureAwait(false);
}
