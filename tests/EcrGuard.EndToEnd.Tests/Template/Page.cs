using System.Text.RegularExpressions;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>A page of Markdown that people read, by its path in the source tree.</summary>
internal sealed partial record Page(string Path)
{
    public const string Readme = "README.md";
    public const string Built = "functions/README.md";
    public const string Policy = "functions/EcrGuard.Core/Policy/README.md";
    public const string PolicyReference = "functions/EcrGuard.Core/Policy/REFERENCE.md";
    public const string Lambda = "functions/EcrGuard.Lambda/README.md";
    public const string Operating = "functions/EcrGuard.Lambda/OPERATING.md";
    public const string Cli = "functions/EcrGuard.Cli/README.md";
    public const string Commands = "functions/EcrGuard.Cli/COMMANDS.md";

    /// <summary>
    /// Every page except the description of the published packages' shapes, which came from elsewhere.
    /// </summary>
    public static IReadOnlyList<Page> All { get; } =
    [
        .. new[] { ".", ".github", "functions", "tests" }
            .SelectMany(folder =>
                Directory.EnumerateFiles(
                    System.IO.Path.Combine(SamTemplate.Root, folder),
                    "*.md",
                    folder == "." ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories
                )
            )
            .Select(file => System.IO.Path.GetRelativePath(SamTemplate.Root, file).Replace('\\', '/'))
            .Where(path => !NotOurs().IsMatch(path))
            .Order(StringComparer.Ordinal)
            .Select(path => new Page(path)),
    ];

    public string File => System.IO.Path.Combine(SamTemplate.Root, Path);

    public string Text => System.IO.File.ReadAllText(File);

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    /// <summary>The blocks of code in a language.</summary>
    public IReadOnlyList<string> Blocks(string language) =>
        [
            .. Fence()
                .Matches(Text)
                .Where(block => block.Groups["language"].Value == language)
                .Select(block => block.Groups["code"].Value),
        ];

    /// <summary>The cells of the table row that begins with this word or sentence, without that first cell.</summary>
    public string[] Row(string first) =>
        [
            .. Assert
                .Single(Lines, line => line.StartsWith($"| {first} |", StringComparison.Ordinal))
                .Trim('|')
                .Split('|', StringSplitOptions.TrimEntries)
                .Skip(1),
        ];

    public override string ToString() => Path;

    [GeneratedRegex(@"(^|/)(bin|obj|published-api|StrykerOutput|\.aws-sam)/")]
    private static partial Regex NotOurs();

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
