using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.SimpleNotificationService.Marshalling;

internal static class SnsOperations
{
    private static readonly ServiceModel Sns = new(
        "Amazon.SimpleNotificationService",
        "2010-03-31",
        Typed,
        e => new AmazonSimpleNotificationServiceException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    private static readonly string[] PublishErrors =
    [
        "InvalidParameter",
        "ParameterValueInvalid",
        "InternalError",
        "NotFound",
        "EndpointDisabled",
        "PlatformApplicationDisabled",
        "AuthorizationError",
        "KMSDisabled",
        "KMSInvalidState",
        "KMSNotFound",
        "KMSOptInRequired",
        "KMSThrottling",
        "KMSAccessDenied",
        "InvalidSecurity",
        "ValidationException",
    ];

    internal static readonly InvokeOptions Publish = Operation<PublishRequest, PublishResponse>(
        "Publish",
        Write,
        Read,
        PublishErrors
    );

    internal static readonly InvokeOptions PublishBatch = Operation<PublishBatchRequest, PublishBatchResponse>(
        "PublishBatch",
        Write,
        Read,
        [
            .. PublishErrors,
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "TooManyEntriesInBatchRequest",
        ]
    );

    private static void Write(QueryForm form, PublishRequest value)
    {
        form.Member("TopicArn", value.TopicArn);
        form.Member("TargetArn", value.TargetArn);
        form.Member("PhoneNumber", value.PhoneNumber);
        form.Member("Message", value.Message);
        form.Member("Subject", value.Subject);
        form.Member("MessageStructure", value.MessageStructure);
        form.Map("MessageAttributes", value.MessageAttributes, Write);
        form.Member("MessageDeduplicationId", value.MessageDeduplicationId);
        form.Member("MessageGroupId", value.MessageGroupId);
    }

    private static void Write(QueryForm form, PublishBatchRequest value)
    {
        form.Member("TopicArn", value.TopicArn);
        form.List("PublishBatchRequestEntries", value.PublishBatchRequestEntries, Write);
    }

    private static void Write(QueryForm form, PublishBatchRequestEntry value)
    {
        form.Member("Id", value.Id);
        form.Member("Message", value.Message);
        form.Member("Subject", value.Subject);
        form.Member("MessageStructure", value.MessageStructure);
        form.Map("MessageAttributes", value.MessageAttributes, Write);
        form.Member("MessageDeduplicationId", value.MessageDeduplicationId);
        form.Member("MessageGroupId", value.MessageGroupId);
    }

    private static void Write(QueryForm form, MessageAttributeValue value)
    {
        form.Member("DataType", value.DataType);
        form.Member("StringValue", value.StringValue);
        form.Member("BinaryValue", value.BinaryValue);
    }

    private static void Read(XmlUnmarshallerContext xml, PublishResponse value)
    {
        if (xml.TestExpression("PublishResult/MessageId"))
            value.MessageId = xml.ReadText();
        else if (xml.TestExpression("PublishResult/SequenceNumber"))
            value.SequenceNumber = xml.ReadText();
    }

    private static void Read(XmlUnmarshallerContext xml, PublishBatchResponse value)
    {
        if (xml.TestExpression("Successful/member"))
            (value.Successful ??= []).Add(new PublishBatchResultEntry());
        else if (xml.TestExpression("Failed/member"))
            (value.Failed ??= []).Add(new BatchResultErrorEntry());
        else if (xml.TestExpression("Successful/member/Id"))
            value.Successful[^1].Id = xml.ReadText();
        else if (xml.TestExpression("Successful/member/MessageId"))
            value.Successful[^1].MessageId = xml.ReadText();
        else if (xml.TestExpression("Successful/member/SequenceNumber"))
            value.Successful[^1].SequenceNumber = xml.ReadText();
        else if (xml.TestExpression("Failed/member/Id"))
            value.Failed[^1].Id = xml.ReadText();
        else if (xml.TestExpression("Failed/member/Code"))
            value.Failed[^1].Code = xml.ReadText();
        else if (xml.TestExpression("Failed/member/Message"))
            value.Failed[^1].Message = xml.ReadText();
        else if (xml.TestExpression("Failed/member/SenderFault"))
            value.Failed[^1].SenderFault = bool.Parse(xml.ReadText());
    }

    private static InvokeOptions Operation<TRequest, TResponse>(
        string name,
        Action<QueryForm, TRequest> write,
        Action<XmlUnmarshallerContext, TResponse> read,
        string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new QueryOperation<TRequest, TResponse>
        {
            Service = Sns,
            Name = name,
            Write = write,
            Read = read,
            Errors = errors,
        }.ToOptions();

    private static AmazonServiceException Typed(ServiceError e) =>
        e.Code switch
        {
            "AuthorizationError" => new AuthorizationErrorException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "BatchEntryIdsNotDistinct" => new BatchEntryIdsNotDistinctException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "BatchRequestTooLong" => new BatchRequestTooLongException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "EmptyBatchRequest" => new EmptyBatchRequestException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "EndpointDisabled" => new EndpointDisabledException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InternalError" => new InternalErrorException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "InvalidBatchEntryId" => new InvalidBatchEntryIdException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidParameter" => new InvalidParameterException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "InvalidSecurity" => new InvalidSecurityException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "KMSAccessDenied" => new KMSAccessDeniedException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "KMSDisabled" => new KMSDisabledException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "KMSInvalidState" => new KMSInvalidStateException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "KMSNotFound" => new KMSNotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "KMSOptInRequired" => new KMSOptInRequiredException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "KMSThrottling" => new KMSThrottlingException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "NotFound" => new NotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            "ParameterValueInvalid" => new InvalidParameterValueException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "PlatformApplicationDisabled" => new PlatformApplicationDisabledException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "TooManyEntriesInBatchRequest" => new TooManyEntriesInBatchRequestException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            ),
            "ValidationException" => new ValidationException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status),
            _ => null,
        };
}
