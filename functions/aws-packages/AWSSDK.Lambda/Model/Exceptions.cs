using System.Net;
using Amazon.Runtime;

namespace Amazon.Lambda.Model;

public class ResourceNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonLambdaException(message, innerException, errorType, errorCode, requestId, statusCode);
