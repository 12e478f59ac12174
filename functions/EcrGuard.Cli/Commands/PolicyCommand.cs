using System.CommandLine;
using EcrGuard.Aws;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard policy check FILE</c>: checks the document together with the VEX documents in the folder beside it, as
/// they are deployed together.
/// </summary>
internal static class PolicyCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The policy document, JSON with comments." };
        var command = new Command(
            "check",
            "Shows every error of a policy document, and of the VEX documents in the folder vex beside it, with line "
                + "and column."
        )
        {
            file,
        };
        command.SetAction(parsed =>
            Check(parsed.GetRequiredValue(file), TimeProvider.System.GetUtcNow(), Console.Out, Console.Error)
        );
        return command;
    }

    /// <returns>0 if there are no errors, 1 if there are, 64 if the file cannot be read.</returns>
    public static int Check(FileInfo file, DateTimeOffset now, TextWriter output, TextWriter errors)
    {
        try
        {
            if (Read(file, now, output) is not { Problems: [], Policy: { } policy })
                return ExitCodes.Wrong;
            var vex = InputFile.VexBeside(file);
            var documents = vex.Count;
            var statements = Phrase.Count(policy.Vex.Count, "VEX statement");
            var excuses =
                documents == 0 ? "" : $"{statements} about images of ECR in {Phrase.Count(documents, "document")}, ";
            output.WriteLine(
                $"{file}: no errors; {Phrase.Count(policy.Rules.Count, "rule")}, "
                    + $"{Phrase.Count(policy.Waivers.Count, "waiver")}, {excuses}version {policy.Version}"
            );
            if (policy.WhyCriticalPasses is { } passes)
                output.WriteLine($"{file}: note: {passes}");
            foreach (var waiver in policy.Waivers.Where(waiver => waiver.Digest is not null))
                output.WriteLine(
                    $"{file}: note: waiver {waiver.Id} is for {waiver.Digest} only, which must be the image "
                        + "of one platform: an index has no findings of its own to excuse."
                );
            foreach (var document in vex)
            {
                if (document.WhyNoOpenVex() is { } why)
                    output.WriteLine($"{document.Name}: note: {why}, and no OpenVEX document; it says nothing here.");
            }
            foreach (var rule in policy.Rules)
            {
                foreach (var manager in (rule.PackageManagers ?? []).Where(glob => !Ecosystem.IsKnown(glob)))
                    output.WriteLine(
                        $"{file}: note: rule {rule.Id}: no scanner is known to print the packageManager '{manager}', "
                            + $"so that the rule may never act; known are {string.Join(", ", Ecosystem.Words)}."
                    );
            }
            return ExitCodes.Done;
        }
        catch (UnusableFileException unusable)
        {
            errors.WriteLine(ErrorText.Whole(unusable));
            return ExitCodes.Usage;
        }
    }

    /// <summary>Reads a document, and prints everything that is wrong with it.</summary>
    /// <exception cref="UnusableFileException">The file cannot be read.</exception>
    public static PolicyReading Read(FileInfo file, DateTimeOffset now, TextWriter output)
    {
        var reading = PolicyReader.Read(InputFile.ReadPolicy(file), InputFile.VexBeside(file), now);
        foreach (var problem in reading.Problems)
            output.WriteLine(problem.ToString(file.ToString()));
        if (reading.Problems.Count > 0)
            output.WriteLine(Phrase.Count(reading.Problems.Count, "error"));
        if (reading.Problems.Any(problem => problem.Message.Contains("'rulePriority'", StringComparison.Ordinal)))
            output.WriteLine("It looks like a lifecycle policy of ECR, which 'ecrguard lint' checks.");
        return reading;
    }
}
