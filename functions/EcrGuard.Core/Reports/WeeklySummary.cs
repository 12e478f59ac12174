using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// The state of a registry's images, and what changed in a week. Everything is sorted, so that equal facts give equal
/// bytes.
/// </summary>
/// <remarks>
/// An index and the platform images that it lists count as one image, with the index's status: they are deployed
/// together. Artifacts (signatures, SBOMs, attestations) and images that are gone do not count.
/// </remarks>
public sealed record WeeklySummary
{
    /// <summary>Rises when a field changes its meaning or is removed; a new field does not raise it.</summary>
    public int SchemaVersion { get; init; } = 2;

    /// <summary>First, because all the rest depends on it. Empty: everything could be read.</summary>
    public required IReadOnlyList<Unread> Unread { get; init; }

    public required string Account { get; init; }
    public required string Region { get; init; }
    public required IsoWeek Week { get; init; }
    public required DateTimeOffset GeneratedAt { get; init; }

    /// <summary>The SHA-256 of the policy document.</summary>
    public required string PolicyVersion { get; init; }

    public required EnforcementMode EnforcementCeiling { get; init; }
    public required int Repositories { get; init; }

    /// <summary>Equal to the total of <see cref="Statuses"/>.</summary>
    public required int Images { get; init; }

    public required StatusCounts Statuses { get; init; }

    /// <summary>
    /// Images for which a gate answers yes: approved ones, those without a current scan that the policy allows, and
    /// those whose approval is forced.
    /// </summary>
    public required int Deployable { get; init; }

    /// <summary>
    /// Those of <see cref="Deployable"/> whose approval is forced. They count under the status that they have without
    /// it.
    /// </summary>
    public required int DeployableByBreakGlass { get; init; }

    /// <summary>
    /// Images whose yes ended with time before the summary, for example because a waiver ended. They count as pending,
    /// and the next sweep decides them again.
    /// </summary>
    public required int TimeIsUp { get; init; }

    /// <summary>Different blocked images: one that several repositories hold counts once.</summary>
    public required int BlockedDigests { get; init; }

    /// <summary>
    /// Images that a service, a task, a schedule, a function or a workload runs. Images that are only pulled, or that
    /// only a task definition names, do not count.
    /// </summary>
    public required int Running { get; init; }

    /// <summary>Whether all images of the ledger could be read. If not, all numbers of images are too small.</summary>
    public required bool ImagesRead { get; init; }

    /// <summary>When it was last read what runs; null where it could not be read.</summary>
    public required DateTimeOffset? RunningReadAt { get; init; }

    /// <summary>Consumers that a setting hides: images there are known only by their pulls.</summary>
    public IReadOnlyList<Unread> NotSeen { get; init; } = [];

    public required int RunningBlocked { get; init; }

    /// <summary>What somebody must do, the most urgent first, at most <see cref="SummaryBuilder.MaxListed"/>.</summary>
    public required IReadOnlyList<ActionNeeded> Actions { get; init; }

    public required int ActionCount { get; init; }

    /// <summary>
    /// The blocked images, running ones first, at most <see cref="SummaryBuilder.MaxListed"/>. The file of blocking
    /// findings has all.
    /// </summary>
    public required IReadOnlyList<ReportedImage> Blocked { get; init; }

    /// <summary>Updates that would clear most blocked images, at most <see cref="SummaryBuilder.MaxListed"/>.</summary>
    public required IReadOnlyList<FixGroup> Fixes { get; init; }

    /// <summary>Every image, by repository and digest. The JSON has only their numbers.</summary>
    [JsonIgnore]
    public IReadOnlyList<ReportedImage> All { get; init; } = [];

    /// <summary>The numbers of the week before; null where none are known.</summary>
    [JsonIgnore]
    public WeekRollUp? Previous => Trend.FirstOrDefault(week => week.Week == Week.Previous)?.Numbers;

    /// <summary>The last weeks, the oldest first and this one last. A week without numbers is a gap.</summary>
    public required IReadOnlyList<TrendWeek> Trend { get; init; }

    /// <summary>How long vulnerabilities stay, by severity, the worst first.</summary>
    public required IReadOnlyList<RemediationRow> Remediation { get; init; }

    /// <summary>
    /// Since when it is known how vulnerabilities come and go; for a younger repository, since it exists. Null where no
    /// sweep has noted any yet.
    /// </summary>
    public required DateTimeOffset? HistorySince { get; init; }

    /// <summary>How fast images come from a push to a verdict, and from a block to the next approved push.</summary>
    public required Delivery Delivery { get; init; }

    public required Storage Storage { get; init; }

    /// <summary>By team; they add up to the totals.</summary>
    public required IReadOnlyList<GroupRow> Teams { get; init; }

