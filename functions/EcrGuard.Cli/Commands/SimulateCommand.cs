using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using EcrGuard.Aws;
using EcrGuard.Cli.Lifecycle;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard simulate</c>: what a lifecycle policy would do to a repository, offline.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var policy = LifecycleOptions.Policy();
        var images = LifecycleOptions.Images(required: true);
        var moment = SharedOptions.Now();
        var format = SharedOptions.TableOrJson();
        var command = new Command(
            "simulate",
            "Shows which images of a repository a lifecycle policy would expire or archive, and why. Works on files."
        )
        {
            policy,
            images,
            moment,
            format,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(policy),
                parsed.GetRequiredValue(images),
                parsed.GetValue(moment) ?? TimeProvider.System.GetUtcNow(),
                parsed.GetValue(format) == SharedOptions.Json,
                Console.Out,
                Console.Error
            )
        );
        return command;
    }

    /// <param name="asJson">Whether the output is for machines.</param>
    /// <returns>
    /// 0; 1 for a policy that ECR may refuse; 2 for a policy that ECR would refuse; 64 for a file that cannot be used.
    /// </returns>
    public static int Run(
        FileInfo policyFile,
        FileInfo imagesFile,
        DateTimeOffset now,
        bool asJson,
        TextWriter output,
        TextWriter errors
    )
    {
        try
        {
            var policy = LifecyclePolicyFile.Read(policyFile);
            var images = DescribedImages.Read(imagesFile);
            if (policy.Reading.Policy is null)
            {
                foreach (var problem in policy.Problems)
                    errors.WriteLine(problem);
                if (!policy.Reading.IsRefused)
                    errors.WriteLine($"{policy.Reading.Refusal} the policy.");
                return policy.Reading.IsRefused ? ExitCodes.Refused : ExitCodes.Wrong;
            }
            var simulation = Simulate(policy.Reading.Policy, images, now);
            if (asJson)
                output.WriteLine(JsonSerializer.Serialize(simulation, LifecycleJson.Readable.Simulation));
            else
                WriteTable(simulation, output);
            return ExitCodes.Done;
        }
        catch (UnusableFileException unusable)
        {
            errors.WriteLine(ErrorText.Whole(unusable));
            return ExitCodes.Usage;
        }
    }

    private static Simulation Simulate(LifecyclePolicy policy, IReadOnlyList<LifecycleImage> images, DateTimeOffset now)
    {
        var decisions = LifecycleEvaluator.Evaluate(policy, images, now);
        var taken = decisions.Where(d => d.Rule is not null).ToLookup(d => d.Rule);
        var shielded = decisions.Where(d => d.ShieldedBy is not null).ToLookup(d => d.ShieldedBy);
        return new Simulation(
            [
                .. decisions.Select(d => new SimulatedImage(
                    d.Image.Digest.ToString(),
                    d.Image.Tags,
                    Word(d.Outcome),
                    d.Rule?.Priority,
                    d.ShieldedBy?.Priority,
                    d.Reason
                )),
            ],
            new SimulationSummary(
                now,
                decisions.Count,
                Count(LifecycleOutcome.Keep),
                Count(LifecycleOutcome.Expire),
                Count(LifecycleOutcome.Archive),
                [
                    .. policy.Rules.Select(rule => new SimulatedRule(
                        rule.Priority,
                        rule.Description,
                        taken[rule].Count(),
                        shielded[rule].Count()
                    )),
                ],
                [.. Notes(decisions)]
            )
        );

        int Count(LifecycleOutcome outcome) => decisions.Count(d => d.Outcome == outcome);
    }

    private static IEnumerable<string> Notes(IReadOnlyList<LifecycleDecision> decisions)
    {
        var indexes = decisions.Count(d =>
            d is { Outcome: LifecycleOutcome.Keep, Image: { Kind: ImageKind.Index, Children: null } }
        );
        if (indexes > 0 && decisions.Any(d => d.Outcome != LifecycleOutcome.Keep && d.Image.Kind != ImageKind.Index))
            yield return $"{Phrase.Count(indexes, "index stays", "indexes stay")}, and describe-images does not print "
                + "what an index refers to: ECR keeps those images with it, whatever is said of them here.";
    }

    private static void WriteTable(Simulation simulation, TextWriter output)
    {
        output.WriteLine($"{"OUTCOME", -7} {"RULE", 5} {"SHIELD", 6}  {"DIGEST", -12}  {"TAGS", -30}  REASON");
        foreach (var image in simulation.Images)
        {
            var tags = image.ImageTags.Count == 0 ? "-" : string.Join(", ", image.ImageTags);
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{image.Outcome, -7} {image.RulePriority, 5} {image.ShieldedBy, 6}  "
                        + $"{Digest.Parse(image.ImageDigest).Abbreviated}  {Phrase.Clip(tags, 29), -30}  "
                        + $"{image.Reason}"
                )
            );
        }
        var summary = simulation.Summary;
        output.WriteLine();
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Phrase.Count(summary.Images, "image")} at {summary.Now.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z: "
                    + $"{summary.Kept} kept, {summary.Expired} expired, {summary.Archived} archived."
            )
        );
        foreach (var note in summary.Notes)
            output.WriteLine($"Note: {note}");
    }

    private static string Word(LifecycleOutcome outcome) =>
        outcome switch
        {
            LifecycleOutcome.Keep => "keep",
            LifecycleOutcome.Expire => "expire",
            LifecycleOutcome.Archive => "archive",
        };
}
