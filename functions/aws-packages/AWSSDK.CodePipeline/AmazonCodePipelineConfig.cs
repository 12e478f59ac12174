using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CodePipeline;

/// <summary>codepipeline.region.amazonaws.com. Source: CodePipeline's endpoint rule set.</summary>
public class AmazonCodePipelineConfig : ClientConfig
{
    public AmazonCodePipelineConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "codepipeline";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "codepipeline-fips" : "codepipeline");
    }

    public static new string ServiceId => "CodePipeline";
    public override string RegionEndpointServiceName => "codepipeline";
    public override string ServiceVersion => "2015-07-09";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("CodePipeline");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
