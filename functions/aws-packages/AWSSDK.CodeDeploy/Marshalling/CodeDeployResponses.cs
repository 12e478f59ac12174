using Amazon.CodeDeploy.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.CodeDeploy.Marshalling;

internal static class CodeDeployResponses
{
    internal static GetDeploymentResponse ReadGetDeploymentResponse(ref Json json)
    {
        var value = new GetDeploymentResponse();
        while (json.NextMember())
        {
            if (json.At("deploymentInfo"))
                value.DeploymentInfo = json.Structure(ReadDeploymentInfo);
            else
                json.Skip();
        }
        return value;
    }

    private static DeploymentInfo ReadDeploymentInfo(ref Json json)
    {
        var value = new DeploymentInfo();
        while (json.NextMember())
        {
            if (json.At("applicationName"))
                value.ApplicationName = json.String();
            else if (json.At("creator"))
                value.Creator = json.String();
            else if (json.At("revision"))
                value.Revision = json.Structure(ReadRevisionLocation);
            else if (json.At("rollbackInfo"))
                value.RollbackInfo = json.Structure(ReadRollbackInfo);
            else
                json.Skip();
        }
        return value;
    }

    private static RollbackInfo ReadRollbackInfo(ref Json json)
    {
        var value = new RollbackInfo();
        while (json.NextMember())
        {
            if (json.At("rollbackTriggeringDeploymentId"))
                value.RollbackTriggeringDeploymentId = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static RevisionLocation ReadRevisionLocation(ref Json json)
    {
        var value = new RevisionLocation();
        while (json.NextMember())
        {
            if (json.At("revisionType"))
                value.RevisionType = json.String();
            else if (json.At("s3Location"))
                value.S3Location = json.Structure(ReadS3Location);
            else if (json.At("appSpecContent"))
                value.AppSpecContent = json.Structure(ReadAppSpecContent);
            else
                json.Skip();
        }
        return value;
    }

    private static S3Location ReadS3Location(ref Json json)
    {
        var value = new S3Location();
        while (json.NextMember())
        {
            if (json.At("bucket"))
                value.Bucket = json.String();
            else if (json.At("key"))
                value.Key = json.String();
            else if (json.At("bundleType"))
                value.BundleType = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else if (json.At("eTag"))
                value.ETag = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static AppSpecContent ReadAppSpecContent(ref Json json)
    {
        var value = new AppSpecContent();
        while (json.NextMember())
        {
            if (json.At("content"))
                value.Content = json.String();
            else if (json.At("sha256"))
                value.Sha256 = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetApplicationRevisionResponse ReadGetApplicationRevisionResponse(ref Json json)
    {
        var value = new GetApplicationRevisionResponse();
        while (json.NextMember())
        {
            if (json.At("revision"))
                value.Revision = json.Structure(ReadRevisionLocation);
            else
                json.Skip();
        }
        return value;
    }

    internal static PutLifecycleEventHookExecutionStatusResponse ReadPutLifecycleEventHookExecutionStatusResponse(
        ref Json json
    )
    {
        var value = new PutLifecycleEventHookExecutionStatusResponse();
        while (json.NextMember())
        {
            if (json.At("lifecycleEventHookExecutionId"))
                value.LifecycleEventHookExecutionId = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
