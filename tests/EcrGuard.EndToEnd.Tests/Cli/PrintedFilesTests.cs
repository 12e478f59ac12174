using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// Files that say less, more, or something else than they seem to: what counts, what is refused, and what is said.
/// </summary>
public sealed class PrintedFilesTests : IDisposable
{
    private const string Account = "111122223333";
    private const string Other = "999999999999";
    private const string Digest = "sha256:abababababababababababababababababababababababababababababababab";

    private readonly CommandLine _ecrguard = new();

    public void Dispose() => _ecrguard.Dispose();

    private static string Finding(
        string severity = "CRITICAL",
        string account = Account,
        string region = "eu-west-1",
        string packages = """{ "name": "a", "version": "1", "packageManager": "NPM" }"""
    ) =>
        $$"""
            { "severity": "{{severity}}", "lastObservedAt": "2026-11-29T00:00:00Z",
              "resources": [ { "type": "AWS_ECR_CONTAINER_IMAGE", "id": "arn:aws:ecr:{{region}}:{{account}}:repository/app/{{Digest}}" } ],
              "packageVulnerabilityDetails": { "vulnerabilityId": "CVE-1", "vulnerablePackages": [ {{packages}} ] } }
            """;

    private static string Listed(params string[] findings) =>
        $$"""{ "findings": [ {{string.Join(',', findings)}} ] }""";

    private static string Described(string findings, string counts = "", string? registry = Account) =>
        $$"""
            { {{(registry is null ? "" : $"\"registryId\": \"{registry}\",")}} "repositoryName": "app",
              "imageId": { "imageDigest": "{{Digest}}" }, "imageScanStatus": { "status": "ACTIVE" },
              "imageScanFindings": { "enhancedFindings": [ {{findings}} ], "imageScanCompletedAt": "2026-11-29T12:00:00Z"
              {{(counts.Length == 0 ? "" : $", \"findingSeverityCounts\": {counts}")}} } }
            """;

    private async Task<(int ExitCode, string Output)> JudgeAsync(string findings, params string[] more)
    {
        _ecrguard.File("f.json", findings);
        var (exitCode, output) = await _ecrguard.RunAsync([
            "judge",
            "--findings",
            "f.json",
            "--now",
            "2026-11-30T00:00:00Z",
            .. more,
        ]);
        return (exitCode, output.TrimEnd());
    }

    [Theory]
    [InlineData(
        "LOW",
        """{ "CRITICAL": 0, "HIGH": 0, "MEDIUM": 0, "TOTAL": 1 }""",
        0,
        "found 1 finding, and none blocks."
    )]
    [InlineData("LOW", """{ "TOTAL": 3 }""", 3, "The scan announced 3 findings in all, and 1 is listed so far.")]
    [InlineData("UNTRIAGED", """{ "UNDEFINED": 1 }""", 0, "found 1 finding, and none blocks.")]
    [InlineData("UNTRIAGED", """{ "UNDEFINED": 2 }""", 3, "announced 2 UNDEFINED findings, and 1 is listed so far.")]
    [InlineData("LOW", """{ "critical": 0, "LOW": 1 }""", 0, "found 1 finding, and none blocks.")]
    [InlineData(
        "LOW",
        """{ "critical": 1, "LOW": 1 }""",
        64,
        "f.json: imageScanFindings.findingSeverityCounts.critical is 1, and no scanner counts by that name; the names "
            + "must be CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNTRIAGED, UNDEFINED and TOTAL."
    )]
    public async Task Counts_are_held_against_the_list_in_the_words_of_both(
        string severity,
        string counts,
        int expected,
        string says
    )
    {
        var (exitCode, output) = await JudgeAsync(Described(Finding(severity), counts));

        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.Equal(expected, exitCode);
    }

