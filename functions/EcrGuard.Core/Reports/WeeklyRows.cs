using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>An image that became blocked, or is no longer.</summary>
/// <param name="Tags">At most <see cref="SummaryBuilder.MaxTags"/> of its teams' tags.</param>
/// <param name="Was">The status before; null for a first verdict.</param>
/// <param name="Since">When the status changed.</param>
/// <param name="Reason">The first reason of the status it has now.</param>
/// <param name="MoreReasons">How many there are besides.</param>
public sealed record ChangedImage(
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status? Was,
    Status Status,
    DateTimeOffset Since,
    string Reason,
    int MoreReasons
);

/// <summary>One vulnerability in one package that blocks an image.</summary>
/// <param name="FixedIn">The first fixed version; null where the scanner names none.</param>
/// <param name="Score">CVSS, 0 to 10.</param>
/// <param name="Epss">How likely an exploit is within 30 days, 0 to 1.</param>
public sealed record BlockingFinding(
    string Vulnerability,
    string? Package,
    Severity? Severity,
    string? Installed,
    string? FixedIn,
    double? Score,
    double? Epss
);

/// <summary>An image in reports.</summary>
/// <param name="Tags">At most <see cref="SummaryBuilder.MaxTags"/> of its teams' tags.</param>
/// <param name="Deployable">What a gate answers.</param>
/// <param name="Why">The first reason; null for an approved image.</param>
/// <param name="MoreReasons">How many there are besides.</param>
public sealed record ReportedImage(
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Status,
    DateTimeOffset Since,
    DateTimeOffset? PushedAt,
    bool Deployable,
    string? Why,
    int MoreReasons
)
{
    /// <summary>The value of the repository's team tag; null where it has none.</summary>
    public string? Team { get; init; }

    /// <summary>Who names it, at most <see cref="SummaryBuilder.MaxRunBy"/>.</summary>
    public IReadOnlyList<string> RunBy { get; init; } = [];
    public int RunByCount { get; init; }

    /// <summary>Of the worst finding that blocks.</summary>
    public Severity? Severity { get; init; }

    /// <summary>The end of the policy's grace; null where none runs.</summary>
    public DateTimeOffset? GraceEnds { get; init; }

    /// <summary>The first <see cref="ImageRecord.MaxReasons"/>.</summary>
    public IReadOnlyList<BlockingFinding> Blocking { get; init; } = [];

    /// <summary>Null where it is not known.</summary>
    public bool? Runs { get; init; }
}

/// <summary>What kind of thing somebody must do, the most urgent first.</summary>
public enum ActionKind
{
    /// <summary>Blocked and running, past the policy's grace.</summary>
    PastGrace,

    /// <summary>Blocked and running, and its grace ends within a week.</summary>
    GraceEndsSoon,

    /// <summary>Blocked and running.</summary>
    RunsBlocked,

    /// <summary>Running although a gate answers no, but not blocked.</summary>
    RunsWithoutYes,

    /// <summary>In quarantine, and something names it.</summary>
    QuarantinedAndNamed,

    /// <summary>In use, and the repository's own lifecycle policy takes it.</summary>
    WillExpire,

    /// <summary>A waiver that is needed ends soon, or has ended.</summary>
    WaiverEnds,
}

/// <summary>One thing that somebody must do.</summary>
/// <param name="What">A title: an image, a repository or a waiver.</param>
/// <param name="Fix">The remedy, a sentence.</param>
public sealed record ActionNeeded(ActionKind Kind, string What, string Why, string Fix)
{
    public string? Repository { get; init; }
    public Digest? Digest { get; init; }
    public IReadOnlyList<string> RunBy { get; init; } = [];
    public int RunByCount { get; init; }
    public string? Team { get; init; }
    public Severity? Severity { get; init; }

    /// <summary>When the grace of the image or the waiver ends; null where nothing ends.</summary>
    public DateTimeOffset? Ends { get; init; }

    /// <summary>The first vulnerability that blocks, for the waiver to paste; null where none does.</summary>
    public string? Vulnerability { get; init; }
    public string? Package { get; init; }

