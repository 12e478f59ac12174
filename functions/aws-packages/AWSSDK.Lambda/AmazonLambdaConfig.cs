using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Lambda;

/// <summary>lambda.region.amazonaws.com. Source: Lambda's endpoint rule set.</summary>
public class AmazonLambdaConfig : ClientConfig
{
    public AmazonLambdaConfig()
        : base(ServiceDefaults.Modes)
    {
        base.ServiceId = ServiceId;
        AuthenticationServiceName = "lambda";
        EndpointProvider = new RegionalEndpoints((_, fips, _) => fips ? "lambda-fips" : "lambda");
    }

    public static new string ServiceId => "Lambda";
    public override string RegionEndpointServiceName => "lambda";
    public override string ServiceVersion => "2015-03-31";
    public override string UserAgent { get; } = ServiceDefaults.UserAgent("Lambda");

    public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        Pipelines.EndpointOf(this, parameters);
}
