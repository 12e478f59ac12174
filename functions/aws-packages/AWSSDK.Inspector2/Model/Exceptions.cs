using System.Net;
using Amazon.Runtime;

namespace Amazon.Inspector2.Model;

public class InternalServerException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonInspector2Exception(message, innerException, errorType, errorCode, requestId, statusCode)
{
    public int? RetryAfterSeconds { get; set; }
    public override RetryableDetails Retryable { get; } = new(false);
}

public class ThrottlingException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonInspector2Exception(message, innerException, errorType, errorCode, requestId, statusCode)
{
    public int? RetryAfterSeconds { get; set; }
    public override RetryableDetails Retryable { get; } = new(true);
}

public class ValidationException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonInspector2Exception(message, innerException, errorType, errorCode, requestId, statusCode)
{
    public ValidationExceptionReason Reason { get; set; }
    public List<ValidationExceptionField> Fields { get; set; }
}
