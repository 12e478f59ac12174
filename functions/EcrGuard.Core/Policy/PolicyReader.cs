using System.Globalization;
using System.Security.Cryptography;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Reads the policy document. <c>policy.schema.json</c> also describes its shape and ranges; a test compares the two.
/// </summary>
public sealed class PolicyReader
{
    /// <summary>Thousands of waivers fit. Nobody reviews a longer document.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>In characters (Unicode code points).</summary>
    public const int MaxIdLength = 64,
        MaxTextLength = 500;

    private const int MaxWaiverDays = 366;

    private static readonly (string Name, Severity Value)[] Severities =
    [
        ("CRITICAL", Severity.Critical),
        ("HIGH", Severity.High),
        ("MEDIUM", Severity.Medium),
        ("LOW", Severity.Low),
        ("INFORMATIONAL", Severity.Informational),
        ("UNTRIAGED", Severity.Untriaged),
        ("UNDEFINED", Severity.Undefined),
    ];

    private readonly Checks _checks = new();
    private readonly DateOnly _today;

    private PolicyReader(DateOnly today) => _today = today;

    /// <summary>The document that equals the built-in policy.</summary>
    internal static ReadOnlySpan<byte> Shortest => "{\"version\":1}"u8;

    /// <summary>Reads a policy with the VEX documents beside it.</summary>
    /// <param name="utf8">Null: the built-in policy.</param>
    /// <param name="vex">In the order of their names, byte by byte: the order is part of the version.</param>
    /// <param name="now">As for the other method.</param>
    /// <param name="account">Whose images the VEX documents excuse; null where that is not known.</param>
    public static PolicyReading Read(
        ReadOnlyMemory<byte>? utf8,
        IReadOnlyList<VexFile> vex,
        DateTimeOffset now,
        string? account = null
    )
    {
        var reading = utf8 is { } document ? Read(document, now) : new(PolicyDocument.BuiltIn, []);
        if (vex.Count == 0)
            return reading;
        var (statements, problems) = VexDocuments.Read(vex, now, account);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(utf8 is { } bytes ? bytes.Span : Shortest);
        foreach (var file in vex)
            hash.AppendData(file.Utf8.Span);
        var version = Convert.ToHexStringLower(hash.GetHashAndReset());
        var policy = reading.Policy is null
            ? null
            : reading.Policy with
            {
                Vex = statements,
                VexProblems = problems,
                Version = version,
            };
        return new(policy, [.. reading.Problems, .. problems]);
    }

