using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;
using Amazon.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>The host's first labels, before ".region.suffix".</summary>
internal delegate string HostPrefix(string region, bool fips, bool dualStack);

/// <summary>
/// The endpoint rules that ECR, Inspector and SNS share: a configured URL as it is, else https://prefix.region.suffix
/// of the region's partition.
/// </summary>
internal sealed class RegionalEndpoints(HostPrefix prefix) : IEndpointProvider
{
    public Endpoint ResolveEndpoint(EndpointParameters parameters)
    {
        var (region, url) = (
            (string)parameters[nameof(ClientConfig.RegionEndpoint)],
            (string)parameters[nameof(ClientConfig.ServiceURL)]
        );
        var (fips, dualStack) = (
            (bool)parameters[nameof(ClientConfig.UseFIPSEndpoint)],
            (bool)parameters[nameof(ClientConfig.UseDualstackEndpoint)]
        );
        if (url is not null)
        {
            if (fips)
                throw new AmazonClientException("Invalid Configuration: FIPS and custom endpoint are not supported");
            if (dualStack)
                throw new AmazonClientException(
                    "Invalid Configuration: Dualstack and custom endpoint are not supported"
                );
            return new Endpoint(url);
        }
        if (region is null)
            throw new AmazonClientException("Invalid Configuration: Missing Region");
        var partition = Fn.Partition(region);
        if (fips && !partition.supportsFIPS)
            throw new AmazonClientException("FIPS is enabled but this partition does not support FIPS");
        if (dualStack && !partition.supportsDualStack)
            throw new AmazonClientException("DualStack is enabled but this partition does not support DualStack");
        var suffix = dualStack ? partition.dualStackDnsSuffix : partition.dnsSuffix;
        return new Endpoint($"https://{prefix(region, fips, dualStack)}.{region}.{suffix}");
    }

    /// <summary>
    /// The region is the configured one, or what a custom URL says: its signing region, or the region in its name.
    /// </summary>
    internal static EndpointParameters Parameters(IClientConfig config, RegionEndpoint alternate) =>
        new()
        {
            [nameof(ClientConfig.RegionEndpoint)] =
                (alternate ?? config.RegionEndpoint)?.SystemName
                ?? (
                    config.ServiceURL is null
                        ? null
                        : NullIfEmpty(config.AuthenticationRegion) ?? AWSSDKUtils.DetermineRegion(config.ServiceURL)
                ),
            [nameof(ClientConfig.ServiceURL)] = NullIfEmpty(config.ServiceURL),
            [nameof(ClientConfig.UseFIPSEndpoint)] = config.UseFIPSEndpoint,
            [nameof(ClientConfig.UseDualstackEndpoint)] = config.UseDualstackEndpoint,
        };

    private static string NullIfEmpty(string value) => string.IsNullOrEmpty(value) ? null : value;
}

internal sealed class EndpointHandler : BaseEndpointResolver
{
    protected override EndpointParameters MapEndpointsParameters(IRequestContext requestContext) =>
        RegionalEndpoints.Parameters(requestContext.ClientConfig, requestContext.Request.AlternateEndpoint);
}

internal sealed class SigV4Handler : BaseAuthResolverHandler
{
    protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) =>
        AuthSchemeOption.DEFAULT_SIGV4;
}

internal static class Pipelines
{
    /// <summary>Where every published v4 client puts its own handlers.</summary>
    internal static void UseRegionalEndpointsAndSigV4(this RuntimePipeline pipeline)
    {
        pipeline.RemoveHandler<EndpointResolver>();
        pipeline.AddHandlerAfter<Marshaller>(new EndpointHandler());
        pipeline.AddHandlerAfter<EndpointHandler>(new SigV4Handler());
    }

    /// <summary>The endpoint a request would go to, without sending it.</summary>
    internal static Endpoint EndpointOf(ClientConfig config, ServiceOperationEndpointParameters parameters)
    {
        var request = new DefaultRequest(parameters.Request, config.ServiceId)
        {
            AlternateEndpoint = parameters.AlternateEndpoint,
        };
        var context = new Amazon.Runtime.Internal.ExecutionContext(
            new Amazon.Runtime.Internal.RequestContext(false)
            {
                ClientConfig = config,
                Request = request,
                OriginalRequest = parameters.Request,
            },
            null
        );
        return new EndpointHandler().GetEndpoint(context);
    }
}
