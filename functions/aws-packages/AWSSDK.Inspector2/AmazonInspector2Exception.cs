using System.Net;
using Amazon.Runtime;

namespace Amazon.Inspector2;

/// <summary>An error of the service that the operation does not model; the base of those it does.</summary>
public class AmazonInspector2Exception(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonServiceException(message, innerException, errorType, errorCode, requestId, statusCode);
