using System.CommandLine;
using System.Diagnostics;
using EcrGuard.Cli.Asking;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard ask</c>: may these images be deployed? It asks a deployed function and writes nothing.
/// </summary>
internal static class AskCommand
{
    private const int AtOnce = 8;

    /// <param name="Wait">How long to wait for scans; zero: do not wait.</param>
    private sealed record Question(
        IReadOnlyList<ImageReference> Images,
        IReadOnlyList<FileInfo> Files,
        bool IgnoreOthers,
        TimeSpan Wait,
        bool DigestOnly,
        string Format
    );

    public static Command Create()
    {
        var images = new Argument<ImageReference[]>("IMAGE")
        {
            Description = "By tag, digest or full URI. Several may be given.",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = result => SharedOptions.ReadImages(result, "IMAGE"),
            DefaultValueFactory = _ => [],
        };
        var files = new Option<FileInfo[]>("--file", "-f")
        {
            Description =
                $"A file that names the images: {DeploymentDocument.Kinds}, in JSON or YAML; - is standard input. "
                + "May be given several times.",
            CustomParser = result =>
            {
                if (result.Tokens.Any(token => token.Value.Length == 0))
                    result.AddError("'--file' is empty; it must name a file.");
                return
                [
                    .. result.Tokens.Where(token => token.Value.Length > 0).Select(token => new FileInfo(token.Value)),
                ];
            },
            DefaultValueFactory = _ => [],
        };
        var others = new Option<string>("--others")
        {
            Description =
                "Images in a file from other registries, accounts or regions: deny says no, ignore lets them pass.",
            DefaultValueFactory = _ => "deny",
        };
        others.AcceptOnlyFromAmong("deny", "ignore");
        var wait = SharedOptions.Duration("--wait", "How long to wait for scans that are not finished, such as 15m.");
        var digestOnly = new Option<bool>("--digest-only")
        {
            Description =
                "Prints only the URI by digest of each image. If an image does not pass, prints nothing here and the "
                + "reason on standard error.",
        };
        var format = new Option<string>("--format")
        {
            Description =
                "text for people, json for programs, markdown for summaries, sarif or junit for other tools, github "
                + "for GitHub Actions.",
            DefaultValueFactory = _ => GateForms.Text,
        };
        format.AcceptOnlyFromAmong([.. GateForms.All.Keys]);
        var command = new Command(
            "ask",
            "Asks whether images may be deployed; the worst answer decides. Exits 0 approved, 1 blocked, 3 pending at "
                + "the end of the wait, 4 unscanned, unsupported or stale, 5 unknown. Deploy the URI with the digest "
                + "that it prints, not the tag. Writes nothing."
        )
        {
            images,
            files,
            others,
            wait,
            digestOnly,
            format,
        };
        command.Validators.Add(result =>
        {
            if (
                result.GetResult(images) is null or { Tokens.Count: 0 }
                && result.GetResult(files) is null or { Implicit: true }
            )
                result.AddError("Name at least one IMAGE, or a '--file' that names images.");
            if (result.GetValue(digestOnly) && result.GetResult(format) is { Implicit: false })
                result.AddError("Give either '--digest-only' or '--format'.");
        });
        var target = GateTarget.Options.Of(command);
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    new Question(
                        parsed.GetValue(images) ?? [],
                        parsed.GetRequiredValue(files),
                        parsed.GetValue(others) == "ignore",
                        parsed.GetValue(wait) ?? TimeSpan.Zero,
                        parsed.GetValue(digestOnly),
                        parsed.GetRequiredValue(format)
                    ),
                    target.In(parsed),
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static Task<int> RunAsync(
        Question question,
        GateTarget target,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                var asked = QuestionsOf(question, errors);
                var gate = asked.Exists(one => one.Settled is null)
                    ? await GateClient.FindAsync(target, cancellation)
                    : null;
                var report = await AnswerAsync(asked, gate, question.Wait, errors, cancellation);
                // Whoever reads only the digest must not take nothing for a yes.
                if (question.DigestOnly && report.Passes && report.Answers.All(answer => answer.Answer is null))
                {
                    errors.WriteLine("No image was asked about, so that there is no digest to print.");
                    return ExitCodes.Undetermined;
                }
                Print(report, question, output, errors);
                return report.Outcome switch
                {
                    GateOutcome.Blocked => ExitCodes.Blocked,
                    GateOutcome.Undetermined => ExitCodes.Undetermined,
                    GateOutcome.Pending => ExitCodes.Pending,
                    GateOutcome.NoCurrentScan => ExitCodes.NoCurrentScan,
                    GateOutcome.Passes => ExitCodes.Done,
                };
            },
            "Nothing was approved.",
            errors,
            cancellation
        );

