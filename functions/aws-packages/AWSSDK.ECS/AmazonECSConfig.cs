using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECS;

/// <summary>ecs.region.amazonaws.com. Source: ECS's endpoint rule set.</summary>
public class AmazonECSConfig : ClientConfig
{
    public AmazonECSConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "ecs";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "ecs-fips" : "ecs");
    }

    public static new string ServiceId => "ECS";
    public override string RegionEndpointServiceName => "ecs";
    public override string ServiceVersion => "2014-11-13";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("ECS");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
