using System.Diagnostics;
using System.Text.RegularExpressions;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>What the README tells people to copy works.</summary>
public sealed class ReadmeTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("ecrguard-").FullName;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    /// <summary>
    /// With a curl that gives one answer after the other and a sleep that notes how long it was to be.
    /// </summary>
    [Theory]
    [InlineData(0, "15\n15\n", "PENDING", "PENDING", "APPROVED")]
    [InlineData(1, "15\n", "PENDING", "BLOCKED")]
    [InlineData(1, "", "ERROR")]
    [InlineData(1, "", "")]
    public async Task The_loop_that_waits_for_a_scan_ends_with_the_answer_and_is_a_gate(
        int expected,
        string slept,
        params string[] statuses
    )
    {
        await Tool.RequireAsync("jq", "jq", "--version");
        var line = Regex
            .Match(
                File.ReadAllText(Path.Combine(SamTemplate.Root, "README.md")),
                "^for try in .*$",
                RegexOptions.Multiline
            )
            .Value;
        for (var asked = 0; asked < statuses.Length; asked++)
            await File.WriteAllTextAsync(
                Path.Combine(_work, $"answer{asked + 1}"),
                statuses[asked].Length == 0
                    ? ""
                    : $$"""{"approved":{{(statuses[asked] == "APPROVED" ? "true" : "false")}},"status":"{{statuses[asked]}}"}""",
                TestContext.Current.CancellationToken
            );

        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo(
                "bash",
                [
                    "-c",
                    $$"""
                    curl() { echo >> asked; cat "answer$(wc -l < asked)"; }
                    sleep() { echo "$1" >> slept; }
                    {{line}}
                    """,
                ]
            )
            {
                WorkingDirectory = _work,
            }
        );

        Assert.True(expected == exitCode, output);
        Assert.Equal(
            slept,
            File.Exists(Path.Combine(_work, "slept"))
                ? await File.ReadAllTextAsync(Path.Combine(_work, "slept"), TestContext.Current.CancellationToken)
                : ""
        );
    }
}
