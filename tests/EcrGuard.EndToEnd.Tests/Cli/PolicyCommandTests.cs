namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// <c>ecrguard policy check</c>: the policy and the VEX documents beside it, checked as they are deployed.
/// </summary>
public sealed class PolicyCommandTests : IDisposable
{
    private const string Document =
        """{ "@context": "https://openvex.dev/ns", "@id": "x:1", "author": "a", "timestamp": "2026-01-21T00:00:00Z", "version": 1, "statements": [ STATEMENT ] }""";
    private const string Statement =
        """{ "vulnerability": { "name": "CVE-1" }, "products": [ { "@id": "pkg:oci/api@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/api" } ], "status": "fixed" }""";

    private readonly CommandLine _ecrguard = new();

    public void Dispose() => _ecrguard.Dispose();

    /// <summary>The first rule that selects a finding decides. Own rules replace the built-in ones.</summary>
    [Theory]
    [InlineData("""{"id":"a","severity":["HIGH"],"then":"warn"}""", "no rule blocks CRITICAL findings")]
    [InlineData("""{"id":"a","severity":["HIGH"],"then":"block"}""", "no rule blocks CRITICAL findings")]
    [InlineData(
        """{"id":"a","severity":["CRITICAL"],"then":"warn"},{"id":"b","then":"block"}""",
        "no rule blocks CRITICAL findings"
    )]
    [InlineData(
        """{"id":"a","severity":["CRITICAL"],"repositories":["pay/*"],"then":"block"}""",
        "only under the conditions of a;"
    )]
    [InlineData(
        """{"id":"a","minEpss":0.5,"then":"block"},{"id":"b","then":"warn"}""",
        "only under the conditions of a;"
    )]
    [InlineData("""{"id":"a","then":"block"}""", null)]
    [InlineData(
        """{"id":"a","severity":["CRITICAL"],"repositories":["x"],"then":"warn"},{"id":"b","severity":["CRITICAL"],"then":"block"}""",
        null
    )]
    public async Task A_policy_that_lets_CRITICAL_findings_pass_is_noted(string rules, string? note)
    {
        using var cli = new CommandLine().File("p.jsonc", $$"""{"version":1,"rules":[{{rules}}]}""");
        var (code, output) = await cli.RunAsync("policy", "check", "p.jsonc");
        Assert.True(code == 0, output);
        if (note is null)
            Assert.DoesNotContain("CRITICAL", output, StringComparison.Ordinal);
        else
            Assert.Contains(note, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_without_errors_is_counted_and_named_by_its_version()
    {
        _ecrguard.File("policy.jsonc", """{"version":1}""");

        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "policy.jsonc");

        Assert.Equal(
            (
                0,
                "policy.jsonc: no errors; 2 rules, 0 waivers, version "
                    + $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("{\"version\":1}"u8))}"
            ),
            (exitCode, output.TrimEnd())
        );
    }

    [Fact]
    public async Task A_waiver_for_a_digest_comes_with_a_note_since_that_of_an_index_excuses_nothing()
    {
        var digest = $"sha256:{new string('a', 64)}";
        _ecrguard.File(
            "policy.jsonc",
            $$"""
            { "version": 1, "waivers": [ { "id": "W1", "vulnerability": "*", "digest": "{{digest}}", "reason": "r", "owner": "o", "approvedBy": "a", "expires": "{{DateTimeOffset.UtcNow.AddDays(
                9
            ):yyyy-MM-dd}}" } ] }
            """
        );

        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "policy.jsonc");

        Assert.Equal(0, exitCode);
        Assert.EndsWith(
            $"policy.jsonc: note: waiver W1 is for {digest} only, which must be the image of one platform: an "
                + "index has no findings of its own to excuse.",
            output.TrimEnd(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task The_VEX_documents_beside_it_are_checked_with_it()
    {
        _ecrguard
            .File("policy.jsonc", """{"version":1}""")
            .File("vex/good.json", Document.Replace("STATEMENT", Statement, StringComparison.Ordinal));
        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "policy.jsonc");
        Assert.Equal(0, exitCode);
        Assert.StartsWith(
            "policy.jsonc: no errors; 2 rules, 0 waivers, 1 VEX statement about images of ECR in 1 document, version ",
            output,
            StringComparison.Ordinal
        );

        _ecrguard.File(
            "vex/bad.json",
            Document
                .Replace(
                    "STATEMENT",
                    Statement.Replace("\"fixed\"", "\"fixd\"", StringComparison.Ordinal),
                    StringComparison.Ordinal
                )
                .Replace("x:1", "x:2", StringComparison.Ordinal)
        );
        (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "policy.jsonc");
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"{Path.Combine("vex", "bad.json")}:1:", output, StringComparison.Ordinal);
        Assert.Contains(
            "Found 'fixd'; it must be not_affected, affected, fixed or under_investigation. ($.statements[0].status)",
            output,
            StringComparison.Ordinal
        );
    }

    /// <summary>Issue 10; the product is the specification's own example.</summary>
    [Fact]
    public async Task A_document_about_other_products_and_one_that_says_nothing_are_in_order()
    {
        const string other =
            """{ "vulnerability": { "name": "CVE-1" }, "products": [ { "@id": "pkg:apk/wolfi/product@1.23.0-r1?arch=armv7", "identifiers": { "purl": "pkg:maven/org.apache.logging.log4j/log4j-core@2.4" }, "subcomponents": [] } ], "status": "fixed" }""";
        _ecrguard
            .File("policy.jsonc", """{"version":1}""")
            .File("vex/other.json", Document.Replace("STATEMENT", other, StringComparison.Ordinal))
            .File("vex/empty.json", Document.Replace("STATEMENT", "", StringComparison.Ordinal));

        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "policy.jsonc");

        Assert.Equal(0, exitCode);
        Assert.StartsWith(
            "policy.jsonc: no errors; 2 rules, 0 waivers, 0 VEX statements about images of ECR in 2 "
                + "documents, version ",
            output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_lifecycle_policy_of_ECR_and_a_folder_are_known_for_what_they_are()
    {
        _ecrguard
            .File(
                "lifecycle.json",
                """{ "rules": [ { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 3 }, "action": { "type": "expire" } } ] }"""
            )
            .File("folder/policy.json", "{}");

        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "lifecycle.json");
        Assert.Equal(1, exitCode);
        Assert.EndsWith(
            "It looks like a lifecycle policy of ECR, which 'ecrguard lint' checks.",
            output.TrimEnd(),
            StringComparison.Ordinal
        );
        Assert.Equal(
            (64, "folder: it is a folder; it must be a file."),
            await _ecrguard.RunAsync("policy", "check", "folder") is var (code, told)
                ? (code, CommandLine.Message(told))
                : default
        );
    }
}
