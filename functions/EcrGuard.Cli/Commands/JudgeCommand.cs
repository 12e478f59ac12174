using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Aws;
using EcrGuard.Cli.Judging;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Cli.Commands;

/// <summary><c>ecrguard judge</c>: what a policy decides from the findings of one image, offline.</summary>
internal static class JudgeCommand
{
    public static Command Create()
    {
        var findings = Findings();
        var policy = Policy();
        var vex = Vex();
        var image = Image();
        var moment = SharedOptions.Now();
        var format = SharedOptions.TextOrJson();
        var command = new Command(
            "judge",
            "Judges the findings in a file as a gate would: exits 0 approved, 1 blocked, 3 pending, 4 unscanned, "
                + "unsupported or stale, 5 unknown. Works on files."
        )
        {
            findings,
            policy,
            vex,
            image,
            moment,
            format,
        };
        command.SetAction(parsed =>
            Run(
                parsed.GetRequiredValue(findings),
                parsed.GetValue(policy),
                parsed.GetRequiredValue(vex),
                parsed.GetValue(image),
                parsed.GetValue(moment) ?? TimeProvider.System.GetUtcNow(),
                parsed.GetValue(format) == SharedOptions.Json,
                Console.Out,
                Console.Error
            )
        );
        return command;
    }

    /// <param name="policyFile">Null: the built-in policy.</param>
    /// <param name="vexFiles">OpenVEX documents that are used with it.</param>
    /// <param name="asJson">Whether the output is for machines.</param>
    /// <returns>The exit code of a gate, or 64 if a file cannot be used.</returns>
    public static int Run(
        FileInfo findingsFile,
        FileInfo? policyFile,
        IReadOnlyList<FileInfo> vexFiles,
        ImageReference? image,
        DateTimeOffset now,
        bool asJson,
        TextWriter output,
        TextWriter errors
    )
    {
        try
        {
            if (ReadPolicy(policyFile, vexFiles, now, errors) is not { } policy)
                return ExitCodes.Usage;
            var judgement = Decide(findingsFile, policy, image, now);
            if (asJson)
                output.WriteLine(JsonSerializer.Serialize(judgement, JudgementJson.Readable.Judgement));
            else
                WriteText(judgement, output);
            return judgement.ExitCode;
        }
        catch (UnusableFileException unusable)
        {
            errors.WriteLine(ErrorText.Whole(unusable));
            return ExitCodes.Usage;
        }
    }

    private static Option<FileInfo> Findings() =>
        new("--findings")
        {
            Description =
                "All findings of the image, as 'aws ecr describe-image-scan-findings' (basic or enhanced) or 'aws "
                + "inspector2 list-findings' prints them. list-findings does not say whether the image is scanned: a "
                + "list counts as a complete scan, an empty one as no answer.",
            Required = true,
        };

    private static Option<FileInfo?> Policy() =>
        new("--policy")
        {
            Description =
                "The policy document, with the VEX documents in the folder vex beside it; without one, CRITICAL "
                + "blocks and HIGH warns. Days since a fix are counted from now, as at a first verdict.",
        };

    private static Option<FileInfo[]> Vex() =>
        new("--vex")
        {
            Description =
                "An OpenVEX document; may be repeated. If the findings lack registry or digest, give the full URI in "
                + "--image.",
            DefaultValueFactory = _ => [],
        };

    private static Option<ImageReference?> Image() =>
        new("--image")
        {
            Description = "REPOSITORY:TAG, if the findings do not name it. For list-findings: which image.",
            CustomParser = result =>
            {
                if (ImageReference.TryParse(result.Tokens[0].Value, out var image, out var problem))
                    return image;
                result.AddError($"--image is wrong: {problem}");
                return null;
            },
        };

    private static Judgement Decide(
        FileInfo findingsFile,
        PolicyDocument policy,
        ImageReference? image,
        DateTimeOffset now
    )
    {
        try
        {
            var printed = PrintedScan.Read(findingsFile, image, now);
            var judgement = Judgement.Of(Judge.Decide(printed.Image, printed.Scan, policy, before: null, now));
            return UnusedVex(findingsFile, printed.Image.Id, policy) is { } unused
                ? judgement with
                {
                    Warnings = [.. judgement.Warnings, unused],
                }
                : judgement;
        }
        catch (UndeterminedException undetermined)
        {
            return Judgement.Undetermined(ErrorText.Whole(undetermined));
        }
    }

