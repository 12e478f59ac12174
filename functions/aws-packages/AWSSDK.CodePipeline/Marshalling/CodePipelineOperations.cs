using System.Text.Json;
using Amazon.CodePipeline.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CodePipeline.Marshalling;

internal static class CodePipelineOperations
{
    private static readonly ServiceModel CodePipeline = new(
        "Amazon.CodePipeline",
        "2015-07-09",
        e =>
            e.Code switch
            {
                "InvalidJobStateException" => new InvalidJobStateException(
                    e.Message,
                    e.Inner,
                    e.Type,
                    e.Code,
                    e.RequestId,
                    e.Status
                ),
                "JobNotFoundException" => new JobNotFoundException(
                    e.Message,
                    e.Inner,
                    e.Type,
                    e.Code,
                    e.RequestId,
                    e.Status
                ),
                _ => null,
            },
        e => new AmazonCodePipelineException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions PutJobSuccessResult = Operation<
        PutJobSuccessResultRequest,
        PutJobSuccessResultResponse
    >("PutJobSuccessResult", Write);
    internal static readonly InvokeOptions PutJobFailureResult = Operation<
        PutJobFailureResultRequest,
        PutJobFailureResultResponse
    >("PutJobFailureResult", Write);

    private static void Write(Utf8JsonWriter json, PutJobSuccessResultRequest value)
    {
        json.Member("jobId", value.JobId);
        json.Member("continuationToken", value.ContinuationToken);
        json.Member("executionDetails", value.ExecutionDetails, Write);
        json.Member("outputVariables", value.OutputVariables);
    }

    private static void Write(Utf8JsonWriter json, ExecutionDetails value)
    {
        json.Member("summary", value.Summary);
        json.Member("externalExecutionId", value.ExternalExecutionId);
        json.Member("percentComplete", value.PercentComplete);
    }

    private static void Write(Utf8JsonWriter json, PutJobFailureResultRequest value)
    {
        json.Member("jobId", value.JobId);
        json.Member("failureDetails", value.FailureDetails, Write);
    }

    private static void Write(Utf8JsonWriter json, FailureDetails value)
    {
        json.Member("type", value.Type);
        json.Member("message", value.Message);
        json.Member("externalExecutionId", value.ExternalExecutionId);
    }

    /// <summary>Both operations answer nothing, and say the same of a job that they do not know.</summary>
    private static InvokeOptions Operation<TRequest, TResponse>(string name, Action<Utf8JsonWriter, TRequest> write)
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = CodePipeline,
            Target = $"CodePipeline_20150709.{name}",
            Write = write,
            Read = Nothing<TResponse>,
            Errors = ["InvalidJobStateException", "JobNotFoundException"],
        }.ToOptions();

    private static TResponse Nothing<TResponse>(ref Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader json)
        where TResponse : AmazonWebServiceResponse, new()
    {
        while (json.NextMember())
            json.Skip();
        return new TResponse();
    }
}