    /// <summary>By repository; they add up to the totals.</summary>
    public required IReadOnlyList<GroupRow> ByRepository { get; init; }

    /// <summary>The resource tag that names a repository's team.</summary>
    public required string TeamTag { get; init; }

    /// <summary>Repositories with images to which nobody has pushed for long, the longest first.</summary>
    public required IReadOnlyList<QuietRepository> Quiet { get; init; }

    /// <summary>Images that became blocked in the week and still are, newest first.</summary>
    public required IReadOnlyList<ChangedImage> NewlyBlocked { get; init; }

    /// <summary>Images that stopped being blocked in the week and still are not, newest first.</summary>
    public required IReadOnlyList<ChangedImage> Lifted { get; init; }

    /// <summary>How many vulnerabilities block at least one image.</summary>
    public required int BlockingVulnerabilities { get; init; }

    public required IReadOnlyList<CoverageGap> CoverageGaps { get; init; }
    public required IReadOnlyList<UnmarkedImage> CouldNotMark { get; init; }

    /// <summary>Every waiver of the policy: the lapsed first, then by their end.</summary>
    public required IReadOnlyList<WaiverUse> Waivers { get; init; }

    /// <summary>Every forced approval that is in force or ended in the week, the last to end first.</summary>
    public required IReadOnlyList<ForcedUse> BreakGlass { get; init; }

    /// <summary>
    /// Other excuses of findings: VEX documents by their <c>@id</c>, and suppression rules of Amazon Inspector, which
    /// have no owner and no end. Most images first.
    /// </summary>
    public required IReadOnlyList<ExcuseUse> OtherExcuses { get; init; }

    public required IReadOnlyList<RepositoryNote> Drift { get; init; }

    /// <summary>Repositories whose own lifecycle policy would take images in use.</summary>
    public required IReadOnlyList<RepositoryAtRisk> AtRisk { get; init; }

    /// <summary>
    /// Repositories with images that carry only EcrGuard's tags. A plan may remove them; EcrGuard never does by itself.
    /// </summary>
    public required IReadOnlyList<RepositoryCount> Abandoned { get; init; }

    /// <summary>Repositories with signatures, SBOMs or other artifacts whose image is gone.</summary>
    public IReadOnlyList<RepositoryCount> LeftOver { get; init; } = [];

    /// <summary>One line for people, at most 99 ASCII characters: what SNS allows as subject.</summary>
    public string Subject => SummaryText.Subject(this);

    /// <summary>Stable: the same for one week of one registry, however often it is sent.</summary>
    public string AlertId => $"weekly:{Account}:{Region}:{Week}";

    /// <summary>
    /// For the filter policies of subscriptions: alertId, kind, week, account, region, status (the worst there is),
    /// complete, and three counts.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<FilterValue> Attributes =>
        [
            new("alertId", AlertId),
            new("kind", "weekly-summary"),
            new("week", Week.ToString()),
            new("account", Account),
            new("region", Region),
            new(
                "status",
                Enum.GetValues<Status>()
                    .Where(status => Statuses[status] > 0)
                    .Select(status => status.Word().ToLowerInvariant())
                    .FirstOrDefault("empty")
            ),
            new("complete", Unread.Count == 0 ? "true" : "false"),
            FilterValue.Of("blocked", Statuses.Blocked),
            FilterValue.Of("newlyBlocked", NewlyBlocked.Count),
            FilterValue.Of("actions", ActionCount),
        ];

    /// <summary>The numbers with which the next week is compared.</summary>
    public WeekRollUp RollUp() =>
        new(
            Week,
            GeneratedAt,
            Repositories,
            Statuses,
            BlockedDigests,
            NewlyBlocked.Count,
            Lifted.Count,
            Unread.Count == 0,
            PolicyVersion,
            new WeekFigures(
                RunningReadAt is null ? null : Running,
                RunningReadAt is null ? null : RunningBlocked,
                CoverageGaps.Sum(gap => gap.Images),
                HasHistory ? Remediation.Sum(row => row.New) : null,
                HasHistory ? Remediation.Sum(row => row.Fixed) : null,
                HasHistory ? Remediation.Sum(row => row.Overdue) : null,
                HasHistory
                    ?
                    [
                        .. Enumerable
                            .Range(0, SummaryBuilder.Ages)
                            .Select(age => Remediation.Sum(row => row.OpenByAge[age])),
                    ]
                    : null,
                MedianDays,
                HasHistory ? Storage.BytesFreed : null
            ),
            ImagesRead
        );

    /// <summary>Whether the week has any time with a history.</summary>
    private bool HasHistory => HistorySince < Week.End;

    /// <summary>From first seen to fixed, over all severities fixed in the week; null where none was.</summary>
    public required double? MedianDays { get; init; }

