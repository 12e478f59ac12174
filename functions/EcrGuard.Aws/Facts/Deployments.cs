using Amazon.AppRunner;
using Amazon.ECS.Model;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Facts;

/// <summary>Which images of this registry a deployment is of: as its event names them, or as the consumer says when it is asked.</summary>
public sealed class Deployments(AwsClients aws, Registry registry, Settings settings)
{
    /// <summary>The images of this registry that were deployed, each by its digest. A tag is looked up: one that is not there deploys nothing.</summary>
    /// <exception cref="EventFormatException">An image of this registry is named in words that are not understood.</exception>
    public async Task<IReadOnlyList<ImageUse>> ReadAsync(DeploymentEvent deployment, CancellationToken cancellation)
    {
        var uses = new List<ImageUse>();
        foreach (var image in deployment.Images ?? await AskAsync(deployment, cancellation).ConfigureAwait(false))
        {
            if (UseOf(image, deployment.By) is not { } use)
                continue;
            if (use.Digest is null && await registry.ImageAsync(use.Repository, use.Tag, null, cancellation).ConfigureAwait(false) is { } found)
                use = use with { Digest = found.Id.Digest };
            if (use.Digest is not null)
                uses.Add(use);
        }
        return uses;
    }

    /// <summary>A reference as the consumer has it; null where it is to another registry.</summary>
    private ImageUse? UseOf(NamedImage image, Consumer by)
    {
        if (!ImageReference.TryParse(image.Uri, out var reference, out var problem) && !ImageReference.TryParse($"{image.Uri}:latest", out reference, out _))
            return image.Uri.StartsWith($"{settings.Account}.dkr", StringComparison.Ordinal) ? throw new EventFormatException($"The {by} names an image that cannot be read: {problem}") : null;
        return reference.Account != settings.Account || reference.Region != settings.Region ? null
            : new ImageUse(new RepositoryId(settings.Account, settings.Region, reference.Repository), reference.Tag, image.Digest ?? reference.Digest, by);
    }

    private Task<IReadOnlyList<NamedImage>> AskAsync(DeploymentEvent deployment, CancellationToken cancellation) => deployment.By.Kind switch
    {
        ConsumerKind.LambdaFunction => FunctionAsync(deployment.By.Name, cancellation),
        ConsumerKind.AppRunnerService => AppRunnerAsync(deployment.By.Name, cancellation),
        _ => TaskDefinitionAsync(deployment.TaskDefinition!, cancellation),
    };

    private async Task<IReadOnlyList<NamedImage>> TaskDefinitionAsync(string definition, CancellationToken cancellation)
    {
        try
        {
            var described = await aws.Workloads.Ecs.DescribeTaskDefinitionAsync(new DescribeTaskDefinitionRequest { TaskDefinition = definition }, cancellation).ConfigureAwait(false);
            return [.. described.TaskDefinition?.ContainerDefinitions?.Where(container => !string.IsNullOrEmpty(container.Image)).Select(container => new NamedImage(container.Image, null)) ?? []];
        }
        // ECS has no error of its own for a task definition that is not there.
        catch (ClientException missing) when (missing.Message.StartsWith("Unable to describe task definition", StringComparison.Ordinal))
        {
            return [];
        }
    }

    /// <summary>Lambda tells the digest that it runs, whatever the tag means by now.</summary>
    private async Task<IReadOnlyList<NamedImage>> FunctionAsync(string arn, CancellationToken cancellation)
    {
        // arn:partition:lambda:region:account:function:name[:version]
        var parts = arn.Split(':');
        try
        {
            var code = (await aws.Workloads.Lambda.GetFunctionAsync(new GetFunctionRequest { FunctionName = parts[6], Qualifier = parts.Length > 7 ? parts[7] : null }, cancellation).ConfigureAwait(false)).Code;
            return string.IsNullOrEmpty(code?.ImageUri) ? []
                : [new NamedImage(code.ImageUri, code.ResolvedImageUri?.Split('@') is [_, var digest] && Digest.TryParse(digest, out var resolved) ? resolved : null)];
        }
        catch (Amazon.Lambda.Model.ResourceNotFoundException)
        {
            return [];
        }
    }

    private async Task<IReadOnlyList<NamedImage>> AppRunnerAsync(string arn, CancellationToken cancellation)
    {
        try
        {
            var service = (await aws.Workloads.AppRunner.DescribeServiceAsync(new Amazon.AppRunner.Model.DescribeServiceRequest { ServiceArn = arn }, cancellation).ConfigureAwait(false)).Service;
            return service?.SourceConfiguration?.ImageRepository is { ImageIdentifier: { Length: > 0 } uri } image && image.ImageRepositoryType == ImageRepositoryType.ECR ? [new NamedImage(uri, null)] : [];
        }
        catch (Amazon.AppRunner.Model.ResourceNotFoundException)
        {
            return [];
        }
    }
}
