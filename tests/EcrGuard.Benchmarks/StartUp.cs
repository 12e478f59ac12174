using System.Diagnostics;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>From the start of the process to the answer to a pipeline that waits for it.</summary>
internal static class StartUp
{
    private const int Starts = 5;

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var readyToRun = await Package.ReadyToRunAsync();
        var justInTime = await Package.JustInTimeAsync();
        await using var deployment = await Deployment.StartAsync();
        deployment.Aws.Ecr.CreateRepository("team/app", scanOnPush: true);
        deployment.Aws.Ecr.CompleteScan(
            "team/app",
            deployment.Aws.Ecr.Push("team/app", Manifest.Image("app"), "1.0"),
            [Memory.Finding(0, "2.0")]
        );

        var compiled = new List<(double Milliseconds, double MiB)>();
        var jitted = new List<(double Milliseconds, double MiB)>();
        // The two take turns, so that other work on the machine affects both. The first start of each only warms the
        // disk's cache.
        for (var start = 0; start <= Starts; start++)
        {
            compiled.Add(await FirstAnswerAsync(deployment, readyToRun));
            jitted.Add(await FirstAnswerAsync(deployment, justInTime));
        }
        return
        [
            new Figure("start to first answer, ReadyToRun", Median(compiled.Skip(1).Select(s => s.Milliseconds)), "ms"),
            new Figure(
                "start to first answer, without ReadyToRun",
                Median(jitted.Skip(1).Select(s => s.Milliseconds)),
                "ms"
            ),
            new Figure(
                "start to first answer, ReadyToRun as a part of without",
                Median(compiled.Skip(1).Select(s => s.Milliseconds))
                    / Median(jitted.Skip(1).Select(s => s.Milliseconds)),
                "×",
                0.9
            ),
            new Figure("one answer: peak memory, ReadyToRun", compiled.Max(s => s.MiB), "MiB", 128),
            new Figure("one answer: peak memory, without ReadyToRun", jitted.Max(s => s.MiB), "MiB"),
        ];
    }

    private static async Task<(double Milliseconds, double MiB)> FirstAnswerAsync(
        Deployment deployment,
        string executable
    )
    {
        var image = $"{deployment.Aws.AccountId}.dkr.ecr.{deployment.Aws.Region}.amazonaws.com/team/app:1.0";
        var started = Stopwatch.GetTimestamp();
        await using var function = await deployment.StartAsync(executable, "ApprovalAsync");
        var answer = await function.InvokeAsync($$"""{"image":"{{image}}"}""", TimeSpan.FromSeconds(30));
        var milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return answer.Contains("\"BLOCKED\"", StringComparison.Ordinal)
            ? (milliseconds, function.PeakMiB)
            : throw new FunctionFailedException($"The answer should be BLOCKED: {answer}");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }
}
