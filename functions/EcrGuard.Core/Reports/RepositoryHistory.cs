using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>A vulnerability that is in a repository's current images.</summary>
/// <param name="FirstSeen">When a sweep first found it there.</param>
/// <param name="Blocks">False while something excuses it, or the policy only warns: it then has no deadline.</param>
public sealed record OpenFinding(
    string Vulnerability,
    string? Package,
    Severity Severity,
    DateTimeOffset FirstSeen,
    bool Blocks
);

/// <summary>A vulnerability that was blocking, and that no current image of the repository has any more.</summary>
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
/// <param name="Expired">Images that the lifecycle policy accounts for.</param>
/// <param name="Gone">All images that are gone, the expired ones among them.</param>
/// <param name="Bytes">Of all that are gone, as ECR listed them: layers that others share are counted, so that it is
///     an upper bound.</param>
public sealed record StorageWeek(IsoWeek Week, int Expired, int Gone, long Bytes);

/// <summary>
/// What reports must remember of one repository, renewed by each sweep and bounded. Images are immutable, so that a
/// digest is almost never fixed: what is followed is a vulnerability in the repository's current images, which are
/// those that run or, where none does, the newest tagged one.
/// </summary>
public sealed record RepositoryHistory
{
    /// <summary>More are counted, not listed: an item of the ledger holds 400 KB.</summary>
    public const int MaxOpen = 300,
        MaxFixed = 300;

    /// <summary>How many weeks reports look back.</summary>
    public const int Weeks = 12;

    /// <summary>The sweep from which on it counts.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Of the policy that the last sweep judged by.</summary>
    public required string PolicyVersion { get; init; }

    public IReadOnlyList<OpenFinding> Open { get; init; } = [];

    /// <summary>How many more there are that block, the least severe and youngest.</summary>
    public int OpenUnlisted { get; init; }

    /// <summary>The newest last.</summary>
    public IReadOnlyList<FixedFinding> Fixed { get; init; } = [];

    public IReadOnlyList<StorageWeek> Storage { get; init; } = [];

    /// <summary>
    /// The images that a finding is followed in: those that run or, where none does, the newest tagged one with its
    /// platforms. The verdict of an index tells its worst platform alone.
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
    /// Whether something runs the image now, or starts it by itself: a pull names nobody, and a task definition alone
    /// runs nothing. Of each family the revision before the last names the image that was replaced.
    /// </summary>
    public static bool Runs(ImageUsage usage) => usage.Now == UseState.InUse && usage.By.Any(Runs);

    /// <inheritdoc cref="Runs(ImageUsage)"/>
    public static bool Runs(Consumer by) => by.Kind != ConsumerKind.TaskDefinition;

    /// <summary>
    /// Whether the verdicts of the current images leave out what was known to be open, so that their whole findings
    /// must be asked: a verdict tells only what its rules select.
    /// </summary>
    public static bool Misses(RepositoryHistory? before, IReadOnlyList<ImageRecord> current)
    {
        var told = Told(current);
        return before?.Open.Any(known => !told.ContainsKey((known.Vulnerability, known.Package))) == true;
    }

    /// <summary>The history after a sweep.</summary>
    /// <param name="current">The records of the current images (<see cref="Current"/>).</param>
    /// <param name="certain">
    /// Whether all of them are known: false where a current image has no record, what runs is not known, or what runs
    /// is no longer in the repository.
    /// </param>
    /// <param name="there">The vulnerabilities of all findings of the current images, whether a rule selects them or
    ///     not; null where they are not known.</param>
    /// <param name="left">What left the repository since the sweep before.</param>
    public static RepositoryHistory Next(
        RepositoryHistory? before,
        IReadOnlyList<ImageRecord> current,
        bool certain,
        IReadOnlySet<string>? there,
        (int Expired, int Gone, long Bytes) left,
        PolicyDocument policy,
        DateTimeOffset now
    )
    {
        var found = Told(current);
        // Only scans that are whole and current show that something is no longer there.
        var shown =
            certain
            && there is not null
            && current.Count > 0
            && current.All(record => record.Verdict.WithoutBreakGlass().Status is Status.Blocked or Status.Approved);
        var (open, mended) = (new List<OpenFinding>(), new List<FixedFinding>());
        foreach (var known in before?.Open ?? [])
        {
            if (found.Remove((known.Vulnerability, known.Package), out var still))
                open.Add(
                    known with
                    {
                        Blocks = still.Blocks,
                        Severity = still.Severity > known.Severity ? still.Severity : known.Severity,
                    }
                );
            else if (!shown)
                open.Add(known);
            // No rule selects it any more, and it is there.
            else if (there!.Contains(known.Vulnerability))
                open.Add(known with { Blocks = false });
            // By another policy it may be there and not be told.
            else if (known.Blocks && before!.PolicyVersion == policy.Version)
                mended.Add(new FixedFinding(known.Vulnerability, known.Package, known.Severity, known.FirstSeen, now));
        }
        open.AddRange(
            found
                .Where(each => each.Value.Blocks)
                .Select(each => new OpenFinding(each.Key.Item1, each.Key.Item2, each.Value.Severity, now, Blocks: true))
        );
        var listed = open.OrderByDescending(each => each.Blocks)
            .ThenByDescending(each => each.Severity)
            .ThenBy(each => each.FirstSeen)
            .ThenBy(each => each.Vulnerability, StringComparer.Ordinal)
            .ThenBy(each => each.Package, StringComparer.Ordinal)
            .ToList();
        var oldest = now.AddDays(-7 * Weeks);
        return new RepositoryHistory
        {
            Since = before?.Since ?? now,
            PolicyVersion = policy.Version,
            Open = [.. listed.Take(MaxOpen)],
            OpenUnlisted = listed.Skip(MaxOpen).Count(each => each.Blocks),
            Fixed = [.. (before?.Fixed ?? []).Concat(mended).Where(each => each.FixedAt > oldest).TakeLast(MaxFixed)],
            Storage = With(before?.Storage ?? [], left, IsoWeek.Of(now), oldest),
        };
    }

    /// <summary>The same with lists half as long, for what is too much for an item.</summary>
    public RepositoryHistory Halved() =>
        this with
        {
            Open = [.. Open.Take(Open.Count / 2)],
            OpenUnlisted = OpenUnlisted + Open.Skip(Open.Count / 2).Count(each => each.Blocks),
            Fixed = [.. Fixed.TakeLast(Fixed.Count / 2)],
        };

    /// <summary>What the verdicts of images tell. A forced approval makes an image deployable and no better.</summary>
    private static Dictionary<(string, string?), (Severity Severity, bool Blocks)> Told(
        IReadOnlyList<ImageRecord> current
    )
    {
        var found = new Dictionary<(string, string?), (Severity Severity, bool Blocks)>();
        foreach (var verdict in current.Select(record => record.WithoutBreakGlass().Verdict))
        {
            foreach (var reason in verdict.Reasons)
                Found(reason.Vulnerability, reason.Package, reason.Severity, blocks: true);
            foreach (var reason in verdict.Warnings)
                Found(reason.Vulnerability, reason.Package, reason.Severity, blocks: false);
            foreach (var waived in verdict.Waived)
                Found(waived.Vulnerability, waived.Package, null, blocks: false);
        }
        return found;

        void Found(string? vulnerability, string? package, Severity? severity, bool blocks)
        {
            if (vulnerability is null)
                return;
            var (worst, any) = found.GetValueOrDefault((vulnerability, package));
            found[(vulnerability, package)] = (severity is { } given && given > worst ? given : worst, any || blocks);
        }
    }

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
