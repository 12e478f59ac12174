using System.Text.Json;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// <c>ecrguard simulate</c> and <c>ecrguard lint</c>: shapes, exit codes, and the messages about files that cannot be
/// used.
/// </summary>
public sealed class LifecycleCommandsTests : IDisposable
{
    private const string Policy = """
        {
          "rules": [
            { "rulePriority": 1, "description": "Keep last 2 releases", "selection": { "tagStatus": "tagged", "tagPatternList": ["v*"], "countType": "imageCountMoreThan", "countNumber": 2 }, "action": { "type": "expire" } },
            { "rulePriority": 2, "selection": { "tagStatus": "any", "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 30 }, "action": { "type": "transition", "targetStorageClass": "archive" } }
          ]
        }
        """;

    private readonly CommandLine _ecrguard = new CommandLine().File("policy.json", Policy);

    private static string Digest(char digit) => "sha256:" + new string(digit, 64);

    /// <summary>
    /// Times as either setting of the AWS CLI prints them: with an offset, with microseconds, as seconds since 1970.
    /// </summary>
    private static string Images =>
        $$"""
            { "imageDetails": [
              { "registryId": "123456789012", "repositoryName": "pay/api", "imageDigest": "{{Digest(
                '1'
            )}}", "imageTags": ["v1"], "imageSizeInBytes": 5, "imagePushedAt": "2026-01-01T01:00:00+01:00", "imageStatus": "ACTIVE" },
              { "imageDigest": "{{Digest(
                '2'
            )}}", "imageTags": ["v2"], "imagePushedAt": "2026-01-02T00:00:00.123456+00:00" },
              { "imageDigest": "{{Digest(
                '3'
            )}}", "imageTags": ["v3"], "imagePushedAt": 1767398400.5, "imageManifestMediaType": "application/vnd.oci.image.index.v1+json" },
              { "imageDigest": "{{Digest(
                '4'
            )}}", "imagePushedAt": "2025-06-01T00:00:00Z", "lastRecordedPullTime": "2025-12-01T00:00:00Z" },
              { "imageDigest": "{{Digest(
                '5'
            )}}", "imageTags": [], "imagePushedAt": "2025-06-01T00:00:00Z", "lastRecordedPullTime": "2026-01-30T00:00:00Z" },
              { "imageDigest": "{{Digest(
                '6'
            )}}", "imagePushedAt": "2025-06-01T00:00:00Z", "imageStatus": "ARCHIVED", "lastArchivedAt": "2025-07-01T00:00:00Z" }
            ] }
            """;

    public void Dispose() => _ecrguard.Dispose();

    private Task<(int ExitCode, string Output)> SimulateAsync(params string[] more) =>
        _ecrguard.RunAsync([
            "simulate",
            "--policy",
            "policy.json",
            "--images",
            "images.json",
            "--now",
            "2026-01-31T00:00:00Z",
            .. more,
        ]);

    private Task<(int ExitCode, string Output)> LintAsync(params string[] more) =>
        _ecrguard.RunAsync(["lint", "--policy", "policy.json", .. more]);

    [Fact]
    public async Task An_empty_policy_is_what_a_shell_left_behind_and_none_that_ECR_refuses()
    {
        _ecrguard.File("policy.json", "");
        var (exitCode, output) = await LintAsync();
        Assert.Equal(64, exitCode);
        Assert.StartsWith("policy.json: it is empty. Where there is nothing to print, such as no lifecycle", output);
    }

