using System.Text.Json.Serialization;

namespace EcrGuard.Core.Images;

/// <summary>The scanner of an image. It is read for each repository, and never configured.</summary>
public enum Scanner
{
    Unknown,

    /// <summary>ECR's own scan, once on push or on demand.</summary>
    Basic,

    /// <summary>Amazon Inspector, on push or continuously.</summary>
    Enhanced,
}

/// <summary>The state of an image's scan, in words for both scanners.</summary>
public enum ScanState
{
    /// <summary>The scanner answered something that EcrGuard does not know.</summary>
    Unknown,

    /// <summary>The scan has ended, and all its findings are listed.</summary>
    Complete,

    /// <summary>A scan is expected and not finished.</summary>
    Pending,

    /// <summary>A scan should have ended long ago: nobody can say whether it ever will.</summary>
    Overdue,

    /// <summary>No scan was made and none is coming.</summary>
    NotScanned,

    /// <summary>The scanner cannot read this image.</summary>
    Unsupported,

    /// <summary>The scanner has stopped: findings close by themselves, and their absence says nothing.</summary>
    Ended,

    /// <summary>The image is archived and is not scanned.</summary>
    Archived,

    /// <summary>The scanner failed on this image.</summary>
    Failed,

    /// <summary>The scan has ended, and the scanner counts findings that it does not list and never will.</summary>
    Contradictory,

    /// <summary>The scan has ended, and its findings may not all be listed yet: they follow within minutes.</summary>
    Unsettled,
}

/// <summary>What the scanner says of one image: all pages, or nothing.</summary>
public sealed record ScanFacts
{
    /// <summary>
    /// Clocks differ. A scan from further in the future would stay the newest until then, and never age.
    /// </summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    public required Scanner Scanner { get; init; }

    public required ScanState State { get; init; }

    /// <summary>
    /// The scanner's own word for the state (<c>UNSUPPORTED_OS</c>, <c>SCAN_ELIGIBILITY_EXPIRED</c> …), for the reason.
    /// For a contradictory or unsettled scan it says what is missing.
    /// </summary>
    public string Word { get; init; } = "";

    /// <summary>
    /// What the scanner says of a scan that failed or was not possible, cut by <see cref="ScannerWords.MessageOf"/>;
    /// null where it says nothing.
    /// </summary>
    [JsonPropertyName("told")]
    public string? Message { get; init; }

    /// <summary>
    /// When the scan ended; null where the scanner does not say, or names a moment more than a day after
    /// <see cref="ReadAt"/>.
    /// </summary>
    public DateTimeOffset? CompletedAt
    {
        get => field - ReadAt > Ahead ? null : field;
        init;
    }

    /// <summary>
    /// Inspector scans again by itself whenever it learns of a vulnerability, so such a scan does not age.
    /// </summary>
    public bool Continuous { get; init; }

    /// <summary>Inspector's list before merging; null where Inspector was not asked just now.</summary>
    [JsonIgnore]
    public ListedFindings? Listed { get; init; }

    /// <summary>When time alone changes an unsettled state; null for every other state.</summary>
    [JsonIgnore]
    public DateTimeOffset? UnsettledUntil { get; init; }

    /// <summary>
    /// Whether an unsettled scan is later than the scan on which an approval rests: the approval then stays.
    /// </summary>
    [JsonIgnore]
    public bool LeavesApproval { get; init; }

    /// <summary>As <see cref="Findings.Merge"/> leaves them.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>When the facts were requested.</summary>
    public required DateTimeOffset ReadAt { get; init; }
}
