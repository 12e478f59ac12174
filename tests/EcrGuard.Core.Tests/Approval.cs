using System.Runtime.CompilerServices;

namespace EcrGuard.Core.Tests;

/// <summary>
/// Compares a text with the one that a reviewer has approved: <c>name.approved.txt</c> beside the test. If they differ,
/// the new text is written to <c>name.received.txt</c>. To approve it, rename the file.
/// </summary>
internal static class Approval
{
    /// <param name="name">The file's name without its ending, with folders below the test's folder if there are
    ///     any.</param>
    public static void Matches(string received, string name, [CallerFilePath] string test = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(test)!, name);
        var (approvedFile, receivedFile) = (file + ".approved.txt", file + ".received.txt");
        var (approvedLines, receivedLines) = (
            Lines(File.Exists(approvedFile) ? File.ReadAllText(approvedFile) : ""),
            Lines(received)
        );
        if (File.Exists(approvedFile) && approvedLines.SequenceEqual(receivedLines))
        {
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, string.Join('\n', receivedLines) + "\n");
        var same = approvedLines.Zip(receivedLines).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.Fail(
            $"""
            {name}: line {same + 1} differs from what was approved.
              approved: {approvedLines.ElementAtOrDefault(same) ?? "(end)"}
              received: {receivedLines.ElementAtOrDefault(same) ?? "(end)"}
            Compare {approvedFile}
               with {receivedFile}
            and rename the second to the first if it is right.
            """
        );
    }

    /// <summary>Git may have changed the line ends. The end of the last line has no meaning.</summary>
    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
