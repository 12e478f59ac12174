namespace EcrGuard.LocalAws.Ecs;

// The requests of ECS (API version 2014-11-13) that are known here, with the members that are known here.

internal record EcsListRequest
{
    public string? NextToken { get; init; }

    public int? MaxResults { get; init; }
}

internal sealed record ListInClusterRequest : EcsListRequest
{
    public string? Cluster { get; init; }
}

internal sealed record ListFamiliesRequest : EcsListRequest
{
    public string? Status { get; init; }
}

internal sealed record ListTaskDefinitionsRequest : EcsListRequest
{
    public string? FamilyPrefix { get; init; }

    public string? Status { get; init; }

    public string? Sort { get; init; }
}

internal sealed record DescribeServicesRequest
{
    public string? Cluster { get; init; }

    public required IReadOnlyList<string> Services { get; init; }
}

internal sealed record DescribeServiceDeploymentsRequest
{
    public required IReadOnlyList<string> ServiceDeploymentArns { get; init; }
}

internal sealed record DescribeServiceRevisionsRequest
{
    public required IReadOnlyList<string> ServiceRevisionArns { get; init; }
}

internal sealed record DescribeTasksRequest
{
    public string? Cluster { get; init; }

    public required IReadOnlyList<string> Tasks { get; init; }
}

internal sealed record DescribeTaskDefinitionRequest
{
    public required string TaskDefinition { get; init; }
}
