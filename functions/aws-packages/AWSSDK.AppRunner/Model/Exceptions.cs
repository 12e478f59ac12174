using System.Net;
using Amazon.Runtime;

namespace Amazon.AppRunner.Model;

public class ResourceNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonAppRunnerException(message, innerException, errorType, errorCode, requestId, statusCode);
