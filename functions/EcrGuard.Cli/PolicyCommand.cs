using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;

namespace EcrGuard.Cli;

/// <summary><c>ecrguard policy check FILE</c>: the document and the VEX documents in the folder beside it, as they are deployed together.</summary>
internal static class PolicyCommand
{
    /// <returns>0 without errors, 1 with some, 64 where the file cannot be read.</returns>
    public static int Check(FileInfo file, DateTimeOffset now, TextWriter output, TextWriter errors)
    {
        byte[] document;
        IReadOnlyList<VexFile> vex;
        try
        {
            document = File.ReadAllBytes(file.FullName);
            vex = PolicyFile.Vex(file.FullName);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{file}: {unreadable.Message}");
            return ExitCodes.Usage;
        }

        var reading = PolicyReader.Read(document, vex, now);
        foreach (var problem in reading.Problems)
            output.WriteLine(problem.ToString(file.ToString()));
        if (reading.Problems.Count > 0)
        {
            output.WriteLine(Text.Count(reading.Problems.Count, "error"));
            return ExitCodes.Wrong;
        }
        output.WriteLine($"{file}: no errors; {Text.Count(reading.Policy!.Rules.Count, "rule")}, {Text.Count(reading.Policy.Waivers.Count, "waiver")}, {(vex.Count == 0 ? "" : $"{Text.Count(reading.Policy.Vex.Count, "VEX statement")} about images of ECR in {Text.Count(vex.Count, "document")}, ")}version {reading.Policy.Version}");
        return ExitCodes.Done;
    }
}
