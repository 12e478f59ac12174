using System.Text.Json;
using Amazon.CodeDeploy.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.CodeDeploy.Marshalling.CodeDeployResponses;

namespace Amazon.CodeDeploy.Marshalling;

internal static class CodeDeployOperations
{
    private static readonly ServiceModel CodeDeploy = new(
        "Amazon.CodeDeploy",
        "2014-10-06",
        e =>
            e.Code == "LifecycleEventAlreadyCompletedException"
                ? new LifecycleEventAlreadyCompletedException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                : null,
        e => new AmazonCodeDeployException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions GetDeployment = Operation<GetDeploymentRequest, GetDeploymentResponse>(
        "GetDeployment",
        Write,
        ReadGetDeploymentResponse,
        []
    );
    internal static readonly InvokeOptions GetApplicationRevision = Operation<
        GetApplicationRevisionRequest,
        GetApplicationRevisionResponse
    >("GetApplicationRevision", Write, ReadGetApplicationRevisionResponse, []);
    internal static readonly InvokeOptions PutLifecycleEventHookExecutionStatus = Operation<
        PutLifecycleEventHookExecutionStatusRequest,
        PutLifecycleEventHookExecutionStatusResponse
    >(
        "PutLifecycleEventHookExecutionStatus",
        Write,
        ReadPutLifecycleEventHookExecutionStatusResponse,
        ["LifecycleEventAlreadyCompletedException"]
    );

    private static void Write(Utf8JsonWriter json, GetDeploymentRequest value)
    {
        json.Member("deploymentId", value.DeploymentId);
    }

    private static void Write(Utf8JsonWriter json, GetApplicationRevisionRequest value)
    {
        json.Member("applicationName", value.ApplicationName);
        json.Member("revision", value.Revision, Write);
    }

    private static void Write(Utf8JsonWriter json, RevisionLocation value)
    {
        json.Member("revisionType", value.RevisionType);
        json.Member("s3Location", value.S3Location, Write);
        json.Member("appSpecContent", value.AppSpecContent, Write);
    }

    private static void Write(Utf8JsonWriter json, S3Location value)
    {
        json.Member("bucket", value.Bucket);
        json.Member("key", value.Key);
        json.Member("bundleType", value.BundleType);
        json.Member("version", value.Version);
        json.Member("eTag", value.ETag);
    }

    private static void Write(Utf8JsonWriter json, AppSpecContent value)
    {
        json.Member("content", value.Content);
        json.Member("sha256", value.Sha256);
    }

    private static void Write(Utf8JsonWriter json, PutLifecycleEventHookExecutionStatusRequest value)
    {
        json.Member("deploymentId", value.DeploymentId);
        json.Member("lifecycleEventHookExecutionId", value.LifecycleEventHookExecutionId);
        json.Member("status", value.Status);
    }

    private static InvokeOptions Operation<TRequest, TResponse>(
        string name,
        Action<Utf8JsonWriter, TRequest> write,
        ReadJson<TResponse> read,
        string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = CodeDeploy,
            Target = $"CodeDeploy_20141006.{name}",
            Write = write,
            Read = read,
            Errors = errors,
        }.ToOptions();
}
