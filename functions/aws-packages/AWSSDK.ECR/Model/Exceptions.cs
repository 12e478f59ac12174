using System.Net;
using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class ImageAlreadyExistsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ImageArchivedException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ImageDigestDoesNotMatchException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ImageNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ImageStorageClassUpdateNotSupportedException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ImageTagAlreadyExistsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidParameterException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidTagParameterException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class KmsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode)
{
    public string KmsError { get; set; }
}

public class LayersNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LifecyclePolicyNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LifecyclePolicyPreviewInProgressException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LifecyclePolicyPreviewNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LimitExceededException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ReferencedImagesNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class RepositoryAlreadyExistsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class RepositoryNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ScanNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ServerException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class TooManyTagsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class UnableToGetUpstreamImageException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class UnableToListUpstreamImageReferrersException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class UnsupportedImageTypeException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class ValidationException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class EmptyUploadException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidLayerException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LayerAlreadyExistsException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class LayerPartTooSmallException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class UploadNotFoundException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode);

public class InvalidLayerPartException(
    string message,
    Exception innerException,
    ErrorType errorType,
    string errorCode,
    string requestId,
    HttpStatusCode statusCode
) : AmazonECRException(message, innerException, errorType, errorCode, requestId, statusCode)
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string UploadId { get; set; }
    public long? LastValidByteReceived { get; set; }
}
