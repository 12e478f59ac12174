using System.CommandLine;
using System.Text.Json;
using EcrGuard.Aws;
using EcrGuard.Cli.Lifecycle;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard lint</c>: finds what ECR accepts in a lifecycle policy but was probably not meant.</summary>
internal static class LintCommand
{
    public static Command Create()
    {
        var policy = LifecycleOptions.Policy();
        var images = LifecycleOptions.Images(required: false);
        var format = SharedOptions.TableOrJson();
        var command = new Command(
            "lint",
            "Finds what in a lifecycle policy was probably not meant; with the repository's images it finds more. "
                + "Works on files."
        )
        {
            policy,
            images,
            format,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(policy),
                parsed.GetValue(images),
                parsed.GetValue(format) == SharedOptions.Json,
                Console.Out,
                Console.Error
            )
        );
        return command;
    }

    /// <summary>
    /// In JSON, a problem for which ECR would refuse the policy is also a finding, so that there is one shape.
    /// </summary>
    private const string Refused = "refused";

    /// <summary>AWS does not document whether ECR refuses this.</summary>
    private const string MayBeRefused = "may-be-refused";

    /// <param name="asJson">Whether the output is for machines.</param>
    /// <returns>
    /// 0; 1 with a finding of severity error or a policy that ECR may refuse; 2 for a policy that ECR would refuse; 64
    /// for a file that cannot be used.
    /// </returns>
    public static int Run(FileInfo policyFile, FileInfo? imagesFile, bool asJson, TextWriter output, TextWriter errors)
    {
        try
        {
            var policy = LifecyclePolicyFile.Read(policyFile);
            var images = imagesFile is null ? null : DescribedImages.Read(imagesFile);
            return policy.Reading.Policy is null
                ? Refuse(policy, asJson, output)
                : Lint(policy.Reading.Policy, policy.Length, images, asJson, output);
        }
        catch (UnusableFileException unusable)
        {
            errors.WriteLine(ErrorText.Whole(unusable));
            return ExitCodes.Usage;
        }
    }

    private static int Lint(
        LifecyclePolicy policy,
        int length,
        IReadOnlyList<LifecycleImage>? images,
        bool asJson,
        TextWriter output
    )
    {
        var findings = LifecycleLinter.Lint(policy, length, images);
        if (asJson)
            Write(
                [
                    .. findings.Select(f => new LintedFinding(
                        f.Id,
                        Word(f.Severity),
                        f.RulePriority,
                        f.Message,
                        f.Suggestion
                    )),
                ],
                output
            );
        else
            WriteTable(findings, output);
        return findings.Any(f => f.Severity == LintSeverity.Error) ? ExitCodes.Wrong : ExitCodes.Done;
    }

    private static int Refuse(LifecyclePolicyFile policy, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            Write(
                [
                    .. policy.Reading.Problems.Select(p => new LintedFinding(
                        p.Certain ? Refused : MayBeRefused,
                        Word(LintSeverity.Error),
                        null,
                        p.Message,
                        $"Correct {p.Path} at line {p.Line}, column {p.Column} of {policy.Name}."
                    )),
                ],
                output
            );
        }
        else
        {
            foreach (var problem in policy.Problems)
                output.WriteLine(problem);
            output.WriteLine(
                $"{Phrase.Count(policy.Reading.Problems.Count, "error")}; {policy.Reading.Refusal} the policy."
            );
        }
        return policy.Reading.IsRefused ? ExitCodes.Refused : ExitCodes.Wrong;
    }

    private static void Write(IReadOnlyList<LintedFinding> findings, TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(new LintResult(findings), LifecycleJson.Readable.LintResult));

    private static void WriteTable(IReadOnlyList<LintFinding> findings, TextWriter output)
    {
        foreach (var finding in findings)
        {
            output.WriteLine(
                $"{Word(finding.Severity), -7} "
                    + $"{(finding.RulePriority is { } rule ? $"rule {rule}" : "policy"), -8} {finding.Id}"
            );
            output.WriteLine($"        {finding.Message}");
            output.WriteLine($"        {finding.Suggestion}");
        }
        output.WriteLine(
            findings.Count == 0
                ? "No findings."
                : $"{Phrase.Count(findings.Count, "finding")}: {Count(LintSeverity.Error, "error")}, "
                    + $"{Count(LintSeverity.Warning, "warning")}, "
                    + $"{findings.Count(f => f.Severity == LintSeverity.Info)} for information."
        );

        string Count(LintSeverity severity, string noun) =>
            Phrase.Count(findings.Count(f => f.Severity == severity), noun);
    }

    private static string Word(LintSeverity severity) =>
        severity switch
        {
            LintSeverity.Info => "info",
            LintSeverity.Warning => "warning",
            LintSeverity.Error => "error",
        };
}
