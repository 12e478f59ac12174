using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.EventBridge;

/// <summary>
/// events.region.amazonaws.com, which in GovCloud is the FIPS endpoint too. Source: EventBridge's endpoint rule set.
/// </summary>
public class AmazonEventBridgeConfig : ClientConfig
{
    public AmazonEventBridgeConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "events";
        EndpointProvider = new RegionalEndpoints(
            (region, fips, _) =>
                fips && !region.StartsWith("us-gov-", StringComparison.Ordinal) ? "events-fips" : "events"
        );
    }

    public static new string ServiceId => "EventBridge";
    public override string RegionEndpointServiceName => "events";
    public override string ServiceVersion => "2015-10-07";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("EventBridge");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
