using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.LocalAws.Inspector;

/// <summary>What Inspector knows about one image.</summary>
internal sealed class Coverage(string repository, string digest)
{
    public string Repository => repository;

    public string Digest => digest;

    /// <summary>The member account whose image it is; null for this account's own.</summary>
    public LocalAccount? Member { get; init; }

    /// <summary>
    /// Whether it is listed also where the criteria ask for another account, so that what reads the answer must look
    /// itself.
    /// </summary>
    public bool DespiteFilter { get; init; }

    /// <summary>ACTIVE or INACTIVE.</summary>
    public string StatusCode { get; private set; } = "ACTIVE";

    public string Reason { get; private set; } = "PENDING_INITIAL_SCAN";

    public DateTimeOffset? LastScannedAt { get; private set; }

    /// <summary>What it was before its last change, and until when that is listed; null for the first.</summary>
    private (Coverage Was, DateTimeOffset Until)? earlier;

    /// <param name="scannedAt">Null where no scan has ended by it.</param>
    /// <param name="listedAt">Until then the state before is listed.</param>
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

    /// <summary>In how many tasks and pods the image runs; null where Inspector has not said.</summary>
    public int? InUseCount { get; set; }

    public DateTimeOffset? LastInUseAt { get; set; }

    /// <summary>What was found, as it is.</summary>
    public List<Observed> Findings { get; } = [];

    /// <summary>The same as it is listed, which may be some minutes behind.</summary>
    public IEnumerable<Observed> ListedFindings(DateTimeOffset now) =>
        Findings.Select(finding => finding.ListedAt(now)).OfType<Observed>();

    /// <summary>
    /// The same in ECR's words (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageScanStatus.html).
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
    /// <summary>What is listed of it; null while it is not.</summary>
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
