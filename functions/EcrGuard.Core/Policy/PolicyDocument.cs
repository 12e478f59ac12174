using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// The policy document: what a team wants. It is read and checked whole. In every list the first match wins.
/// </summary>
public sealed record PolicyDocument
{
    /// <summary>
    /// The policy without a document: every default, CRITICAL blocks, HIGH warns, and nothing is written to ECR. It
    /// equals the shortest document, <c>{"version":1}</c>, and has that document's version, so that anybody can compute
    /// it with <c>sha256sum</c>.
    /// </summary>
    public static PolicyDocument BuiltIn { get; } =
        new()
        {
            Version = PolicyReader.VersionOf(PolicyReader.Shortest),
            Rules =
            [
                new Rule
                {
                    Id = "critical",
                    Severities = [Severity.Critical],
                    Then = RuleEffect.Block,
                },
                new Rule
                {
                    Id = "high",
                    Severities = [Severity.High],
                    Then = RuleEffect.Warn,
                },
            ],
        };

    public PolicyDefaults Defaults { get; init; } = new();
    public IReadOnlyList<Rule> Rules { get; init; } = [];
    public IReadOnlyList<Waiver> Waivers { get; init; } = [];

    /// <summary>The statements of OpenVEX documents beside the policy about images in this account.</summary>
    public IReadOnlyList<VexStatement> Vex { get; init; } = [];

    /// <summary>
    /// The problems of OpenVEX documents beside the policy. A document with a problem excuses nothing, and is reported.
    /// </summary>
    public IReadOnlyList<PolicyProblem> VexProblems { get; init; } = [];

    /// <summary>
    /// How many times 24 hours an image in use has once findings of a severity block it. A severity that is not in it
    /// gives no time.
    /// </summary>
    public IReadOnlyDictionary<Severity, int> Grace { get; init; } = new Dictionary<Severity, int>();

    /// <summary>
    /// How many times 24 hours a finding of a severity may stay in a repository, for reports. For a severity that is
    /// not in it the days of <see cref="Grace"/> count.
    /// </summary>
    public IReadOnlyDictionary<Severity, int> Sla { get; init; } = new Dictionary<Severity, int>();
    public IReadOnlyList<EnforcementRule> Enforcement { get; init; } = [];
    public IReadOnlyList<Baseline> Baselines { get; init; } = [];
    public Ceilings Ceilings { get; init; } = new();
    public Consumers Consumers { get; init; } = new();

    /// <summary>
    /// The SHA-256 of the document's bytes and those of the VEX documents behind it, in the order of their names: the
    /// output of <c>cat policy.jsonc vex/*.json | sha256sum</c>. 64 lower-case hexadecimal characters; every decision
    /// records it.
    /// </summary>
    public required string Version { get; init; }

    /// <summary>
    /// Why images with CRITICAL findings may pass, for who writes the policy; null where a rule blocks each such
    /// finding. The first rule that selects a finding decides.
    /// </summary>
    public string? WhyCriticalPasses
    {
        get
        {
            var blocking = new List<string>();
            foreach (var rule in Rules.Where(rule => rule.Severities?.Contains(Severity.Critical) != false))
            {
                if (rule.Then == RuleEffect.Block)
                    blocking.Add(rule.Id);
                if (rule.IsForAnyFinding)
                {
                    if (rule.Then == RuleEffect.Block)
                        return null;
                    break;
                }
            }
            return blocking.Count == 0
                ? "no rule blocks CRITICAL findings, so that images with them pass; the built-in rules (CRITICAL "
                    + "blocks, HIGH warns) apply only without 'rules'."
                : $"CRITICAL findings are blocked only under the conditions of {string.Join(", ", blocking)}; one that "
                    + "meets none of them passes.";
        }
    }

    /// <summary>The days after which a report calls a finding overdue; null where the policy names none.</summary>
    public int? DaysToFix(Severity severity) =>
        Sla.TryGetValue(severity, out var sla) ? sla
        : Grace.TryGetValue(severity, out var grace) ? grace
        : null;

