using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.ECR;

/// <summary>
/// api.ecr.region.amazonaws.com; the dual-stack hosts have no "api." in front. Source: ECR's endpoint rule set.
/// </summary>
public class AmazonECRConfig : ClientConfig
{
    public AmazonECRConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "ecr";
        EndpointProvider = new RegionalEndpoints(
            (_, fips, dualStack) => (dualStack ? "" : "api.") + (fips ? "ecr-fips" : "ecr")
        );
    }

    public static new string ServiceId => "ECR";
    public override string RegionEndpointServiceName => "api.ecr";
    public override string ServiceVersion => "2015-09-21";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("ECR");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
