using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CodeDeploy;

/// <summary>codedeploy.region.amazonaws.com. Source: CodeDeploy's endpoint rule set.</summary>
public class AmazonCodeDeployConfig : ClientConfig
{
    public AmazonCodeDeployConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "codedeploy";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "codedeploy-fips" : "codedeploy");
    }

    public static new string ServiceId => "CodeDeploy";
    public override string RegionEndpointServiceName => "codedeploy";
    public override string ServiceVersion => "2014-10-06";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("CodeDeploy");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
