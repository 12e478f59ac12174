using System.Text.Json;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// <c>ecrguard judge</c>: the answer of a gate to every output of the scanners, and the messages about files that
/// cannot be used.
/// </summary>
public sealed class JudgeCommandTests : IDisposable
{
    private readonly CommandLine _ecrguard = new();

    public void Dispose() => _ecrguard.Dispose();

    private static string Fixture(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cli", "findings", name + ".json"));

    private Task<(int ExitCode, string Output)> JudgeAsync(string findings, params string[] more)
    {
        _ecrguard.File("findings.json", findings);
        return _ecrguard.RunAsync(["judge", "--findings", "findings.json", "--now", "2026-01-31T00:00:00Z", .. more]);
    }

    private async Task<(int ExitCode, JsonElement Answer)> AnswerAsync(string fixture, params string[] more)
    {
        var (exitCode, output) = await JudgeAsync(Fixture(fixture), ["--format", "json", .. more]);
        using var json = JsonDocument.Parse(output);
        return (exitCode, json.RootElement.Clone());
    }

    private static string Sentence(JsonElement answer) =>
        answer.GetProperty("reasons")[0].GetProperty("sentence").GetString()!;

    [Theory]
    [InlineData(
        "basic-critical",
        1,
        "BLOCKED",
        "CVE-2024-3094 (CRITICAL) in xz-utils 5.6.0-1 (OS): the scanner names no fix; rule 'critical' blocks."
    )]
    [InlineData(
        "basic-clean",
        0,
        "APPROVED",
        "The basic scan of 2026-01-20 11:00 UTC found 0 findings, and none blocks."
    )]
    [InlineData(
        "basic-no-list",
        5,
        "ERROR",
        "findings.json says that the scan is COMPLETE and holds no list of findings, which is not the same "
            + "as an empty one."
    )]
    [InlineData(
        "unsupported",
        4,
        "UNSUPPORTED",
        "The basic scanner cannot read this image (UNSUPPORTED_IMAGE): "
            + "UnsupportedImageError: The operating system and/or package manager are not supported."
    )]
    [InlineData("in-progress", 3, "PENDING", "The basic scan is not finished (IN_PROGRESS).")]
    [InlineData("failed", 5, "ERROR", "The basic scan failed (FAILED): The scan failed.")]
    [InlineData(
        "paged",
        5,
        "ERROR",
        "findings.json holds one page of several (it has a nextToken), which is half an answer: print all "
            + "pages, without --max-items and --no-paginate."
    )]
    [InlineData(
        "enhanced",
        0,
        "APPROVED",
        "The enhanced scan of 2026-01-20 12:00 UTC found 1 finding, and none blocks."
    )]
    [InlineData(
        "monitored-without-findings",
        0,
        "APPROVED",
        "The enhanced scan of 2026-01-20 12:00 UTC found 0 findings, and none blocks."
    )]
    [InlineData(
        "listed",
        1,
        "BLOCKED",
        "CVE-2024-6119 (CRITICAL) in openssl 3.0.11-1~deb12u2 (OS) in layer sha256:cccccccccccc…: fixed in "
            + "0:3.0.14-1~deb12u2; rule 'critical' blocks."
    )]
    [InlineData(
        "listed-nothing",
        5,
        "ERROR",
        "findings.json lists no finding of an image. Whether Inspector covers the image is not in this "
            + "output, so that this says nothing: ask 'aws inspector2 list-coverage'."
    )]
    [InlineData(
        "listed-suppressed",
        1,
        "BLOCKED",
        "CVE-2024-6119 (CRITICAL) in openssl 3.0.11-1~deb12u2 (OS) in layer sha256:cccccccccccc…: fixed in "
            + "0:3.0.14-1~deb12u2; rule 'critical' blocks."
    )]
    [InlineData(
        "listed-closed",
        5,
        "ERROR",
        "findings.json lists no open finding of "
            + "pay/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa. Inspector closes "
            + "findings also when it stops monitoring an image, so that this says nothing: ask 'aws inspector2 "
            + "list-coverage'."
    )]
    public async Task Every_output_has_its_status_its_reason_and_its_exit_code(
        string fixture,
        int expectedExitCode,
        string status,
        string reason
    )
    {
        var (exitCode, answer) = await AnswerAsync(fixture);

        Assert.Equal(
            (expectedExitCode, status, expectedExitCode == 0, reason),
            (
                exitCode,
                answer.GetProperty("status").GetString(),
                answer.GetProperty("approved").GetBoolean(),
                Sentence(answer)
            )
        );
    }

    private const string Name = "\"repositoryName\": \"pay/api\", ";

    [Theory]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "findings": [], "findingSeverityCounts": { "CRITICAL": 5 } } """,
        5,
        "The basic scan counts findings that it does not list (5 CRITICAL counted, 0 listed): what is "
            + "missing may block."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "ACTIVE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "enhancedFindings": [ { "severity": "LOW" } ], "findingSeverityCounts": { "LOW": 1, "HIGH": 1 } } """,
        5,
        "The enhanced scan counts findings that it does not list (1 HIGH counted, 0 listed): what is missing may block."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "findings": [ { "name": "CVE-1", "severity": "Critical" } ] } """,
        5,
        "findings.json: imageScanFindings.findings[0].severity is 'Critical'; it must be CRITICAL, HIGH, "
            + "MEDIUM, LOW, INFORMATIONAL, UNTRIAGED or UNDEFINED, or the finding cannot be judged."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "ACTIVE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "enhancedFindings": [ { "title": "CVE-1" } ] } """,
        5,
        "findings.json: imageScanFindings.enhancedFindings[0].severity is missing; it must be CRITICAL, "
            + "HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED or UNDEFINED, or the finding cannot be judged."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2027-01-31T00:00:00Z", "findings": [] } """,
        4,
        "The basic scan does not say when it was made, or names a moment to come (COMPLETE)."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "ACTIVE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "enhancedFindings": [ { "severity": "CRITICAL", "status": "CLOSED" } ] } """,
        5,
        "findings.json lists no open finding of the image. Inspector closes findings also when it stops "
            + "monitoring an image, so that this says nothing: ask 'aws inspector2 list-coverage'."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20T00:00:00Z", "findings": [ { "name": "CVE-1", "severity": "UNDEFINED" } ], "findingSeverityCounts": { "UNDEFINED": 1 } } """,
        0,
        "The basic scan of 2026-01-20 00:00 UTC found 1 finding, and none blocks."
    )]
    public async Task Half_an_answer_and_one_that_nobody_documents_are_no_yes(
        string findings,
        int expectedExitCode,
        string reason
    )
    {
        var (exitCode, output) = await JudgeAsync($"{{ {findings} }}", "--format", "json");

        using var json = JsonDocument.Parse(output);
        Assert.Equal((expectedExitCode, reason), (exitCode, Sentence(json.RootElement)));
    }

    private const string Monitored = Name + """ "imageScanStatus": { "status": "ACTIVE" }, "imageScanFindings": { """;

    [Theory]
    [InlineData(
        Monitored + """ "enhancedFindings": [] } """,
        5,
        "findings.json says that Inspector monitors the image (ACTIVE) and lists no findings; ECR answers so "
            + "before the first result too, so that this says nothing. Ask 'aws inspector2 list-coverage'."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T23:57:00Z", "enhancedFindings": [], "findingSeverityCounts": {} } """,
        3,
        "The enhanced scan ended 3 minutes ago and lists nothing so far: findings may follow until "
            + "2026-01-31 00:07 UTC."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T23:50:00Z", "enhancedFindings": [], "findingSeverityCounts": {} } """,
        0,
        "The enhanced scan of 2026-01-30 23:50 UTC found 0 findings, and none blocks."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T23:57:00Z", "enhancedFindings": [], "findingSeverityCounts": { "CRITICAL": 0 } } """,
        0,
        "The enhanced scan of 2026-01-30 23:57 UTC found 0 findings, and none blocks."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T23:57:00Z", "enhancedFindings": [ { "severity": "LOW" } ] } """,
        0,
        "The enhanced scan of 2026-01-30 23:57 UTC found 1 finding, and none blocks."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T12:00:00Z", "enhancedFindings": [ { "severity": "CRITICAL", "status": "CLOSED" }, { "severity": "LOW" } ], "findingSeverityCounts": { "CRITICAL": 7, "LOW": 1 } } """,
        3,
        "The scan announced 7 CRITICAL findings, and 1 is listed so far."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T00:00:00Z", "enhancedFindings": [ { "severity": "LOW" } ], "findingSeverityCounts": { "CRITICAL": 7, "LOW": 1 } } """,
        5,
        "The enhanced scan counts findings that it does not list (7 CRITICAL counted, 0 listed): what is "
            + "missing may block."
    )]
    [InlineData(
        Monitored
            + """ "imageScanCompletedAt": "2026-01-30T12:00:00Z", "enhancedFindings": [ { "severity": "CRITICAL", "title": "CVE-1" } ], "findingSeverityCounts": { "CRITICAL": 7 } } """,
        1,
        "CVE-1 (CRITICAL): the scanner names no fix; rule 'critical' blocks."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-30T23:57:00Z", "enhancedFindings": [] } """,
        3,
        "The enhanced scan ended 3 minutes ago and lists nothing so far: findings may follow until "
            + "2026-01-31 00:07 UTC."
    )]
    [InlineData(
        Name
            + """ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-30T23:57:00Z", "findings": [] } """,
        0,
        "The basic scan of 2026-01-30 23:57 UTC found 0 findings, and none blocks."
    )]
    public async Task An_enhanced_scan_is_settled_by_its_own_counts_and_times(
        string findings,
        int expectedExitCode,
        string reason
    )
    {
        var (exitCode, output) = await JudgeAsync($"{{ {findings} }}", "--format", "json");

        using var json = JsonDocument.Parse(output);
        Assert.Equal((expectedExitCode, reason), (exitCode, Sentence(json.RootElement)));
    }

    /// <summary>As ECR printed it (issue 9).</summary>
    [Fact]
    public async Task A_continuous_scan_of_the_day_before_that_found_nothing_is_a_yes()
    {
        _ecrguard.File("findings.json", Fixture("active-clean"));

        var (exitCode, output) = await _ecrguard.RunAsync(
            "judge",
            "--findings",
            "findings.json",
            "--now",
            "2025-06-10T00:00:00Z"
        );

        Assert.Equal(0, exitCode);
        Assert.StartsWith("APPROVED", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_counts_warns_and_says_what_to_update()
    {
        var (_, answer) = await AnswerAsync("listed");

        Assert.Equal(
            ["status", "approved", "reasons", "warnings", "counts", "waived", "toPass"],
            answer.EnumerateObject().Select(p => p.Name)
        );
        var counts = answer.GetProperty("counts");
        Assert.Equal(
            (1, 1, 2),
            (
                counts.GetProperty("critical").GetInt32(),
                counts.GetProperty("medium").GetInt32(),
                counts.GetProperty("total").GetInt32()
            )
        );
        Assert.Equal(
            "Update openssl 3.0.11-1~deb12u2 → 0:3.0.14-1~deb12u2.",
            Assert.Single(answer.GetProperty("toPass").EnumerateArray()).GetString()
        );
    }

    [Fact]
    public async Task A_printed_scan_ages_also_where_Inspector_monitors_the_image()
    {
        _ecrguard.File("findings.json", Fixture("enhanced"));

        var (exitCode, output) = await _ecrguard.RunAsync(
            "judge",
            "--findings",
            "findings.json",
            "--now",
            "2026-02-20T00:00:00Z"
        );

        Assert.Equal(4, exitCode);
        Assert.StartsWith("STALE", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.61", 1)]
    [InlineData("0.62", 0)]
    public async Task A_policy_judges_by_EPSS(string minimum, int expectedExitCode)
    {
        _ecrguard.File(
            "policy.jsonc",
            $$"""{ "version": 1, "rules": [ { "id": "likely", "minEpss": {{minimum}}, "then": "block" } ] }"""
        );

        var (exitCode, _) = await AnswerAsync("enhanced", "--policy", "policy.jsonc");

        Assert.Equal(expectedExitCode, exitCode);
    }

    [Fact]
    public async Task A_policy_may_excuse_what_Inspector_suppresses()
    {
        _ecrguard.File("policy.jsonc", """{ "version": 1, "defaults": { "suppressed": "excuse" } }""");

        var (exitCode, answer) = await AnswerAsync("listed-suppressed", "--policy", "policy.jsonc");

        Assert.Equal(
            (
                0,
                "The enhanced scan of 2026-01-20 12:00 UTC found 1 finding, and none blocks, with 1 finding "
                    + "that Amazon Inspector suppresses."
            ),
            (exitCode, Sentence(answer))
        );
    }

    [Fact]
    public async Task A_waived_finding_still_counts_and_the_waiver_is_named()
    {
        _ecrguard.File(
            "policy.jsonc",
            """
            { "version": 1, "waivers": [ { "id": "W1", "vulnerability": "CVE-2024-3094", "package": "xz-utils", "repositories": ["pay/*"], "reason": "Not linked.", "owner": "pay", "approvedBy": "security", "expires": "2026-02-28" } ] }
            """
        );

        var (exitCode, answer) = await AnswerAsync("basic-critical", "--policy", "policy.jsonc");
        var (elsewhere, _) = await AnswerAsync("basic-critical", "--policy", "policy.jsonc", "--image", "web/shop:3.1");
        var text = await JudgeAsync(Fixture("basic-critical"), "--policy", "policy.jsonc");

        Assert.Equal((0, 1), (exitCode, elsewhere));
        Assert.Equal(1, answer.GetProperty("counts").GetProperty("critical").GetInt32());
        var waived = Assert.Single(answer.GetProperty("waived").EnumerateArray());
        Assert.Equal(
            "W1 CVE-2024-3094 xz-utils Block",
            $"{waived.GetProperty("waiver")} {waived.GetProperty("vulnerability")} "
                + $"{waived.GetProperty("package")} {waived.GetProperty("instead")}"
        );
        Assert.Equal(
            [
                "APPROVED",
                "  The basic scan of 2026-01-20 11:00 UTC found 2 findings, and none blocks, with waiver W1.",
                "Warnings:",
                "  CVE-2024-6119 (HIGH) in openssl 3.0.2-0ubuntu1.15 (OS): the scanner names no fix; rule "
                    + "'high' warns.",
                "Waived:",
                "  CVE-2024-3094 in xz-utils, by W1",
            ],
            text.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n')
        );
    }

    [Fact]
    public async Task A_VEX_document_excuses_and_is_told()
    {
        const string digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        const string registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
        _ecrguard.File(
            "openssl.json",
            $$"""
            { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "team-pay", "timestamp": "2026-01-21T00:00:00Z", "version": 1, "statements": [ {
                "vulnerability": { "name": "CVE-2024-6119" }, "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
                "products": [ { "@id": "pkg:oci/api@{{digest}}?repository_url={{registry}}/pay/api", "subcomponents": [ { "@id": "pkg:deb/debian/openssl@3.0.11-1~deb12u2" } ] } ] } ] }
            """
        );
        _ecrguard.File("broken.json", "{");
        _ecrguard.File("deployed/policy.jsonc", """{ "version": 1 }""");
        _ecrguard.File(
            "deployed/vex/openssl.json",
            await File.ReadAllTextAsync(Path.Combine(_ecrguard.Folder, "openssl.json"))
        );

        // Like the functions, the command reads the documents beside the policy.
        var (beside, byFolder) = await JudgeAsync(Fixture("listed"), "--policy", "deployed/policy.jsonc");
        Assert.True(beside == 0, byFolder);
        Assert.Contains(
            "CVE-2024-6119 in openssl, by VEX https://example.com/vex/1",
            byFolder,
            StringComparison.Ordinal
        );

        var (exitCode, output) = await JudgeAsync(Fixture("listed"), "--vex", "openssl.json");
        Assert.Equal(0, exitCode);
        Assert.Contains(
            "  CVE-2024-6119 in openssl, by VEX https://example.com/vex/1: not_affected, "
                + "vulnerable_code_not_in_execute_path",
            output,
            StringComparison.Ordinal
        );

        (exitCode, output) = await JudgeAsync(Fixture("listed"), "--vex", "openssl.json", "--vex", "broken.json");
        Assert.Equal(64, exitCode);
        Assert.StartsWith(
            "broken.json:1:2: error: The JSON ends before it is complete, at line 1, column 2.",
            output,
            StringComparison.Ordinal
        );
    }

    /// <summary>Issue 10: the scanner says GO and the package URL golang.</summary>
    [Fact]
    public async Task A_VEX_document_excuses_a_package_of_Go_by_whatever_word_the_scanner_has_for_it()
    {
        const string digest = "sha256:abababababababababababababababababababababababababababababababab";
        _ecrguard.File(
            "go.json",
            $$"""
            { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex/1", "author": "t", "timestamp": "2025-11-01T09:00:00Z", "version": 1, "statements": [ {
                "vulnerability": { "name": "CVE-2025-0001" }, "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
                "products": [ { "@id": "pkg:oci/app@{{digest}}?repository_url=111122223333.dkr.ecr.eu-west-1.amazonaws.com/app", "subcomponents": [ { "@id": "pkg:golang/go.opentelemetry.io/otel/sdk@v1.38.0" } ] } ] } ] }
            """
        );

        var (exitCode, output) = await JudgeAsync(
            $$"""
            { "findings": [ { "severity": "CRITICAL", "status": "ACTIVE", "title": "CVE-2025-0001", "lastObservedAt": "2026-01-30T00:00:00Z",
                "packageVulnerabilityDetails": { "vulnerabilityId": "CVE-2025-0001", "vulnerablePackages": [ { "name": "go.opentelemetry.io/otel/sdk", "version": "v1.38.0", "packageManager": "GO", "filePath": "x" } ] },
                "resources": [ { "type": "AWS_ECR_CONTAINER_IMAGE", "id": "arn:aws:ecr:eu-west-1:111122223333:repository/app/{{digest}}" } ] } ] }
            """,
            "--vex",
            "go.json"
        );

        Assert.True(exitCode == 0, output);
    }

    [Theory]
    [InlineData("pay/api:3.1", 1)]
    [InlineData("web/shop:1.0", 0)]
    [InlineData("web/shop:2.0", 5)]
    public async Task Of_several_images_the_named_one_is_judged(string image, int expectedExitCode)
    {
        var (exitCode, _) = await AnswerAsync("listed-account", "--image", image);

        Assert.Equal(expectedExitCode, exitCode);
    }

    [Fact]
    public async Task Of_several_images_none_is_guessed()
    {
        var (exitCode, output) = await JudgeAsync(Fixture("listed-account"));

        Assert.Equal(64, exitCode);
        Assert.StartsWith(
            "findings.json: findings is about 2 images (pay/api@sha256:aaaa",
            output,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "select one with --image, by its digest if a tag does not tell them apart.",
            CommandLine.Message(output),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_policy_may_allow_what_nobody_can_scan()
    {
        _ecrguard.File("policy.jsonc", """{ "version": 1, "defaults": { "unsupported": "allow" } }""");

        var (exitCode, output) = await JudgeAsync(Fixture("unsupported"), "--policy", "policy.jsonc");

        Assert.Equal(0, exitCode);
        Assert.StartsWith("UNSUPPORTED, which the policy allows", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "UnsupportedImageError: The operating system and/or package manager are not supported.",
        0,
        "UNSUPPORTED"
    )]
    [InlineData("InternalError: Something else.", 5, "ERROR")]
    public async Task A_failed_basic_scan_of_an_image_that_it_cannot_read_is_unsupported(
        string description,
        int expectedExitCode,
        string status
    )
    {
        _ecrguard.File("policy.jsonc", """{"version":1,"defaults":{"unsupported":"allow"}}""");

        var (exitCode, output) = await JudgeAsync(
            $$"""
            { "registryId": "111122223333", "repositoryName": "app", "imageId": { "imageDigest": "sha256:0dd8216bcde6a8c286f797f3ea79faa6ee1dabcbd663470b0e54b2aec56285da" },
              "imageScanStatus": { "status": "FAILED", "description": "{{description}}" } }
            """,
            "--policy",
            "policy.jsonc"
        );

        Assert.Equal(expectedExitCode, exitCode);
        Assert.StartsWith(status, output, StringComparison.Ordinal);
        Assert.Contains(description.TrimEnd('.'), output, StringComparison.Ordinal);
    }

    private const string Ours =
        "arn:aws:ecr:eu-central-1:111122223333:repository/app/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Theirs =
        "arn:aws:ecr:eu-central-1:999999999999:repository/app/sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static string Found(string severity, string arn) =>
        $$"""
            { "severity": "{{severity}}", "title": "CVE-1", "status": "ACTIVE", "lastObservedAt": "2026-01-30T00:00:00Z", "resources": [ { "type": "AWS_ECR_CONTAINER_IMAGE", "id": "{{arn}}" } ] }
            """;

    [Theory]
    [InlineData("111122223333", 0)]
    [InlineData("999999999999", 1)]
    public async Task Of_two_accounts_in_one_list_the_one_that_is_asked_about_is_judged(
        string account,
        int expectedExitCode
    )
    {
        var (exitCode, output) = await JudgeAsync(
            $$"""{ "findings": [ {{Found("CRITICAL", Theirs)}}, {{Found("LOW", Ours)}} ] }""",
            "--image",
            $"{account}.dkr.ecr.eu-central-1.amazonaws.com/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        );

        Assert.True(expectedExitCode == exitCode, output);
    }

    [Theory]
    [InlineData(Ours, 1)]
    [InlineData(Theirs, 0)]
    [InlineData("unreadable", 1)]
    public async Task A_description_counts_what_is_found_on_its_own_image(string arn, int expectedExitCode)
    {
        var (exitCode, output) = await JudgeAsync(
            $$"""
            { "registryId": "111122223333", "repositoryName": "app", "imageId": { "imageDigest": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }, "imageScanStatus": { "status": "ACTIVE" },
              "imageScanFindings": { "imageScanCompletedAt": "2026-01-30T00:00:00Z", "enhancedFindings": [ {{Found(
                "LOW",
                Ours
            )}}, {{Found("CRITICAL", arn)}} ] } }
            """
        );

        Assert.True(expectedExitCode == exitCode, output);
    }

    [Fact]
    public async Task A_description_that_lists_findings_of_other_images_only_says_nothing()
    {
        var (exitCode, output) = await JudgeAsync(
            $$"""
            { "registryId": "111122223333", "repositoryName": "app", "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-30T00:00:00Z", "enhancedFindings": [ {{Found(
                "LOW",
                Theirs
            )}} ] } }
            """
        );

        Assert.Equal(5, exitCode);
        Assert.Contains("lists findings of other images only", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{ "imageScanStatus": { "status": 3 }, "repositoryName": "pay/api" }""",
        "findings.json: imageScanStatus.status is 3; it must be a text."
    )]
    [InlineData(
        """{ "imageScanFindings": { "findings": {} }, "repositoryName": "pay/api" }""",
        "findings.json: imageScanFindings.findings is {}; it must be a list of findings."
    )]
    [InlineData(
        """{ "imageScanFindings": { "findings": [ "CVE" ] }, "repositoryName": "pay/api" }""",
        "findings.json: imageScanFindings.findings[0] is \"CVE\"; it must be an object."
    )]
    [InlineData(
        """{ "imageScanFindings": { "imageScanCompletedAt": "soon", "findings": [] }, "repositoryName": "pay/api" }""",
        "findings.json: imageScanFindings.imageScanCompletedAt is \"soon\"; it must be a time such as "
            + "\"2026-01-31T00:00:00Z\", or seconds since 1970."
    )]
    [InlineData(
        """{ "imageScanFindings": { "findings": [] } }""",
        "findings.json: it has no repositoryName; name the image with --image REPOSITORY:TAG."
    )]
    [InlineData(
        """{ "findings": [ { "severity": "HIGH" } ] }""",
        "findings.json: findings[0] has no resources; they must name what the finding is about."
    )]
    [InlineData(
        """{ "findings": [ { "severity": "HIGH", "resources": [] } ] }""",
        "findings.json: findings[0] has no resources; they must name what the finding is about."
    )]
    [InlineData(
        """{ "findings": [ { "severity": "HIGH", "resources": [ { "id": "pay/api" } ] } ] }""",
        "findings.json: findings[0].resources[0].id is \"pay/api\"; it must be the ARN of an image, "
            + "'arn:aws:ecr:REGION:ACCOUNT:repository/NAME/sha256:…'."
    )]
    [InlineData(
        """{ "findings": [ { "resources": [ { "type": "AWS_ECR_CONTAINER_IMAGE", "id": "pay/api" } ] } ] }""",
        "findings.json: findings[0].resources[0].id is \"pay/api\"; it must be the ARN of an image, "
            + "'arn:aws:ecr:REGION:ACCOUNT:repository/NAME/sha256:…'."
    )]
    [InlineData(
        """{ "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "findings": [] }, "findings": [ { "severity": "CRITICAL" } ] }""",
        "findings.json: it has both \"imageScanFindings\" and \"findings\"; it must be what one of 'aws ecr "
            + "describe-image-scan-findings' and 'aws inspector2 list-findings' prints, or half of it would not be "
            + "judged."
    )]
    [InlineData(
        """{ "imageScanStatus": { "status": "COMPLETE" }, "findings": [] }""",
        "findings.json: it has both \"imageScanStatus\" and \"findings\"; it must be what one of 'aws ecr "
            + "describe-image-scan-findings' and 'aws inspector2 list-findings' prints, or half of it would not be "
            + "judged."
    )]
    [InlineData(
        """{ "imageDetails": [] }""",
        "findings.json: it has neither \"imageScanFindings\" nor \"findings\"; it must be what 'aws ecr "
            + "describe-image-scan-findings' or 'aws inspector2 list-findings' prints as JSON."
    )]
    public async Task A_file_of_findings_that_cannot_be_used_is_named_with_field_value_and_what_would_be_right(
        string findings,
        string message
    )
    {
        var (exitCode, output) = await JudgeAsync(findings);

        Assert.Equal((64, message), (exitCode, CommandLine.Message(output)));
    }

    [Theory]
    [InlineData(
        "findings.json:1:2: error: The JSON ends before it is complete, at line 1, column 2.",
        "{",
        "--format",
        "json"
    )]
    [InlineData("findings.json: it is empty. Where there is nothing to print, such as no lifecycle", "\n")]
    [InlineData("--image is wrong: 'pay/api' names a repository but no image.", "{}", "--image", "pay/api")]
    [InlineData("policy.jsonc: ", "{}", "--policy", "policy.jsonc")]
    public async Task Wrong_usage_is_told(string message, string findings, params string[] options)
    {
        var (exitCode, output) = await JudgeAsync(findings, options);

        Assert.Equal(64, exitCode);
        Assert.StartsWith(message, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_with_an_error_judges_nothing()
    {
        _ecrguard.File("policy.jsonc", """{ "version": 2 }""");

        var (exitCode, output) = await JudgeAsync(Fixture("basic-clean"), "--policy", "policy.jsonc");

        Assert.Equal(
            (64, "policy.jsonc:1:14: error: Found 2; it must be 1, the only version of this format. ($.version)"),
            (exitCode, CommandLine.Message(output))
        );
    }
}
