using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// Files that say less or more than they seem to, or something else: what counts, what is refused, and what the command
/// says.
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
        return (exitCode, CommandLine.Message(output));
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
                    + $"{Other}.dkr.ecr.eu-west-1.amazonaws.com/app@{Digest}); "
                    + "select one with --image, by its full URI."
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

    [Theory]
    [InlineData("""{ "bomFormat": "CycloneDX" }""", "v.json: it is CycloneDX; it must be an OpenVEX document.")]
    [InlineData("[]", "v.json: it is a list; it must be an OpenVEX document.")]
    [InlineData("null", "v.json: it is null; it must be an OpenVEX document.")]
    public async Task A_document_of_another_format_that_is_named_is_refused(string text, string message)
    {
        _ecrguard.File("v.json", text);

        Assert.Equal((64, message), await JudgeAsync(Listed(Finding()), "--vex", "v.json"));
    }

    private static string Image(char digit, string pushedAt = "2026-01-01T00:00:00Z") =>
        $$"""{ "imageDigest": "sha256:{{new string(digit, 64)}}", "imagePushedAt": "{{pushedAt}}" }""";

    private async Task<(int ExitCode, string Output)> SimulateAsync(byte[] images)
    {
        _ecrguard.File("p.json", Lifecycle).File("i.json", images);
        var (exitCode, output) = await _ecrguard.RunAsync("simulate", "--policy", "p.json", "--images", "i.json");
        return (exitCode, CommandLine.Message(output));
    }

    private const string Parts =
        "is a list of parts of an answer; print the whole answer, without --query and without jq.";

    [Fact]
    public async Task Parts_of_an_answer_are_not_taken_for_its_pages()
    {
        foreach (var parts in new[] { $"[{Image('1')}, {Image('2')}]", $"[{Image('1')}]", Image('1') + Image('2') })
            Assert.Equal(
                (64, "i.json: it has no \"imageDetails\", and " + Parts),
                await SimulateAsync(Encoding.UTF8.GetBytes(parts))
            );
        Assert.Equal(
            (
                64,
                "f.json: it has no \"imageScanFindings\" and no \"imageScanStatus\" and no \"findings\", and " + Parts
            ),
            await JudgeAsync($"{Finding()}\n{Finding("LOW")}")
        );
    }

    [Fact]
    public async Task Files_that_were_joined_with_their_marks_are_pages_and_other_bytes_are_named_by_their_place()
    {
        byte[] mark = [.. Encoding.UTF8.GetPreamble()];
        byte[] Page(char digit) => Encoding.UTF8.GetBytes($"{{ \"imageDetails\": [ {Image(digit)} ] }}\r\n");

        var (exitCode, output) = await SimulateAsync([.. mark, .. Page('1'), .. mark, .. Page('2')]);
        Assert.Contains("2 images at", output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);

        Assert.Equal(
            (64, "i.json:2:1: error: The document is not UTF-8 here; save it as UTF-8."),
            await SimulateAsync([.. "{\n"u8, 0xE9])
        );
    }

    [Fact]
    public async Task A_value_is_quoted_as_the_file_has_it() =>
        Assert.Equal(
            (
                64,
                "i.json: imageDetails[0].imagePushedAt is \"1 < 2+3\"; it must be a time such as "
                    + "\"2026-01-31T00:00:00Z\", or seconds since 1970."
            ),
            await SimulateAsync(Encoding.UTF8.GetBytes($"{{ \"imageDetails\": [ {Image('1', "1 < 2+3")} ] }}"))
        );

    [Theory]
    [InlineData("\"rulePriority\": 0", "p.json (lifecyclePolicyText):1:32: error: Found 0; it must be a whole number")]
    [InlineData("\"rulePriority\": 1", "No findings.")]
    public async Task A_place_in_a_text_in_the_file_is_named_as_one(string priority, string message)
    {
        var policy = Lifecycle.Replace("\"rulePriority\": 1", priority, StringComparison.Ordinal);
        _ecrguard.File(
            "p.json",
            $$"""{ "lifecyclePolicyText": {{System.Text.Json.JsonSerializer.Serialize(policy)}} }"""
        );

        Assert.StartsWith(
            message,
            (await _ecrguard.RunAsync("lint", "--policy", "p.json")).Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_lifecycle_policy_with_a_version_is_one_with_an_unknown_key()
    {
        _ecrguard.File(
            "p.json",
            Lifecycle.Replace("{ \"rules\"", "{ \"version\": \"2012\", \"rules\"", StringComparison.Ordinal)
        );

        var (exitCode, output) = await _ecrguard.RunAsync("lint", "--policy", "p.json");

        Assert.StartsWith("p.json:1:3: error: The key 'version' is unknown;", output, StringComparison.Ordinal);
        Assert.Equal(2, exitCode);
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
            (exitCode, CommandLine.Message(output))
        );
    }
}
