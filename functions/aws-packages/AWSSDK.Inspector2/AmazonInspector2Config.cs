using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Inspector2;

/// <summary>inspector2.region.amazonaws.com. Source: Inspector's endpoint rule set.</summary>
public class AmazonInspector2Config : ClientConfig
{
    public AmazonInspector2Config()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "inspector2";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "inspector2-fips" : "inspector2");
    }

    public static new string ServiceId => "Inspector2";
    public override string RegionEndpointServiceName => "inspector2";
    public override string ServiceVersion => "2020-06-08";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("Inspector2");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
