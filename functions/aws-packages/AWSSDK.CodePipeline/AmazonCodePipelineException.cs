using System.Net;
using Amazon.Runtime;

namespace Amazon.CodePipeline;

/// <summary>An error of the service that has no exception of its own here; the base of those that have.</summary>
public class AmazonCodePipelineException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode);
