using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.LocalAws.Sqs;

/// <summary>
/// The sending side of Amazon SQS in memory: standard queues, with a delay. The code that stands in for Lambda takes
/// the messages that are due.
/// </summary>
public sealed class LocalSqs : LocalJsonService
{
    private const int MostDelay = 900;
    private const int MostBytes = 1024 * 1024;

    private readonly LocalAwsOptions options;
    private readonly Dictionary<string, List<LocalQueueMessage>> queues = [];
    private int messages;

    internal LocalSqs(LocalAwsOptions options)
        : base("sqs", "AmazonSQS", "application/x-amz-json-1.0", JsonWire.Pascal, ["QueueUrl"])
    {
        this.options = options;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["SendMessage"] = On<SendMessageRequest>(SendMessage),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalFailure";

    /// <summary>Creates a standard queue.</summary>
    /// <returns>Its URL.</returns>
    public string CreateQueue(string name)
    {
        var url = $"https://sqs.{options.Region}.amazonaws.com/{options.AccountId}/{name}";
        lock (Gate)
        {
            queues.TryAdd(url, []);
        }

        return url;
    }

    /// <summary>The messages that wait in a queue, due or not, in the order of their due times.</summary>
    public IReadOnlyList<LocalQueueMessage> Waiting(string queueUrl)
    {
        lock (Gate)
        {
            return [.. queues[queueUrl].OrderBy(message => message.DueAt)];
        }
    }

    /// <summary>Takes the messages that are due by the server's clock out of a queue.</summary>
    public IReadOnlyList<LocalQueueMessage> TakeDue(string queueUrl)
    {
        lock (Gate)
        {
            var now = options.TimeProvider.GetUtcNow();
            var due = queues[queueUrl].Where(sent => sent.DueAt <= now).OrderBy(sent => sent.DueAt).ToList();
            queues[queueUrl].RemoveAll(due.Contains);
            return due;
        }
    }

    private Dictionary<string, string> SendMessage(SendMessageRequest request)
    {
        if (!queues.TryGetValue(request.QueueUrl, out var queue))
        {
            throw new LocalError(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist.");
        }

        if (request.DelaySeconds is < 0 or > MostDelay)
        {
            throw Invalid(
                $"Value {request.DelaySeconds} for parameter DelaySeconds is invalid. "
                    + $"Reason: DelaySeconds must be >= 0 and <= {MostDelay}."
            );
        }

        if (request.MessageBody.Length == 0)
        {
            throw new LocalError(
                400,
                "com.amazon.coral.service#MissingParameterException",
                "The request must contain the parameter MessageBody."
            );
        }

        var body = Encoding.UTF8.GetBytes(request.MessageBody);
        if (body.Length > MostBytes)
        {
            throw Invalid(
                $"One or more parameters are invalid. Reason: Message must be shorter than {MostBytes} bytes."
            );
        }

        var now = options.TimeProvider.GetUtcNow();
        var dueAt = now + TimeSpan.FromSeconds(request.DelaySeconds ?? 0);
        var message = new LocalQueueMessage($"local-{++messages:x8}", request.MessageBody, now, dueAt);
        queue.Add(message);
        return new() { ["MessageId"] = message.Id, ["MD5OfMessageBody"] = Convert.ToHexStringLower(Md5(body)) };
    }

    private static LocalError Invalid(string message) => new(400, "com.amazonaws.sqs#InvalidParameterValue", message);

#pragma warning disable CA5351 // SQS answers with an MD5, and clients check it (Amazon SQS API, SendMessage).
    private static byte[] Md5(byte[] body) => MD5.HashData(body);
#pragma warning restore CA5351

    internal sealed record SendMessageRequest
    {
        public required string QueueUrl { get; init; }

        public required string MessageBody { get; init; }

        public int? DelaySeconds { get; init; }
    }
}

/// <summary>A message in a queue.</summary>
/// <param name="Id">Its MessageId.</param>
/// <param name="SentAt">Lambda gets it as <c>SentTimestamp</c>.</param>
/// <param name="DueAt">When its delay is over.</param>
public sealed record LocalQueueMessage(string Id, string Body, DateTimeOffset SentAt, DateTimeOffset DueAt);
