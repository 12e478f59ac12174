using System.Net;
using Amazon.Runtime;

namespace Amazon.CodeDeploy.Model;

public class LifecycleEventAlreadyCompletedException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonCodeDeployException(message, innerException, errorType, errorCode, requestId, statusCode);