    /// <summary>How many reasons there are besides the one that <see cref="Why"/> tells.</summary>
    public int MoreReasons { get; init; }
}

/// <summary>An update, and the images that it would clear.</summary>
/// <param name="Package">Null where the scanner names none.</param>
/// <param name="FixedIn">Null: no fixed version is named yet.</param>
/// <param name="Vulnerabilities">Those that it ends.</param>
/// <param name="Images">Blocked images that have at least one of them.</param>
/// <param name="Unblocks">Those of <paramref name="Images"/> in which nothing else blocks; 0 without a fix.</param>
/// <param name="Running">Those of <paramref name="Images"/> that run; null where it is not known what runs.</param>
public sealed record FixGroup(
    string? Package,
    string? FixedIn,
    IReadOnlyList<string> Vulnerabilities,
    int Images,
    int Repositories,
    int Unblocks,
    int? Running
);

/// <summary>How long vulnerabilities of one severity stay in a repository.</summary>
/// <param name="SlaDays">The policy's <c>sla</c>, else its <c>grace</c>; null: none.</param>
/// <param name="New">First seen in the week.</param>
/// <param name="Fixed">In the week.</param>
/// <param name="FixedInTrend">In the last <see cref="RepositoryHistory.Weeks"/> weeks: median and 90th percentile are
///     of these.</param>
/// <param name="MedianDays">Null where none was fixed.</param>
/// <param name="OverSla">Those of <paramref name="Open"/> that were first seen longer ago than the SLA allows.</param>
/// <param name="OpenByAge">Under 7 days, 7 to 29, 30 to 89, 90 and more.</param>
/// <param name="OldestDays">Of the open ones; null where none is.</param>
public sealed record RemediationRow(
    Severity Severity,
    int? SlaDays,
    int New,
    int Fixed,
    int FixedInTrend,
    double? MedianDays,
    double? P90Days,
    int Open,
    int OverSla,
    IReadOnlyList<int> OpenByAge,
    double? OldestDays
);

/// <param name="Since">Since when first verdicts are recorded; null: none is yet.</param>
/// <param name="Pushes">Images pushed in the week that are still there; an index counts once.</param>
/// <param name="Judged">Those of them that have a first verdict.</param>
/// <param name="BlockedAtFirst">Those of them whose first verdict blocked.</param>
/// <param name="MedianMinutes">From push to first verdict; null where none is known.</param>
/// <param name="Restored">Blocks that an approved push of the same repository followed in the week.</param>
/// <param name="RestoreMedianHours">From the block to the first verdict on that push; null where there was
///     none.</param>
public sealed record Delivery(
    DateTimeOffset? Since,
    int Pushes,
    int Judged,
    int BlockedAtFirst,
    double? MedianMinutes,
    double? P90Minutes,
    int Restored,
    double? RestoreMedianHours
);

/// <param name="Expired">In the week, by lifecycle policies.</param>
/// <param name="Gone">That sweeps of the week found gone, the expired ones among them; not those that an event told
///     before.</param>
/// <param name="BytesFreed">Of what is gone: an upper bound, since layers are shared.</param>
/// <param name="Archived">Images in the archive now, which are charged.</param>
/// <param name="Unused">Images that nothing uses, and nobody pulled lately.</param>
/// <param name="UseUnknown">Images whose use is not known.</param>
public sealed record Storage(
    int Expired,
    int Gone,
    long BytesFreed,
    int Archived,
    long ArchivedBytes,
    int Unused,
    int UseUnknown
);

/// <summary>The numbers of one team or one repository.</summary>
/// <param name="Name">Of the repository or the team; empty for repositories without a team.</param>
/// <param name="Team">Of a repository; null where it has none, and for a team.</param>
/// <param name="Running">Null where it is not known what runs; so are the next two.</param>
/// <param name="PastGrace">Those of <paramref name="RunningBlocked"/> whose grace is over.</param>
/// <param name="Uncovered">Images without a current scan.</param>
/// <param name="Open">Vulnerabilities that block in current images.</param>
/// <param name="OverSla">Those of <paramref name="Open"/> that are over the policy's SLA.</param>
public sealed record GroupRow(
    string Name,
    string? Team,
    int Repositories,
    int Images,
    int? Running,
    int Blocked,
    int? RunningBlocked,
    int? PastGrace,
    int NewlyBlocked,
    int Uncovered,
    int Open,
    int OverSla,
    int Fixed
);

