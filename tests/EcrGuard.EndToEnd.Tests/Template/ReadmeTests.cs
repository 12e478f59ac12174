using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcrGuard.EndToEnd.Tests.Cli;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>What the pages say is true, and what they offer to copy works.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("ecrguard-").FullName;

    public static TheoryData<string> Pages => [.. Page.All.Select(page => page.Path)];

    public static TheoryData<string> FolderPages =>
        [.. Page.All.Select(page => page.Path).Where(path => path.EndsWith("/README.md", StringComparison.Ordinal))];

    public static TheoryData<string> Alarms =>
        [.. SamTemplate.With(SamTemplate.Everything).OfType("AWS::CloudWatch::Alarm")];

    public static TheoryData<string> DeadLetters =>
        [
            .. SamTemplate
                .With(SamTemplate.Everything)
                .OfType("AWS::SQS::Queue")
                .Where(queue => queue.EndsWith("DeadLetters", StringComparison.Ordinal)),
        ];

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public void The_README_is_read_in_minutes()
    {
        var readme = new Page(Page.Readme);
        Assert.InRange(readme.Lines.Length, 50, 150);
        Assert.InRange(readme.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 500, 1300);
    }

    /// <summary>References and what is looked up have pages of their own beside it.</summary>
    [Theory]
    [MemberData(nameof(FolderPages))]
    public void The_README_of_a_folder_is_read_in_minutes(string path) =>
        Assert.InRange(new Page(path).Lines.Length, 5, 130);

    /// <summary>
    /// A line may be longer for an address, which cannot be broken, and in tables of measurements and findings.
    /// </summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void A_line_is_read_at_a_glance(string path) =>
        Assert.DoesNotContain(
            new Page(path).Lines,
            line =>
                line.Length > 120
                && !Address().IsMatch(line)
                && !(path.StartsWith("tests/", StringComparison.Ordinal) && line.StartsWith('|'))
        );

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_somewhere(string path)
    {
        var page = new Page(path);
        foreach (Match link in Link().Matches(page.Text))
        {
            var (target, place) = (link.Groups["target"].Value, link.Groups["place"].Value);
            var file = target.Length == 0 ? page.File : Path.Combine(Path.GetDirectoryName(page.File)!, target);
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{path} links to {target}, which is not there");
            if (place.Length > 0)
                Assert.Contains(
                    place,
                    File.ReadLines(file)
                        .Where(line => line.StartsWith('#'))
                        .Select(title =>
                            NotInPlaces().Replace(title.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-')
                        )
                );
        }
    }

    /// <summary>NAME stands for what is to be added.</summary>
    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_file_that_a_page_names_is_there(string path) =>
        Assert.All(
            PathName()
                .Matches(new Page(path).Text)
                .Select(name => name.Groups[1].Value)
                .Where(name => !name.Contains("NAME", StringComparison.Ordinal)),
            name =>
                Assert.True(
                    Path.Exists(Path.Combine(SamTemplate.Root, name)),
                    $"{path} names {name}, which is not there"
                )
        );

    [Fact]
    public async Task The_demo_prints_what_the_README_shows_of_it()
    {
        using var cli = new CommandLine();
        var (exitCode, output) = await cli.RunAsync("demo", "--out", _work);
        Assert.True(exitCode == 0, output);
        var shown = Assert
            .Single(new Page(Page.Readme).Blocks("text"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(shown, line => Assert.Contains($"{line}\n", output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Alarms))]
    public void Every_alarm_has_an_entry_that_says_what_to_do(string alarm) =>
        Assert.Contains(
            new Page(Page.Operating).Lines,
            line => line.StartsWith('|') && line.Split('|')[1].Contains($"`{alarm}`", StringComparison.Ordinal)
        );

    [Theory]
    [MemberData(nameof(DeadLetters))]
    public void Every_queue_of_dead_letters_has_an_entry(string queue) =>
        Assert.Equal(2, new Page(Page.Operating).Row($"`{queue}`").Length);

    [Fact]
    public void Every_function_and_every_command_has_a_row()
    {
        var lambda = new Page(Page.Lambda).Text;
        Assert.All(
            SamTemplate.With(("BreakGlassPrincipals", "arn:aws:iam::111122223333:root")).Functions,
            function => Assert.Matches($@"(?m)^\|[^|]*`{function}`[^|]*\|", lambda)
        );
        var commands = Directory
            .EnumerateFiles(Path.Combine(SamTemplate.Root, "functions/EcrGuard.Cli/Commands"), "*Command.cs")
            .Select(file =>
                Path.GetFileName(file).Replace("Command.cs", "", StringComparison.Ordinal).ToLowerInvariant()
            );
        var cli = new Page(Page.Cli).Lines;
        Assert.All(
            commands.Except(["policy", "try"]),
            command =>
                Assert.Contains(
                    cli,
                    line => line.StartsWith('|') && line.Contains($"`{command}`", StringComparison.Ordinal)
                )
        );
    }

    /// <summary>
    /// Fixed costs are counted in the template. The rest are the calls that <c>functions/README.md</c> counts, for the
    /// images, pushes and questions that the README names. CostTests compares that page with the calls that are made.
    /// </summary>
    [Fact]
    public void The_README_counts_a_month_as_the_template_and_the_calls_make_it()
    {
        const int days = 30,
            weeks = 4,
            images = 20,
            pushes = 10,
            questions = 100;
        var (readme, built) = (new Page(Page.Readme), new Page(Page.Built));
        Assert.Contains(
            $"{images} images, {pushes} pushes and {questions} questions a repository",
            readme.Text,
            StringComparison.Ordinal
        );
        var template = SamTemplate.With();
        var ticks = template.Functions.ToDictionary(f => f, f => Ticks(template, f));
        var sizes = new[] { 50, 200, 2_000 };
        var instances = double.Parse(
            template.Parameters["SweepConcurrency"]!["Default"]!.ToString(),
            CultureInfo.InvariantCulture
        );

        AssertRow(
            "Lambda: invocations",
            n => ticks.Values.Sum() + weeks + days * (2 + Batches(n)) + n * (2 * pushes + questions)
        );
        var states = template.Properties("Sweep")["Definition"]!["States"]!.AsObject();
        var (run, item) = (Ways(states), Ways(states["Repositories"]!["ItemProcessor"]!["States"]!.AsObject()));
        AssertRow("Step Functions: state transitions", n => days * (run + Batches(n) * item));
        AssertRow("DynamoDB: requests", n => Calls(0, n));
        AssertRow("S3: requests", n => Calls(1, n));
        AssertRow("ECR: calls, with basic scanning", n => Calls(2, n));
        AssertRow("ECR and Inspector: calls, with enhanced scanning", n => Calls(3, n));
        var alarms = template.OfType("AWS::CloudWatch::Alarm").Count();
        var keys = template.OfType("AWS::KMS::Key").Count();
        Assert.Equal(Enumerable.Repeat($"{alarms}; {keys}", 3), readme.Row("alarms; keys (KMS)"));

        double Calls(int column, int n)
        {
            double Of(string what) => double.Parse(built.Row(what)[column], CultureInfo.InvariantCulture);
            return days
                    * (
                        Of("the daily sweep")
                        + Batches(n) * Of("… for each 25 repositories")
                        + n * (Of("… for each repository") + images * Of("… for each image"))
                    )
                + n * (pushes * Of("a push, and its scan") + questions * Of("a question of a pipeline"))
                + ticks.Where(tick => tick.Value > 0).Sum(tick => tick.Value * Of($"a tick of {tick.Key}"))
                + weeks * Of("the weekly summary");
        }

        void AssertRow(string what, Func<int, double> count) =>
            Assert.Equal(sizes.Select(n => Rounded(count(n))), readme.Row(what));

        // If there are few repositories, each instance still gets some.
        double Batches(int n) => Math.Ceiling(n / Math.Clamp(Math.Ceiling(n / instances), 1, 25));

        // A successful way through the states passes all of them except one, which is another end.
        static int Ways(JsonObject states) => states.Count - 1;

        int Ticks(SamTemplate of, string function) =>
            (of.Properties(function)["Events"]?.AsObject() ?? [])
                .Select(e => e.Value!["Properties"]!["ScheduleExpression"]?.ToString() ?? "")
                .Select(expression => Rate().Match(expression))
                .Where(rate => rate.Success)
                .Sum(rate => days * 24 * 60 / int.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Uses a curl that gives one answer after the other, and a sleep that notes how long it should last.
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
        var loop = Assert.Single(
            new Page(Page.Lambda).Blocks("sh"),
            block => block.Contains("for try in", StringComparison.Ordinal)
        );
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
                    {{loop}}
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

    /// <summary>A number rounded to two significant digits, with a separator between thousands.</summary>
    private static string Rounded(double count)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(count)) - 1));
        return (Math.Round(count / unit) * unit).ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
    }

    [GeneratedRegex(@"https?://\S{30}|""@id"": ""pkg:")]
    private static partial Regex Address();

    [GeneratedRegex(@"\]\((?!\w+:)(?<target>[^)#\s]*)(?:#(?<place>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("`((?:functions|tests|\\.ci|\\.github)/[\\w./-]+)`")]
    private static partial Regex PathName();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInPlaces();

    [GeneratedRegex(@"^rate\((\d+) minutes\)$")]
    private static partial Regex Rate();
}
