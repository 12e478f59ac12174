using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Reports;

/// <summary>A vulnerability in a repository's current images.</summary>
/// <param name="FirstSeen">When a sweep first found it there.</param>
/// <param name="Blocks">False while something excuses it, or the policy only warns: then no SLA counts.</param>
public sealed record OpenFinding(
    string Vulnerability,
    string? Package,
    Severity Severity,
    DateTimeOffset FirstSeen,
    bool Blocks
)
{
    /// <summary>The same vulnerability, fixed.</summary>
    internal FixedFinding FixedAt(DateTimeOffset at) => new(Vulnerability, Package, Severity, FirstSeen, at);
}

/// <summary>A vulnerability that blocked, and that no current image of the repository has any more.</summary>
public sealed record FixedFinding(
    string Vulnerability,
    string? Package,
    Severity Severity,
    DateTimeOffset FirstSeen,
    DateTimeOffset FixedAt
)
{
    /// <summary>In times 24 hours.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double Days => Math.Max(0, (FixedAt - FirstSeen).TotalDays);
}

/// <summary>What left a repository in one week.</summary>
/// <param name="Expired">Images that the lifecycle policy took.</param>
/// <param name="Gone">All images that sweeps found gone, the expired ones among them. Those that an event told before
///     are not among them.</param>
/// <param name="Bytes">Of all that are gone, as ECR listed them. It is an upper bound: layers that other images share
///     are counted.</param>
public sealed record StorageWeek(IsoWeek Week, int Expired, int Gone, long Bytes);

/// <summary>
/// What reports remember of one repository. Each sweep renews it, and it is bounded. An image does not change, so a
/// digest is almost never fixed. A vulnerability is followed in the repository's current images instead: those that
/// run or, where none runs, the newest tagged one.
/// </summary>
public sealed record RepositoryHistory
{
    /// <summary>More are counted, not listed: an item of the ledger holds 400 KB.</summary>
    public const int MaxOpen = 300,
        MaxFixed = 300;

    /// <summary>How many weeks reports look back.</summary>
    public const int Weeks = 12;

    /// <summary>The first sweep that it counts.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The version of the policy by which the last sweep judged.</summary>
    public required string PolicyVersion { get; init; }

    public IReadOnlyList<OpenFinding> Open { get; init; } = [];

    /// <summary>How many more block: the least severe and youngest.</summary>
    public int OpenUnlisted { get; init; }

    /// <summary>The newest last.</summary>
    public IReadOnlyList<FixedFinding> Fixed { get; init; } = [];

    /// <summary>
    /// <see cref="Fixed"/> keeps a limited number. This is when the newest one that it leaves out was fixed; null where
    /// it leaves out none.
    /// </summary>
    public DateTimeOffset? FixedCutAt { get; init; }

    public IReadOnlyList<StorageWeek> Storage { get; init; } = [];

    /// <summary>
    /// The images in which vulnerabilities are followed: those that run or, where none runs, the newest tagged one with
    /// its platforms. The verdict of an index names only its worst platform.
    /// </summary>
    public static IReadOnlyList<ImageFacts> Current(
        RepositoryContents contents,
        IReadOnlyDictionary<Digest, ImageUsage> usages
    )
    {
        var images = contents.Images.Where(image => image.Kind != ImageKind.Artifact).ToList();
        if (images.FindAll(image => Runs(usages[image.Id.Digest])) is { Count: > 0 } running)
            return running;
        var newest = images
            .Where(image => OwnTags.TeamTags(image).Count > 0)
            .OrderBy(image => image.PushedAt)
            .ThenBy(image => image.Id.Digest)
            .LastOrDefault();
        var platforms = newest is null ? [] : contents.Children.GetValueOrDefault(newest.Id.Digest) ?? [];
        var parts = platforms.Select(child => child.Digest).ToHashSet();
        return images.FindAll(image => image == newest || parts.Contains(image.Id.Digest));
    }

    /// <summary>
    /// Whether something runs the image now, or starts it by itself. A pull names nobody, and a task definition alone
    /// runs nothing. Nor does a service run the image that it may be sent back to.
    /// </summary>
    public static bool Runs(ImageUsage usage) => usage.Now == UseState.InUse && usage.By.Any(Runs);

    /// <inheritdoc cref="Runs(ImageUsage)"/>
    public static bool Runs(Consumer by) => by is { Kind: not ConsumerKind.TaskDefinition, IsPrevious: false };

