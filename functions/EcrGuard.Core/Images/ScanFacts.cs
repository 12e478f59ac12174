using System.Text.Json.Serialization;

namespace EcrGuard.Core.Images;

/// <summary>Which scanner speaks for an image: found out per repository, never configured.</summary>
public enum Scanner
{
    Unknown,

    /// <summary>ECR's own scan, once on push or on demand.</summary>
    Basic,

    /// <summary>Amazon Inspector, on push or continuously.</summary>
    Enhanced,
}

/// <summary>Where the scan of an image stands, in words common to both scanners.</summary>
public enum ScanState
{
    /// <summary>The scanner answered something that EcrGuard does not know, or failed.</summary>
    Unknown,

    /// <summary>Findings are complete; none may mean none.</summary>
    Complete,

    /// <summary>A scan is expected and not finished.</summary>
    Pending,

    /// <summary>A scan is not finished that should have been long ago: nobody can say that it ever will be.</summary>
    Overdue,

    /// <summary>No scan was made and none is coming.</summary>
    NotScanned,

    /// <summary>The scanner cannot read this image.</summary>
    Unsupported,

    /// <summary>The scanner stopped looking: findings close by themselves and their absence says nothing.</summary>
    Ended,

    /// <summary>The image is archived and is not scanned.</summary>
    Archived,

    /// <summary>The scanner failed on this image.</summary>
    Failed,

    /// <summary>The scan is over, and its scanner counts findings that it does not list, nor will.</summary>
    Contradictory,

    /// <summary>The scan is over, and its findings may not all be listed yet: they follow by minutes.</summary>
    Unsettled,
}

/// <summary>What the scanner says of one image, read whole: all pages or none.</summary>
public sealed record ScanFacts
{
    /// <summary>
    /// Clocks differ; a scan from further in the future would stay the newest until then, and never age.
    /// </summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    public required Scanner Scanner { get; init; }

    public required ScanState State { get; init; }

    /// <summary>
    /// The scanner's own word for the state (<c>UNSUPPORTED_OS</c>, <c>SCAN_ELIGIBILITY_EXPIRED</c> …), for the reason;
    /// of a contradictory or unsettled scan, what is missing.
    /// </summary>
    public string Word { get; init; } = "";

    /// <summary>
    /// What the scanner says of a scan that failed or that it could not make, as <see cref="ScannerWords.Told"/> cuts
    /// it; null where it says nothing.
    /// </summary>
    public string? Told { get; init; }

    /// <summary>
    /// When the findings were last made; null where the scanner does not say, or names a moment more than a day after
    /// <see cref="ReadAt"/>.
    /// </summary>
    public DateTimeOffset? CompletedAt
    {
        get => field - ReadAt > Ahead ? null : field;
        init;
    }

    /// <summary>
    /// Inspector looks again by itself whenever it learns of a vulnerability: such a scan does not age.
    /// </summary>
    public bool Continuous { get; init; }

    /// <summary>What Inspector lists, before merging; null where nothing was asked of Inspector just now.</summary>
    [JsonIgnore]
    public ListedFindings? Listed { get; init; }

    /// <summary>When time alone changes an unsettled state; null for every other.</summary>
    [JsonIgnore]
    public DateTimeOffset? UnsettledUntil { get; init; }

    /// <summary>
    /// Whether an unsettled scan is later than that on which an approval rests: the approval then stays.
    /// </summary>
    [JsonIgnore]
    public bool LeavesApproval { get; init; }

    /// <summary>As <see cref="Findings.Merge"/> leaves them.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>When the facts were asked for.</summary>
    public required DateTimeOffset ReadAt { get; init; }
}
