using System.Runtime.CompilerServices;

namespace EcrGuard.Core.Tests;

/// <summary>The sources, for tests that read them.</summary>
internal static class SourceFiles
{
    /// <summary>The top of the tree.</summary>
    public static string Root { get; } = FindRoot();

    public static string Functions { get; } = Path.Combine(Root, "functions");

    /// <summary>The C# files of a project such as <c>Core</c>, relative to <see cref="Functions"/>, with '/'.</summary>
    public static IEnumerable<string> Of(string project) =>
        Directory
            .EnumerateFiles(Path.Combine(Functions, $"EcrGuard.{project}"), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Functions, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal));

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
