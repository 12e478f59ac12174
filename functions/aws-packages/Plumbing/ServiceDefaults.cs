using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Util.Internal;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>What every service's client and configuration carries.</summary>
internal sealed class ServiceMetadata(string serviceId) : IServiceMetadata
{
    public string ServiceId => serviceId;

    /// <summary>No operation of the services here is named differently in code and on the wire.</summary>
    public IDictionary<string, string> OperationNameMapping { get; } = new Dictionary<string, string>();
}

internal static class ServiceDefaults
{
    /// <summary>
    /// The time-outs that AWS publishes for its default configuration modes; retries are "standard" in all of them.
    /// </summary>
    internal static DefaultConfigurationProvider Modes { get; } =
        new([
            Mode(DefaultConfigurationMode.Standard, 3100),
            Mode(DefaultConfigurationMode.InRegion, 1100),
            Mode(DefaultConfigurationMode.CrossRegion, 3100),
            Mode(DefaultConfigurationMode.Mobile, 30000),
            Mode(DefaultConfigurationMode.Auto, 1100),
        ]);

    /// <summary>
    /// Says in every request, and so in CloudTrail, that it does not come from the published package.
    /// </summary>
    internal static string UserAgent(string serviceId) =>
        InternalSDKUtils.BuildUserAgentString(serviceId, "EcrGuard.Bundled");

    private static DefaultConfiguration Mode(DefaultConfigurationMode name, int milliseconds) =>
        new()
        {
            Name = name,
            RetryMode = RequestRetryMode.Standard,
            S3UsEast1RegionalEndpoint = S3UsEast1RegionalEndpointValue.Regional,
            ConnectTimeout = TimeSpan.FromMilliseconds(milliseconds),
            TlsNegotiationTimeout = TimeSpan.FromMilliseconds(milliseconds),
        };
}
