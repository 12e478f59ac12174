using System.Text;
using Amazon.CodeDeploy;
using Amazon.CodeDeploy.Model;
using Amazon.S3.Model;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;
using S3Location = Amazon.CodeDeploy.Model.S3Location;

namespace EcrGuard.Aws.Facts;

/// <summary>A deployment of AWS CodeDeploy.</summary>
/// <param name="AppSpec">What it deploys, in YAML or JSON; null for a rollback, for which nothing is asked.</param>
public sealed record CodeDeployDeployment(string? AppSpec);

/// <summary>Reads what AWS CodeDeploy deploys.</summary>
public sealed class CodeDeployReader(AwsClients aws)
{
    /// <summary>An AppSpec for ECS or Lambda has about a kilobyte.</summary>
    private const int MaxAppSpec = 100_000;

    /// <exception cref="UnclearDeploymentException">The deployment does not say what it deploys. The message is a
    ///     sentence.</exception>
    public async Task<CodeDeployDeployment> ReadAsync(string deploymentId, CancellationToken cancellation)
    {
        var request = new GetDeploymentRequest { DeploymentId = deploymentId };
        var answer = await aws.Deployers.CodeDeploy.GetDeploymentAsync(request, cancellation).ConfigureAwait(false);
        var deployment =
            answer.DeploymentInfo
            ?? throw new UnclearDeploymentException($"CodeDeploy knows no deployment {deploymentId}.");
        if (
            deployment.Creator == DeploymentCreator.CodeDeployRollback
            || deployment.RollbackInfo?.RollbackTriggeringDeploymentId is { Length: > 0 }
        )
            return new CodeDeployDeployment(AppSpec: null);
        var revision =
            deployment.Revision
            ?? throw new UnclearDeploymentException($"CodeDeploy names no revision of {deploymentId}.");
        if (revision.S3Location is { } object_)
            return new CodeDeployDeployment(await OfObjectAsync(object_, cancellation).ConfigureAwait(false));
        var content = revision.AppSpecContent?.Content;
        // A deployment may hold only the hash of its AppSpec; the application's revision has the text.
        if (string.IsNullOrEmpty(content) && deployment.ApplicationName is { } application)
        {
            var asked = new GetApplicationRevisionRequest { ApplicationName = application, Revision = revision };
            var found = await aws
                .Deployers.CodeDeploy.GetApplicationRevisionAsync(asked, cancellation)
                .ConfigureAwait(false);
            content = found.Revision?.AppSpecContent?.Content;
        }
        return string.IsNullOrEmpty(content)
            ? throw new UnclearDeploymentException($"CodeDeploy does not give the AppSpec of {deploymentId}.")
            : new CodeDeployDeployment(Bounded(content, ""));
    }

    private async Task<string> OfObjectAsync(S3Location location, CancellationToken cancellation)
    {
        var request = new GetObjectRequest
        {
            BucketName = location.Bucket,
            Key = location.Key,
            VersionId = string.IsNullOrEmpty(location.Version) ? null : location.Version,
        };
        using var answer = await aws.S3.GetObjectAsync(request, cancellation).ConfigureAwait(false);
        var text = new byte[MaxAppSpec + 1];
        var read = await answer
            .ResponseStream.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancellation)
            .ConfigureAwait(false);
        return Bounded(Encoding.UTF8.GetString(text.AsSpan(0, read)), $" {Phrase.Clip(location.Key, 200)}");
    }

    /// <summary>
    /// Only a whole AppSpec is read: a part of one may be well-formed and name some of the images.
    /// </summary>
    private static string Bounded(string content, string named) =>
        Encoding.UTF8.GetByteCount(content) <= MaxAppSpec
            ? content
            : throw new UnclearDeploymentException($"The AppSpec{named} has more than {MaxAppSpec} bytes.");
}
