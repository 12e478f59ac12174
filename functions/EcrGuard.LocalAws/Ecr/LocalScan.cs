namespace EcrGuard.LocalAws.Ecr;

/// <summary>One package that has a vulnerability.</summary>
/// <param name="Name">As the package manager names it.</param>
/// <param name="Version">The installed version.</param>
/// <param name="FixedIn">The first version without the vulnerability; null if there is none.</param>
/// <param name="Manager">Inspector's name of the package manager: <c>OS</c>, <c>NPM</c>, <c>PIP</c>, <c>JAR</c>,
///     <c>GOMOD</c> …</param>
/// <param name="Path">Where in the image it was found; null for packages of the operating system.</param>
public sealed record LocalPackage(
    string Name,
    string Version,
    string? FixedIn = null,
    string Manager = "OS",
    string? Path = null
);

/// <summary>
/// A vulnerability that a scanner finds in an image. Basic scanning shows it once per package, with less detail.
/// </summary>
/// <param name="Vulnerability">Such as <c>CVE-2024-6119</c>.</param>
/// <param name="Severity">CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, and UNDEFINED (basic) or UNTRIAGED
///     (enhanced).</param>
/// <param name="Packages">At least one.</param>
public sealed record LocalFinding(string Vulnerability, string Severity, params IReadOnlyList<LocalPackage> Packages)
{
    /// <summary>ACTIVE, SUPPRESSED or CLOSED; Inspector only.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Whether basic scanning lists it. The counts include it either way.</summary>
    public bool Listed { get; init; } = true;

    /// <summary>
    /// How long Inspector takes to list the finding after it was made or last changed. Its event and the counts of its
    /// scan come earlier. Inspector only.
    /// </summary>
    public TimeSpan ListedAfter { get; init; }

    /// <summary>The probability of exploitation, 0 to 1. Inspector only; null if it is not known.</summary>
    public double? Epss { get; init; }

    /// <summary>Whether an exploit is known. Inspector only; null leaves it out.</summary>
    public bool? Exploit { get; init; }

    /// <summary>YES, NO or PARTIAL. Inspector only; null leaves it out.</summary>
    public string? Fix { get; init; }

    /// <summary>Inspector's score, 0 to 10; for basic scanning the CVSS 3 score. Null leaves it out.</summary>
    public double? Score { get; init; }

    public string Description { get; init; } = "A vulnerability of the local AWS.";

    /// <summary>When the scanner first saw it; null for the time at which the finding is set.</summary>
    public DateTimeOffset? FirstObservedAt { get; init; }
}
