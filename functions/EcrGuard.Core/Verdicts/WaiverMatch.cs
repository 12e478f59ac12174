using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// Whether a waiver excuses a finding. A value that the scanner does not give never matches: an excuse must not cover
/// more than is written.
/// </summary>
internal static class WaiverMatch
{
    public static bool AppliesTo(Waiver waiver, ImageId image) =>
        (waiver.Repositories is null || waiver.Repositories.Any(glob => glob.Matches(image.Repository.Name)))
        && (waiver.Digest is null || waiver.Digest == image.Digest);

    /// <summary>The first waiver that excuses a finding; null: none does.</summary>
    public static Waiver? First(List<Waiver> waivers, Finding finding)
    {
        foreach (var waiver in waivers)
        {
            if (Excuses(waiver, finding))
                return waiver;
        }
        return null;
    }

    public static bool Excuses(Waiver waiver, Finding finding) =>
        waiver.Vulnerability.Matches(finding.Vulnerability)
        && (
            waiver.Package is null
            || (finding.Package is { } package && Ecosystem.Matches(waiver.Package, finding.PackageManager, package))
        );
}
