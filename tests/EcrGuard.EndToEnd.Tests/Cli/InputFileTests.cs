using System.Text;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>Files as tools print them: encodings, pages, times, and standard input.</summary>
public sealed class InputFileTests : IDisposable
{
    private const string Policy =
        """{ "rules": [ { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30 }, "action": { "type": "expire" } } ] }""";

    private readonly CommandLine _ecrguard = new CommandLine().File("policy.json", Policy);

    public void Dispose() => _ecrguard.Dispose();

    private static string Image(char digit, string pushedAt = "\"2026-01-01T00:00:00Z\"") =>
        $$"""{ "imageDigest": "sha256:{{new string(digit, 64)}}", "imageTags": ["v{{digit}}"], "imagePushedAt": {{pushedAt}} }""";

    private static string Page(string images, string more = "") => $$"""{ "imageDetails": [ {{images}} ]{{more}} }""";

    private const string Token = ", \"nextToken\": \"abc\"";

    private Task<(int ExitCode, string Output)> SimulateAsync(string images, string policy = "policy.json") =>
        _ecrguard.RunAsync("simulate", "--policy", policy, "--images", images, "--now", "2026-01-21T00:00:00Z");

    private static void AssertImages(int images, (int ExitCode, string Output) ended)
    {
        Assert.Contains($"{images} image", ended.Output, StringComparison.Ordinal);
        Assert.Equal(0, ended.ExitCode);
    }

