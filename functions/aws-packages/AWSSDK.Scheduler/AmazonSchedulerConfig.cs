using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Scheduler;

/// <summary>scheduler.region.amazonaws.com. Source: Scheduler's endpoint rule set.</summary>
public class AmazonSchedulerConfig : ClientConfig
{
    public AmazonSchedulerConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "scheduler";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "scheduler-fips" : "scheduler");
    }

    public static new string ServiceId => "Scheduler";
    public override string RegionEndpointServiceName => "scheduler";
    public override string ServiceVersion => "2021-06-30";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("Scheduler");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
