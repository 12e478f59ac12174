namespace EcrGuard.Core.Images;

/// <summary>
/// A severity as the scanners give it, in the order of lists. UNDEFINED and UNTRIAGED stand last, and are unknown, not
/// low. Basic scanning has UNDEFINED, enhanced scanning has UNTRIAGED (ECR API, ImageScanFinding; Inspector API,
/// Finding). A word that neither documents is read as <see cref="Undefined"/>, so that the finding is shown, and
/// <see cref="Finding.SeverityUnknown"/> is set.
/// </summary>
public enum Severity
{
    Undefined,
    Untriaged,
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// <summary>Whether a fixed version exists (Inspector API, <c>fixAvailable</c>); basic scanning does not say.</summary>
public enum FixAvailability
{
    Unknown,
    No,
    Partial,
    Yes,
}

/// <summary>
/// Whether an exploit is known (Inspector API, <c>exploitAvailable</c>); basic scanning does not say.
/// </summary>
public enum ExploitAvailability
{
    Unknown,
    No,
    Yes,
}

/// <summary>One place where a vulnerable package was found.</summary>
/// <param name="Version">As installed, with epoch and release where the scanner gives them; null where it does
///     not.</param>
/// <param name="FixedIn">The first fixed version; null where none is known.</param>
/// <param name="Path">The file inside the image, for language packages.</param>
/// <param name="Layer">The digest of the layer that brought it.</param>
public sealed record PackageOccurrence(string? Version, string? FixedIn, string? Path, string? Layer);

/// <summary>
/// One vulnerability in one package, given by manager and name. Scanners count differently: Inspector one finding for a
/// vulnerability with all its packages, basic scanning one for each package and architecture. So these counts differ
/// from theirs, and reports say so.
/// </summary>
public sealed record Finding
{
    /// <summary>
    /// Inspector's word for the operating system's packages, which are all that basic scanning reads.
    /// </summary>
    public const string OperatingSystem = "OS";

    /// <summary>For example <c>CVE-2024-6119</c>.</summary>
    public required string Vulnerability { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>
    /// Whether the scanner gives no severity, or a word that neither scanner documents. Like every missing value, it
    /// may be the worst: it meets the criterion of a blocking rule, and of no other.
    /// </summary>
    public bool SeverityUnknown { get; init; }

    /// <summary>The package's name; null where the scanner gives none.</summary>
    public string? Package { get; init; }

    /// <summary>For example <c>OS</c>, <c>NPM</c>, <c>GOMOD</c>; null where the scanner gives none.</summary>
    public string? PackageManager { get; init; }

    public IReadOnlyList<PackageOccurrence> Occurrences { get; init; } = [];

    public FixAvailability Fix { get; init; }

    public ExploitAvailability Exploit { get; init; }

    /// <summary>The EPSS probability, 0 to 1; null where the scanner gives none.</summary>
    public double? Epss { get; init; }

    /// <summary>The scanner's score, 0 to 10; null where it gives none.</summary>
    public double? Score { get; init; }

    /// <summary>When the scanner first saw it on this image.</summary>
    public DateTimeOffset? FirstObservedAt { get; init; }

    /// <summary>
    /// When the ledger first saw that a fix exists: AWS gives no date for it. It stays even while the scanner names no
    /// fix. If the ledger lost it, it is the earliest possible time.
    /// </summary>
    public DateTimeOffset? FixFirstSeenAt { get; init; }

    /// <summary>Where to read more.</summary>
    public string? Uri { get; init; }

    /// <summary>
    /// Whether a suppression rule of Amazon Inspector hides it (status SUPPRESSED). The vulnerability is still there,
    /// and only that rule says why it should not count.
    /// </summary>
    public bool Suppressed { get; init; }

    /// <summary>The platform of the child of an index that has it; null for an image that stands alone.</summary>
    public string? Platform { get; init; }

    /// <summary>
    /// All reports of it, the worst first, where they differ in values that a policy can ask for. The policy judges
    /// each, and the worst answer counts; the values of the finding itself are for lists and counts. Null, as almost
    /// always, where there is one report or all say the same.
    /// </summary>
    public IReadOnlyList<Finding>? Reports { get; init; }

    /// <summary>
    /// True where it stands for more reports than are kept: a value in which they differ is then unknown.
    /// </summary>
    public bool? StandsForMany { get; init; }
}