    private static List<GateQuestion> QuestionsOf(Question question, TextWriter errors) =>
        [
            .. question.Images.Select(GateQuestion.Of),
            .. DeploymentFile
                .Read(question.Files, errors)
                .Select(named => GateQuestion.Of(named.Image, named.Place, question.IgnoreOthers)),
        ];

    /// <summary>Asks. It asks again if waiting can change an answer and no other answer is a final "no".</summary>
    private static async Task<GateReport> AnswerAsync(
        IReadOnlyList<GateQuestion> asked,
        GateClient? gate,
        TimeSpan wait,
        TextWriter errors,
        CancellationToken cancellation
    )
    {
        var began = Stopwatch.GetTimestamp();
        var answers = new Dictionary<string, GateAnswer>(StringComparer.Ordinal);
        var open = asked.Where(one => one.Settled is null).Select(one => one.Image).Distinct().ToList();
        var isTerminal = !Console.IsErrorRedirected;
        while (true)
        {
            await Parallel.ForEachAsync(
                open,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
                async (image, token) =>
                {
                    var answer = await gate!.AskAsync(image, null, token);
                    lock (answers)
                        answers[image] = answer;
                }
            );
            var report = Report();
            open = [.. answers.Where(answer => answer.Value.Retry is not null).Select(answer => answer.Key)];
            var left = wait - Stopwatch.GetElapsedTime(began);
            if (
                open.Count == 0
                || left <= TimeSpan.Zero
                || report.Answers.Any(answer =>
                    answer.Outcome is GateOutcome.Blocked or GateOutcome.Undetermined && answer.Retry is null
                )
            )
            {
                if (isTerminal && wait > TimeSpan.Zero)
                    errors.Write("\r\x1b[K");
                return report;
            }
            var pause = open.Min(image => answers[image].Retry!.Value);
            if (isTerminal)
                errors.Write(
                    $"\rWaiting for {Phrase.Count(open.Count, "image")}, "
                        + $"{Phrase.Took(Stopwatch.GetElapsedTime(began))} of {Phrase.Took(wait)} …\x1b[K"
                );
            await Task.Delay(pause < left ? pause : left, cancellation);
        }

        GateReport Report() => new([.. asked.Select(one => one.Settled ?? one.Answered(answers[one.Image]))]);
    }

    private static void Print(GateReport report, Question question, TextWriter output, TextWriter errors)
    {
        if (question.DigestOnly && !report.Passes)
        {
            errors.Write(GateText.Plain(report));
            return;
        }
        if (question.DigestOnly)
        {
            foreach (var deploy in report.Answers.Select(answer => answer.Answer?.Deploy).OfType<string>())
                output.WriteLine(deploy);
            return;
        }
        var text = GateForms.All[question.Format](report).TrimEnd('\n');
        if (question.Format == GateForms.Text)
            Screen.WriteLines(text, output);
        else
            output.WriteLine(text);
        if (question.Format != GateForms.GitHub)
            return;
        // Text that is appended to the files with these names (docs.github.com, "Workflow commands") becomes the job's
        // summary, in Markdown, and the step's outputs.
        Append("GITHUB_STEP_SUMMARY", GateText.Markdown(report));
        Append("GITHUB_OUTPUT", GateText.GitHubOutputs(report));

        static void Append(string variable, string text)
        {
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } file)
                File.AppendAllText(file, text);
        }
    }
}
