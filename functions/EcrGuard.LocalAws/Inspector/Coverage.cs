using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <summary>What Inspector knows about one image.</summary>
internal sealed class Coverage(string repository, string digest)
{
    public string Repository => repository;

    public string Digest => digest;

    /// <summary>The member account that has the image; null for an image of this account.</summary>
    public LocalAccount? Member { get; init; }

    /// <summary>
    /// Whether the image is also listed if the criteria ask for another account. The reader of the answer must then
    /// check the account itself.
    /// </summary>
    public bool DespiteFilter { get; init; }

    /// <summary>ACTIVE or INACTIVE.</summary>
    public string StatusCode { get; private set; } = "ACTIVE";

    public string Reason { get; private set; } = "PENDING_INITIAL_SCAN";

    public DateTimeOffset? LastScannedAt { get; private set; }

    /// <summary>
    /// The state before the last change, and until when that state is listed; null before any change.
    /// </summary>
    private (Coverage Was, DateTimeOffset Until)? earlier;

    /// <param name="scannedAt">Null if no scan has ended with this change.</param>
    /// <param name="listedAt">Until then, the earlier state is listed.</param>
    public void ChangeTo(string statusCode, string reason, DateTimeOffset? scannedAt, DateTimeOffset listedAt)
    {
        var was = new Coverage(repository, digest)
        {
            StatusCode = StatusCode,
            Reason = Reason,
            LastScannedAt = LastScannedAt,
            earlier = earlier,
        };
        earlier = (was, listedAt);
        (StatusCode, Reason, LastScannedAt) = (statusCode, reason, scannedAt ?? LastScannedAt);
    }

    /// <summary>The state that is listed, which may be some minutes behind.</summary>
    public Coverage ListedAt(DateTimeOffset now) =>
        earlier is { } before && now < before.Until ? before.Was.ListedAt(now) : this;

    /// <summary>In how many tasks and pods the image runs; null if Inspector has not said.</summary>
    public int? InUseCount { get; set; }

    public DateTimeOffset? LastInUseAt { get; set; }

    /// <summary>The findings in their current state.</summary>
    public List<Observed> Findings { get; } = [];

    /// <summary>The findings as they are listed, which may be some minutes behind.</summary>
    public IEnumerable<Observed> ListedFindings(DateTimeOffset now) =>
        Findings.Select(finding => finding.ListedAt(now)).OfType<Observed>();

    /// <summary>
    /// The status in ECR's words (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html).
    /// </summary>
    public string ImageScanStatus =>
        Reason switch
        {
            "PENDING_INITIAL_SCAN" or "SCAN_IN_PROGRESS" or "PENDING_REVIVAL_SCAN" => "PENDING",
            "SUCCESSFUL" => "ACTIVE",
            "SCAN_FREQUENCY_SCAN_ON_PUSH" => "COMPLETE",
            "SCAN_ELIGIBILITY_EXPIRED" => "SCAN_ELIGIBILITY_EXPIRED",
            "IMAGE_ARCHIVED" => "IMAGE_ARCHIVED",
            "IMAGE_SIZE_EXCEEDED" => "LIMIT_EXCEEDED",
            "SCAN_FREQUENCY_MANUAL" => "FINDINGS_UNAVAILABLE",
            var reason when reason.StartsWith("UNSUPPORTED", StringComparison.Ordinal) => "UNSUPPORTED_IMAGE",
            _ => "FAILED",
        };
}

/// <summary>A finding as Inspector holds it, on one image.</summary>
/// <param name="Earlier">What it was before its last change; null for a new one.</param>
internal sealed record Observed(
    string Arn,
    Coverage Image,
    LocalFinding Finding,
    DateTimeOffset FirstObservedAt,
    DateTimeOffset UpdatedAt,
    Observed? Earlier = null
)
{
    /// <summary>The finding as it is listed; null while it is not listed.</summary>
    public Observed? ListedAt(DateTimeOffset now) =>
        now >= UpdatedAt + Finding.ListedAfter ? this : Earlier?.ListedAt(now);

    /// <summary>The same finding after a change.</summary>
    public Observed ChangedTo(LocalFinding finding, DateTimeOffset now) =>
        this with
        {
            Finding = finding,
            UpdatedAt = now,
            Earlier = ListedAt(now),
        };
}