    [Fact]
    public async Task Files_in_UTF_16_are_read_as_PowerShell_writes_them_and_UTF_8_with_or_without_its_mark()
    {
        var text = Page(Image('1')).Replace(" ", "\r\n", StringComparison.Ordinal);
        foreach (
            var encoding in new Encoding[]
            {
                Encoding.Unicode,
                Encoding.BigEndianUnicode,
                Encoding.UTF8,
                new UTF8Encoding(false),
            }
        )
        {
            _ecrguard
                .File("images.json", [.. encoding.GetPreamble(), .. encoding.GetBytes(text)])
                .File("other.json", [.. encoding.GetPreamble(), .. encoding.GetBytes(Policy)]);
            AssertImages(1, await SimulateAsync("images.json", "other.json"));
        }

        _ecrguard.File("images.json", Encoding.Unicode.GetBytes(text));
        Assert.Equal(
            (64, "images.json: it looks like UTF-16 and has no byte order mark; it must be UTF-8, or UTF-16 with one."),
            Trimmed(await SimulateAsync("images.json"))
        );
        _ecrguard.File("images.json", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(text), 0x20]);
        Assert.Equal(
            (64, "images.json: it begins as UTF-16 and does not stay so, or is cut off; it must be whole."),
            Trimmed(await SimulateAsync("images.json"))
        );
    }

    [Fact]
    public async Task Pages_that_a_loop_has_printed_one_after_the_other_are_one_answer()
    {
        string[] whole =
        [
            Page(Image('1'), Token) + "\n" + Page(Image('2'), Token) + "\n" + Page(Image('3')),
            Page(Image('1'), Token) + Page(Image('2') + "," + Image('3')),
            "[" + Page(Image('1'), Token) + "," + Page(Image('2') + "," + Image('3')) + "]",
            Page(Image('1'), ", \"NextToken\": \"e\"").Replace("\n", " ", StringComparison.Ordinal)
                + "\r\n"
                + Page(Image('2'))
                + "\r\n"
                + Page(Image('3'))
                + "\r\n",
            Page(Image('1'), ", \"nextToken\": \"a\", \"ResponseMetadata\": { \"RequestId\": \"1\" }")
                + Page(Image('2') + "," + Image('3'), ", \"ResponseMetadata\": { \"RequestId\": \"2\" }"),
        ];
        foreach (var text in whole)
            AssertImages(3, await PrintedAsync(text));

        Assert.Contains(
            "it has a \"nextToken\"",
            (await PrintedAsync(Page(Image('1')) + Page(Image('2'), Token))).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "for the second time",
            (await PrintedAsync(Page(Image('1'), Token) + Page(Image('1')))).Output,
            StringComparison.Ordinal
        );
        Assert.Equal(
            (
                64,
                "images.json: region is \"a\" on its page 1 and \"b\" on page 2; the pages must be those of one answer."
            ),
            Trimmed(
                await PrintedAsync(Page(Image('1'), ", \"region\": \"a\"") + Page(Image('2'), ", \"region\": \"b\""))
            )
        );

        Task<(int ExitCode, string Output)> PrintedAsync(string text)
        {
            _ecrguard.File("images.json", text);
            return SimulateAsync("images.json");
        }
    }

    [Fact]
    public async Task Findings_are_put_together_from_their_pages()
    {
        string Of(string name, string more) =>
            $$"""{ "repositoryName": "pay/api", "imageScanStatus": { "status": "COMPLETE" }, "imageScanFindings": { "imageScanCompletedAt": "2026-01-20 11:00:00.5+00:00", "findings": [ { "name": "{{name}}", "severity": "CRITICAL" } ], "findingSeverityCounts": { "CRITICAL": 2 } }{{more}} }""";
        _ecrguard.File("findings.json", Of("CVE-2026-1", Token) + Of("CVE-2026-2", ""));

        var (exitCode, output) = await _ecrguard.RunAsync(
            "judge",
            "--findings",
            "findings.json",
            "--now",
            "2026-01-21T00:00:00Z"
        );

        Assert.Equal(1, exitCode);
        Assert.Contains("CVE-2026-1", output, StringComparison.Ordinal);
        Assert.Contains("CVE-2026-2", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"2026-01-01 00:00:00+00:00\"")]
    [InlineData("\"2026-01-01 00:00:00.123456+00:00\"")]
    [InlineData("\"2026-01-01 00:00:00.123456\"")]
    [InlineData("\"2026-01-01 00:00:00\"")]
    [InlineData("\"2026-01-01 02:00:00+02:00\"")]
    [InlineData("\"2026-01-01T00:00:00.123456789Z\"")]
    [InlineData("\"2026-01-01T02:00:00+0200\"")]
    [InlineData("\"2026-01-01t00:00:00z\"")]
    [InlineData("\"2026-01-01 00:00:00 UTC\"")]
    [InlineData("\"Thu Jan 01 00:00:00.411 UTC 2026\"")]
    [InlineData("\"Jan 1, 2026, 12:00:00 AM\"")]
    [InlineData("1767225600")]
    [InlineData("1767225600.123")]
    [InlineData("1.7672256E9")]
    public async Task A_time_is_read_as_tools_print_it(string pushedAt)
    {
        _ecrguard.File("images.json", Page(Image('1', pushedAt)));

        // Exactly thirty days later, and a second before that.
        Assert.Contains(
            "1 expired",
            (
                await _ecrguard.RunAsync(
                    "simulate",
                    "--policy",
                    "policy.json",
                    "--images",
                    "images.json",
                    "--now",
                    "2026-01-31T00:00:01Z"
                )
            ).Output,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1 kept",
            (
                await _ecrguard.RunAsync(
                    "simulate",
                    "--policy",
                    "policy.json",
                    "--images",
                    "images.json",
                    "--now",
                    "2026-01-30T23:59:59Z"
                )
            ).Output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\"yesterday\"")]
    [InlineData("\"2026-13-01 00:00:00\"")]
    [InlineData("\"2026-01-01 00:00:00 Europe/Berlin\"")]
    [InlineData("-1")]
    public async Task A_time_that_is_none_is_named_with_file_field_and_value(string pushedAt)
    {
        _ecrguard.File("images.json", Page(Image('1', pushedAt)));
        Assert.Equal(
            (
                64,
                $"images.json: imageDetails[0].imagePushedAt is {pushedAt}; it must be a time such as "
                    + "\"2026-01-31T00:00:00Z\", or seconds since 1970."
            ),
            Trimmed(await SimulateAsync("images.json"))
        );
    }

    [Fact]
    public async Task A_dash_is_standard_input_once()
    {
        _ecrguard.File("images.json", Page(Image('1')));
        AssertImages(
            1,
            await _ecrguard.RunWithInputAsync(
                "images.json",
                "simulate",
                "--policy",
                "policy.json",
                "--images",
                "-",
                "--now",
                "2026-01-21T00:00:00Z"
            )
        );
        Assert.Equal(0, (await _ecrguard.RunWithInputAsync("policy.json", "lint", "--policy", "-")).ExitCode);
        Assert.Equal(
            0,
            (
                await _ecrguard
                    .File("own.jsonc", "{ \"version\": 1 }")
                    .RunWithInputAsync("own.jsonc", "policy", "check", "-")
            ).ExitCode
        );
        Assert.Equal(
            (64, "'-' is standard input, which can be read once; it is given for --policy and --images."),
            Trimmed(await _ecrguard.RunWithInputAsync("images.json", "simulate", "--policy", "-", "--images", "-"))
        );
        Assert.Equal(
            (64, "PLAN is '-', so that standard input cannot be asked whether it is wanted; give --yes too."),
            Trimmed(await _ecrguard.RunWithInputAsync("images.json", "apply", "-"))
        );
    }

    private static (int, string) Trimmed((int ExitCode, string Output) ended) =>
        (ended.ExitCode, CommandLine.Message(ended.Output));

    /// <summary>At commit defd080, the linter's answer to these was wrong.</summary>
    [Theory]
    [InlineData(
        "What has no tag goes within 24 hours",
        "\"tagStatus\": \"untagged\", \"countType\": \"sinceImagePushed\", \"countUnit\": \"days\", \"countNumber\": 1"
    )]
    [InlineData(
        "Tags that begin with 20 stay ten years",
        "\"tagStatus\": \"tagged\", \"tagPatternList\": [\"20*\"], \"countType\": \"sinceImagePushed\", "
            + "\"countUnit\": \"days\", \"countNumber\": 3650"
    )]
    [InlineData(
        "Protect the image tagged latest",
        "\"tagStatus\": \"tagged\", \"tagPatternList\": [\"latest\"], \"countType\": \"imageCountMoreThan\", "
            + "\"countNumber\": 1"
    )]
    public async Task Lint_does_not_take_for_a_claim_what_is_none(string description, string selection)
    {
        _ecrguard.File(
            "policy.json",
            $$"""{ "rules": [ { "rulePriority": 1, "description": "{{description}}", "selection": { {{selection}} }, "action": { "type": "expire" } } ] }"""
        );
        var (exitCode, output) = await _ecrguard.RunAsync("lint", "--policy", "policy.json");
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("description-differs", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_ECR_may_refuse_ends_with_one()
    {
        _ecrguard
            .File("policy.json", Policy.Replace("30", "\"30\"", StringComparison.Ordinal))
            .File("images.json", Page(Image('1')));

        var (linted, simulated, json) = (
            await _ecrguard.RunAsync("lint", "--policy", "policy.json"),
            await SimulateAsync("images.json"),
            await _ecrguard.RunAsync("lint", "--policy", "policy.json", "--format", "json")
        );

        Assert.Equal((1, 1, 1), (linted.ExitCode, simulated.ExitCode, json.ExitCode));
        Assert.EndsWith("1 error; ECR may refuse the policy.", linted.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.EndsWith("ECR may refuse the policy.", simulated.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("\"may-be-refused\"", json.Output, StringComparison.Ordinal);
    }
}