    /// <summary>What to do with a repository; <see cref="EnforcementMode.Observe"/> where no rule matches.</summary>
    public EnforcementMode EnforcementOf(string repository) =>
        Enforcement.FirstOrDefault(rule => rule.Repositories.Any(glob => glob.Matches(repository)))?.Mode
        ?? EnforcementMode.Observe;

    /// <summary>The baseline of a repository; null where none matches.</summary>
    public Baseline? BaselineOf(string repository) =>
        Baselines.FirstOrDefault(baseline => baseline.Repositories.Any(glob => glob.Matches(repository)));
}

/// <param name="Unscanned">Whether an image that nobody scans may be deployed.</param>
/// <param name="Unsupported">Whether an image that the scanner cannot read may be deployed.</param>
/// <param name="Stale">Whether an image whose scan is too old may be deployed.</param>
/// <param name="Suppressed">What a suppression rule of Amazon Inspector does to a finding.</param>
/// <param name="ScanMaxAgeDays">A scan that is older than this many times 24 hours is stale. Continuous scans do not
///     age.</param>
/// <param name="MaxWaiverDays">A waiver may end at most this many days after the day of the reading.</param>
/// <param name="MaxBreakGlassHours">An approval may be forced for at most this many hours; 0: not at all.</param>
/// <param name="TeamTag">The resource tag of a repository that names its team, for alerts and reports.</param>
public sealed record PolicyDefaults(
    Answer Unscanned = Answer.Deny,
    Answer Unsupported = Answer.Deny,
    Answer Stale = Answer.Deny,
    SuppressedAnswer Suppressed = SuppressedAnswer.Judge,
    int ScanMaxAgeDays = 30,
    int MaxWaiverDays = 90,
    int MaxBreakGlassHours = 24,
    string TeamTag = "owner"
);

public enum Answer
{
    Deny,
    Allow,
}

/// <summary>
/// What happens to a finding that a suppression rule of Amazon Inspector hides. It is counted and reported in any case.
/// </summary>
public enum SuppressedAnswer
{
    /// <summary>It is judged like any other: only waivers and VEX excuse.</summary>
    Judge,

    /// <summary>It is excused, and the answer says so.</summary>
    Excuse,
}

public enum RuleEffect
{
    Warn,
    Block,
}

/// <summary>
/// Selects findings and says what follows. All given criteria must hold; null is not given. A value that the scanner
/// does not give matches a <see cref="RuleEffect.Block"/> rule, and never a <see cref="RuleEffect.Warn"/> rule: a
/// warning that stands first would excuse.
/// </summary>
public sealed record Rule
{
    public required string Id { get; init; }
    public required RuleEffect Then { get; init; }
    public IReadOnlyList<Severity>? Severities { get; init; }
    public IReadOnlyList<FixAvailability>? FixAvailable { get; init; }
    public IReadOnlyList<ExploitAvailability>? ExploitAvailable { get; init; }

    /// <summary>0 to 1, inclusive.</summary>
    public double? MinEpss { get; init; }

    /// <summary>0 to 10, inclusive.</summary>
    public double? MinScore { get; init; }

    public IReadOnlyList<Glob>? PackageManagers { get; init; }

    /// <summary>At least this many times 24 hours since the scanner first saw the finding.</summary>
    public int? MinAgeDays { get; init; }

    /// <summary>At least this many times 24 hours since the ledger first saw a fix.</summary>
    public int? MinDaysSinceFix { get; init; }

    public IReadOnlyList<Glob>? Repositories { get; init; }

    /// <summary>At least one tag of the image matches at least one of these.</summary>
    public IReadOnlyList<Glob>? Tags { get; init; }

    /// <summary>Whether it asks for nothing but a severity.</summary>
    public bool IsForAnyFinding =>
        this
            is {
                FixAvailable: null,
                ExploitAvailable: null,
                MinEpss: null,
                MinScore: null,
                PackageManagers: null,
                MinAgeDays: null,
                MinDaysSinceFix: null,
                Repositories: null,
                Tags: null,
            };
}

