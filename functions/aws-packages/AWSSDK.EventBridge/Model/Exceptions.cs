using System.Net;
using Amazon.Runtime;

namespace Amazon.EventBridge.Model;

public class ResourceNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonEventBridgeException(message, innerException, errorType, errorCode, requestId, statusCode);
