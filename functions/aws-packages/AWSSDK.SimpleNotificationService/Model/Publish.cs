using Amazon.Runtime;

namespace Amazon.SimpleNotificationService.Model;

public class PublishRequest : AmazonSimpleNotificationServiceRequest
{
    public PublishRequest() { }

    public PublishRequest(string topicArn, string message)
        : this(topicArn, message, null) { }

    public PublishRequest(string topicArn, string message, string subject) =>
        (TopicArn, Message, Subject) = (topicArn, message, subject);

    public string TopicArn { get; set; }
    public string TargetArn { get; set; }
    public string PhoneNumber { get; set; }
    public string Message { get; set; }
    public string Subject { get; set; }
    public string MessageStructure { get; set; }
    public Dictionary<string, MessageAttributeValue> MessageAttributes { get; set; }
    public string MessageDeduplicationId { get; set; }
    public string MessageGroupId { get; set; }
}

public class MessageAttributeValue
{
    public string DataType { get; set; }
    public string StringValue { get; set; }
    public MemoryStream BinaryValue { get; set; }
}

public class PublishResponse : AmazonWebServiceResponse
{
    public string MessageId { get; set; }
    public string SequenceNumber { get; set; }
}

public class PublishBatchRequest : AmazonSimpleNotificationServiceRequest
{
    public string TopicArn { get; set; }
    public List<PublishBatchRequestEntry> PublishBatchRequestEntries { get; set; }
}

public class PublishBatchRequestEntry
{
    public string Id { get; set; }
    public string Message { get; set; }
    public string Subject { get; set; }
    public string MessageStructure { get; set; }
    public Dictionary<string, MessageAttributeValue> MessageAttributes { get; set; }
    public string MessageDeduplicationId { get; set; }
    public string MessageGroupId { get; set; }
}

public class PublishBatchResponse : AmazonWebServiceResponse
{
    public List<PublishBatchResultEntry> Successful { get; set; }
    public List<BatchResultErrorEntry> Failed { get; set; }
}

public class PublishBatchResultEntry
{
    public string Id { get; set; }
    public string MessageId { get; set; }
    public string SequenceNumber { get; set; }
}

public class BatchResultErrorEntry
{
    public string Id { get; set; }
    public string Code { get; set; }
    public string Message { get; set; }
    public bool? SenderFault { get; set; }
}