    [Fact]
    public async Task Simulate_tells_in_JSON_what_happens_to_every_image_and_why()
    {
        _ecrguard.File("images.json", Images);

        var (exitCode, output) = await SimulateAsync("--format", "json");

        Assert.Equal(0, exitCode);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(["images", "summary"], json.RootElement.EnumerateObject().Select(p => p.Name));
        var images = json.RootElement.GetProperty("images").EnumerateArray().ToList();
        Assert.All(
            images,
            image =>
                Assert.Equal(
                    ["imageDigest", "imageTags", "outcome", "rulePriority", "shieldedBy", "reason"],
                    image.EnumerateObject().Select(p => p.Name)
                )
        );
        Assert.Equal(
            [
                "3 keep null 1",
                "2 keep null 1",
                "1 expire 1 null",
                "6 keep null null",
                "5 keep null null",
                "4 archive 2 null",
            ],
            images.Select(i =>
                $"{i.GetProperty("imageDigest").GetString()![^1]} {i.GetProperty("outcome")} "
                + $"{i.GetProperty("rulePriority").GetRawText()} {i.GetProperty("shieldedBy").GetRawText()}"
            )
        );
        Assert.Equal(
            "Rule 2 archives it: it was last pulled 61 days ago (2025-12-01 00:00:00Z), and the limit is 30 days.",
            images[^1].GetProperty("reason").GetString()
        );

        var summary = json.RootElement.GetProperty("summary");
        Assert.Equal((6, 4, 1, 1), (Number("images"), Number("kept"), Number("expired"), Number("archived")));
        Assert.Equal(
            ["1 1 2", "2 1 0"],
            summary
                .GetProperty("rules")
                .EnumerateArray()
                .Select(r => $"{r.GetProperty("rulePriority")} {r.GetProperty("takes")} {r.GetProperty("shields")}")
        );
        Assert.Contains(
            "1 index stays",
            Assert.Single(summary.GetProperty("notes").EnumerateArray()).GetString(),
            StringComparison.Ordinal
        );

        int Number(string name) => summary.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Simulate_shows_people_a_table()
    {
        _ecrguard.File("images.json", Images);

        var (exitCode, output) = await SimulateAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains(
            "expire      1         111111111111  v1                              Rule 1 expires it: it is "
                + "number 3 from the newest, and 2 images stay.",
            output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "6 images at 2026-01-31 00:00:00Z: 4 kept, 1 expired, 1 archived.",
            output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Simulate_evaluates_for_the_present_moment_where_none_is_given()
    {
        _ecrguard.File(
            "images.json",
            $$"""{ "imageDetails": [{ "imageDigest": "{{Digest('1')}}", "imagePushedAt": "{{DateTimeOffset.UtcNow.AddDays(-29):O}}" }] }"""
        );

        var (exitCode, output) = await _ecrguard.RunAsync(
            "simulate",
            "--policy",
            "policy.json",
            "--images",
            "images.json"
        );

        Assert.Equal(0, exitCode);
        Assert.Contains("never pulled and pushed 29 days ago", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "sha256:12" } ] }""",
        "images.json: imageDetails[0].imageDigest is \"sha256:12\"; it must be 'sha256:' and 64 lower-case "
            + "hexadecimal characters."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageTags": ["v1"] } ] }""",
        "images.json: imageDetails[0] has no imageDigest; it must be the digest of the image, 'sha256:' and "
            + "64 lower-case hexadecimal characters."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D", "imagePushedAt": "yesterday" } ] }""",
        "images.json: imageDetails[0].imagePushedAt is \"yesterday\"; it must be a time such as "
            + "\"2026-01-31T00:00:00Z\", or seconds since 1970."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D", "imagePushedAt": 1e30 } ] }""",
        "images.json: imageDetails[0].imagePushedAt is 1e30; it must be a time such as "
            + "\"2026-01-31T00:00:00Z\", or seconds since 1970."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D", "imageStatus": "GONE" } ] }""",
        "images.json: imageDetails[0].imageStatus is \"GONE\"; it must be ACTIVE, ARCHIVED or ACTIVATING."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D", "imageTags": "v1" } ] }""",
        "images.json: imageDetails[0].imageTags is \"v1\"; it must be a list of tags."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D" }, { "imageDigest": "D" } ] }""",
        "images.json: imageDetails[1].imageDigest is D for the second time; each image must be there once."
    )]
    [InlineData(
        """{ "imageDetails": [ { "imageDigest": "D", "repositoryName": "pay/api" }, { "imageDigest": "E", "repositoryName": "pay/web" } ] }""",
        "images.json: imageDetails[1].repositoryName is pay/web, and another image is of pay/api; a "
            + "lifecycle policy counts the images of one repository."
    )]
    [InlineData("""{ "imageDetails": {} }""", "images.json: imageDetails is {}; it must be a list of images.")]
    [InlineData(
        """{ "imageDetails": [], "NextToken": "eyJ" }""",
        "images.json: it has a \"NextToken\", so that it is one page of several, and a count of half the "
            + "images is wrong; print all pages, without --max-items and --no-paginate."
    )]
    [InlineData(
        """{ "nextToken": "eyJ", "imageDetails": [] }""",
        "images.json: it has a \"nextToken\", so that it is one page of several, and a count of half the "
            + "images is wrong; print all pages, without --max-items and --no-paginate."
    )]
    [InlineData(
        "",
        "images.json: it is empty. Where there is nothing to print, such as no lifecycle policy or no scan, aws prints "
            + "an error instead, and the shell leaves the file empty."
    )]
    [InlineData(
        "{ \"imageDetails\": [\n  {",
        "images.json:2:4: error: The JSON ends before it is complete, at line 2, column 4."
    )]
    [InlineData(
        """{ "imageIds": [] }""",
        "images.json: it has no \"imageDetails\"; it must be what 'aws ecr describe-images --output json' prints."
    )]
    public async Task A_file_of_images_that_cannot_be_used_is_named_with_field_value_and_what_would_be_right(
        string images,
        string message
    )
    {
        _ecrguard.File(
            "images.json",
            images
                .Replace("\"D\"", $"\"{Digest('d')}\"", StringComparison.Ordinal)
                .Replace("\"E\"", $"\"{Digest('e')}\"", StringComparison.Ordinal)
        );

        var (exitCode, output) = await SimulateAsync();

        Assert.Equal(
            (64, message.Replace(" D ", $" {Digest('d')} ", StringComparison.Ordinal)),
            (exitCode, CommandLine.Message(output))
        );
        var linted = await LintAsync("--images", "images.json");
        Assert.Equal((64, CommandLine.Message(output)), (linted.ExitCode, CommandLine.Message(linted.Output)));
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_not_JSON_is_wrong_usage()
    {
        var missing = await SimulateAsync();
        _ecrguard.File("images.json", "not JSON");
        var malformed = await LintAsync("--images", "images.json");

        Assert.Equal((64, 64), (missing.ExitCode, malformed.ExitCode));
        Assert.StartsWith("images.json: ", missing.Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "images.json:1:2: error: The document cannot be read as JSON: ",
            malformed.Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("'xml' not recognized", "--format", "xml")]
    [InlineData("--now is 'soon'; it must be a time such as 2026-01-31T00:00:00Z.", "--now", "soon")]
    [InlineData(
        "--now is '2026-01-31 00:00:00Z'; it must be a time such as 2026-01-31T00:00:00Z.",
        "--now",
        "2026-01-31 00:00:00Z"
    )]
    [InlineData("'--images' is required")]
    public async Task A_wrong_option_is_wrong_usage(string message, params string[] options)
    {
        var (exitCode, output) = await _ecrguard.RunAsync(["simulate", "--policy", "policy.json", .. options]);

        Assert.Equal(64, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_ECR_would_refuse_ends_with_two_and_its_place()
    {
        _ecrguard
            .File("policy.json", Policy.Replace("\"countNumber\": 2 ", "\"countNumber\": 0 ", StringComparison.Ordinal))
            .File("images.json", Images);

        var (simulated, linted, json) = (await SimulateAsync(), await LintAsync(), await LintAsync("--format", "json"));

        Assert.Equal((2, 2, 2), (simulated.ExitCode, linted.ExitCode, json.ExitCode));
        const string Problem =
            "policy.json:3:179: error: Found 0; it must be a whole number from 1 to 2147483647. "
            + "($.rules[0].selection.countNumber)";
        Assert.Equal(Problem, simulated.Output.TrimEnd());
        Assert.Equal(
            [Problem, "1 error; ECR would refuse the policy."],
            linted.Output.TrimEnd().ReplaceLineEndings("\n").Split('\n')
        );
        using var findings = JsonDocument.Parse(json.Output);
        Assert.Equal("refused", findings.RootElement.GetProperty("findings")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_policy_is_taken_as_get_lifecycle_policy_prints_it_byte_order_mark_included()
    {
        _ecrguard.File("images.json", Images);
        var (simulated, linted) = (await SimulateAsync(), await LintAsync("--images", "images.json"));

        _ecrguard
            .File(
                "policy.json",
                "\uFEFF"
                    + JsonSerializer.Serialize(
                        new
                        {
                            registryId = "123456789012",
                            repositoryName = "pay/api",
                            lifecyclePolicyText = Policy,
                        }
                    )
            )
            .File("images.json", "\uFEFF" + Images);

        Assert.Equal(simulated, await SimulateAsync());
        Assert.Equal(linted, await LintAsync("--images", "images.json"));
        Assert.Equal(0, simulated.ExitCode);
    }

    [Fact]
    public async Task A_policy_of_EcrGuards_is_no_lifecycle_policy()
    {
        _ecrguard.File("policy.json", "{ \"version\": 1, // of EcrGuard\n \"rules\": [] }").File("images.json", Images);

        var (simulated, linted) = (await SimulateAsync(), await LintAsync());

        Assert.Equal(
            (
                64,
                "policy.json: it has a \"version\", so that it is a policy of EcrGuard; it must be a "
                    + "lifecycle policy of ECR. 'ecrguard policy check' is for EcrGuard's."
            ),
            (linted.ExitCode, CommandLine.Message(linted.Output))
        );
        Assert.Equal(
            (linted.ExitCode, CommandLine.Message(linted.Output)),
            (simulated.ExitCode, CommandLine.Message(simulated.Output))
        );
    }

    [Fact]
    public async Task Lint_answers_in_JSON_and_ends_with_one_only_on_an_error()
    {
        _ecrguard
            .File("policy.json", Policy.Replace("[\"v*\"]", "[\"v*\", \"latest\"]", StringComparison.Ordinal))
            .File("images.json", Images);

        var (alone, withImages) = (
            await LintAsync("--format", "json"),
            await LintAsync("--images", "images.json", "--format", "json")
        );

        Assert.Equal((0, 1), (alone.ExitCode, withImages.ExitCode));
        using var findings = JsonDocument.Parse(withImages.Output);
        Assert.Equal(["findings"], findings.RootElement.EnumerateObject().Select(p => p.Name));
        var trap = findings.RootElement.GetProperty("findings")[0];
        Assert.Equal(
            ["id", "severity", "rulePriority", "message", "suggestion"],
            trap.EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(
            ("and-trap", "error", 1),
            (
                trap.GetProperty("id").GetString(),
                trap.GetProperty("severity").GetString(),
                trap.GetProperty("rulePriority").GetInt32()
            )
        );
    }

    [Theory]
    [InlineData("ecrguard-inuse-*", "No findings.")]
    [InlineData("other-inuse-*", "catches-verdict-tags")]
    public async Task Lint_knows_the_rule_that_shields_images_in_use(string pattern, string says)
    {
        var shield =
            $$"""{ "rulePriority": 1, "selection": { "tagStatus": "tagged", "tagPatternList": ["{{pattern}}"], "countType": "imageCountMoreThan", "countNumber": 100000 }, "action": { "type": "expire" } }, """;
        _ecrguard.File(
            "policy.json",
            Policy
                .Replace("\"rulePriority\": 2", "\"rulePriority\": 3", StringComparison.Ordinal)
                .Replace("\"rulePriority\": 1", "\"rulePriority\": 2", StringComparison.Ordinal)
                .Replace("\"rules\": [", "\"rules\": [ " + shield, StringComparison.Ordinal)
                .Replace("[\"v*\"]", "[\"*inuse-*\"]", StringComparison.Ordinal)
        );

        Assert.Contains(says, (await LintAsync()).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lint_says_so_where_there_is_nothing_to_say()
    {
        var (exitCode, output) = await LintAsync();

        Assert.Equal((0, "No findings."), (exitCode, output.TrimEnd()));
    }
}
