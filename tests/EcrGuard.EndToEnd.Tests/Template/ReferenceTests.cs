using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcrGuard.EndToEnd.Tests.Cli;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// The references in the pages say what the schema and the commands' own help say. <c>ECRGUARD_APPROVE=1</c> writes
/// them again.
/// </summary>
public sealed partial class ReferenceTests
{
    private const int Width = 120;

    [Fact]
    public void The_policy_reference_has_every_key_of_the_schema_with_what_it_may_be_and_its_default()
    {
        var schema = JsonNode.Parse(
            File.ReadAllText(Path.Combine(SamTemplate.Root, "functions", "policy.schema.json"))
        )!;
        var text = new StringBuilder();
        Object("The document", schema["description"]?.ToString(), schema);
        foreach (var (name, member) in schema["properties"]!.AsObject())
        {
            if (ObjectIn(member!) is { } shape)
                Object($"`{name}`", Of(member!)["description"]?.ToString(), shape);
        }
        AssertSection(Page.PolicyReference, text.ToString());

        void Object(string title, string? description, JsonNode shape, string path = "")
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {title}\n\n");
            if (path.Length == 0 && description is not null)
                text.Append(Wrapped(description, "")).Append('\n');
            Members(shape, "");
        }

        void Members(JsonNode shape, string path)
        {
            var required = (shape["required"]?.AsArray() ?? []).Select(name => name!.ToString()).ToHashSet();
            foreach (var (name, member) in shape["properties"]?.AsObject() ?? [])
            {
                var at = path + name;
                List<string> notes = [Kind(member!)];
                if (required.Contains(name))
                    notes.Add("required");
                if (Of(member!)["default"] is { } value)
                    notes.Add($"default `{value}`");
                text.Append(
                    Wrapped($"- `{at}` ({string.Join("; ", notes)}): {Description(member!)}".TrimEnd(' ', ':'), "  ")
                );
                // Members on the top level have their own sections.
                if (shape != schema && ObjectIn(member!) is { } inner)
                    Members(inner, $"{at}.");
            }
        }

        JsonNode Of(JsonNode member) =>
            member["$ref"] is { } reference ? schema["$defs"]![reference.ToString().Split('/')[^1]]! : member;

        // The object that a member is, or that its items are.
        JsonNode? ObjectIn(JsonNode member) =>
            Of(member) is var shape && shape["properties"] is not null ? shape
            : shape["items"] is { } items ? ObjectIn(items)
            : null;

        string Description(JsonNode member) =>
            member["description"]?.ToString() ?? Of(member)["description"]?.ToString() ?? "";

        string Kind(JsonNode member)
        {
            var shape = Of(member);
            if (shape["const"] is { } constant)
                return $"always `{constant}`";
            if (shape["enum"] is JsonArray values)
                return Words(values);
            if (shape["type"]?.ToString() == "array")
                return $"list of {(Of(shape["items"]!)["enum"] is JsonArray of ? Words(of) : ItemsOf(shape["items"]!))}";
            return shape["type"]?.ToString() switch
            {
                "integer" or "number" => Range(shape),
                "boolean" => "`true` or `false`",
                "object" => "object",
                _ => member["$ref"]?.ToString().EndsWith("/glob", StringComparison.Ordinal) == true ? "glob" : "text",
            };
        }

        string ItemsOf(JsonNode items) => ObjectIn(items) is not null ? "objects" : $"{Kind(items)}s";

        static string Words(JsonArray values) => string.Join(", ", values.Select(value => $"`{value}`"));

