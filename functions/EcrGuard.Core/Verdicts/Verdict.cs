using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Verdicts;

/// <summary>The status of an image, from worst to best: of several the smallest counts.</summary>
public enum Status
{
    /// <summary>The policy blocks at least one finding, and nothing excuses it.</summary>
    Blocked,

    /// <summary>Facts could not be read, or the scanner failed.</summary>
    Error,

    /// <summary>A scan is expected and not finished.</summary>
    Pending,

    /// <summary>No scan was made and none is coming.</summary>
    Unscanned,

    /// <summary>The scanner cannot read this image.</summary>
    Unsupported,

    /// <summary>The last scan is too old, or the scanner stopped looking.</summary>
    Stale,

    /// <summary>Scanned, current, and nothing blocks.</summary>
    Approved,
}

/// <summary>The words of a status, the same in answers, ledger, reports and logs.</summary>
public static class StatusWords
{
    public static string Word(this Status status) =>
        status switch
        {
            Status.Blocked => "BLOCKED",
            Status.Error => "ERROR",
            Status.Pending => "PENDING",
            Status.Unscanned => "UNSCANNED",
            Status.Unsupported => "UNSUPPORTED",
            Status.Stale => "STALE",
            Status.Approved => "APPROVED",
        };

    /// <exception cref="FormatException">The word is none of the seven.</exception>
    public static Status Parse(string word) =>
        Enum.GetValues<Status>()
            .Where(status => status.Word() == word)
            .Select(status => (Status?)status)
            .FirstOrDefault()
        ?? throw new FormatException(
            $"'{Phrase.Clip(word, 40)}' is not a status; it must be one of "
                + $"{string.Join(", ", Enum.GetValues<Status>().Select(Word))}."
        );
}

/// <summary>Why a verdict is what it is.</summary>
/// <param name="Code">The id of the rule or waiver, or the scanner's word for a state.</param>
/// <param name="Sentence">For people, with the numbers in it.</param>
/// <param name="Vulnerability">Null where the reason is not a finding.</param>
/// <param name="Package">Null where the reason is not a finding or the scanner names none.</param>
/// <param name="Platform">The child of an index that the reason is about.</param>
/// <param name="FixedIn">The first fixed version; null where the reason is not a finding or none is named.</param>
public sealed record Reason(
    string Code,
    string Sentence,
    string? Vulnerability = null,
    string? Package = null,
    string? Platform = null,
    string? FixedIn = null
)
{
    /// <summary>Of the finding; null where the reason is not one.</summary>
    [JsonConverter(typeof(SeverityConverter))]
    public Severity? Severity { get; init; }

    /// <summary>The CVSS score, 0 to 10; null where the scanner gives none.</summary>
    public double? Score { get; init; }

    /// <summary>How likely an exploit is within 30 days, 0 to 1; null where the scanner gives none.</summary>
    public double? Epss { get; init; }

    /// <summary>The version that was found; null where the reason is not a finding or the scanner gives none.</summary>
    public string? Installed { get; init; }

    /// <summary>The file inside the image, for language packages; null where there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The digest of the layer that brought the package; null where the scanner does not say.</summary>
    public string? Layer { get; init; }

    /// <summary>Where to read more; null where the scanner names nothing.</summary>
    public string? Link { get; init; }

    /// <summary>
    /// The same reason, cut to what an item of the ledger and an answer hold: whoever built the image chose much of it.
    /// </summary>
    public Reason Clip() =>
        this with
        {
            Code = Phrase.Clip(Code, 200),
            Sentence = Phrase.Clip(Sentence, 2000),
            Vulnerability = Vulnerability is null ? null : Phrase.Clip(Vulnerability, 200),
            Package = Package is null ? null : Phrase.Clip(Package, 200),
            Platform = Platform is null ? null : Phrase.Clip(Platform, 200),
            FixedIn = FixedIn is null ? null : Phrase.Clip(FixedIn, 200),
            Installed = Installed is null ? null : Phrase.Clip(Installed, 200),
            Path = Path is null ? null : Phrase.Clip(Path, 200),
            Layer = Layer is null ? null : Phrase.Clip(Layer, 200),
            Link = Link is null ? null : Phrase.Clip(Link, 300),
        };

    /// <summary>The same reason, about one platform of an index.</summary>
    public Reason On(string platform) =>
        Platform is null ? this with { Platform = platform, Sentence = $"{platform}: {Sentence}" } : this;
}