    /// <summary>
    /// Reads and checks a whole document. Every problem is reported, but an error of syntax ends the reading.
    /// </summary>
    /// <param name="utf8">The document's bytes, with or without byte order mark; comments and trailing commas are
    ///     allowed.</param>
    /// <param name="now">Its UTC day decides which waivers have ended and which last too long.</param>
    public static PolicyReading Read(ReadOnlyMemory<byte> utf8, DateTimeOffset now)
    {
        if (utf8.Length > MaxBytes)
            return new(
                null,
                [
                    new(
                        1,
                        1,
                        "$",
                        $"The document has {utf8.Length} bytes; at most {MaxBytes} are allowed.",
                        ProblemKind.Malformed
                    ),
                ]
            );
        var text = JsonSyntax.WithoutMark(utf8.Span);
        if (!JsonTree.TryParse(text, out var root, out var problem))
            return new(null, [problem]);

        var reader = new PolicyReader(DateOnly.FromDateTime(now.UtcDateTime));
        var policy = reader.ReadDocument(root, VersionOf(utf8.Span));
        PolicyProblem[] problems = [.. reader._checks.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column)];
        return new(problems.Any(p => p.Kind == ProblemKind.Malformed) ? null : policy, problems);
    }

    /// <summary>
    /// The version of a document: the SHA-256 of its bytes as they are, 64 lower-case hexadecimal characters.
    /// </summary>
    internal static string VersionOf(ReadOnlySpan<byte> utf8) => Convert.ToHexStringLower(SHA256.HashData(utf8));

    private PolicyDocument? ReadDocument(Node root, string version)
    {
        if (_checks.Object(root) is not { } document)
            return null;
        // Editors find the schema by it.
        var schema = document.Optional("$schema");
        if (schema is { Kind: not NodeKind.Text })
            _checks.Report(schema, $"Found {Checks.Found(schema)}; it must be a text.");
        if (
            document.Required("version") is { } number
            && !(number.Kind == NodeKind.Number && double.Parse(number.Text, CultureInfo.InvariantCulture) == 1)
        )
            _checks.Report(
                number,
                number.Kind == NodeKind.Text
                    ? $"Found the text {Checks.Found(number)}; it must be the number 1, the only version of this "
                        + "format."
                    : $"Found {Checks.Found(number)}; it must be 1, the only version of this format."
            );

        var defaults = ReadDefaults(document.Optional("defaults"));
        var policy = new PolicyDocument
        {
            Version = version,
            Defaults = defaults,
            Rules = ReadRules(document.Optional("rules")),
            Waivers = ReadWaivers(document.Optional("waivers"), defaults.MaxWaiverDays),
            Grace = ReadDays(document.Optional("grace")),
            Sla = ReadDays(document.Optional("sla")),
            Enforcement = ReadEnforcement(document.Optional("enforcement")),
            Baselines = new BaselineReader(_checks).Read(document.Optional("baseline")),
            Ceilings = ReadCeilings(document.Optional("ceilings")),
            Consumers = ReadConsumers(document.Optional("consumers")),
        };
        document.End();
        return policy;
    }

    private PolicyDefaults ReadDefaults(Node? node)
    {
        var absent = new PolicyDefaults();
        if (_checks.Object(node) is not { } fields)
            return absent;
        var maxWaiverNode = fields.Optional("maxWaiverDays");
        var defaults = new PolicyDefaults(
            Unscanned: ReadAnswer(fields.Optional("unscanned")) ?? absent.Unscanned,
            Unsupported: ReadAnswer(fields.Optional("unsupported")) ?? absent.Unsupported,
            Stale: ReadAnswer(fields.Optional("stale")) ?? absent.Stale,
            Suppressed: _checks.Word(
                fields.Optional("suppressed"),
                ("judge", SuppressedAnswer.Judge),
                ("excuse", SuppressedAnswer.Excuse)
            ) ?? absent.Suppressed,
            ScanMaxAgeDays: _checks.Integer(fields.Optional("scanMaxAgeDays"), 1, 3650) ?? absent.ScanMaxAgeDays,
            // If the limit cannot be read, no waiver is compared with it.
            MaxWaiverDays: _checks.Integer(maxWaiverNode, 1, MaxWaiverDays)
                ?? (maxWaiverNode is null ? absent.MaxWaiverDays : MaxWaiverDays),
            MaxBreakGlassHours: _checks.Integer(fields.Optional("maxBreakGlassHours"), 0, 168)
                ?? absent.MaxBreakGlassHours,
            TeamTag: _checks.Text(fields.Optional("teamTag"), 128) ?? absent.TeamTag
        );
        fields.End();
        return defaults;
    }

    private Answer? ReadAnswer(Node? node) => _checks.Word(node, ("allow", Answer.Allow), ("deny", Answer.Deny));

    private IReadOnlyList<Rule> ReadRules(Node? node)
    {
        if (node is null)
            return PolicyDocument.BuiltIn.Rules;
        var rules = _checks.Entries(
            node,
            ReadRule,
            "nothing would ever block; leave 'rules' out for the built-in ones (CRITICAL blocks, HIGH warns)"
        );
        _checks.Unique(rules.Select(r => r.Node), "id", "rule");
        // The keys count, so that a malformed criterion still counts as one.
        _checks.ReportUnreachable(
            rules,
            (rule, at) =>
                at.Members.All(member =>
                    member.Key switch
                    {
                        "id" or "then" => true,
                        "repositories" => Checks.TakeAll(rule.Repositories),
                        _ => false,
                    }
                ),
            "has no criteria, so that it matches every finding"
        );
        return [.. rules.Select(r => r.Entry)];
    }

    private Rule ReadRule(Fields fields) =>
        new()
        {
            Id = _checks.Id(fields.Required("id"), MaxIdLength) ?? "",
            Severities = _checks.Words(fields.Optional("severity"), Severities),
            FixAvailable = _checks.Words(
                fields.Optional("fixAvailable"),
                ("YES", FixAvailability.Yes),
                ("NO", FixAvailability.No),
                ("PARTIAL", FixAvailability.Partial)
            ),
            ExploitAvailable = _checks.Words(
                fields.Optional("exploitAvailable"),
                ("YES", ExploitAvailability.Yes),
                ("NO", ExploitAvailability.No)
            ),
            MinEpss = _checks.Number(fields.Optional("minEpss"), 0, 1),
            MinScore = _checks.Number(fields.Optional("minScore"), 0, 10),
            PackageManagers = _checks.Globs(fields.Optional("packageManager")),
            MinAgeDays = _checks.Integer(fields.Optional("minAgeDays"), 0, 3650),
            MinDaysSinceFix = _checks.Integer(fields.Optional("minDaysSinceFix"), 0, 3650),
            Repositories = _checks.Globs(fields.Optional("repositories")),
            Tags = _checks.Globs(fields.Optional("tags")),
            Then =
                _checks.Word(fields.Required("then"), ("block", RuleEffect.Block), ("warn", RuleEffect.Warn))
                ?? default,
        };

    private IReadOnlyList<Waiver> ReadWaivers(Node? node, int maxDays)
    {
        var waivers = _checks.Entries(node, fields => ReadWaiver(fields, maxDays));
        _checks.Unique(waivers.Select(w => w.Node), "id", "waiver");
        return [.. waivers.Select(w => w.Entry)];
    }

    private Waiver ReadWaiver(Fields fields, int maxDays)
    {
        var idNode = fields.Required("id");
        var vulnerabilityNode = fields.Required("vulnerability");
        var vulnerability = _checks.Glob(vulnerabilityNode);
        var (packageNode, repositoriesNode, digestNode) = (
            fields.Optional("package"),
            fields.Optional("repositories"),
            fields.Optional("digest")
        );
        var (package, repositories) = (_checks.Glob(packageNode), _checks.Globs(repositoriesNode));
        Digest? digest = null;
        if (
            digestNode is not null
            && !(digestNode.Kind == NodeKind.Text && Digest.TryParse(digestNode.Text, out digest))
        )
            _checks.Report(
                digestNode,
                $"Found {Checks.Found(digestNode)}; it must be 'sha256:' and 64 lower-case hexadecimal characters."
            );

        // A malformed one is reported as such.
        if (
            vulnerability is { IsLiteral: false }
            && (packageNode is null || package is { IsLiteral: false })
            && (repositoriesNode is null || repositories?.Any(glob => glob.IsOnlyWildcards) == true)
            && digestNode is null
        )
            _checks.Report(
                vulnerabilityNode!,
                $"Found {Checks.Found(vulnerabilityNode!)}, which excuses more than one vulnerability; beside "
                    + "it there must be a 'package' without wildcards, 'repositories' that each name something, or "
                    + "a 'digest'."
            );
        return new Waiver
        {
            Id = _checks.Id(idNode, MaxIdLength) ?? "",
            // Null only where that is reported, and then the document is not used.
            Vulnerability = vulnerability!,
            Package = package,
            Repositories = repositories,
            Digest = digest,
            Reason = _checks.Text(fields.Required("reason"), MaxTextLength) ?? "",
            Owner = _checks.Text(fields.Required("owner"), MaxTextLength) ?? "",
            ApprovedBy = _checks.Text(fields.Required("approvedBy"), MaxTextLength) ?? "",
            Expires = ReadExpires(fields.Required("expires"), maxDays),
        };
    }

    /// <summary>
    /// The earliest date where there is none. Nobody sees it: a document with a malformed date is not used.
    /// </summary>
    private DateOnly ReadExpires(Node? node, int maxDays)
    {
        if (node is null)
            return default;
        if (
            node.Kind != NodeKind.Text
            || !DateOnly.TryParseExact(
                node.Text,
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var expires
            )
        )
        {
            _checks.Report(
                node,
                $"Found {Checks.Found(node)}; it must be a day of the calendar, written as \"{Iso(_today)}\" is."
            );
            return default;
        }
        var days = expires.DayNumber - _today.DayNumber;
        if (days > maxDays)
            _checks.Report(
                node,
                $"The waiver ends in {days} days; at most {maxDays} are allowed (defaults.maxWaiverDays), to "
                    + $"{Iso(_today.AddDays(maxDays))}."
            );
        else if (days < 0)
            _checks.Report(
                node,
                $"The waiver ended with {Iso(expires)} (UTC) and excuses nothing any more; remove it, or have "
                    + "it approved again.",
                ProblemKind.Lapsed
            );
        return expires;
    }

    private Dictionary<Severity, int> ReadDays(Node? node)
    {
        var days = new Dictionary<Severity, int>();
        if (_checks.Object(node) is not { } fields)
            return days;
        foreach (var (word, severity) in Severities)
        {
            if (_checks.Integer(fields.Optional(word), 1, 365) is { } number)
                days[severity] = number;
        }
        fields.End();
        return days;
    }

    private IReadOnlyList<EnforcementRule> ReadEnforcement(Node? node)
    {
        var rules = _checks.Entries(node, ReadEnforcementRule);
        _checks.ReportUnreachable(rules, (rule, _) => Checks.TakeAll(rule.Repositories), "matches every repository");
        return [.. rules.Select(r => r.Entry)];
    }

    private EnforcementRule ReadEnforcementRule(Fields fields)
    {
        var repositories = _checks.Globs(fields.Required("repositories")) ?? [];
        var modeNode = fields.Required("mode");
        var isWay = modeNode is { Kind: NodeKind.Text, Text: "archive" };
        if (isWay)
            _checks.Report(
                modeNode!,
                $"Found {Checks.Found(modeNode!)}; it must be observe, mark or quarantine, which archives the image."
            );
        var mode = _checks.Word(
            isWay ? null : modeNode,
            ("observe", EnforcementMode.Observe),
            ("mark", EnforcementMode.Mark),
            ("quarantine", EnforcementMode.Quarantine)
        );
        return new EnforcementRule(repositories, mode ?? default);
    }

    private Ceilings ReadCeilings(Node? node)
    {
        var absent = new Ceilings();
        if (_checks.Object(node) is not { } fields)
            return absent;
        var ceilings = new Ceilings(
            Images: _checks.Integer(fields.Optional("images"), 0, 1_000_000) ?? absent.Images,
            Percent: _checks.Integer(fields.Optional("percent"), 0, 100) ?? absent.Percent,
            KeepPerRepository: _checks.Integer(fields.Optional("keepPerRepository"), 0, 1_000_000)
                ?? absent.KeepPerRepository
        );
        fields.End();
        return ceilings;
    }

    private Consumers ReadConsumers(Node? node)
    {
        var absent = new Consumers();
        if (_checks.Object(node) is not { } fields)
            return absent;
        var roles = _checks.Items(fields.Optional("roles"))?.Select(ReadRole).OfType<string>().ToList();
        var regions = _checks.Items(fields.Optional("regions"))?.Select(ReadRegion).OfType<string>().ToList();
        var consumers = new Consumers(
            roles ?? absent.Roles,
            _checks.Integer(fields.Optional("pulledWithinDays"), 1, 3650) ?? absent.PulledWithinDays,
            regions ?? absent.Regions,
            _checks.Integer(fields.Optional("rollbackDays"), 0, 365) ?? absent.RollbackDays
        );
        fields.End();
        return consumers;
    }

    private string? ReadRegion(Node node)
    {
        if (node.Kind == NodeKind.Text && RepositoryId.IsRegion(node.Text))
            return node.Text;
        _checks.Report(node, $"Found {Checks.Found(node)}; it must be the name of a region, such as 'eu-west-1'.");
        return null;
    }

    private string? ReadRole(Node node)
    {
        if (
            node.Kind == NodeKind.Text
            && node.Text.Split(':') is ["arn", var partition, "iam", "", var account, var resource]
            && RepositoryId.IsPartition(partition)
            && RepositoryId.IsAccount(account)
            && resource.StartsWith("role/", StringComparison.Ordinal)
            && resource.Length is > 5 and <= 5 + 512 + 64
            && !resource.Any(c => !char.IsAsciiLetterOrDigit(c) && !"_+=,.@/-".Contains(c, StringComparison.Ordinal))
        )
            return node.Text;
        _checks.Report(
            node,
            $"Found {Checks.Found(node)}; it must be the ARN of a role, 'arn:aws:iam::<account>:role/<name>'."
        );
        return null;
    }

    private static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
