using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// What the weekly summary is made of besides the images, which are streamed into a <see cref="SummaryBuilder"/>.
/// </summary>
public sealed record SummaryFacts
{
    /// <summary>Twelve digits.</summary>
    public required string Account { get; init; }

    public required string Region { get; init; }

    /// <summary>The week of the summary, usually the one that has just ended.</summary>
    public required IsoWeek Week { get; init; }

    /// <summary>
    /// Whether the report of the week is out already, or should have been. What is listed is of <see
    /// cref="GeneratedAt"/> then, and the report says so.
    /// </summary>
    public bool MadeAgain { get; init; }

    /// <summary>The numbers of the week's own report, if it is made again; null where none are stored.</summary>
    public WeekRollUp? Own { get; init; }

    /// <summary>When the summary is made. Statuses are those of this moment, changes those of the week.</summary>
    public required DateTimeOffset GeneratedAt { get; init; }

    public required PolicyDocument Policy { get; init; }

    /// <summary>The deployment's <c>Enforcement</c> parameter: what the policy may ask for at most.</summary>
    public required EnforcementMode Ceiling { get; init; }

    /// <summary>The names of every repository of the registry.</summary>
    public IReadOnlyCollection<string> Repositories { get; init; } = [];

    /// <summary>How repositories differ from their baseline, as it was last seen.</summary>
    public IReadOnlyList<RepositoryNote> Notes { get; init; } = [];

    /// <summary>What the last sweep found in each repository.</summary>
    public IReadOnlyList<SweptRepository> Sweeps { get; init; } = [];

    /// <summary>The forced approvals that are in force, or have ended since the week began.</summary>
    public IReadOnlyList<(ImageId Image, ForcedApproval Forced)> BreakGlass { get; init; } = [];

    /// <summary>The roll-ups of the weeks before, where there are any.</summary>
    public IReadOnlyList<WeekRollUp> Trend { get; init; } = [];

    /// <summary>The history of each repository. One without a history does not count in figures that need it.</summary>
    public IReadOnlyList<RepositoryPast> Past { get; init; } = [];

    /// <summary>The last reading of what runs; null where there is none.</summary>
    public UsageReading? Usage { get; init; }

    /// <summary>Images in quarantine: nobody can pull them.</summary>
    public IReadOnlySet<ImageId> Quarantined { get; init; } = new HashSet<ImageId>();

    /// <summary>What could not be read. The builder may be given more while images are read.</summary>
    public IReadOnlyList<Unread> Unread { get; init; } = [];

    /// <summary>Whether an open vulnerability was first seen longer ago than the policy's SLA allows.</summary>
    internal bool IsOverSla(OpenFinding finding) =>
        Policy.DaysToFix(finding.Severity) is { } days && (GeneratedAt - finding.FirstSeen).TotalDays > days;

    /// <summary>
    /// Whether all that runs is known: it was read lately, and every consumer could be read. Consumers that a setting
    /// hides do not count.
    /// </summary>
    internal bool RunsKnown =>
        Usage is { } usage
        && GeneratedAt - usage.ReadAt <= SweepIsLate
        && usage.Unread.All(consumer => consumer.BySetting == true);

    /// <summary>Sweeps come daily, and read what runs.</summary>
    internal static readonly TimeSpan SweepIsLate = TimeSpan.FromDays(2);

    /// <summary>Whether the registry still has the repository, as far as is known.</summary>
    internal bool Covers(string repository) => Repositories.Count == 0 || Repositories.Contains(repository);
}

/// <summary>Something that should be in a report and could not be read.</summary>
/// <param name="What">For example <c>repository pay/api</c>.</param>
/// <param name="Why">The error, in words.</param>
public sealed record Unread(string What, string Why);

/// <summary>How a repository differs from its baseline.</summary>
/// <param name="Drift">One sentence each, for example that it has no lifecycle policy or that nothing scans it.</param>
public sealed record RepositoryNote(string Repository, IReadOnlyList<string> Drift);
