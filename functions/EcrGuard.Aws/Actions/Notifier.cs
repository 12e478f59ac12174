using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Actions;

/// <summary>
/// Publishes to SNS. One message holds text for people and JSON for machines; a chat gets what it can show.
/// </summary>
/// <param name="chatFailed">Told about what the chat did not get. The message itself was sent.</param>
public sealed class Notifier(
    IAmazonSimpleNotificationService sns,
    Settings settings,
    Action<AlertMessage, Exception> chatFailed
)
{
    /// <summary>Publishes to the topic for alerts.</summary>
    /// <exception cref="SettingsException">The deployment names no such topic.</exception>
    public Task AlertAsync(AlertMessage message, CancellationToken cancellation) =>
        PublishAsync(
            Settings.Required(settings.AlertTopic, "ECRGUARD_ALERT_TOPIC", "the ARN of the topic for alerts"),
            message,
            cancellation
        );

    /// <summary>Publishes to the topic for summaries.</summary>
    /// <exception cref="SettingsException">The deployment names no such topic.</exception>
    public Task SummaryAsync(AlertMessage message, CancellationToken cancellation) =>
        PublishAsync(
            Settings.Required(settings.SummaryTopic, "ECRGUARD_SUMMARY_TOPIC", "the ARN of the topic for summaries"),
            message,
            cancellation
        );

    private async Task PublishAsync(string topic, AlertMessage message, CancellationToken cancellation)
    {
        await sns.PublishAsync(
                new PublishRequest
                {
                    TopicArn = topic,
                    Subject = message.Subject,
                    MessageStructure = "json",
                    Message = message.Envelope,
                    MessageAttributes = Attributes(message),
                },
                cancellation
            )
            .ConfigureAwait(false);
        if (settings.ChatTopic is { } chat)
            await ChatAsync(chat, message, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Publishes to the chat. If the chat fails, the alert still counts as sent: otherwise it would be sent again and
    /// again, by mail too.
    /// </summary>
    private async Task ChatAsync(string topic, AlertMessage message, CancellationToken cancellation)
    {
        try
        {
            await sns.PublishAsync(
                    new PublishRequest
                    {
                        TopicArn = topic,
                        Message = ChatForm.Of(message),
                        MessageAttributes = Attributes(message),
                    },
                    cancellation
                )
                .ConfigureAwait(false);
        }
        // Whatever it is, and also when time is up: the message itself is out.
        catch (Exception error)
        {
            chatFailed(message, error);
        }
    }

    private static Dictionary<string, MessageAttributeValue> Attributes(AlertMessage message) =>
        message.Attributes.ToDictionary(
            a => a.Name,
            a => new MessageAttributeValue { DataType = a.IsNumber ? "Number" : "String", StringValue = a.Value }
        );
}
