using Amazon.AppRunner;
using Amazon.ECS.Model;
using Amazon.Lambda.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Finds the images of this registry that a deployment is of: as its event names them, or as the consumer says when it
/// is asked.
/// </summary>
public sealed class DeploymentReader(AwsClients aws, EcrReader registry, Settings settings)
{
    /// <summary>
    /// The images of this registry that were deployed, each by its digest. A tag is looked up: a tag that does not
    /// exist deploys nothing.
    /// </summary>
    /// <exception cref="EventFormatException">It names an image here in a form that cannot be read.</exception>
    public async Task<IReadOnlyList<ConsumerReference>> ReadAsync(
        DeploymentEvent deployment,
        CancellationToken cancellation
    )
    {
        var uses = new List<ConsumerReference>();
        foreach (var image in deployment.Images ?? await AskAsync(deployment, cancellation).ConfigureAwait(false))
        {
            if (UseOf(image, deployment.By) is not { } use)
                continue;
            if (use.Digest is null && use.Tag is { } tag)
            {
                var meant = await registry.PullableAsync(use.Repository, tag, cancellation).ConfigureAwait(false);
                use = use with { Digest = meant };
            }
            if (use.Digest is not null)
                uses.Add(use);
        }
        return uses;
    }

    /// <summary>A reference as the consumer has it; null if it is to another registry.</summary>
    private ConsumerReference? UseOf(DeployedImage image, Consumer by)
    {
        if (
            !ImageReference.TryParse(image.Uri, out var reference, out var problem)
            && !ImageReference.TryParse($"{image.Uri}:latest", out reference, out _)
        )
        {
            return !image.Uri.StartsWith($"{settings.Account}.dkr", StringComparison.Ordinal)
                ? null
                : throw new EventFormatException($"The {by} names an image that cannot be read: {problem}");
        }
        if (reference.Account != settings.Account || reference.Region != settings.Region)
            return null;
        var repository = new RepositoryId(settings.Account, settings.Region, reference.Repository);
        return new ConsumerReference(repository, reference.Tag, image.Digest ?? reference.Digest, by);
    }

    private Task<IReadOnlyList<DeployedImage>> AskAsync(DeploymentEvent deployment, CancellationToken cancellation) =>
        deployment.By.Kind switch
        {
            ConsumerKind.LambdaFunction => FunctionAsync(deployment.By.Name, cancellation),
            ConsumerKind.AppRunnerService => AppRunnerAsync(deployment.By.Name, cancellation),
            _ => TaskDefinitionAsync(deployment.TaskDefinition!, cancellation),
        };

    private async Task<IReadOnlyList<DeployedImage>> TaskDefinitionAsync(
        string definition,
        CancellationToken cancellation
    )
    {
        try
        {
            var request = new DescribeTaskDefinitionRequest { TaskDefinition = definition };
            var described = aws.Workloads.Ecs.DescribeTaskDefinitionAsync(request, cancellation);
            var containers = (await described.ConfigureAwait(false)).TaskDefinition?.ContainerDefinitions ?? [];
            var images = containers.Select(container => container.Image);
            return [.. images.Where(uri => !string.IsNullOrEmpty(uri)).Select(uri => new DeployedImage(uri, null))];
        }
        // ECS has no error code of its own for a task definition that does not exist.
        catch (ClientException missing) when (ErrorText.Begins(missing, "Unable to describe task definition"))
        {
            return [];
        }
    }

    /// <summary>Lambda reports the digest that it runs, whatever the tag points to by now.</summary>
    private async Task<IReadOnlyList<DeployedImage>> FunctionAsync(string arn, CancellationToken cancellation)
    {
        // arn:partition:lambda:region:account:function:name[:version]
        var parts = arn.Split(':');
        var request = new GetFunctionRequest { FunctionName = parts[6], Qualifier = parts.ElementAtOrDefault(7) };
        try
        {
            var code = (await aws.Workloads.Lambda.GetFunctionAsync(request, cancellation).ConfigureAwait(false)).Code;
            if (string.IsNullOrEmpty(code?.ImageUri))
                return [];
            _ = Digest.TryParse(code.ResolvedImageUri?.Split('@')[^1], out var resolved);
            return [new DeployedImage(code.ImageUri, resolved)];
        }
        catch (Amazon.Lambda.Model.ResourceNotFoundException)
        {
            return [];
        }
    }

    private async Task<IReadOnlyList<DeployedImage>> AppRunnerAsync(string arn, CancellationToken cancellation)
    {
        var request = new Amazon.AppRunner.Model.DescribeServiceRequest { ServiceArn = arn };
        try
        {
            var described = aws.Workloads.AppRunner.DescribeServiceAsync(request, cancellation);
            var image = (await described.ConfigureAwait(false)).Service?.SourceConfiguration?.ImageRepository;
            return image?.ImageRepositoryType == ImageRepositoryType.ECR && !string.IsNullOrEmpty(image.ImageIdentifier)
                ? [new DeployedImage(image.ImageIdentifier, null)]
                : [];
        }
        catch (Amazon.AppRunner.Model.ResourceNotFoundException)
        {
            return [];
        }
    }
}