public sealed record QuietRepository(string Repository, string? Team, DateTimeOffset NewestPush, int Images);

/// <summary>One week of the trend.</summary>
/// <param name="Numbers">Null: a gap, no report was made.</param>
public sealed record TrendWeek(IsoWeek Week, WeekRollUp? Numbers);

/// <summary>Images of one repository without a current scan, for one reason.</summary>
/// <param name="Code">The scanner's word, or EcrGuard's.</param>
/// <param name="Example">The reason of one of the images, as a sentence.</param>
/// <param name="Deployable">For how many a gate still answers yes, because the policy says so.</param>
public sealed record CoverageGap(
    string Repository,
    Status Status,
    string Code,
    int Images,
    int Deployable,
    string Example
);

/// <summary>An image whose verdict could not be written as a tag.</summary>
public sealed record UnmarkedImage(
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Status,
    string Why
);

/// <summary>A waiver of the policy, and what it does.</summary>
/// <param name="Package">A glob; null for any package.</param>
/// <param name="Expires">The last UTC day on which it is in force.</param>
/// <param name="Lapsed">It is no longer in force.</param>
/// <param name="EndsSoon">It is in force and ends within <see cref="SummaryBuilder.EndsSoonDays"/> times 24
///     hours.</param>
/// <param name="Unused">It excuses nothing in any image that was read.</param>
/// <param name="Images">How many images have a finding that it excuses.</param>
public sealed record WaiverUse(
    string Id,
    string Vulnerability,
    string? Package,
    string Owner,
    string ApprovedBy,
    string Reason,
    DateOnly Expires,
    bool Lapsed,
    bool EndsSoon,
    bool Unused,
    int Images
);

/// <summary>A forced approval.</summary>
/// <param name="By">Who forced it.</param>
/// <param name="AccessKeyId">As <see cref="ApiRequest.AccessKeyId"/>.</param>
/// <param name="EndedBy">Who ended it before its time; null: nobody.</param>
/// <param name="Verdict">The image's status without it; null where the image is gone.</param>
public sealed record ForcedUse(
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    string By,
    string? AccessKeyId,
    string Reason,
    DateTimeOffset From,
    DateTimeOffset Until,
    bool InForce,
    string? EndedBy,
    Status? Verdict
);

/// <summary>An excuse that is no waiver of the policy.</summary>
/// <param name="By">As <see cref="WaivedFinding.Waiver"/>.</param>
/// <param name="Owner">The author of a VEX document; null of a suppression rule, whose owner is not known.</param>
/// <param name="Images">How many images have a finding that it excuses.</param>
public sealed record ExcuseUse(string By, string? Owner, int Images);

/// <summary>A repository whose own lifecycle policy would take images in use.</summary>
/// <param name="Images">How many.</param>
/// <param name="Described">A sentence for each of the first <see cref="RepositorySweep.MaxListed"/>.</param>
public sealed record RepositoryAtRisk(string Repository, int Images, IReadOnlyList<string> Described);

/// <summary>A repository whose own lifecycle policy may not do what is meant.</summary>
/// <param name="Findings">As <see cref="RepositorySweep.Lint"/>.</param>
public sealed record RepositoryLint(string Repository, IReadOnlyList<string> Findings);

/// <summary>A vulnerability that is open in a repository's current images.</summary>
/// <param name="SlaDays">Null where the policy has no SLA for its severity.</param>
/// <param name="OverSla">Whether it has been there for longer.</param>
public sealed record OpenVulnerability(
    string Repository,
    string? Team,
    OpenFinding Finding,
    double Days,
    int? SlaDays,
    bool OverSla
);

/// <summary>A number of images of one repository.</summary>
public sealed record RepositoryCount(string Repository, int Images);
