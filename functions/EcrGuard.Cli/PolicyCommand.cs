using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Cli;

/// <summary><c>ecrguard policy check FILE</c>.</summary>
internal static class PolicyCommand
{
    /// <returns>0 without errors, 1 with some, 64 where the file cannot be read.</returns>
    public static int Check(FileInfo file, DateTimeOffset now, TextWriter output, TextWriter errors)
    {
        byte[] document;
        try
        {
            document = File.ReadAllBytes(file.FullName);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"{file}: {unreadable.Message}");
            return ExitCodes.Usage;
        }

        var reading = PolicyReader.Read(document, now);
        foreach (var problem in reading.Problems)
            output.WriteLine(problem.ToString(file.ToString()));
        if (reading.Problems.Count > 0)
        {
            output.WriteLine(Text.Count(reading.Problems.Count, "error"));
            return ExitCodes.Wrong;
        }
        output.WriteLine($"{file}: no errors; {Text.Count(reading.Policy!.Rules.Count, "rule")}, {Text.Count(reading.Policy.Waivers.Count, "waiver")}, version {reading.Policy.Version}");
        return ExitCodes.Done;
    }
}
