using System.Text.RegularExpressions;

namespace EcrGuard.Core.Tests;

/// <summary>
/// Lines have at most 120 columns, as <c>.editorconfig</c> says: CSharpier leaves comments and texts as they are. Some
/// things cannot be broken: an address, and outside of the product's code an ARN, a digest, a pattern, JSON or XML that
/// is quoted, the name of a test.
/// </summary>
public sealed partial class WidthTests
{
    private const int Most = 120;

    /// <summary>A table of AWS.</summary>
    private static readonly string[] Tables = ["ReservedWords.cs"];

    [Theory]
    [InlineData("functions", "*.cs")]
    [InlineData("functions", "Makefile")]
    [InlineData(".ci", "*")]
    [InlineData("functions", "*.props")]
    [InlineData("functions", "*.targets")]
    [InlineData("functions", "*.schema.json")]
    [InlineData("functions", "*.y*ml")]
    [InlineData("functions", "Jenkinsfile")]
    [InlineData("tests", "*.cs")]
    [InlineData(".", "template.yaml")]
    public void No_line_is_wider_than_a_screen(string folder, string pattern) =>
        Assert.Empty(
            from file in Directory.EnumerateFiles(
                Path.Combine(SourceFiles.Root, folder),
                pattern,
                folder == "." ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories
            )
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
            where !Tables.Contains(Path.GetFileName(file))
            from line in File.ReadLines(file).Select((text, at) => (text, at))
            where line.text.Length > Most && !line.text.Contains("https://", StringComparison.Ordinal)
            where (folder, pattern) == ("functions", "*.cs") || !Unbreakable().IsMatch(line.text)
            select $"{Path.GetRelativePath(SourceFiles.Root, file)}:{line.at + 1} has {line.text.Length} columns"
        );

    [GeneratedRegex(
        """https?://|arn:|sha256:|sha256%3A|pkg:|"(?:description|pattern|const)"|[{\["]\\?"|\\?": ?|</\w+><|\w+_\w+_\w+_\w+_\w+"""
    )]
    private static partial Regex Unbreakable();
}
