namespace EcrGuard.Core.Images;

/// <summary>
/// The meaning of the scanners' words. A word that is not listed is <see cref="ScanState.Unknown"/>: a gate answers no.
/// </summary>
public static class ScannerWords
{
    /// <summary>How long after a push its scan may begin without ECR knowing of it.</summary>
    public static readonly TimeSpan ScanStartsWithin = TimeSpan.FromHours(1);

    /// <summary>
    /// How long a scan may take. Both scanners take minutes; after a day ECR lets another one be started (ECR API,
    /// StartImageScan).
    /// </summary>
    public static readonly TimeSpan ScanEndsWithin = TimeSpan.FromHours(24);

    /// <summary>ECR's word for an image without a known scan (ECR API, ScanNotFoundException).</summary>
    public const string NotFound = "SCAN_NOT_FOUND";

    /// <summary>How much of a scanner's own sentence is shown.</summary>
    private const int MaxDescription = 200;

    /// <summary>ECR's <c>imageScanStatus</c> (ECR API, ImageScanStatus).</summary>
    /// <param name="description">Explains a status. An image that basic scanning cannot read is seen as FAILED as often
    ///     as UNSUPPORTED_IMAGE: only the description then tells.</param>
    public static ScanState OfBasic(string? status, string? description) =>
        status switch
        {
            "FAILED"
                when description?.TrimStart().StartsWith("UnsupportedImageError", StringComparison.Ordinal) == true =>
                ScanState.Unsupported,
            "COMPLETE" => ScanState.Complete,
            "IN_PROGRESS" or "PENDING" => ScanState.Pending,
            "UNSUPPORTED_IMAGE" => ScanState.Unsupported,
            "SCAN_ELIGIBILITY_EXPIRED" => ScanState.Ended,
            "IMAGE_ARCHIVED" => ScanState.Archived,
            "FAILED" or "FINDINGS_UNAVAILABLE" or "LIMIT_EXCEEDED" => ScanState.Failed,
            _ => ScanState.Unknown,
        };

    /// <summary>
    /// What a scanner says of a scan without a result: one line, cut, without a stop at its end. Null for a scan that
    /// went well, and where it says nothing.
    /// </summary>
    public static string? MessageOf(ScanState state, string? description)
    {
        if (state is not (ScanState.Failed or ScanState.Unsupported or ScanState.Unknown))
            return null;
        var line = (description ?? "").Trim().Split('\r', '\n')[0].TrimEnd(' ', '.');
        return line.Length == 0 ? null : Phrase.Clip(line, MaxDescription);
    }

    /// <summary>
    /// Inspector's coverage (Inspector API, ScanStatus). The reason decides, since INACTIVE stands for three cases:
    /// scanned on push only, monitoring ended, and not readable.
    /// </summary>
    public static (ScanState State, bool Continuous) OfEnhanced(string? statusCode, string? reason) =>
        reason switch
        {
            "SUCCESSFUL" => (statusCode == "ACTIVE" ? ScanState.Complete : ScanState.Ended, statusCode == "ACTIVE"),
            "SCAN_FREQUENCY_SCAN_ON_PUSH" => (ScanState.Complete, false),
            "PENDING_INITIAL_SCAN" or "SCAN_IN_PROGRESS" or "PENDING_REVIVAL_SCAN" => (ScanState.Pending, false),
            "SCAN_FREQUENCY_MANUAL" or "EXCLUDED_BY_TAG" or "NO_SCAN_CONFIGURATION_ASSOCIATED" => (
                ScanState.NotScanned,
                false
            ),
            "SCAN_ELIGIBILITY_EXPIRED" or "RESOURCE_TERMINATED" or "PENDING_DISABLE" => (ScanState.Ended, false),
            "UNSUPPORTED_OS"
            or "UNSUPPORTED_MEDIA_TYPE"
            or "UNSUPPORTED_CONFIG_FILE"
            or "UNSUPPORTED_CODE_ARTIFACTS"
            or "UNSUPPORTED_RUNTIME"
            or "UNSUPPORTED_LANGUAGE"
            or "IMAGE_SIZE_EXCEEDED"
            or "NO_INVENTORY" => (ScanState.Unsupported, false),
            "IMAGE_ARCHIVED" => (ScanState.Archived, false),
            "ACCESS_DENIED" or "ACCESS_DENIED_TO_ENCRYPTION_KEY" or "INTERNAL_ERROR" => (ScanState.Failed, false),
            _ => (ScanState.Unknown, false),
        };

    /// <summary>A severity, in the same words for both scanners; null for a word that neither documents.</summary>
    public static Severity? OfSeverity(string? word) =>
        word switch
        {
            "CRITICAL" => Severity.Critical,
            "HIGH" => Severity.High,
            "MEDIUM" => Severity.Medium,
            "LOW" => Severity.Low,
            "INFORMATIONAL" => Severity.Informational,
            "UNTRIAGED" => Severity.Untriaged,
            "UNDEFINED" => Severity.Undefined,
            _ => null,
        };

    /// <summary>Inspector's <c>fixAvailable</c>.</summary>
    public static FixAvailability OfFix(string? word) =>
        word switch
        {
            "YES" => FixAvailability.Yes,
            "PARTIAL" => FixAvailability.Partial,
            "NO" => FixAvailability.No,
            _ => FixAvailability.Unknown,
        };

    /// <summary>Inspector's <c>exploitAvailable</c>.</summary>
    public static ExploitAvailability OfExploit(string? word) =>
        word switch
        {
            "YES" => ExploitAvailability.Yes,
            "NO" => ExploitAvailability.No,
            _ => ExploitAvailability.Unknown,
        };

    /// <summary>
    /// A version as package managers write it, <c>epoch:version-release</c>, from the three fields of Inspector's
    /// package; null without a version.
    /// </summary>
    public static string? OfVersion(int? epoch, string? version, string? release) =>
        string.IsNullOrEmpty(version)
            ? null
            : $"{(epoch is > 0 ? epoch + ":" : "")}{version}{(string.IsNullOrEmpty(release) ? "" : "-" + release)}";

    /// <summary>
    /// Inspector's <c>fixedInVersion</c>; some findings say NotAvailable where there is no fixed version.
    /// </summary>
    public static string? OfFixedIn(string? version) => version is null or "" or "NotAvailable" ? null : version;

    /// <summary>
    /// The state of an image that the scanner knows nothing of. Shortly after a push that is scanned, the scan may not
    /// have begun yet.
    /// </summary>
    public static ScanFacts Nothing(ScanningFacts scanning, DateTimeOffset? pushedAt, DateTimeOffset now)
    {
        var expected = scanning.Automatic && now - pushedAt < ScanStartsWithin;
        return new ScanFacts
        {
            Scanner = scanning.Scanner,
            State = expected ? ScanState.Pending : ScanState.NotScanned,
            Word =
                expected ? ""
                : scanning.Automatic ? NotFound
                : "SCAN_FREQUENCY_MANUAL",
            ReadAt = now,
        };
    }
}
