using Amazon.Runtime;
using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Actions;

/// <summary>Publishes to SNS: text for people and JSON for machines in one message, and what a chat can show.</summary>
/// <param name="chatFailed">Told of what the chat did not get: the message itself went out.</param>
public sealed class Notifier(
    IAmazonSimpleNotificationService sns,
    Settings settings,
    Action<AlertMessage, Exception> chatFailed
)
{
    /// <summary>Publishes to the topic for alerts.</summary>
    /// <exception cref="SettingsException">The deployment names none.</exception>
    public Task AlertAsync(AlertMessage message, CancellationToken cancellation) =>
        PublishAsync(
            Settings.Required(settings.AlertTopic, "ECRGUARD_ALERT_TOPIC", "the ARN of the topic for alerts"),
            message,
            cancellation
        );

    /// <summary>Publishes to the topic for summaries.</summary>
    /// <exception cref="SettingsException">The deployment names none.</exception>
    public Task SummaryAsync(AlertMessage message, CancellationToken cancellation) =>
        PublishAsync(
            Settings.Required(settings.SummaryTopic, "ECRGUARD_SUMMARY_TOPIC", "the ARN of the topic for summaries"),
            message,
            cancellation
        );

    public async Task PublishAsync(string topic, AlertMessage message, CancellationToken cancellation)
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
    /// A chat that takes nothing keeps no alert back: it would be sent again and again, by mail too.
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
