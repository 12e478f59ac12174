using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws;

/// <summary>What a deployment sets: the template's parameters, and the names of what the template made.</summary>
public sealed record Settings
{
    public required string Account { get; init; }
    public required string Region { get; init; }
    public required string Table { get; init; }
    public required string Bucket { get; init; }

    /// <summary>Null for a function that sends no alert.</summary>
    public string? AlertTopic { get; init; }

    /// <summary>Null for a function that sends no summary.</summary>
    public string? SummaryTopic { get; init; }

    /// <summary>The topic that a chat shows, for everything that is sent; null if there is no chat.</summary>
    public string? ChatTopic { get; init; }

    /// <summary>
    /// The URL of the queue of scan events, to which functions that decide send their looks; null for the others.
    /// </summary>
    public string? ScanQueue { get; init; }

    /// <summary>
    /// How long a scan is not believed to be clean, if none of its counts are known and it lists nothing.
    /// </summary>
    public TimeSpan SettlingTime { get; init; } = Settling.UsualTime;

    /// <summary>
    /// The function that answers whether an image may be deployed, for functions that ask it; null for the others.
    /// </summary>
    public string? ApprovalFunction { get; init; }

    /// <summary>
    /// The URL of the queue by which a function that asks the gate for CodeDeploy schedules that it asks again; null
    /// for the others.
    /// </summary>
    public string? GateQueue { get; init; }

    /// <summary>
    /// Whether a gate lets images of other registries pass. EcrGuard knows nothing about those. If false, they do not
    /// pass.
    /// </summary>
    public bool IgnoresOtherRegistries { get; init; }

    /// <summary>
    /// The ARN of the stack, for the function that must tell this stack from others; null for the others.
    /// </summary>
    public string? Stack { get; init; }

    /// <summary>
    /// The upper limit for the policy's enforcement, and the kill switch. It never changes an answer.
    /// </summary>
    public EnforcementMode Enforcement { get; init; } = EnforcementMode.Observe;

    /// <summary>
    /// Patterns for the ARNs of repositories. Only in these does this deployment have permissions to write. Empty: in
    /// all.
    /// </summary>
    public IReadOnlyList<Glob> Repositories { get; init; } = [];

    /// <summary>The most that may be done in a repository, so that nothing is tried that AWS would refuse.</summary>
    public EnforcementMode CeilingOf(RepositoryId repository) =>
        Repositories.Count == 0 || Repositories.Any(pattern => pattern.Matches(repository.Arn))
            ? Enforcement
            : EnforcementMode.Observe;

    /// <summary>
    /// The unique id (<c>AROA…</c>) of the role whose sessions may force approvals; null if nobody may.
    /// </summary>
    public string? BreakGlassRoleId { get; init; }

    /// <summary>
    /// Whether a caller is a session of that role: <c>AROA…:name</c>. The caller is given by the unique id that the
    /// HTTP API has checked. The ARN would not show this, since the ARN of a session leaves out its role's path.
    /// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    /// </summary>
    public bool MayForce(string? userId) =>
        BreakGlassRoleId is { Length: > 0 } role && userId?.StartsWith($"{role}:", StringComparison.Ordinal) == true;

    /// <summary>How many instances of the function run at the same time and share its writes.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>
    /// How many images this instance may put each second, including tags. PutImage is shared with everybody's <c>docker
    /// push</c>.
    /// </summary>
    public double WritesPerSecond { get; init; } = 2;

    /// <summary>How many other writes to ECR it may make each second. Nobody's push waits for those.</summary>
    public double OtherWritesPerSecond { get; init; } = OtherWrites;

    private const double OtherWrites = 20;

    /// <summary>
    /// Whether all instances of all functions that have this set share <see cref="WritesPerSecond"/>. It is set for
    /// people's orders, since nobody knows how many of them come at once.
    /// </summary>
    public bool SharesWrites { get; init; }

    /// <summary>Whether a reference names a registry other than the one that this deployment works on.</summary>
    public bool IsElsewhere(ImageReference reference) =>
        reference.Account is not null && (reference.Account != Account || reference.Region != Region);

