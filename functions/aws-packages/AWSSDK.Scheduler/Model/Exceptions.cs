using System.Net;
using Amazon.Runtime;

namespace Amazon.Scheduler.Model;

public class ResourceNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSchedulerException(message, innerException, errorType, errorCode, requestId, statusCode);
