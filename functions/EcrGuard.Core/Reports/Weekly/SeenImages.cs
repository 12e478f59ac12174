using System.Runtime.InteropServices;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports.Weekly;

/// <summary>
/// The images of the summary. It keeps little of each, and one copy of what many have in common, because it is known
/// only at the end which images are parts of an index.
/// </summary>
internal sealed class SeenImages(SummaryFacts facts)
{
    /// <summary>A scan takes its time, but one that takes a day is not coming.</summary>
    private static readonly TimeSpan PatienceWithPending = TimeSpan.FromDays(1);

    private readonly List<SeenImage> _seen = [];
    private readonly HashSet<(SeenRepository Repository, Digest Digest)> _parts = [];
    private readonly RunningImages _running = new(facts.Usage, facts.Account, facts.Region);
    private readonly Dictionary<string, SeenRepository> _repositories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _words = new(StringComparer.Ordinal);
    private readonly Dictionary<BlockingFinding, BlockingFinding> _findings = [];

    /// <summary>Who owns which repository.</summary>
    public RepositoryTeams Teams { get; } = new(facts.Sweeps);

    /// <param name="without">The record without break-glass, at the moment of the summary.</param>
    /// <param name="answer">The verdict with break-glass.</param>
    /// <param name="tellsChange">Whether its last change of status is one to report.</param>
    public void Add(ImageRecord without, Verdict answer, bool tellsChange)
    {
        var (image, reason) = (without.Verdict.Image, without.Verdict.Reasons[0]);
        var (status, repository) = (without.Verdict.Status, Repository(image.Repository.Name));
        foreach (var child in without.Children)
            _parts.Add((repository, child.Digest));
        var details = Details(without, tellsChange && IsChange(without));
        var isBlocked = status == Status.Blocked;
        _seen.Add(
            new SeenImage(repository, image.Digest, SummaryBuilder.Tags(without))
            {
                Status = status,
                Since = without.StatusSince,
                PushedAt = without.PushedAt,
                First = without.First,
                Deployable = answer.Approved,
                Forced = answer.Instead is not null,
                TimeIsUp = reason.Code == ImageRecord.TimeIsUp,
                Why =
                    status == Status.Approved && !details.IsChange ? "" : Shared(SummaryBuilder.Clip(reason.Sentence)),
                MoreReasons = without.ReasonCount - 1,
                Severity = isBlocked && without.Verdict.Blocking is [var worst, ..] ? worst : null,
                Blocking = isBlocked ? Blocking(without.Verdict) : [],
                Gap = IsGap(without) ? Shared(reason.Code) : null,
                Details = details,
            }
        );
    }

    /// <summary>All that are no part of an index, by repository and digest.</summary>
    public List<SeenImage> Whole() =>
        [
            .. _seen
                .Where(image => !_parts.Contains((image.Its, image.Digest)))
                .OrderBy(image => image.Repository, StringComparer.Ordinal)
                .ThenBy(image => image.Digest),
        ];

    private SeenDetails Details(ImageRecord record, bool isChange)
    {
        var runBy = _running.Of(record);
        var isQuarantined = facts.Quarantined.Contains(record.Verdict.Image);
        if (runBy.Count == 0 && record.WaiversUsed.Count == 0 && !isChange && !isQuarantined)
            return SeenDetails.None;
        return new SeenDetails
        {
            RunBy = Shared(runBy.Take(SummaryBuilder.MaxRunBy)),
            RunByCount = runBy.Count,
            GraceEnds =
                runBy.Count > 0 && record is { Verdict.Status: Status.Blocked, Grace: { Counting: true } grace }
                    ? grace.EndsAt
                    : null,
            Waivers = Shared(record.WaiversUsed),
            IsChange = isChange,
            Was = record.PreviousStatus,
            NamedBy = isQuarantined ? _running.Naming(record) : [],
        };
    }

    private BlockingFinding[] Blocking(Verdict verdict) =>
        [
            .. verdict
                .Reasons.Where(reason => reason.Vulnerability is not null)
                .Select(reason => reason.Clip())
                .Select(reason => new BlockingFinding(
                    Shared(reason.Vulnerability!),
                    SharedIfAny(reason.Package),
                    reason.Severity,
                    SharedIfAny(reason.Installed),
                    SharedIfAny(reason.FixedIn),
                    reason.Score,
                    reason.Epss
                ))
                .Distinct()
                .Select(finding => OneOf(_findings, finding)),
        ];

    /// <summary>
    /// Only the last change of an image is known: an image that was blocked and lifted within the week is lifted.
    /// </summary>
    private bool IsChange(ImageRecord record) =>
        facts.Week.Contains(record.StatusSince)
        && (
            record.Verdict.Status == Status.Blocked
                ? record.PreviousStatus != Status.Blocked
                : record.PreviousStatus == Status.Blocked
        );

    private bool IsGap(ImageRecord record) =>
        // Nobody can pull an archived image, and no setting gets it scanned.
        record.Scan?.State != ScanState.Archived
        && record.Verdict.Status switch
        {
            Status.Unscanned or Status.Unsupported or Status.Stale or Status.Error => true,
            Status.Pending => facts.GeneratedAt - record.StatusSince > PatienceWithPending,
            Status.Blocked or Status.Approved => false,
        };

    private SeenRepository Repository(string name)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(_repositories, name, out _);
        return kept ??= new SeenRepository(name, Teams.Of(name), facts.RunsKnown);
    }

    private string[] Shared(IEnumerable<string> words) => [.. words.Select(Shared)];

    private string Shared(string word) => OneOf(_words, word);

    private string? SharedIfAny(string? word) => word is null ? null : Shared(word);

    /// <summary>The first of all equal ones.</summary>
    private static T OneOf<T>(Dictionary<T, T> all, T one)
        where T : class
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(all, one, out _);
        return kept ??= one;
    }
}
