using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.SimpleNotificationService;

/// <summary>
/// sns.region.amazonaws.com; in us-gov regions the ordinary IPv4 hosts are the FIPS ones. Source: SNS's endpoint rule
/// set.
/// </summary>
public class AmazonSimpleNotificationServiceConfig : ClientConfig
{
    public AmazonSimpleNotificationServiceConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "sns";
        EndpointProvider = new RegionalEndpoints(
            (region, fips, dualStack) =>
                fips && (dualStack || region is not ("us-gov-east-1" or "us-gov-west-1")) ? "sns-fips" : "sns"
        );
    }

    public static new string ServiceId => "SNS";
    public override string RegionEndpointServiceName => "sns";
    public override string ServiceVersion => "2010-03-31";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("SNS");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
