using Amazon.Runtime;

namespace Amazon.ECR.Model;

public class BatchCheckLayerAvailabilityRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public List<string> LayerDigests { get; set; }
}

public class BatchCheckLayerAvailabilityResponse : AmazonWebServiceResponse
{
    public List<Layer> Layers { get; set; }
    public List<LayerFailure> Failures { get; set; }
}

public class Layer
{
    public string LayerDigest { get; set; }
    public LayerAvailability LayerAvailability { get; set; }
    public long? LayerSize { get; set; }
    public string MediaType { get; set; }
}

public class LayerFailure
{
    public string LayerDigest { get; set; }
    public LayerFailureCode FailureCode { get; set; }
    public string FailureReason { get; set; }
}

public class InitiateLayerUploadRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
}

public class InitiateLayerUploadResponse : AmazonWebServiceResponse
{
    public string UploadId { get; set; }
    public long? PartSize { get; set; }
}

public class UploadLayerPartRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string UploadId { get; set; }
    public long? PartFirstByte { get; set; }
    public long? PartLastByte { get; set; }
    public MemoryStream LayerPartBlob { get; set; }
}

public class UploadLayerPartResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string UploadId { get; set; }
    public long? LastByteReceived { get; set; }
}

public class CompleteLayerUploadRequest : AmazonECRRequest
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string UploadId { get; set; }
    public List<string> LayerDigests { get; set; }
}

public class CompleteLayerUploadResponse : AmazonWebServiceResponse
{
    public string RegistryId { get; set; }
    public string RepositoryName { get; set; }
    public string UploadId { get; set; }
    public string LayerDigest { get; set; }
}
