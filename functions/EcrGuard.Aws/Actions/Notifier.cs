using System.Text.Json;
using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Actions;

/// <summary>Publishes to SNS: text for people, JSON for machines, in one message.</summary>
public sealed class Notifier(IAmazonSimpleNotificationService sns)
{
    /// <summary>Publishes an alert.</summary>
    public Task PublishAsync(string topic, AlertMessage message, CancellationToken cancellation) =>
        PublishAsync(topic, message.Subject, message.Text, message.Json, message.Attributes, cancellation);

    /// <summary>Publishes text and JSON under one subject.</summary>
    /// <param name="text">What e-mail and everything unnamed gets.</param>
    /// <param name="json">What queues, functions and HTTPS endpoints get. Both together within SNS's 262,144 bytes.</param>
    public async Task PublishAsync(string topic, string subject, string text, string json, IReadOnlyList<FilterValue> attributes, CancellationToken cancellation) =>
        await sns.PublishAsync(new PublishRequest
        {
            TopicArn = topic,
            Subject = subject,
            MessageStructure = "json",
            Message = JsonSerializer.Serialize(new Dictionary<string, string> { ["default"] = text, ["sqs"] = json, ["lambda"] = json, ["https"] = json }, NotifierJson.Default.DictionaryStringString),
            MessageAttributes = attributes.ToDictionary(a => a.Name, a => new MessageAttributeValue { DataType = a.IsNumber ? "Number" : "String", StringValue = a.Value }),
        }, cancellation).ConfigureAwait(false);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class NotifierJson : System.Text.Json.Serialization.JsonSerializerContext;
