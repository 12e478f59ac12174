using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>A repository: one object, shared by all that is kept of its images.</summary>
/// <param name="runsKnown">As <see cref="SummaryFacts.RunsKnown"/>.</param>
internal sealed class SeenRepository(string name, string? team, bool runsKnown)
{
    public bool RunsKnown => runsKnown;
    public string Name => name;
    public string? Team => team;
}

/// <summary>What few images have.</summary>
internal sealed record SeenDetails
{
    public static readonly SeenDetails None = new();

    public IReadOnlyList<string> RunBy { get; init; } = [];
    public int RunByCount { get; init; }
    public DateTimeOffset? GraceEnds { get; init; }
    public IReadOnlyList<string> Waivers { get; init; } = [];

    /// <summary>Whether it became blocked in the week, or stopped being blocked.</summary>
    public bool IsChange { get; init; }

    /// <summary>The status before; null for a first verdict.</summary>
    public Status? Was { get; init; }

    /// <summary>Who names it although it is in quarantine.</summary>
    public IReadOnlyList<string> NamedBy { get; init; } = [];
}

/// <summary>
/// What one image adds to the summary, unless it turns out to be part of an index. There may be a million, so it is
/// packed: what tables show of an image is made only for those that are shown.
/// </summary>
/// <param name="tags">Of the image, at most <see cref="SummaryBuilder.MaxTags"/>; none holds a line feed.</param>
internal sealed class SeenImage(SeenRepository repository, Digest digest, IEnumerable<string> tags)
{
    // As bytes, they take half the memory of text.
    private readonly byte[] _tags = Encoding.UTF8.GetBytes(string.Join('\n', tags));

    // Without their offset, times take half the memory. The default stands for none.
    private readonly DateTime _since;
    private readonly DateTime _pushedAt;
    private readonly DateTime _firstAt;
    private readonly Status _first;

    public SeenRepository Its => repository;
    public string Repository => repository.Name;
    public Digest Digest => digest;
    public required Status Status { get; init; }
    public bool IsBlocked => Status == Status.Blocked;

    public required DateTimeOffset Since
    {
        get => _since;
        init => _since = value.UtcDateTime;
    }

    public required DateTimeOffset? PushedAt
    {
        get => OrNull(_pushedAt);
        init => _pushedAt = value?.UtcDateTime ?? default;
    }

    public required FirstVerdict? First
    {
        get => OrNull(_firstAt) is { } at ? new FirstVerdict(_first, at) : null;
        init => (_first, _firstAt) = (value?.Status ?? default, value?.At.UtcDateTime ?? default);
    }

    /// <summary>Whether a gate answers yes.</summary>
    public required bool Deployable { get; init; }

    /// <summary>Whether its approval is forced.</summary>
    public required bool Forced { get; init; }

    public required bool TimeIsUp { get; init; }

    /// <summary>The first reason; empty for an approved image that has not changed.</summary>
    public required string Why { get; init; }

    public required int MoreReasons { get; init; }
    public Severity? Severity { get; init; }
    public BlockingFinding[] Blocking { get; init; } = [];

    /// <summary>Why it has no current scan, as the scanner's word; null where it has one, or is about to.</summary>
    public string? Gap { get; init; }

    public SeenDetails Details { get; init; } = SeenDetails.None;

    /// <summary>Whether it is known to run.</summary>
    public bool Runs => Details.RunByCount > 0;

    /// <summary>Whether the report knows of no other reason than <see cref="Blocking"/>.</summary>
    public bool ShowsAllReasons => MoreReasons < ImageRecord.MaxReasons;

    private IReadOnlyList<string> Tags => _tags.Length == 0 ? [] : Encoding.UTF8.GetString(_tags).Split('\n');

    /// <summary>The image as tables show it.</summary>
    public ReportedImage Reported() =>
        new(
            Repository,
            Digest,
            Tags,
            Status,
            Since,
            PushedAt,
            Deployable,
            Status == Status.Approved ? null : Why,
            Status == Status.Approved ? 0 : MoreReasons
        )
        {
            Team = repository.Team,
            RunBy = Details.RunBy,
            RunByCount = Details.RunByCount,
            Severity = Severity,
            Runs =
                Runs ? true
                : repository.RunsKnown ? false
                : null,
            GraceEnds = Details.GraceEnds,
            Blocking = Blocking,
        };

    /// <summary>The change as tables show it.</summary>
    public ChangedImage Changed() => new(Repository, Digest, Tags, Details.Was, Status, Since, Why, MoreReasons);

    private static DateTimeOffset? OrNull(DateTime time) => time == default ? null : new DateTimeOffset(time);
}
