using System.Text.Json;
using System.Text.Json.Serialization;
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
    public int SchemaVersion { get; init; } = 3;

    /// <summary>First, because all the rest depends on it. Empty: everything could be read.</summary>
    public required IReadOnlyList<Unread> Unread { get; init; }

    public required string Account { get; init; }
    public required string Region { get; init; }
    public required IsoWeek Week { get; init; }
    public required DateTimeOffset GeneratedAt { get; init; }

    /// <summary>As <see cref="SummaryFacts.MadeAgain"/>.</summary>
    public required bool MadeAgain { get; init; }

    /// <summary>The numbers of the week's own report, if this one is made again and they are known.</summary>
    [JsonIgnore]
    public WeekRollUp? Own => MadeAgain ? Trend[^1].Numbers : null;

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
    /// only a task definition names, do not count. Null where nobody read what runs.
    /// </summary>
    public required int? Running { get; init; }

    /// <summary>As <see cref="SummaryFacts.RunsKnown"/>: if not, more may run than is counted.</summary>
    public required bool RunsKnown { get; init; }

    /// <summary>Whether all images of the ledger could be read. If not, all numbers of images are too small.</summary>
    public required bool ImagesRead { get; init; }

    /// <summary>When it was last read what runs; null where it could not be read.</summary>
    public required DateTimeOffset? RunningReadAt { get; init; }

    /// <summary>Consumers that a setting hides: images there are known only by their pulls.</summary>
    public IReadOnlyList<Unread> NotSeen { get; init; } = [];

    /// <summary>Null where nobody read what runs.</summary>
    public required int? RunningBlocked { get; init; }

    /// <summary>Those of <see cref="RunningBlocked"/> whose grace is over; null where nobody read what runs.</summary>
    [JsonIgnore]
    public int? PastGrace =>
        RunningBlocked is null ? null : Teams.Aggregate((int?)0, (sum, team) => sum + team.PastGrace);

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

    /// <summary>
    /// Every image, by repository and digest, made as they are asked for: there may be a million. The JSON has only
    /// their numbers.
    /// </summary>
    [JsonIgnore]
    public IEnumerable<ReportedImage> All { get; init; } = [];

    /// <summary>The numbers of the week before; null where none are known, or this report is made again.</summary>
    [JsonIgnore]
    public WeekRollUp? Previous => MadeAgain ? null : Trend.FirstOrDefault(week => week.Week == Week.Previous)?.Numbers;

    /// <summary>The last weeks, the oldest first and this one last. A week without numbers is a gap.</summary>
    public required IReadOnlyList<TrendWeek> Trend { get; init; }

    /// <summary>How long vulnerabilities stay, by severity, the worst first.</summary>
    public required IReadOnlyList<RemediationRow> Remediation { get; init; }

    /// <summary>
    /// Vulnerabilities that are open besides those of <see cref="Remediation"/>: of each repository at most <see
    /// cref="RepositoryHistory.MaxOpen"/> are followed, the worst and oldest.
    /// </summary>
    public required int OpenUnlisted { get; init; }

    /// <summary>
    /// Repositories in which more were fixed in twelve weeks than the <see cref="RepositoryHistory.MaxFixed"/> that are
    /// kept. What is fixed is counted without the oldest there.
    /// </summary>
    public int FixedUnlisted { get; init; }

    /// <summary>
    /// Every vulnerability of <see cref="Remediation"/> that is open, by repository, made as they are asked for.
    /// </summary>
    [JsonIgnore]
    public IEnumerable<OpenVulnerability> Open { get; init; } = [];

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

    /// <summary>
    /// Images that became blocked in the week and still are, newest first, at most <see
    /// cref="SummaryBuilder.MaxListed"/>.
    /// </summary>
    public required IReadOnlyList<ChangedImage> NewlyBlocked { get; init; }

    public required int NewlyBlockedCount { get; init; }

    /// <summary>Those of <see cref="NewlyBlockedCount"/> that had been approved.</summary>
    public required int NewlyBlockedApproved { get; init; }

    /// <summary>
    /// Images that stopped being blocked in the week and still are not, newest first, at most <see
    /// cref="SummaryBuilder.MaxListed"/>.
    /// </summary>
    public required IReadOnlyList<ChangedImage> Lifted { get; init; }

    public required int LiftedCount { get; init; }

    /// <summary>How many vulnerabilities block at least one image.</summary>
    public required int BlockingVulnerabilities { get; init; }

    public required IReadOnlyList<CoverageGap> CoverageGaps { get; init; }

    /// <summary>At most <see cref="SummaryBuilder.MaxListed"/>.</summary>
    public required IReadOnlyList<UnmarkedImage> CouldNotMark { get; init; }

    public required int CouldNotMarkCount { get; init; }

    /// <summary>Every waiver of the policy: the lapsed first, then by their end.</summary>
    public required IReadOnlyList<WaiverUse> Waivers { get; init; }

    /// <summary>Every forced approval that is in force or ended in the week, the last to end first.</summary>
    public required IReadOnlyList<ForcedUse> BreakGlass { get; init; }

    /// <summary>
    /// Other excuses of findings: VEX documents by their <c>@id</c>, and suppression rules of Amazon Inspector. They
    /// have no end. Most images first.
    /// </summary>
    public required IReadOnlyList<ExcuseUse> OtherExcuses { get; init; }

    public required IReadOnlyList<RepositoryNote> Drift { get; init; }

    /// <summary>Repositories whose own lifecycle policy would take images in use.</summary>
    public required IReadOnlyList<RepositoryAtRisk> AtRisk { get; init; }

    /// <summary>Repositories whose own lifecycle policy may not do what is meant.</summary>
    public IReadOnlyList<RepositoryLint> Lint { get; init; } = [];

    /// <summary>
    /// Repositories with images that carry only EcrGuard's tags. A plan may remove them; EcrGuard never does by itself.
    /// </summary>
    public required IReadOnlyList<RepositoryCount> Abandoned { get; init; }

    /// <summary>Repositories with signatures, SBOMs or other artifacts whose image is gone.</summary>
    public IReadOnlyList<RepositoryCount> LeftOver { get; init; } = [];

    /// <summary>One line for people, at most 99 ASCII characters: what SNS allows as subject.</summary>
    public string Subject => SummaryMail.Subject(this);

    /// <summary>
    /// The same for a week's own report, however often it is sent. One that is made again is another message.
    /// </summary>
    public string AlertId =>
        $"weekly:{Account}:{Region}:{Week}" + (MadeAgain ? $":again:{GeneratedAt.ToUnixTimeSeconds()}" : "");

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
            FilterValue.Of("newlyBlocked", NewlyBlockedCount),
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
            NewlyBlockedCount,
            LiftedCount,
            Unread.Count == 0,
            PolicyVersion,
            new WeekFigures(
                Running,
                RunningBlocked,
                CoverageGaps.Sum(gap => gap.Images),
                HasHistory ? Remediation.Sum(row => row.New) : null,
                HasHistory ? Remediation.Sum(row => row.Fixed) : null,
                HasHistory ? Remediation.Sum(row => row.OverSla) : null,
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
    public string ToText(int maxBytes, string wholeAt) => SummaryMail.Of(this, wholeAt).Render(maxBytes, wholeAt);

    /// <summary>All of it, as UTF-8: camelCase, and a <c>schemaVersion</c>.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ReportJson.Default.WeeklySummary);
}
