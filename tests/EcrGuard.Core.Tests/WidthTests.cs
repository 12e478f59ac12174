namespace EcrGuard.Core.Tests;

/// <summary>
/// Lines have at most 120 columns, as <c>.editorconfig</c> says: CSharpier leaves comments and texts as they are. An
/// address cannot be broken, and neither can a line that quotes AWS.
/// </summary>
public sealed class WidthTests
{
    private const int Most = 120;

    /// <summary>A table of AWS, and the generated parts of the stand-ins.</summary>
    private static readonly string[] Tables = ["ReservedWords.cs"];

    [Theory]
    [InlineData("functions", "*.cs")]
    [InlineData("functions", "Makefile")]
    [InlineData(".ci", "*")]
    [InlineData("functions", "*.props")]
    [InlineData("functions", "*.targets")]
    public void No_line_is_wider_than_a_screen(string folder, string pattern) =>
        Assert.Empty(
            from file in Directory.EnumerateFiles(
                Path.Combine(SourceFiles.Root, folder),
                pattern,
                SearchOption.AllDirectories
            )
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
            where !Tables.Contains(Path.GetFileName(file))
            from line in File.ReadLines(file).Select((text, at) => (text, at))
            where line.text.Length > Most && !line.text.Contains("https://", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(SourceFiles.Root, file)}:{line.at + 1} has {line.text.Length} columns"
        );
}
