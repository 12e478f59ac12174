using System.Security.Cryptography;
using System.Text;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Tests.Policy;

public sealed class PolicyReaderTests
{
    public static TheoryData<string> Good => Documents.GoodNames;
    public static TheoryData<string> Bad => Documents.BadNames;

    [Theory]
    [MemberData(nameof(Good))]
    public void A_good_document_has_no_problem(string name)
    {
        var reading = PolicyReader.Read(Documents.Read(name), Documents.Now);

        Assert.Empty(reading.Problems.Select(problem => problem.ToString(name)));
        Assert.NotNull(reading.Policy);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_document_has_the_approved_problems_and_no_policy(string name)
    {
        var reading = PolicyReader.Read(Documents.Read(name), Documents.Now);

        Assert.Null(reading.Policy);
        Approval.Matches(
            string.Join('\n', reading.Problems.Select(problem => problem.ToString(name))),
            $"documents/bad/{Path.GetFileNameWithoutExtension(name)}"
        );
    }

    [Fact]
    public void Everything_in_the_document_is_in_the_policy()
    {
        var policy = PolicyReader.Read(Documents.Read("everything.jsonc"), Documents.Now).Policy!;

        Assert.Equal(
            new PolicyDefaults(Answer.Allow, Answer.Allow, Answer.Allow, SuppressedAnswer.Excuse, 3650, 366, 168),
            policy.Defaults
        );
        Assert.Equal(
            [(Severity.Critical, 7), (Severity.High, 365), (Severity.Untriaged, 1)],
            policy.Grace.Select(grace => (grace.Key, grace.Value))
        );

        var rule = policy.Rules[0];
        Assert.Equal("all-criteria", rule.Id);
        Assert.Equal(RuleEffect.Block, rule.Then);
        Assert.Equal(
            [
                Severity.Critical,
                Severity.High,
                Severity.Medium,
                Severity.Low,
                Severity.Informational,
                Severity.Untriaged,
                Severity.Undefined,
            ],
            rule.Severities!
        );
        Assert.Equal([FixAvailability.Yes, FixAvailability.No, FixAvailability.Partial], rule.FixAvailable!);
        Assert.Equal([ExploitAvailability.Yes, ExploitAvailability.No], rule.ExploitAvailable!);
        Assert.Equal((0.25, 7.5, 0, 7), (rule.MinEpss, rule.MinScore, rule.MinAgeDays, rule.MinDaysSinceFix));
        Assert.Equal([Glob.Parse("OS"), Glob.Parse("NPM*")], rule.PackageManagers!);
        Assert.Equal([Glob.Parse("pay/*"), Glob.Parse("web")], rule.Repositories!);
        Assert.Equal([Glob.Parse("v?.*")], rule.Tags!);
        Assert.Equal(new Rule { Id = "rest", Then = RuleEffect.Warn }, policy.Rules[1]);

        var waiver = policy.Waivers[0];
        Assert.Equal(
            ("W1", Glob.Parse("CVE-2024-6119"), Glob.Parse("openssl")),
            (waiver.Id, waiver.Vulnerability, waiver.Package)
        );
        Assert.Equal([Glob.Parse("pay/*")], waiver.Repositories!);
        Assert.Equal(
            "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d",
            waiver.Digest!.ToString()
        );
        Assert.Equal(
            ("Keine X.509-Namensprüfung; behoben mit dem nächsten Basisabbild 🐳", "pay", "security"),
            (waiver.Reason, waiver.Owner, waiver.ApprovedBy)
        );
        Assert.Equal(new DateOnly(2026, 6, 15), waiver.Expires);
        Assert.Equal(new DateTimeOffset(2026, 6, 16, 0, 0, 0, TimeSpan.Zero), waiver.EndsAt);
        Assert.Equal(["W1", "W2", "W3", "any_of-pay.2026"], policy.Waivers.Select(w => w.Id));
        Assert.Equal(
            ("W2", Glob.Parse("log4j-*"), null, null),
            (policy.Waivers[1].Id, policy.Waivers[1].Package, policy.Waivers[1].Repositories, policy.Waivers[1].Digest)
        );

        Assert.Equal(EnforcementMode.Quarantine, policy.EnforcementOf("pay/api"));
        Assert.Equal(EnforcementMode.Mark, policy.EnforcementOf("web"));
        Assert.Equal(EnforcementMode.Observe, policy.EnforcementOf("other"));
        Assert.Equal(EnforcementMode.Quarantine, policy.EnforcementOf("old/api"));

        var baseline = policy.BaselineOf("pay/api")!;
        Assert.Equal(
            (BaselineMode.Enforce, ExistingPolicy.Merge, true, TagMutability.ImmutableWithExclusion),
            (baseline.Mode, baseline.ExistingPolicy, baseline.ScanOnPush, baseline.TagMutability)
        );
        Assert.StartsWith(
            """{"rules":[{"rulePriority":1,"description":"Only so many releases","selection":{"tagStatus":"tagged","tagPatternList":["v*","*-rel-*"],"storageClass":"standard",""",
            baseline.LifecyclePolicy,
            StringComparison.Ordinal
        );
        Assert.Equal(
            new Baseline { Repositories = [], Mode = BaselineMode.Observe },
            policy.BaselineOf("scratch/x")! with
            {
                Repositories = [],
            }
        );
        Assert.Equal(
            (null, false, TagMutability.Mutable),
            (
                policy.BaselineOf("x")!.LifecyclePolicy,
                policy.BaselineOf("x")!.ScanOnPush,
                policy.BaselineOf("x")!.TagMutability
            )
        );

        Assert.Equal(new Ceilings(0, 100, 0), policy.Ceilings);
        Assert.Equal(
            ["arn:aws:iam::123456789012:role/EcrGuardReads", "arn:aws-cn:iam::123456789012:role/path/x_+=,.@-"],
            policy.Consumers.Roles!
        );
        Assert.Equal(["eu-west-1", "us-gov-east-1"], policy.Consumers.Regions!);
        Assert.Equal(1, policy.Consumers.PulledWithinDays);
    }

    [Fact]
    public void Numbers_of_a_lifecycle_policy_are_written_as_ECR_reads_them()
    {
        var policy = Read(
            """
            { "version": 1, "baseline": [ { "repositories": ["*"], "mode": "observe", "lifecycle": { "policy": { "rules": [ // not kept
              { "rulePriority": 1.0, "description": "größer als <5>", "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5e1 }, "action": { "type": "expire" } }, ] } } } ] }
            """
        ).Policy!;

        Assert.Equal(
            """{"rules":[{"rulePriority":1,"description":"größer als <5>","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":50},"action":{"type":"expire"}}]}""",
            policy.Baselines[0].LifecyclePolicy
        );
    }

    [Fact]
    public void A_lifecycle_policy_longer_than_ECR_takes_is_refused()
    {
        var problem = Assert.Single(
            Read(
                $$"""
                { "version": 1, "baseline": [ { "repositories": ["*"], "mode": "observe", "lifecycle": { "policy": { "rules": [
                  { "rulePriority": 1, "description": "{{new string(
                    'x',
                    30_720
                )}}", "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5 }, "action": { "type": "expire" } }
                ] } } } ] }
                """
            ).Problems
        );

        Assert.Equal("$.baseline[0].lifecycle.policy", problem.Path);
        Assert.Contains("at most 30720", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lifecycle_policy_has_at_most_fifty_rules()
    {
        static string Rules(int count) =>
            string.Join(
                ',',
                Enumerable
                    .Range(1, count)
                    .Select(i =>
                        $$"""{ "rulePriority": {{i}}, "selection": { "tagStatus": "tagged", "tagPrefixList": ["v{{i}}"], "countType": "imageCountMoreThan", "countNumber": 5 }, "action": { "type": "expire" } }"""
                    )
            );
        static PolicyReading With(int count) =>
            Read(
                $$"""{ "version": 1, "baseline": [ { "repositories": ["*"], "mode": "observe", "lifecycle": { "policy": { "rules": [{{Rules(count)}}] } } } ] }"""
            );

        Assert.Empty(With(50).Problems);
        Assert.Contains("51 rules", Assert.Single(With(51).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_policy_that_ships_judges_as_the_built_in_one_and_writes_nothing()
    {
        var policy = PolicyReader.Read(File.ReadAllBytes(Documents.Shipped), Documents.Now).Policy!;

        Assert.Equal(PolicyDocument.BuiltIn.Rules.Select(Shape), policy.Rules.Select(Shape));
        Assert.Equal(PolicyDocument.BuiltIn.Defaults, policy.Defaults);
        Assert.Equal(PolicyDocument.BuiltIn.Ceilings, policy.Ceilings);
        Assert.All(policy.Enforcement, rule => Assert.Equal(EnforcementMode.Observe, rule.Mode));
        Assert.All(policy.Baselines, baseline => Assert.Equal(BaselineMode.Observe, baseline.Mode));
        Assert.Empty(policy.Waivers);
    }

    [Fact]
    public void The_built_in_policy_is_the_shortest_document()
    {
        var read = Read("""{"version":1}""").Policy!;

        Assert.Equal(read.Version, PolicyDocument.BuiltIn.Version);
        Assert.Equal(read.Rules.Select(Shape), PolicyDocument.BuiltIn.Rules.Select(Shape));
        Assert.Equal(["critical: Critical → Block", "high: High → Warn"], PolicyDocument.BuiltIn.Rules.Select(Shape));
        Assert.Equal(
            (read.Defaults, read.Ceilings, read.Consumers),
            (PolicyDocument.BuiltIn.Defaults, PolicyDocument.BuiltIn.Ceilings, PolicyDocument.BuiltIn.Consumers)
        );
        Assert.Equal(
            (0, 0, 0),
            (
                PolicyDocument.BuiltIn.Waivers.Count,
                PolicyDocument.BuiltIn.Enforcement.Count,
                PolicyDocument.BuiltIn.Baselines.Count
            )
        );
    }

    [Fact]
    public void The_version_is_the_hash_of_the_bytes_as_they_are()
    {
        byte[] marked = [0xEF, 0xBB, 0xBF, .. "{ \"version\": 1 }"u8];

        var reading = PolicyReader.Read(marked, Documents.Now);

        Assert.Empty(reading.Problems);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(marked)), reading.Policy!.Version);
    }

    [Fact]
    public void A_place_counts_lines_and_characters_from_one_whatever_their_bytes_and_line_ends()
    {
        // Two bytes for 'ü', four for the whale, a tab, a comment over two lines; CRLF except once.
        var reading = PolicyReader.Read(
            Encoding.UTF8.GetBytes(
                "\uFEFF{ /* größer\r\n 🐳 */ \"version\": 2,\r\n\t\"rules\": [ { \"id\": \"🐳ü\", \"then\": "
                    + "\"nö\" },\n{\"id\":\"\\ud83d\\udc33ü\",\"then\":\"warn\",\"ü\":1}]\r\n}"
            ),
            Documents.Now
        );

        Assert.Equal(
            [
                (2, 18, "$.version"),
                (3, 21, "$.rules[0].id"),
                (3, 35, "$.rules[0].then"),
                (4, 1, "$.rules[1]"),
                (4, 7, "$.rules[1].id"),
                (4, 7, "$.rules[1].id"),
                (4, 37, "$.rules[1]['ü']"),
            ],
            reading.Problems.Select(p => (p.Line, p.Column, p.Path))
        );
    }

    [Theory]
    [InlineData(
        """{ "version": "1" }""",
        "Found the text '1'; it must be the number 1, the only version of this format."
    )]
    [InlineData(
        """{ "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "withdraw" } ] }""",
        "Found 'withdraw'; it must be observe, mark or quarantine."
    )]
    [InlineData(
        """{ "version": 1, }, """,
        "The document cannot be read as JSON: found ',' behind the end of the document."
    )]
    [InlineData("{ \"version\": 1, \"x\": \"a\nb\" }", "a text has a line end, which must be escaped.")]
    [InlineData("{ version: 1 }", "found 'v' where a name in double quotes must stand.")]
    [InlineData("""{ "version": "\x" }""", "found 'x' behind a '\\' in a text, where it means nothing.")]
    [InlineData("""{ "version": 1 "rules": [] }""", "found '\"' where ',' or a closing bracket must stand.")]
    [InlineData("""{ "version": NaN }""", "found 'N' where a value must stand.")]
    public void A_mistake_is_told_in_words_that_say_what_would_be_right(string text, string message) =>
        Assert.EndsWith(
            message,
            Assert.Single(PolicyReader.Read(System.Text.Encoding.UTF8.GetBytes(text), Facts.Now).Problems).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_named_by_their_place()
    {
        var reading = PolicyReader.Read(
            new byte[] { (byte)'{', (byte)'\n', 0xC3, 0xBC, 0xFF, (byte)'}' },
            Documents.Now
        );

        Assert.Equal((2, 2), (reading.Problems.Single().Line, reading.Problems.Single().Column));
        Assert.Null(reading.Policy);
    }

    [Fact]
    public void A_waiver_that_has_ended_fails_the_check_and_not_the_policy()
    {
        const string document =
            """{ "version": 1, "waivers": [ { "id": "W1", "vulnerability": "CVE-1", "reason": "r", "owner": "o", "approvedBy": "a", "expires": "2026-06-15" } ] }""";
        PolicyReading At(DateTimeOffset now) => PolicyReader.Read(Encoding.UTF8.GetBytes(document), now);
        var lastMoment = new DateTimeOffset(2026, 6, 15, 23, 59, 59, TimeSpan.Zero);

        Assert.Empty(At(lastMoment).Problems);

        // The UTC day counts: it is still the 15th in the zone that asks.
        var after = At(new DateTimeOffset(2026, 6, 15, 20, 0, 0, TimeSpan.FromHours(-4)));
        Assert.Equal(ProblemKind.Lapsed, Assert.Single(after.Problems).Kind);
        Assert.Equal("$.waivers[0].expires", after.Problems[0].Path);
        Assert.Equal("W1", Assert.Single(after.Policy!.Waivers).Id);
    }

    [Fact]
    public void A_document_has_at_most_256_KiB()
    {
        static byte[] Padded(int bytes) => Encoding.UTF8.GetBytes("""{ "version": 1 }""".PadRight(bytes));

        Assert.NotNull(PolicyReader.Read(Padded(PolicyReader.MaxBytes), Documents.Now).Policy);
        var tooLong = PolicyReader.Read(Padded(PolicyReader.MaxBytes + 1), Documents.Now);
        Assert.Null(tooLong.Policy);
        Assert.Contains("262145 bytes", tooLong.Problems.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousands_of_problems_are_all_reported_and_quickly()
    {
        var reading = Read(
            $$"""{ "version": 1, "rules": [ { "id": "a", "severity": [{{string.Join(',', Enumerable.Repeat("0", 100_000))}}], "then": "warn" } ] }"""
        );

        Assert.Equal(100_000, reading.Problems.Count);
        Assert.Equal("$.rules[0].severity[99999]", reading.Problems[^1].Path);
    }

    private static PolicyReading Read(string document) =>
        PolicyReader.Read(Encoding.UTF8.GetBytes(document), Documents.Now);

    private static string Shape(Rule rule) => $"{rule.Id}: {string.Join(' ', rule.Severities ?? [])} → {rule.Then}";
}