/// <summary>
/// How many findings of each severity. Waived findings count, too: a waiver excuses, it does not hide.
/// </summary>
public sealed record FindingCounts(
    int Critical = 0,
    int High = 0,
    int Medium = 0,
    int Low = 0,
    int Informational = 0,
    int Untriaged = 0,
    int Undefined = 0
)
{
    public int Total => Critical + High + Medium + Low + Informational + Untriaged + Undefined;

    /// <summary>"2 critical, 1 low"; empty for none.</summary>
    public string Words()
    {
        (int Number, string Word)[] all =
        [
            (Critical, "critical"),
            (High, "high"),
            (Medium, "medium"),
            (Low, "low"),
            (Informational, "informational"),
            (Untriaged, "untriaged"),
            (Undefined, "undefined"),
        ];
        return string.Join(", ", all.Where(one => one.Number > 0).Select(one => $"{one.Number} {one.Word}"));
    }

    public static FindingCounts Of(IReadOnlyList<Finding> findings)
    {
        int Count(Severity severity) => findings.Count(f => f.Severity == severity);
        return new FindingCounts(
            Count(Severity.Critical),
            Count(Severity.High),
            Count(Severity.Medium),
            Count(Severity.Low),
            Count(Severity.Informational),
            Count(Severity.Untriaged),
            Count(Severity.Undefined)
        );
    }

    public static FindingCounts operator +(FindingCounts one, FindingCounts other) =>
        new(
            one.Critical + other.Critical,
            one.High + other.High,
            one.Medium + other.Medium,
            one.Low + other.Low,
            one.Informational + other.Informational,
            one.Untriaged + other.Untriaged,
            one.Undefined + other.Undefined
        );

    public static FindingCounts Add(FindingCounts left, FindingCounts right) => left + right;
}

/// <summary>A finding that would block, or warn, and is excused.</summary>
/// <param name="Waiver">The id of the waiver, the <c>@id</c> of the VEX document, or <see cref="Inspector"/>.</param>
/// <param name="Instead">What its rule would do.</param>
/// <param name="Vex">What the VEX document says, <c>not_affected, vulnerable_code_not_present</c>; null for any other
///     excuse.</param>
public sealed record WaivedFinding(
    string Waiver,
    string Vulnerability,
    string? Package,
    RuleEffect Instead,
    string? Vex = null
)
{
    /// <summary>
    /// Stands for a suppression rule of Amazon Inspector. It has no owner and no end, and no waiver can have this id.
    /// </summary>
    public const string Inspector = "Amazon Inspector";

    /// <summary>The same, cut to what an item of the ledger and an answer hold.</summary>
    public WaivedFinding Clip() =>
        this with
        {
            Waiver = Phrase.Clip(Waiver, 200),
            Vulnerability = Phrase.Clip(Vulnerability, 200),
            Package = Package is null ? null : Phrase.Clip(Package, 200),
            Vex = Vex is null ? null : Phrase.Clip(Vex, 200),
        };

    /// <summary>The excuse, in words.</summary>
    public string By() =>
        Vex is not null ? $"VEX {Phrase.Clip(Waiver, 200)}: {Vex}"
        : Waiver == Inspector ? "a suppression rule of Amazon Inspector"
        : Waiver;
}

