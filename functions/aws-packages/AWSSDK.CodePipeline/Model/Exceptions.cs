using System.Net;
using Amazon.Runtime;

namespace Amazon.CodePipeline.Model;

public class InvalidJobStateException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonCodePipelineException(message, innerException, errorType, errorCode, requestId, statusCode);

public class JobNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonCodePipelineException(message, innerException, errorType, errorCode, requestId, statusCode);
