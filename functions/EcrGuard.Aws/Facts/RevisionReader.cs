using Amazon.ECS.Model;
using Amazon.Lambda.Model;
using EcrGuard.Core.Gates;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what a deployment is about to run, as the service that runs it says. What the service does not say is an
/// error: a gate must not take silence to mean that there is nothing.
/// </summary>
public sealed class RevisionReader(AwsClients aws)
{
    /// <summary>Whether a deployment of a service goes back to what ran before.</summary>
    /// <param name="deployment">The ARN of a service deployment.</param>
    public async Task<bool> IsRollbackAsync(string deployment, CancellationToken cancellation)
    {
        var request = new DescribeServiceDeploymentsRequest { ServiceDeploymentArns = [deployment] };
        var answer = await aws
            .Workloads.Ecs.DescribeServiceDeploymentsAsync(request, cancellation)
            .ConfigureAwait(false);
        return EcsHook.IsRollback(answer.ServiceDeployments?.FirstOrDefault()?.Status?.Value);
    }

    /// <summary>The images of a service revision, by digest as far as ECS has resolved the digests.</summary>
    /// <exception cref="UnclearDeploymentException">There is none. The message is a sentence.</exception>
    public async Task<DeployedImages> OfServiceRevisionAsync(string revision, CancellationToken cancellation)
    {
        var request = new DescribeServiceRevisionsRequest { ServiceRevisionArns = [revision] };
        var answer = await aws.Workloads.Ecs.DescribeServiceRevisionsAsync(request, cancellation).ConfigureAwait(false);
        if (answer.ServiceRevisions is not [var found, ..])
            throw new UnclearDeploymentException($"ECS knows no service revision {revision}.");
        if (found.ContainerImages is { Count: > 0 } images)
            return new DeployedImages(
                revision,
                [.. images.Select(one => EcsHook.Image(one.ContainerName, one.Image, one.ImageDigest))]
            );
        return found.TaskDefinition is { Length: > 0 } definition
            ? await OfTaskDefinitionAsync(definition, cancellation).ConfigureAwait(false)
            : throw new UnclearDeploymentException($"ECS names neither images nor a task definition of {revision}.");
    }

    /// <exception cref="UnclearDeploymentException">It has no container. The message is a sentence.</exception>
    public async Task<DeployedImages> OfTaskDefinitionAsync(string definition, CancellationToken cancellation)
    {
        var request = new DescribeTaskDefinitionRequest { TaskDefinition = definition };
        var answer = await aws.Workloads.Ecs.DescribeTaskDefinitionAsync(request, cancellation).ConfigureAwait(false);
        return answer.TaskDefinition?.ContainerDefinitions is { Count: > 0 } containers
            ? new DeployedImages(definition, [.. containers.Select(one => EcsHook.Image(one.Name, one.Image, null))])
            : throw new UnclearDeploymentException($"ECS names no container of the task definition {definition}.");
    }

    /// <summary>
    /// The image of a version of a function. There is none if Lambda says that the version is a .zip file.
    /// </summary>
    /// <exception cref="UnclearDeploymentException">It is an image and Lambda does not name it. The message is a
    ///     sentence.</exception>
    public async Task<DeployedImages> OfFunctionAsync(string name, string version, CancellationToken cancellation)
    {
        var request = new GetFunctionRequest { FunctionName = name, Qualifier = version };
        var function = await aws.Workloads.Lambda.GetFunctionAsync(request, cancellation).ConfigureAwait(false);
        var source = $"{name}:{version}";
        if (function.Configuration?.PackageType?.Value == "Zip")
            return new DeployedImages(source, []);
        var image = function.Code?.ResolvedImageUri ?? function.Code?.ImageUri;
        return image is { Length: > 0 }
            ? new DeployedImages(source, [new NamedImage(image, "Code.ImageUri")])
            : throw new UnclearDeploymentException($"Lambda names no image of {source}.");
    }
}
