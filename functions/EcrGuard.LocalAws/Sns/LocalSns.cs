using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace EcrGuard.LocalAws.Sns;

/// <summary>
/// Amazon SNS in memory: standard topics that keep the messages published to them. Nothing is delivered.
/// </summary>
public sealed partial class LocalSns : ILocalService
{
    private const int MaxEntries = 10;

    private static readonly XNamespace Namespace = "http://sns.amazonaws.com/doc/2010-03-31/";

    private readonly LocalAccount account;
    private readonly Lock gate = new();
    private readonly HashSet<string> topics = [];

    internal LocalSns(LocalAccount account) => this.account = account;

    /// <summary>What was published, oldest first.</summary>
    public LocalLog<LocalMessage> Messages { get; } = new();

    /// <summary>
    /// Entries of PublishBatch that end in <c>Failed</c> with an internal error, although nothing is wrong with them;
    /// null for none.
    /// </summary>
    public Predicate<LocalMessage>? FailsEntry { get; set; }

    string ILocalService.SigningName => "sns";

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}$")]
    private static partial Regex TopicName { get; }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,80}$")]
    private static partial Regex EntryId { get; }

    /// <summary>Creates a standard topic, or finds an existing one.</summary>
    /// <returns>Its ARN.</returns>
    public string CreateTopic(string name)
    {
        if (!TopicName.IsMatch(name))
        {
            throw new LocalError(400, "InvalidParameter", "Invalid parameter: Topic Name");
        }

        var arn = $"arn:aws:sns:{account.Options.Region}:{account.Options.AccountId}:{name}";
        lock (gate)
        {
            topics.Add(arn);
        }

        return arn;
    }

    bool ILocalService.LooksLikeMine(LocalCall call) =>
        call.Text.Contains("Version=2010-03-31", StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var parameters = new QueryParameters(call.Text);
        return parameters.Take("Action") is { } action
            ? new LocalOperation(action, parameters.Take("TopicArn"))
            : throw LocalError.Unexpected("MissingAction", "The request has no Action.");
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var parameters = new QueryParameters(call.Text);
        parameters.Take("Action");
        parameters.Take("Version");
        var result = operation.Name switch
        {
            "CreateTopic" => CreateTopic(parameters),
            "Publish" => Publish(parameters),
            "PublishBatch" => PublishBatch(parameters),
            _ => throw LocalError.Unexpected("InvalidAction", $"The operation {operation.Name} is not known here."),
        };
        return Xml(
            200,
            $"{operation.Name}Response",
            new XElement(Namespace + $"{operation.Name}Result", result),
            Metadata()
        );
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(429, "Throttled", "Rate exceeded"),
            Trouble.InternalError => new LocalError(
                500,
                "InternalError",
                "We encountered an internal error. Please try again."
            ),
            Trouble.Unavailable => new LocalError(503, "ServiceUnavailable", "Service is temporarily unavailable."),
            Trouble.ExpiredCredentials => new LocalError(
                403,
                "ExpiredToken",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        Xml(
            error.Status,
            "ErrorResponse",
            new XElement(
                Namespace + "Error",
                Text("Type", error.Status < 500 ? "Sender" : "Receiver"),
                Text("Code", error.Code),
                Text("Message", error.Message)
            ),
            Text("RequestId", Guid.NewGuid().ToString())
        );

    private static LocalAnswer Xml(int status, string root, params XElement[] content) =>
        LocalAnswer.Xml(status, new XElement(Namespace + root, content).ToString(SaveOptions.DisableFormatting));

    private static XElement Text(string name, string text) => new(Namespace + name, text);

    private static XElement Metadata() =>
        new(Namespace + "ResponseMetadata", Text("RequestId", Guid.NewGuid().ToString()));

    private static Dictionary<string, LocalAttributeValue> Attributes(QueryParameters parameters, string prefix)
    {
        var attributes = new Dictionary<string, LocalAttributeValue>();
        foreach (var entry in parameters.Members($"{prefix}MessageAttributes.entry").ToList())
        {
            var name = parameters.Take($"{entry}Name") ?? "";
            var type = parameters.Take($"{entry}Value.DataType") ?? "";
            var value =
                parameters.Take($"{entry}Value.StringValue") ?? parameters.Take($"{entry}Value.BinaryValue") ?? "";
            if (!attributes.TryAdd(name, new LocalAttributeValue(type, value)))
            {
                throw new LocalError(400, "ParameterValueInvalid", $"The message attribute '{name}' is given twice.");
            }
        }

        return attributes;
    }

    private XElement[] CreateTopic(QueryParameters parameters)
    {
        var name = parameters.Take("Name") ?? "";
        parameters.End();
        return [Text("TopicArn", CreateTopic(name))];
    }

    private XElement[] Publish(QueryParameters parameters)
    {
        var topic = Topic(parameters);
        var (message, structure) = Read(parameters, "", topic);
        parameters.End();
        MessageRules.Check(message, structure);
        Messages.Add(message);
        return [Text("MessageId", message.MessageId)];
    }

    private XElement[] PublishBatch(QueryParameters parameters)
    {
        var topic = Topic(parameters);
        var entries = parameters
            .Members("PublishBatchRequestEntries.member")
            .ToList()
            .ConvertAll(prefix => (Id: parameters.Take($"{prefix}Id") ?? "", Content: Read(parameters, prefix, topic)));
        parameters.End();
        Require(entries.Count > 0, "EmptyBatchRequest", "The batch request doesn't contain any entries.");
        Require(
            entries.Count <= MaxEntries,
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible."
        );
        Require(
            entries.All(e => EntryId.IsMatch(e.Id)),
            "InvalidBatchEntryId",
            "The Id of a batch entry in a batch request doesn't abide by the specification."
        );
        Require(
            entries.DistinctBy(e => e.Id).Count() == entries.Count,
            "BatchEntryIdsNotDistinct",
            "Two or more batch entries in the request have the same Id."
        );
        Require(
            entries.Sum(e => MessageRules.Size(e.Content.Message)) <= MessageRules.MaxBytes,
            "BatchRequestTooLong",
            "The length of all the messages put together is more than the limit."
        );

        var successful = new XElement(Namespace + "Successful");
        var failed = new XElement(Namespace + "Failed");
        foreach (var (id, (message, structure)) in entries)
        {
            if (Failure(message, structure) is { } error)
            {
                failed.Add(
                    new XElement(
                        Namespace + "member",
                        Text("Id", id),
                        Text("Code", error.Code),
                        Text("Message", error.Message),
                        Text("SenderFault", error.Status < 500 ? "true" : "false")
                    )
                );
            }
            else
            {
                Messages.Add(message);
                successful.Add(
                    new XElement(Namespace + "member", Text("Id", id), Text("MessageId", message.MessageId))
                );
            }
        }

        return [successful, failed];
    }

    private LocalError? Failure(LocalMessage message, string? structure)
    {
        try
        {
            MessageRules.Check(message, structure);
            return FailsEntry?.Invoke(message) == true ? ((ILocalService)this).For(Trouble.InternalError) : null;
        }
        catch (LocalError error)
        {
            return error;
        }
    }

    private string Topic(QueryParameters parameters)
    {
        var arn =
            parameters.Take("TopicArn")
            ?? throw new LocalError(
                400,
                "InvalidParameter",
                "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
            );
        lock (gate)
        {
            return topics.Contains(arn) ? arn : throw new LocalError(404, "NotFound", "Topic does not exist");
        }
    }

    private (LocalMessage Message, string? Structure) Read(QueryParameters parameters, string prefix, string topic)
    {
        var structure = parameters.Take($"{prefix}MessageStructure");
        var message = new LocalMessage(
            Guid.NewGuid().ToString(),
            topic,
            parameters.Take($"{prefix}Subject"),
            parameters.Take($"{prefix}Message") ?? "",
            structure == "json",
            Attributes(parameters, prefix),
            account.Now
        );
        return (message, structure);
    }

    private static void Require(bool condition, string code, string message)
    {
        if (!condition)
        {
            throw new LocalError(400, code, message);
        }
    }
}