    [Theory]
    [InlineData("""{ "findings": [], "x": "\ud800" }""", "f.json: x is \"\\ud800\"; it must be a text of whole")]
    [InlineData("""{ "findings": [ { "\udc00": 1 } ] }""", "f.json: findings[0] has a member \"\\udc00\"; it must be")]
    [InlineData(
        """{ "imageDetails": [ { "imageTags": [ "a\ud800" ] } ] }""",
        "f.json: imageDetails[0].imageTags[0] is"
    )]
    [InlineData("""{ "findings": [], "findings": [] }""", "f.json: findings stands twice in one object; which of the")]
    [InlineData(
        """{ "imageDetails": [ { "imageTags": [], "imageTags": [ "v1" ] } ] }""",
        "f.json: imageDetails[0].imageTags stands twice in one object; which of the two is meant cannot be told."
    )]
    [InlineData(
        """{ "findings": [] } { "findings": [ { "a": 1, "a": 2 } ] }""",
        "f.json: findings[0].a stands twice in one object; which of the two is meant cannot be told (on its page 2)."
    )]
    public async Task What_can_be_read_in_two_ways_or_in_none_is_named(string text, string message)
    {
        _ecrguard.File("p.json", Lifecycle);
        string[][] commands =
        [
            ["judge", "--findings", "f.json"],
            ["simulate", "--policy", "p.json", "--images", "f.json"],
            ["lint", "--policy", "p.json", "--images", "f.json"],
        ];
        _ecrguard.File("f.json", text);
        foreach (var command in commands)
        {
            var (exitCode, output) = await _ecrguard.RunAsync(command);

            Assert.StartsWith(message, output, StringComparison.Ordinal);
            Assert.Equal(64, exitCode);
        }
    }

    private const string Lifecycle =
        """{ "rules": [ { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30 }, "action": { "type": "expire" } } ] }""";

    [Fact]
    public async Task A_policy_is_checked_as_the_functions_read_it()
    {
        var text = """{ "version": 1 }""";
        byte[] marked = [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(text)];
        _ecrguard
            .File("utf16.jsonc", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(text)])
            .File("plain16.jsonc", Encoding.Unicode.GetBytes(text))
            .File("marked.jsonc", marked);