/// <summary>What follows from the facts of one image and the policy, at one moment.</summary>
public sealed record Verdict
{
    public required ImageId Image { get; init; }
    public required Status Status { get; init; }

    /// <summary>
    /// What a gate answers: true for <see cref="Status.Approved"/>, and for other statuses that the policy allows.
    /// </summary>
    public required bool Approved { get; init; }

    /// <summary>Never empty; the worst first.</summary>
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>The severities of what blocks, worst first; empty for every other status.</summary>
    public IReadOnlyList<Severity> Blocking { get; init; } = [];

    /// <summary>What does not block but should be known.</summary>
    public IReadOnlyList<Reason> Warnings { get; init; } = [];

    public IReadOnlyList<WaivedFinding> Waived { get; init; } = [];

    /// <summary>What would make the answer yes, the shortest way first; empty where it is yes.</summary>
    public IReadOnlyList<string> ToPass { get; init; } = [];

    public FindingCounts Counts { get; init; } = new();

    /// <summary>
    /// The scanner on whose findings it rests: the enhanced one as long as only that one can see some of them.
    /// </summary>
    public Scanner Scanner { get; init; }
    public DateTimeOffset? ScanCompletedAt { get; init; }

    /// <summary>How deep indexes are nested down to the images, this one included; 0 for an image.</summary>
    public int IndexLevels { get; init; }

    /// <summary>The SHA-256 of the policy document that decided.</summary>
    public required string PolicyVersion { get; init; }

    /// <summary>When the oldest fact was requested. A verdict replaces another only if its facts are newer.</summary>
    public required DateTimeOffset FactsAt { get; init; }

    /// <summary>
    /// When the oldest facts behind an index's platforms were read. A record that repeats them makes them no newer.
    /// Null for an image.
    /// </summary>
    public DateTimeOffset? OldestFactsAt { get; init; }

    /// <summary>Since when EcrGuard waits for an unfinished scan; null where there is none.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>When the scan that the verdict rests on becomes too old; null for one that does not age.</summary>
    public DateTimeOffset? StaleAt { get; init; }

    /// <summary>
    /// When time alone may change the verdict: a waiver ends, a scan becomes too old, a finding reaches an age. Null:
    /// never.
    /// </summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>
    /// The verdict without the forced approval, which comes back when that ends; null where nothing is forced.
    /// </summary>
    public Verdict? Instead { get; init; }

    /// <summary>What the facts and the policy say. The next decision rests on it.</summary>
    public Verdict WithoutBreakGlass() => Instead ?? this;

    /// <summary>
    /// Whether it says nothing new to an index that holds the image. Facts and scan may be newer, and it may hold for
    /// longer.
    /// </summary>
    public bool SaysTheSameAs(Verdict before) =>
        Status == before.Status
        && Approved == before.Approved
        && PolicyVersion == before.PolicyVersion
        && Scanner == before.Scanner
        && Counts == before.Counts
        && IndexLevels == before.IndexLevels
        && (Instead is null) == (before.Instead is null)
        && Blocking.SequenceEqual(before.Blocking)
        // The reason of an approval names its scan.
        && (Status == Status.Approved || Reasons.SequenceEqual(before.Reasons))
        && Warnings.SequenceEqual(before.Warnings)
        && Waived.SequenceEqual(before.Waived)
        && ToPass.SequenceEqual(before.ToPass)
        && HoldsAsLongAs(StaleAt, before.StaleAt)
        && HoldsAsLongAs(ValidUntil, before.ValidUntil);

    private static bool HoldsAsLongAs(DateTimeOffset? until, DateTimeOffset? before) =>
        until is null || until >= before;

    /// <summary>Whether time or another policy makes a new decision necessary.</summary>
    public bool IsOutdated(string policyVersion, DateTimeOffset now) =>
        PolicyVersion != policyVersion
        || now >= ValidUntil
        || (Status != Status.Blocked && now >= OldestFactsAt + ApprovalAnswer.RecordAge);
}
