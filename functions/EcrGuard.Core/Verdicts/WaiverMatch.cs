using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>Whether a waiver excuses a finding. What the scanner does not give never matches: a waiver cannot widen.</summary>
internal static class WaiverMatch
{
    public static bool AppliesTo(Waiver waiver, ImageId image) =>
        (waiver.Repositories is null || waiver.Repositories.Any(glob => glob.Matches(image.Repository.Name)))
        && (waiver.Digest is null || waiver.Digest == image.Digest);

    public static bool Excuses(Waiver waiver, Finding finding) =>
        waiver.Vulnerability.Matches(finding.Vulnerability)
        && (waiver.Package is null || (finding.Package is { } package && waiver.Package.Matches(package)));
}