    /// <summary>
    /// Plain text for e-mail. A list that does not fit is cut after a whole record, and the last line says what is
    /// missing.
    /// </summary>
    /// <param name="maxBytes">Of UTF-8; 262,144 for SNS.</param>
    /// <param name="wholeAt">Where the page is, for example its address in the S3 console.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// Not even the numbers and headings fit; 8,192 bytes always do.
    /// </exception>
    public string ToText(int maxBytes, string wholeAt) => SummaryText.Of(this, wholeAt).Render(maxBytes, wholeAt);

    /// <summary>All of it, as UTF-8: camelCase, and a <c>schemaVersion</c>.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Default.WeeklySummary);
}

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

    /// <summary>
    /// When the image must be replaced where it runs; null where it does not run, or the policy names no days.
    /// </summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The first <see cref="ImageRecord.MaxReasons"/>.</summary>
    public IReadOnlyList<BlockingFinding> Blocking { get; init; } = [];

    [JsonIgnore]
    public bool Runs => RunByCount > 0;
}

/// <summary>What kind of thing somebody must do, the most urgent first.</summary>
public enum ActionKind
{
    /// <summary>Blocked and running, past its deadline.</summary>
    Overdue,

    /// <summary>Blocked and running, and its deadline is within a week.</summary>
    DueSoon,

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

    /// <summary>Something could not be read.</summary>
    Unread,
}

/// <summary>One thing that somebody must do.</summary>
/// <param name="What">A title: an image, a waiver, or what could not be read.</param>
/// <param name="Fix">The remedy, a sentence.</param>
public sealed record ActionNeeded(ActionKind Kind, string What, string Why, string Fix)
{
    public string? Repository { get; init; }
    public Digest? Digest { get; init; }
    public IReadOnlyList<string> RunBy { get; init; } = [];
    public int RunByCount { get; init; }
    public string? Team { get; init; }
    public Severity? Severity { get; init; }
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The first vulnerability that blocks, for the waiver to paste; null where none does.</summary>
    public string? Vulnerability { get; init; }
    public string? Package { get; init; }
}

/// <summary>An update, and the images that it would clear.</summary>
/// <param name="Package">Null where the scanner names none.</param>
/// <param name="FixedIn">Null: no fixed version is named yet.</param>
/// <param name="Vulnerabilities">Those that it ends.</param>
/// <param name="Images">Blocked images that have at least one of them.</param>
/// <param name="Unblocks">Those of <paramref name="Images"/> in which nothing else blocks.</param>
/// <param name="Running">Those of <paramref name="Images"/> that run.</param>
public sealed record FixGroup(
    string? Package,
    string? FixedIn,
    IReadOnlyList<string> Vulnerabilities,
    int Images,
    int Repositories,
    int Unblocks,
    int Running
);

/// <summary>How long vulnerabilities of one severity stay in a repository.</summary>
/// <param name="DeadlineDays">The policy's <c>sla</c>, else its <c>grace</c>; null: none.</param>
/// <param name="New">First seen in the week.</param>
/// <param name="Fixed">In the week.</param>
/// <param name="FixedInTrend">In the last <see cref="RepositoryHistory.Weeks"/> weeks: median and 90th percentile are
///     of these.</param>
/// <param name="MedianDays">Null where none was fixed.</param>
/// <param name="OpenByAge">Under 7 days, 7 to 29, 30 to 89, 90 and more.</param>
/// <param name="OldestDays">Of the open ones; null where none is.</param>
public sealed record RemediationRow(
    Severity Severity,
    int? DeadlineDays,
    int New,
    int Fixed,
    int FixedInTrend,
    double? MedianDays,
    double? P90Days,
    int Open,
    int Overdue,
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
/// <param name="Gone">In the week, the expired ones among them.</param>
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
/// <param name="Uncovered">Images without a current scan.</param>
/// <param name="Open">Vulnerabilities that block in current images.</param>
public sealed record GroupRow(
    string Name,
    string? Team,
    int Repositories,
    int Images,
    int Running,
    int Blocked,
    int RunningBlocked,
    int NewlyBlocked,
    int Uncovered,
    int Open,
    int Overdue,
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
/// <param name="Images">How many images have a finding that it excuses.</param>
public sealed record ExcuseUse(string By, int Images);

/// <summary>A repository whose own lifecycle policy would take images in use.</summary>
/// <param name="Images">How many.</param>
/// <param name="Described">A sentence for each of the first <see cref="RepositorySweep.MaxListed"/>.</param>
public sealed record RepositoryAtRisk(string Repository, int Images, IReadOnlyList<string> Described);

/// <summary>A number of images of one repository.</summary>
public sealed record RepositoryCount(string Repository, int Images);
