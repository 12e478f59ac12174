using Amazon.Runtime;

namespace Amazon.CodePipeline;

public class AmazonCodePipelineRequest : AmazonWebServiceRequest;
