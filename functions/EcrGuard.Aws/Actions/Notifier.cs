using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Actions;

/// <summary>Publishes to SNS: text for people, JSON for machines, in one message.</summary>
public sealed class Notifier(IAmazonSimpleNotificationService sns, Settings settings)
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

    public async Task PublishAsync(string topic, AlertMessage message, CancellationToken cancellation) =>
        await sns.PublishAsync(
                new PublishRequest
                {
                    TopicArn = topic,
                    Subject = message.Subject,
                    MessageStructure = "json",
                    Message = message.Envelope,
                    MessageAttributes = message.Attributes.ToDictionary(
                        a => a.Name,
                        a => new MessageAttributeValue
                        {
                            DataType = a.IsNumber ? "Number" : "String",
                            StringValue = a.Value,
                        }
                    ),
                },
                cancellation
            )
            .ConfigureAwait(false);
}
