using Amazon.Runtime;

namespace EcrGuard.Cli;

/// <summary>The region that the caller works in, as every AWS SDK finds it.</summary>
internal static class CallerRegion
{
    /// <exception cref="UnusableFileException">There is none.</exception>
    public static string Name =>
        FallbackRegionFactory.GetRegionEndpoint()?.SystemName
        ?? throw new UnusableFileException(
            "No region is set; give --region, or set AWS_REGION, for example to eu-central-1."
        );
}