/// <summary>
/// Excuses a finding until a day. Somebody answers for it and gives a reason. A value that the scanner does not give
/// never matches.
/// </summary>
public sealed record Waiver
{
    public required string Id { get; init; }

    /// <summary>A vulnerability's id, or a glob over ids.</summary>
    public required Glob Vulnerability { get; init; }

    /// <summary>Null: any package.</summary>
    public Glob? Package { get; init; }

    /// <summary>Null: every repository.</summary>
    public IReadOnlyList<Glob>? Repositories { get; init; }

    /// <summary>
    /// The image of one platform. The digest of an index excuses nothing, since an index has no findings of its own.
    /// Null: every image.
    /// </summary>
    public Digest? Digest { get; init; }

    public required string Reason { get; init; }
    public required string Owner { get; init; }
    public required string ApprovedBy { get; init; }

    /// <summary>The last UTC day on which it is in force, to its end.</summary>
    public required DateOnly Expires { get; init; }

    /// <summary>The first moment at which it is no longer in force.</summary>
    public DateTimeOffset EndsAt => new(Expires.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
}

/// <summary>How far EcrGuard may go. Ordered: the lower of two is the more careful.</summary>
public enum EnforcementMode
{
    /// <summary>Decide, record, report; write nothing to ECR.</summary>
    Observe,

    /// <summary>Tag.</summary>
    Mark,

    /// <summary>Tag, and archive the image: nobody can pull it. At least 90 days of storage are charged.</summary>
    Quarantine,
}

public sealed record EnforcementRule(IReadOnlyList<Glob> Repositories, EnforcementMode Mode);

public enum BaselineMode
{
    Observe,
    Enforce,
}

/// <summary>What happens to a lifecycle policy that a team has put.</summary>
public enum ExistingPolicy
{
    Keep,
    Merge,
    Replace,
}

/// <summary>What a repository should look like. EcrGuard does not look at parts that are null.</summary>
public sealed record Baseline
{
    public required IReadOnlyList<Glob> Repositories { get; init; }
    public required BaselineMode Mode { get; init; }

    /// <summary>The lifecycle policy, as JSON without comments; null where the baseline names none.</summary>
    public string? LifecyclePolicy { get; init; }

    public ExistingPolicy ExistingPolicy { get; init; }
    public bool? ScanOnPush { get; init; }
    public TagMutability? TagMutability { get; init; }

    /// <summary>
    /// The exclusion filters that the modes with exclusion need at least, besides EcrGuard's own; <c>*</c> is any
    /// characters.
    /// </summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    public IReadOnlyList<RequiredTag> ResourceTags { get; init; } = [];
}

/// <summary>A resource tag that a repository must have.</summary>
/// <param name="Value">What its value must match. Only a value without wildcards can be put where it is
///     missing.</param>
public sealed record RequiredTag(string Key, Glob Value);

/// <summary>How much one plan may remove.</summary>
public sealed record Ceilings(int Images = 500, int Percent = 25, int KeepPerRepository = 5);

/// <summary>Who uses images besides this account.</summary>
/// <param name="Roles">ARNs of roles to assume to read consumers in other accounts.</param>
/// <param name="PulledWithinDays">An image that was pulled within this many times 24 hours counts as in use. This is
///     the only protection of images whose consumers are never read, so it must be longer than anything runs without a
///     pull.</param>
/// <param name="Regions">Regions whose consumers are read besides the registry's own, in this account and through the
///     roles.</param>
/// <param name="RollbackDays">An image counts as in use for this many times 24 hours after it was last seen in use, so
///     that a rollback finds it.</param>
public sealed record Consumers(
    IReadOnlyList<string>? Roles = null,
    int PulledWithinDays = 30,
    IReadOnlyList<string>? Regions = null,
    int RollbackDays = 14
);
