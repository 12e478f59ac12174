using Amazon.Runtime;

namespace Amazon.CodePipeline.Model;

public class PutJobSuccessResultRequest : AmazonCodePipelineRequest
{
    public string JobId { get; set; }
    public string ContinuationToken { get; set; }
    public ExecutionDetails ExecutionDetails { get; set; }
    public Dictionary<string, string> OutputVariables { get; set; }
}

public class PutJobSuccessResultResponse : AmazonWebServiceResponse;

public class ExecutionDetails
{
    public string Summary { get; set; }
    public string ExternalExecutionId { get; set; }
    public int? PercentComplete { get; set; }
}

public class PutJobFailureResultRequest : AmazonCodePipelineRequest
{
    public string JobId { get; set; }
    public FailureDetails FailureDetails { get; set; }
}

public class PutJobFailureResultResponse : AmazonWebServiceResponse;

public class FailureDetails
{
    public FailureType Type { get; set; }
    public string Message { get; set; }
    public string ExternalExecutionId { get; set; }
}
