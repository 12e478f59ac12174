using System.Net;
using Amazon.Runtime;

namespace Amazon.ECS.Model;

public class ClientException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECSException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ClusterNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECSException(message, innerException, errorType, errorCode, requestId, statusCode);
