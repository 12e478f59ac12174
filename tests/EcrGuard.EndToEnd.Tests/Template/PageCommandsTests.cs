using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// Every command of every page does what the page says. bash runs it against a local AWS with images that have the
/// demo's names, and with EcrGuard as it is deployed. If a block does not end with 0, the page says so: <c># exits
/// 1</c>.
/// </summary>
/// <remarks>
/// <c>sam</c>, <c>git</c> and <c>dotnet</c> are not run, but <c>ecrguard</c> is, under that name and by <c>dotnet
/// run</c>. What the local AWS does not know (CloudFormation, Step Functions, the administration of tables, queues and
/// keys) the AWS CLI checks by its own models, and a <see cref="RestOfAws"/> answers.
/// </remarks>
public sealed partial class PageCommandsTests(PageEstate shared) : IClassFixture<PageEstate>
{
    public static TheoryData<string> Pages =>
        [.. Page.All.Where(page => page.Blocks("sh").Count > 0).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_command_of_a_page_does_what_the_page_says(string path)
    {
        foreach (var tool in new[] { "aws", "jq", "curl" })
            await Tool.RequireAsync(tool, tool, "--version");
        var blocks = new Page(path).Blocks("sh");
        // Orders change the account, so a page with orders has its own account, if it does not start one itself. A page
        // that forces an approval ends it too.
        await using var own =
            blocks.Any(block => Order().IsMatch(block))
            && !blocks.Any(block => block.Contains("ecrguard local", StringComparison.Ordinal))
                ? new PageEstate()
                : null;
        if (own is not null)
            await own.InitializeAsync();
        var estate = own ?? shared;
        var script = new StringBuilder(estate.Preamble);
        foreach (var block in blocks)
        {
            var expected = Exits().Match(block) is { Success: true } exits ? exits.Groups[1].Value : "0";
            // If a block ends with 0, so does each of its commands. The block may leave variables and functions to the
            // next one.
            if (expected == "0")
                script.Append($"trap 'fail 0 $? <<< \"$BASH_COMMAND\"' ERR\n{block}\ntrap - ERR\n");
            else
                script.Append(
                    CultureInfo.InvariantCulture,
                    $"(set -e\n{block}\n)\ncode=$?\n"
                        + $"[ $code = {expected} ] || fail {expected} $code <<'BLOCK'\n{block}BLOCK\n"
                );
        }
        var (exitCode, output) = await estate.RunAsync(script.ToString());
        Assert.True(exitCode == 0, output);
        Assert.Empty(estate.Rest.Unknown);
        Assert.All(estate.Take("sam"), AssertSam);
        Assert.All(estate.Take("dotnet"), AssertDotnet);
    }

    /// <summary>Checks the names that a page gives <c>dotnet</c>: files, a filter of tests, measurements.</summary>
    private static void AssertDotnet(string line)
    {
        var words = line.Split(' ');
        Assert.All(
            words.Where(word => word.Contains('/', StringComparison.Ordinal) && word[0] != '-'),
            file => Assert.True(Path.Exists(Path.Combine(SamTemplate.Root, file)), $"dotnet {line}: there is no {file}")
        );
        if (Array.IndexOf(words, "--filter") is >= 0 and var at)
            Assert.True(
                Directory
                    .EnumerateFileSystemEntries(
                        Path.Combine(SamTemplate.Root, "tests"),
                        $"*{words[at + 1].Split('~')[1]}*",
                        SearchOption.AllDirectories
                    )
                    .Any(),
                $"dotnet {line}: no test is called so"
            );
        const string benchmarks = "tests/EcrGuard.Benchmarks";
        if (!words.Contains(benchmarks))
            return;
        var program = File.ReadAllText(Path.Combine(SamTemplate.Root, benchmarks, "Program.cs"));
        Assert.All(
            words.SkipWhile(word => word != "--").Skip(1).Where(word => !int.TryParse(word, out _)),
            name => Assert.Contains($"\"{name}\"", program, StringComparison.Ordinal)
        );
    }

    /// <summary>Checks that everything a page gives <c>sam</c> is in the template or in samconfig.toml.</summary>
    private static void AssertSam(string line)
    {
        var words = line.Split(' ');
        Assert.True(words[0] is "build" or "deploy" or "delete", line);
        Assert.DoesNotContain("--guided", words);
        var parameters = SamTemplate.With().Parameters;
        foreach (
            var setting in words
                .SkipWhile(word => word != "--parameter-overrides")
                .Skip(1)
                .TakeWhile(word => word[0] != '-')
        )
        {
            var (name, value) = (setting.Split('=')[0], setting.Split('=', 2)[1]);
            var parameter = parameters[name];
            Assert.True(parameter is not null, $"sam {line}: the template has no parameter {name}");
            Assert.True(
                parameter["AllowedValues"]?.AsArray().Any(allowed => allowed!.ToString() == value) != false
                    && (
                        parameter["AllowedPattern"]?.ToString() is not { } pattern
                        || Regex.IsMatch(value, $"^(?:{pattern})$")
                    ),
                $"sam {line}: {name} may not be {value}"
            );
        }
        if (Array.IndexOf(words, "--config-env") is >= 0 and var at)
            Assert.Contains(
                $"[{words[at + 1]}.deploy.parameters]",
                File.ReadAllText(Path.Combine(SamTemplate.Root, "samconfig.toml")),
                StringComparison.Ordinal
            );
    }

    [GeneratedRegex("ecrguard (?:apply|restore|release) ")]
    private static partial Regex Order();

    [GeneratedRegex(@"# exits (\d+)")]
    private static partial Regex Exits();
}
