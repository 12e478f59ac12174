using System.Diagnostics;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>From the start of the process to the answer to a pipeline that waits for it.</summary>
internal static class StartUp
{
    private const int Starts = 5;

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        (string Name, string Executable)[] started =
        [
            ("ReadyToRun", await Package.ReadyToRunAsync()),
            ("without ReadyToRun", await Package.JustInTimeAsync()),
            ("native", await Package.NativeAsync()),
            ("an empty handler, ReadyToRun", await Package.EmptyHandlerAsync(native: false)),
            ("an empty handler, native", await Package.EmptyHandlerAsync(native: true)),
        ];
        await using var deployment = await Deployment.StartAsync();
        deployment.Aws.Ecr.CreateRepository("team/app", scanOnPush: true);
        deployment.Aws.Ecr.CompleteScan(
            "team/app",
            deployment.Aws.Ecr.Push("team/app", Manifest.Image("app"), "1.0"),
            [Memory.Finding(0, "2.0")]
        );

        // The ledger knows the image, so that an answer takes one read of the ledger and one of ECR.
        await using (var backfill = await deployment.StartAsync(started[0].Executable, "BackfillAsync"))
            await backfill.InvokeAsync("{}", TimeSpan.FromMinutes(5));
        // They take turns, so that other work on the machine affects all. The first start of each only warms the disk's
        // cache.
        var starts = started.ToDictionary(each => each.Name, _ => new List<(double Milliseconds, double MiB)>());
        for (var start = 0; start <= Starts; start++)
        {
            foreach (var (name, executable) in started)
                starts[name].Add(await FirstAnswerAsync(deployment, executable));
        }
        return
        [
            .. started.Select(each => new Figure($"start to first answer, {each.Name}", Time(each.Name), "ms")),
            new Figure("ReadyToRun as a part of without", Time("ReadyToRun") / Time("without ReadyToRun"), "×", 0.9),
            new Figure(
                "ReadyToRun as a multiple of an empty handler",
                Time("ReadyToRun") / Time("an empty handler, ReadyToRun"),
                "×",
                2.5
            ),
            new Figure(
                "native as a multiple of an empty handler",
                Time("native") / Time("an empty handler, native"),
                "×",
                2.5
            ),
            new Figure("native as a part of ReadyToRun", Time("native") / Time("ReadyToRun"), "×", 0.2),
            .. started.Select(each => new Figure(
                $"one answer: peak memory, {each.Name}",
                starts[each.Name].Max(start => start.MiB),
                "MiB",
                each.Name == "ReadyToRun" ? 128 : null
            )),
        ];

        double Time(string name) => Median(starts[name].Skip(1).Select(start => start.Milliseconds));
    }

    private static async Task<(double Milliseconds, double MiB)> FirstAnswerAsync(
        Deployment deployment,
        string executable
    )
    {
        var image = $"{deployment.Aws.AccountId}.dkr.ecr.{deployment.Aws.Region}.amazonaws.com/team/app:1.0";
        var question = $$"""{"image":"{{image}}"}""";
        var started = Stopwatch.GetTimestamp();
        await using var function = await deployment.StartAsync(executable, "ApprovalAsync");
        var answer = await function.InvokeAsync(question, TimeSpan.FromSeconds(30));
        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        // The empty handler answers with the question.
        return answer.Contains("\"BLOCKED\"", StringComparison.Ordinal) || answer == question
            ? (milliseconds, function.PeakMiB)
            : throw new FunctionFailedException($"The answer should be BLOCKED: {answer}");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
