using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using EcrGuard.Aws;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli;

/// <summary>Where the caller works: the account of the credentials, and the region.</summary>
internal static class Caller
{
    /// <summary>The region, found as every AWS SDK finds it.</summary>
    /// <exception cref="UnusableFileException">No region is set.</exception>
    public static string Region =>
        FallbackRegionFactory.GetRegionEndpoint()?.SystemName ?? throw new UnusableFileException(NoRegion);

    public const string NoRegion = "No region is set; give --region, or set AWS_REGION, for example to eu-central-1.";

    /// <summary>
    /// The caller's registry: its account, which can be asked for without any permission, and the region.
    /// </summary>
    /// <exception cref="UnusableFileException">No region is set.</exception>
    public static async Task<(string Account, string Region)> HomeAsync(AwsClients aws, CancellationToken cancellation)
    {
        var region = Region;
        var caller = await aws.Sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), cancellation);
        return (caller.Account, region);
    }

    /// <summary>Refuses an image of another registry.</summary>
    /// <param name="name">The argument or option that names it.</param>
    /// <exception cref="UnusableFileException">It is of another registry.</exception>
    public static void RequireHere(string name, ImageReference image, Settings settings)
    {
        if (settings.IsElsewhere(image))
            throw new UnusableFileException(
                $"{name} is '{image}'; it must be of the registry {settings.Account} in {settings.Region}, whose "
                    + "credentials these are."
            );
    }
}