    /// <summary>Reads the settings from the environment that the template gives.</summary>
    /// <exception cref="SettingsException">A setting is missing or wrong. The message names it, its value and what
    ///     would be right.</exception>
    public static Settings From(Func<string, string?> environment)
    {
        var (account, region) = Home(environment);
        return new Settings
        {
            Account = account,
            Region = region,
            Table = Required(environment, "ECRGUARD_TABLE", "the name of the ledger's table"),
            Bucket = Required(environment, "ECRGUARD_BUCKET", "the name of the bucket for findings and reports"),
            AlertTopic = Optional(environment, "ECRGUARD_ALERT_TOPIC"),
            SummaryTopic = Optional(environment, "ECRGUARD_SUMMARY_TOPIC"),
            ChatTopic = Optional(environment, "ECRGUARD_CHAT_TOPIC"),
            ScanQueue = Optional(environment, "ECRGUARD_SCAN_QUEUE"),
            ApprovalFunction = Optional(environment, "ECRGUARD_APPROVAL_FUNCTION"),
            GateQueue = Optional(environment, "ECRGUARD_GATE_QUEUE"),
            IgnoresOtherRegistries = Chosen(
                environment,
                "ECRGUARD_OTHER_REGISTRIES",
                "deny or ignore",
                ("deny", false),
                ("ignore", true)
            ),
            Stack = Optional(environment, "ECRGUARD_STACK"),
            SettlingTime = Minutes(environment, "ECRGUARD_SETTLING_MINUTES") ?? Settling.UsualTime,
            Enforcement = Chosen(
                environment,
                "ECRGUARD_ENFORCEMENT",
                "observe, mark or quarantine",
                ("observe", EnforcementMode.Observe),
                ("mark", EnforcementMode.Mark),
                ("quarantine", EnforcementMode.Quarantine)
            ),
            Repositories = [.. Listed(Optional(environment, "ECRGUARD_REPOSITORIES") ?? "").Select(Pattern)],
            BreakGlassRoleId = Optional(environment, "ECRGUARD_BREAK_GLASS_ROLE_ID"),
            SharesWrites = Chosen(
                environment,
                "ECRGUARD_WRITES_SHARED",
                "true or false",
                ("false", false),
                ("true", true)
            ),
            Instances = Instanced(environment),
            WritesPerSecond = Writes(environment) / Instanced(environment),
            OtherWritesPerSecond = OtherWrites / Instanced(environment),
        };
    }

    /// <summary>The parts of a list with commas.</summary>
    private static string[] Listed(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The account is passed in, so that the first answer does not wait for a call to STS.</summary>
    private static (string Account, string Region) Home(Func<string, string?> environment)
    {
        var region = Required(environment, "AWS_REGION", "the region, as Lambda sets it");
        var account = Required(environment, "ECRGUARD_ACCOUNT", "the account's twelve digits");
        return account.Length == 12 && account.All(char.IsAsciiDigit)
            ? (account, region)
            : throw new SettingsException("ECRGUARD_ACCOUNT", account, "it must be twelve digits");
    }

    private static double Writes(Func<string, string?> environment) =>
        Optional(environment, "ECRGUARD_WRITES_PER_SECOND") is not { } text ? 2
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var writes)
        && writes is > 0 and <= 10
            ? writes
        : throw new SettingsException(
            "ECRGUARD_WRITES_PER_SECOND",
            text,
            "it must be a number above 0 and at most 10, ECR's own limit for PutImage"
        );

    private static TimeSpan? Minutes(Func<string, string?> environment, string name)
    {
        if (Optional(environment, name) is not { } text)
            return null;
        return
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            && minutes is >= 1 and <= 1440
            ? TimeSpan.FromMinutes(minutes)
            : throw new SettingsException(name, text, "it must be a number of minutes, 1 to 1440");
    }

    private static int Instanced(Func<string, string?> environment) =>
        Optional(environment, "ECRGUARD_INSTANCES") is not { } text ? 1
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var instances)
        && instances is >= 1 and <= 1000
            ? instances
        : throw new SettingsException(
            "ECRGUARD_INSTANCES",
            text,
            "it must be the number of instances, 1 to 1000, that share the writes"
        );

    private static Glob Pattern(string arn)
    {
        const string right = "each must be an ARN of repositories, such as arn:*:ecr:*:*:repository/pay/*";
        var pattern = Glob.TryParse(arn, out var problem);
        return pattern is not null && (arn == "*" || arn.StartsWith("arn:", StringComparison.Ordinal))
            ? pattern
            : throw new SettingsException("ECRGUARD_REPOSITORIES", arn, problem is null ? right : $"it {problem}");
    }

    /// <param name="choices">The choices. The first one is used if nothing is set.</param>
    private static T Chosen<T>(
        Func<string, string?> environment,
        string name,
        string right,
        params ReadOnlySpan<(string Word, T Value)> choices
    )
    {
        var word = Optional(environment, name) ?? choices[0].Word;
        foreach (var choice in choices)
            if (choice.Word == word)
                return choice.Value;
        throw new SettingsException(name, word, $"it must be {right}");
    }

    private static string? Optional(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } value ? value : null;

    private static string Required(Func<string, string?> environment, string name, string what) =>
        Required(Optional(environment, name), name, what);

    /// <summary>A setting that the template gives only to some functions.</summary>
    /// <param name="name">The name of the environment variable.</param>
    /// <param name="what">What it must be.</param>
    /// <exception cref="SettingsException">It is not set.</exception>
    public static string Required(string? value, string name, string what) =>
        value ?? throw new SettingsException(name, null, $"it must be {what}");
}

/// <summary>The environment of the function is wrong, so it must not start.</summary>
public sealed class SettingsException(string name, string? value, string right)
    : Exception(
        value is null
            ? $"The environment variable {name} is not set; {right}."
            : $"The environment variable {name} is '{Phrase.Clip(value, 80)}'; {right}."
    );
