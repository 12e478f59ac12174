using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.AppRunner;

/// <summary>apprunner.region.amazonaws.com. Source: AppRunner's endpoint rule set.</summary>
public class AmazonAppRunnerConfig : ClientConfig
{
    public AmazonAppRunnerConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "apprunner";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "apprunner-fips" : "apprunner");
    }

    public static new string ServiceId => "AppRunner";
    public override string RegionEndpointServiceName => "apprunner";
    public override string ServiceVersion => "2020-05-15";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("AppRunner");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