        static string Range(JsonNode shape) =>
            (shape["minimum"], shape["maximum"]) switch
            {
                ({ } least, { } most) => $"{least} to {most}",
                ({ } least, null) => $"at least {least}",
                _ => "number",
            };
    }

    [Fact]
    public async Task The_command_reference_is_what_the_commands_say_of_themselves()
    {
        using var cli = new CommandLine();
        var text = new StringBuilder();
        // Options that every command takes are listed once.
        var shared = new HashSet<string> { "-?, -h, --help", "--version" };
        await CommandAsync();
        AssertSection(Page.Commands, text.ToString());

        async Task CommandAsync(params string[] path)
        {
            var (exitCode, help) = await cli.RunAsync([.. path, "--help"]);
            Assert.True(exitCode == 0, help);
            var sections = HelpSection()
                .Matches(help.ReplaceLineEndings("\n"))
                .ToDictionary(section => section.Groups["title"].Value, section => section.Groups["lines"].Value);
            if (path.Length == 0)
            {
                text.Append("\nEvery command takes:\n\n");
                foreach (var (name, what) in Entries(sections["Options"]).Where(option => shared.Add(option.Name)))
                    text.Append(Wrapped($"- `{name}`: {what}", "  "));
            }
            if (path.Length > 0 && !sections.ContainsKey("Commands"))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n### ecrguard {string.Join(' ', path)}\n\n")
                    .Append(CultureInfo.InvariantCulture, $"`{sections["Usage"].Trim()}`\n\n")
                    .Append(Wrapped(sections["Description"].Trim(), ""))
                    .Append('\n');
                foreach (var title in new[] { "Arguments", "Options" })
                {
                    foreach (var (name, what) in Entries(sections.GetValueOrDefault(title, "")))
                    {
                        if (!shared.Contains(name))
                            text.Append(Wrapped($"- `{name}`: {what}", "  "));
                    }
                }
            }
            foreach (var (name, _) in Entries(sections.GetValueOrDefault("Commands", "")))
                await CommandAsync([.. path, name.Split(' ')[0]]);
        }

        // The folder for temporary files depends on the machine.
        static IEnumerable<(string Name, string What)> Entries(string lines) =>
            lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Trim().Split("  ", 2))
                .Select(entry =>
                    (entry[0], entry[^1].Trim().Replace(Path.GetTempPath(), "/tmp/", StringComparison.Ordinal))
                );
    }

    [Fact]
    public async Task Every_example_of_a_policy_is_one()
    {
        var examples = new Page(Page.Policy).Blocks("jsonc");
        Assert.NotEmpty(examples);
        using var cli = new CommandLine();
        foreach (var example in examples)
        {
            var day = DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            cli.File("policy.jsonc", example.Replace("YYYY-MM-DD", day, StringComparison.Ordinal));
            var (exitCode, output) = await cli.RunAsync("policy", "check", "policy.jsonc");
            Assert.True(exitCode == 0, output + example);
        }
    }

    /// <summary>Compares the text between a page's markers, or writes it.</summary>
    private static void AssertSection(string path, string generated)
    {
        var page = new Page(path);
        var section = Section();
        Assert.Single(section.Matches(page.Text));
        var expected = section.Replace(page.Text, match => match.Groups["begin"].Value + generated + "\n<!-- end -->");
        if (Environment.GetEnvironmentVariable("ECRGUARD_APPROVE") == "1")
            File.WriteAllText(page.File, expected);
        Assert.Equal(expected.Split('\n'), page.Text.Split('\n'));
    }

    /// <summary>A paragraph, or an entry of a list whose further lines are indented.</summary>
    private static string Wrapped(string text, string indent)
    {
        var lines = new StringBuilder();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                lines.Append(line).Append('\n');
                line = indent + word;
            }
            else
                line += (line.Length > 0 ? " " : "") + word;
        }
        return lines.Append(line).Append('\n').ToString();
    }

    [GeneratedRegex(@"^(?<title>\w+):\n(?<lines>(?:  .*\n|\n(?=  ))*)", RegexOptions.Multiline)]
    private static partial Regex HelpSection();

    [GeneratedRegex(@"(?<begin><!-- From [^\n]*-->\n)(?<old>.*?)<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Section();
}