    /// <summary>
    /// The reason to give if VEX documents may excuse something but cannot be used. VEX names an image by registry,
    /// repository and digest. If less is known about the image, nobody can tell whether a statement is about it.
    /// </summary>
    /// <returns>Null if no statement can be about it.</returns>
    private static Reason? UnusedVex(FileInfo file, ImageId image, PolicyDocument policy)
    {
        var (repository, known) = (image.Repository, image.Digest != PrintedScan.NoDigest);
        string[] missing =
        [
            .. repository.Account.Length == 0 ? ["account"] : Array.Empty<string>(),
            .. repository.Region.Length == 0 ? ["region"] : Array.Empty<string>(),
            .. known ? Array.Empty<string>() : ["digest"],
        ];
        if (missing.Length == 0)
            return null;
        var unused = policy.Vex.Count(statement => statement.Products.Any(product => MayBe(product.Image)));
        return unused == 0
            ? null
            : new Reason(
                "vex-not-used",
                $"{Phrase.Count(unused, "VEX statement")} about {(known ? image : $"images of {repository.Name}")} "
                    + $"{(unused == 1 ? "was" : "were")} not used, because {file} names no "
                    + $"{string.Join(" and no ", missing)}; name the image with --image, as the full URI."
            );

        bool MayBe(ImageId meant) =>
            meant.Repository.Name == repository.Name
            && (repository.Account.Length == 0 || repository.Account == meant.Repository.Account)
            && (repository.Region.Length == 0 || repository.Region == meant.Repository.Region)
            && (!known || meant.Digest == image.Digest);
    }

    /// <summary>
    /// Reads the policy and prints every problem. A waiver that has ended is such a problem and waives nothing, as in
    /// the deployed product.
    /// </summary>
    /// <returns>Null if the document cannot be used.</returns>
    private static PolicyDocument? ReadPolicy(
        FileInfo? file,
        IReadOnlyList<FileInfo> vexFiles,
        DateTimeOffset now,
        TextWriter errors
    )
    {
        var vex = vexFiles.Select(document => new VexFile(document.ToString(), InputFile.Read(document))).ToList();
        // Beside a policy, such a document is skipped. But whoever names a document wants it used.
        foreach (var document in vex)
        {
            if (document.WhyNoOpenVex() is { } why)
                throw new UnusableFileException($"{document.Name}: {why}; it must be an OpenVEX document.");
        }
        // The functions and the other commands do the same.
        if (file is not null)
            vex.AddRange(InputFile.VexBeside(file));
        var reading = PolicyReader.Read(file is null ? null : (ReadOnlyMemory<byte>?)InputFile.Read(file), vex, now);
        foreach (var problem in reading.Problems)
            errors.WriteLine(problem.ToString(file?.ToString() ?? ""));
        // Whoever names a document wants it used.
        return reading.Policy is { VexProblems: [] } ? reading.Policy : null;
    }

    private static void WriteText(Judgement judgement, TextWriter output)
    {
        // "allowed": the policy lets this status pass although it is not APPROVED.
        output.WriteLine(
            judgement is { Approved: true, Status: not "APPROVED" }
                ? $"{judgement.Status}, which the policy allows"
                : judgement.Status
        );
        Write("", judgement.Reasons.Select(reason => reason.Sentence));
        Write("Warnings:", judgement.Warnings.Select(warning => warning.Sentence));
        Write(
            "Waived:",
            judgement
                .Waived.Select(w => $"{w.Vulnerability}{(w.Package is null ? "" : $" in {w.Package}")}, by {w.By()}")
                .Select(line => Phrase.Clip(line, 300))
        );
        Write("To pass:", judgement.ToPass);

        void Write(string heading, IEnumerable<string> lines)
        {
            var first = true;
            foreach (var line in lines)
            {
                if (first && heading.Length > 0)
                    output.WriteLine(heading);
                first = false;
                output.WriteLine($"  {line}");
            }
        }
    }
}

/// <summary>The answer, with the same words as <see cref="ApprovalAnswer"/>, but complete.</summary>
/// <param name="Approved">Also true for a status that the policy allows.</param>
internal sealed record Judgement(
    string Status,
    bool Approved,
    IReadOnlyList<Reason> Reasons,
    IReadOnlyList<Reason> Warnings,
    FindingCounts Counts,
    IReadOnlyList<WaivedFinding> Waived,
    IReadOnlyList<string> ToPass
)
{
    [JsonIgnore]
    public int ExitCode { get; private init; }

    public static Judgement Of(Verdict verdict) =>
        new(
            verdict.Status.Word(),
            verdict.Approved,
            verdict.Reasons,
            verdict.Warnings,
            verdict.Counts,
            verdict.Waived,
            verdict.ToPass
        )
        {
            ExitCode = verdict.Approved
                ? ExitCodes.Done
                : verdict.Status switch
                {
                    Core.Verdicts.Status.Blocked => ExitCodes.Blocked,
                    Core.Verdicts.Status.Pending => ExitCodes.Pending,
                    Core.Verdicts.Status.Error => ExitCodes.Undetermined,
                    Core.Verdicts.Status.Unscanned
                    or Core.Verdicts.Status.Unsupported
                    or Core.Verdicts.Status.Stale
                    or Core.Verdicts.Status.Approved => ExitCodes.NoCurrentScan,
                },
        };

    /// <summary>The input does not say enough. The result is never better than an error.</summary>
    public static Judgement Undetermined(string why) =>
        new(
            Core.Verdicts.Status.Error.Word(),
            false,
            [new Reason("undetermined", why)],
            [],
            new FindingCounts(),
            [],
            []
        )
        {
            ExitCode = ExitCodes.Undetermined,
        };
}

[JsonSerializable(typeof(Judgement))]
internal sealed partial class JudgementJson : JsonSerializerContext
{
    public static JudgementJson Readable { get; } = new(VerdictJson.Readable());
}
