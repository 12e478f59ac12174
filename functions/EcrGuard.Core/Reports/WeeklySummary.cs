using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// The state of a registry's images and what changed in a week. Everything is sorted, so that equal facts give equal
/// bytes.
/// </summary>
/// <remarks>
/// An index and the platform images that it lists count as one image with the index's status: they are one thing to
/// deploy, and the index has the worst status of its children.
/// Artifacts (signatures, SBOMs, attestations) and images that are gone do not count.
/// </remarks>
public sealed record WeeklySummary
{
    /// <summary>Rises when a field changes its meaning or goes; a new field does not raise it.</summary>
    public int SchemaVersion { get; init; } = 1;

    /// <summary>First, because it qualifies all the rest. Empty: everything could be read.</summary>
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
    /// Images for which a gate answers yes: the approved ones, those that the policy lets pass without a current scan,
    /// and those whose approval is forced.
    /// </summary>
    public required int Deployable { get; init; }

    /// <summary>
    /// Those of <see cref="Deployable"/> whose approval is forced; they are counted under the status that they have
    /// without it.
    /// </summary>
    public required int DeployableByBreakGlass { get; init; }

    /// <summary>
    /// Images for which a gate would have answered yes until their verdict's time was up before the summary (a waiver
    /// had ended, say): they count as pending, and the next sweep decides them again.
    /// </summary>
    public required int TimeIsUp { get; init; }

    /// <summary>Different blocked images, however many repositories hold them.</summary>
    public required int BlockedDigests { get; init; }

    /// <summary>The numbers of the week before; null where none are known.</summary>
    public required WeekRollUp? Previous { get; init; }

    /// <summary>Images that became blocked in the week and are, newest first.</summary>
    public required IReadOnlyList<ChangedImage> NewlyBlocked { get; init; }

    /// <summary>Images that stopped being blocked in the week and are not, newest first.</summary>
    public required IReadOnlyList<ChangedImage> Lifted { get; init; }

    /// <summary>
    /// The vulnerabilities that block most images, at most <see cref="SummaryBuilder.MaxTopReasons"/>; of each image
    /// the first <see cref="ImageRecord.MaxReasons"/> reasons are looked at.
    /// </summary>
    public required IReadOnlyList<TopReason> TopReasons { get; init; }

    /// <summary>How many vulnerabilities block at least one image.</summary>
    public required int BlockingVulnerabilities { get; init; }

    public required IReadOnlyList<CoverageGap> CoverageGaps { get; init; }
    public required IReadOnlyList<UnmarkedImage> CouldNotMark { get; init; }

    /// <summary>Every waiver of the policy: the lapsed first, then by their end.</summary>
    public required IReadOnlyList<WaiverUse> Waivers { get; init; }

    /// <summary>Every forced approval that is in force or has ended in the week, the last to end first.</summary>
    public required IReadOnlyList<ForcedUse> BreakGlass { get; init; }

    /// <summary>
    /// What else excuses findings: VEX documents by their <c>@id</c>, and suppression rules of Amazon Inspector, which
    /// have no owner and no end. Most images first.
    /// </summary>
    public required IReadOnlyList<ExcuseUse> OtherExcuses { get; init; }

    public required IReadOnlyList<RepositoryNote> Drift { get; init; }

    /// <summary>Repositories whose own lifecycle policy would take images in use.</summary>
    public required IReadOnlyList<RepositoryAtRisk> AtRisk { get; init; }

    /// <summary>
    /// Repositories with images that carry only EcrGuard's tags: a plan may remove them, EcrGuard by itself never.
    /// </summary>
    public required IReadOnlyList<RepositoryCount> Abandoned { get; init; }

    /// <summary>Repositories with signatures, SBOMs or other artifacts whose image is gone.</summary>
    public IReadOnlyList<RepositoryCount> LeftOver { get; init; } = [];

    /// <summary>One line for people, at most 99 ASCII characters: what SNS allows as subject.</summary>
    public string Subject => SummaryText.Subject(this);

    /// <summary>Stable: the same week of the same registry has the same, however often it is sent.</summary>
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
            FilterValue.Of("uncovered", CoverageGaps.Sum(gap => gap.Images)),
        ];

    /// <summary>The numbers that the next week is compared with.</summary>
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
            PolicyVersion
        );

    /// <summary>
    /// Plain text for e-mail. A list that does not fit is cut after a whole record, and the last line says what is
    /// missing.
    /// </summary>
    /// <param name="maxBytes">Of UTF-8; 262,144 for SNS.</param>
    /// <param name="wholeAt">Where <see cref="ToJson"/> was put, for example an S3 URI.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not even the numbers and headings fit; 8,192 bytes always
    ///     do.</exception>
    public string ToText(int maxBytes, string wholeAt) => SummaryText.Of(this, wholeAt).Render(maxBytes, wholeAt);

    /// <summary>The whole, as UTF-8: camelCase, and a <c>schemaVersion</c>.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Default.WeeklySummary);
}

/// <summary>An image that became blocked, or stopped being.</summary>
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

/// <summary>A vulnerability that blocks.</summary>
/// <param name="Images">How many images it blocks.</param>
/// <param name="Packages">Where it was found.</param>
/// <param name="FixedIn">The first fixed versions, as far as the scanner names them.</param>
public sealed record TopReason(
    string Vulnerability,
    int Images,
    IReadOnlyList<string> Packages,
    IReadOnlyList<string> FixedIn
);

/// <summary>Images of one repository about which a scan says nothing current, for one reason.</summary>
/// <param name="Code">The scanner's word, or EcrGuard's.</param>
/// <param name="Example">The reason of one of the images, as a sentence.</param>
/// <param name="Deployable">For how many a gate answers yes nevertheless, because the policy says so.</param>
public sealed record CoverageGap(
    string Repository,
    Status Status,
    string Code,
    int Images,
    int Deployable,
    string Example
);

/// <summary>An image whose verdict could not be written on it as a tag.</summary>
public sealed record UnmarkedImage(
    string Repository,
    Digest Digest,
    IReadOnlyList<string> Tags,
    Status Status,
    string Why
);

/// <summary>A waiver of the policy and what it does.</summary>
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
/// <param name="Verdict">What the image's status is without it; null where the image is gone.</param>
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

/// <summary>How many images of a repository something is true of.</summary>
public sealed record RepositoryCount(string Repository, int Images);
