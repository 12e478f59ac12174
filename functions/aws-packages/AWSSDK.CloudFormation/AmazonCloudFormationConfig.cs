using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.CloudFormation;

/// <summary>
/// cloudformation.region.amazonaws.com, which in GovCloud is the FIPS endpoint too. Source: its endpoint rule set.
/// </summary>
public class AmazonCloudFormationConfig : ClientConfig
{
    public AmazonCloudFormationConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "cloudformation";
        EndpointProvider = new RegionalEndpoints(
            (region, fips, _) =>
                fips && !region.StartsWith("us-gov-", StringComparison.Ordinal)
                    ? "cloudformation-fips"
                    : "cloudformation"
        );
    }

    public static new string ServiceId => "CloudFormation";
    public override string RegionEndpointServiceName => "cloudformation";
    public override string ServiceVersion => "2010-05-15";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("CloudFormation");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