        foreach (var file in new[] { "utf16.jsonc", "plain16.jsonc" })
        {
            foreach (var command in new string[][] { ["check", file], ["try", file, "--image", "app:1"] })
            {
                var (refused, message) = await _ecrguard.RunAsync(["policy", .. command]);
                Assert.StartsWith(
                    $"{file}: it is UTF-16 or UTF-32, or looks like it",
                    message,
                    StringComparison.Ordinal
                );
                Assert.Contains("must be UTF-8, since the functions", message, StringComparison.Ordinal);
                Assert.Equal(64, refused);
            }
        }
        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "marked.jsonc");
        Assert.EndsWith(
            $"version {Convert.ToHexStringLower(SHA256.HashData(marked))}",
            output.TrimEnd(),
            StringComparison.Ordinal
        );
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task A_package_manager_that_nobody_prints_is_named_and_the_types_of_package_URLs_are_known()
    {
        _ecrguard.File(
            "p.jsonc",
            """{ "version": 1, "rules": [ { "id": "os", "packageManager": ["deb", "rp?", "dpkg"], "then": "block" } ] }"""
        );

        var (exitCode, output) = await _ecrguard.RunAsync("policy", "check", "p.jsonc");

        Assert.Contains(
            "p.jsonc: note: rule os: no scanner is known to print the packageManager 'dpkg', so that",
            output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("'deb'", output, StringComparison.Ordinal);
        Assert.DoesNotContain("'rp?'", output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    private const string Vex = $$"""
        { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x:1", "author": "t", "timestamp": "2026-11-01T09:00:00Z", "version": 1,
          "statements": [ { "vulnerability": { "name": "CVE-1" }, "status": "not_affected", "justification": "component_not_present",
            "products": [ { "@id": "pkg:oci/app@{{Digest}}?repository_url={{Account}}.dkr.ecr.eu-west-1.amazonaws.com/app" } ] } ] }
        """;

    [Fact]
    public async Task What_a_description_does_not_say_of_its_image_is_taken_from_its_findings()
    {
        _ecrguard.File("v.json", Vex);

        Assert.Equal(0, (await JudgeAsync(Described(Finding()), "--vex", "v.json")).ExitCode);
        Assert.Equal(0, (await JudgeAsync(Described(Finding(), registry: null), "--vex", "v.json")).ExitCode);
        Assert.Equal(1, (await JudgeAsync(Described(Finding(region: "eu-west-2")), "--vex", "v.json")).ExitCode);
    }

    [Fact]
    public async Task A_VEX_statement_that_may_be_about_the_image_and_cannot_be_used_is_told()
    {
        _ecrguard.File("v.json", Vex);
        const string without = """{ "severity": "CRITICAL", "title": "CVE-1" }""";

        var (exitCode, output) = await JudgeAsync(Described(without), "--vex", "v.json");

        Assert.Equal(1, exitCode);
        Assert.Contains(
            $"1 VEX statement about app@{Digest} was not used, because f.json names no region; name the image with "
                + "--image, as the full URI.",
            output,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "not used",
            (await JudgeAsync(Described(without, registry: Other), "--vex", "v.json")).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            0,
            (
                await JudgeAsync(
                    Described(without),
                    "--vex",
                    "v.json",
                    "--image",
                    $"{Account}.dkr.ecr.eu-west-1.amazonaws.com/app@{Digest}"
                )
            ).ExitCode
        );
    }

    [Fact]
    public async Task Without_an_account_in_the_file_the_findings_must_agree_or_the_full_URI_tells()
    {
        var both = Described($"{Finding("LOW")}, {Finding(account: Other)}", registry: null);

        var (exitCode, output) = await JudgeAsync(both);

        Assert.Equal(
            (
                64,
                "f.json: imageScanFindings is about 2 images "
                    + $"({Account}.dkr.ecr.eu-west-1.amazonaws.com/app@{Digest}, "
                    + $"{Other}.dkr.ecr.eu-west-1.amazonaws.com/app@{Digest}); select one with --image, by its full URI."
            ),
            (exitCode, output)
        );
        Assert.Equal(0, (await JudgeAsync(both, "--image", Uri(Account))).ExitCode);
        Assert.Equal(1, (await JudgeAsync(both, "--image", Uri(Other))).ExitCode);

        static string Uri(string account) => $"{account}.dkr.ecr.eu-west-1.amazonaws.com/app@{Digest}";
    }

    [Fact]
    public async Task Two_images_that_read_alike_are_told_apart_by_their_URIs()
    {
        var (exitCode, output) = await JudgeAsync(Listed(Finding("LOW"), Finding(region: "eu-west-2")));

        Assert.Contains("111122223333.dkr.ecr.eu-west-2.amazonaws.com/app@sha256:", output, StringComparison.Ordinal);
        Assert.Equal(64, exitCode);
    }

    [Fact]
    public async Task Images_of_two_registries_are_not_those_of_one_repository()
    {
        _ecrguard
            .File("p.json", Lifecycle)
            .File(
                "i.json",
                $$"""
                { "imageDetails": [
                  { "registryId": "{{Account}}", "repositoryName": "app", "imageDigest": "{{Digest}}" },
                  { "registryId": "{{Other}}", "repositoryName": "app", "imageDigest": "sha256:{{new string(
                    'c',
                    64
                )}}" } ] }
                """
            );

        var (exitCode, output) = await _ecrguard.RunAsync("simulate", "--policy", "p.json", "--images", "i.json");

        Assert.Equal(
            (
                64,
                $"i.json: imageDetails[1].registryId is {Other}, and another image is of {Account}; a lifecycle policy "
                    + "counts the images of one repository."
            ),
            (exitCode, output.TrimEnd())
        );
    }
}
