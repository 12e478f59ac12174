using System.Net;
using Amazon.Runtime;

namespace Amazon.SimpleNotificationService.Model;

public class AuthorizationErrorException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class BatchEntryIdsNotDistinctException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class BatchRequestTooLongException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class EmptyBatchRequestException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class EndpointDisabledException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InternalErrorException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidBatchEntryIdException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidParameterException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidParameterValueException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidSecurityException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSAccessDeniedException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSDisabledException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSInvalidStateException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSOptInRequiredException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KMSThrottlingException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class NotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class PlatformApplicationDisabledException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class TooManyEntriesInBatchRequestException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ValidationException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonSimpleNotificationServiceException(message, innerException, errorType, errorCode, requestId, statusCode);