    /// <summary>
    /// Whether the verdicts of the current images leave out a vulnerability that was open. A verdict names only what
    /// rules select, so all findings must be read then.
    /// </summary>
    public static bool Misses(RepositoryHistory? before, CurrentFindings current) =>
        before?.Open.Any(known => current.Find(known) is null) == true;

    /// <summary>The history after a sweep.</summary>
    /// <param name="certain">
    /// Whether all current images are known: false where one has no record, what runs is not known, or what runs is no
    /// longer in the repository.
    /// </param>
    /// <param name="there">The vulnerabilities of all findings of the current images, whether a rule selects them or
    ///     not; null where they are not known.</param>
    /// <param name="left">What left the repository since the sweep before.</param>
    public static RepositoryHistory Next(
        RepositoryHistory? before,
        CurrentFindings current,
        bool certain,
        IReadOnlySet<string>? there,
        (int Expired, int Gone, long Bytes) left,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var known = before?.Open ?? [];
        var all = certain && current.ShowAbsence ? there : null;
        var open = known
            .Select(finding => StillOpen(finding, current, all))
            .OfType<OpenFinding>()
            .Concat(current.Blocking(now).ExceptBy(known.Select(Key), Key))
            .OrderByDescending(each => each.Blocks)
            .ThenByDescending(each => each.Severity)
            .ThenBy(each => each.FirstSeen)
            .ThenBy(each => each.Vulnerability, StringComparer.Ordinal)
            .ThenBy(each => each.Package, StringComparer.Ordinal)
            .ToList();
        // Under another policy it may be there although no verdict names it.
        var mended =
            before?.PolicyVersion == policy.Version
                ? known.Where(finding => finding.Blocks && StillOpen(finding, current, all) is null)
                : [];
        var oldest = now.AddDays(-7 * Weeks);
        var mendedLately = (before?.Fixed ?? [])
            .Concat(mended.Select(each => each.FixedAt(now)))
            .Where(each => each.FixedAt > oldest)
            .ToList();
        var cutAt = mendedLately.SkipLast(MaxFixed).LastOrDefault()?.FixedAt ?? before?.FixedCutAt;
        return new RepositoryHistory
        {
            Since = before?.Since ?? now,
            PolicyVersion = policy.Version,
            Open = [.. open.Take(MaxOpen)],
            OpenUnlisted = open.Skip(MaxOpen).Count(each => each.Blocks),
            Fixed = [.. mendedLately.TakeLast(MaxFixed)],
            FixedCutAt = cutAt > oldest ? cutAt : null,
            Storage = With(before?.Storage ?? [], left, IsoWeek.Of(now), oldest),
        };
    }

    private static (string, string?) Key(OpenFinding finding) => (finding.Vulnerability, finding.Package);

    /// <summary>Null where the finding is gone.</summary>
    /// <param name="all">The vulnerabilities of all findings; null where nothing shows that one is gone.</param>
    private static OpenFinding? StillOpen(OpenFinding known, CurrentFindings current, IReadOnlySet<string>? all) =>
        current.Find(known) is { } still
            ? known with
            {
                Blocks = still.Blocks,
                Severity = still.Severity > known.Severity ? still.Severity : known.Severity,
            }
        : all is null ? known
        // It is there, and no rule selects it any more.
        : all.Contains(known.Vulnerability) ? known with { Blocks = false }
        : null;

    /// <summary>The same with lists half as long, if it is too large for an item of the ledger.</summary>
    public RepositoryHistory Halved() =>
        this with
        {
            Open = [.. Open.Take(Open.Count / 2)],
            OpenUnlisted = OpenUnlisted + Open.Skip(Open.Count / 2).Count(each => each.Blocks),
            Fixed = [.. Fixed.TakeLast(Fixed.Count / 2)],
            FixedCutAt = Fixed.SkipLast(Fixed.Count / 2).LastOrDefault()?.FixedAt ?? FixedCutAt,
        };

    private static IReadOnlyList<StorageWeek> With(
        IReadOnlyList<StorageWeek> weeks,
        (int Expired, int Gone, long Bytes) left,
        IsoWeek week,
        DateTimeOffset oldest
    )
    {
        var now = weeks.FirstOrDefault(each => each.Week == week) ?? new StorageWeek(week, 0, 0, 0);
        return
        [
            .. weeks.Where(each => each.Week != week && each.Week.End > oldest),
            new StorageWeek(week, now.Expired + left.Expired, now.Gone + left.Gone, now.Bytes + left.Bytes),
        ];
    }
}

/// <summary>A repository and its history.</summary>
public sealed record RepositoryPast(string Repository, RepositoryHistory History);
