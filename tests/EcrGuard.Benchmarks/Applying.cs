using System.Diagnostics;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>
/// A lifecycle policy for every repository of a registry that has none: <c>ecrguard plan</c>, and <c>ecrguard apply</c>
/// by the deployed function, ECR's previews included.
/// </summary>
internal static class Applying
{
    /// <summary>The least time of a call.</summary>
    public static readonly TimeSpan Call = TimeSpan.FromMilliseconds(20);

    public const string Policy = """
        {
          "version": 1,
          "enforcement": [{ "repositories": ["*"], "mode": "mark" }],
          "baseline": [
            {
              "repositories": ["*"],
              "mode": "enforce",
              "lifecycle": {
                "existing": "keep",
                "policy": {
                  "rules": [
                    {
                      "rulePriority": 1,
                      "selection": {
                        "tagStatus": "untagged",
                        "countType": "sinceImagePushed",
                        "countUnit": "days",
                        "countNumber": 14
                      },
                      "action": { "type": "expire" }
                    }
                  ]
                }
              }
            }
          ]
        }
        """;

    public static async Task<IReadOnlyList<Figure>> RunAsync(int repositories, int images)
    {
        await using var deployment = await Deployment.StartAsync();
        var old = DateTimeOffset.UtcNow.AddDays(-400);
        for (var r = 0; r < repositories; r++)
        {
            var name = $"team-{r % 40}/app-{r}";
            deployment.Aws.Ecr.CreateRepository(name);
            for (var i = 0; i < images; i++)
                // Nobody uses them, so none is shielded. A shield would cost a tag.
                deployment.Aws.Ecr.Push(name, Manifest.Image($"{r} {i}"), $"1.{i}", old.AddHours(i), announce: false);
        }
        deployment.Aws.Faults.Add(Fault.Delay(Call) with { Times = int.MaxValue });
        var what = $"{repositories:#,0} × {images} images, {Call.TotalMilliseconds} ms a call";
        return await MeasureAsync(deployment, what, repositories);
    }

    /// <summary>Plans and applies the policy in a deployment whose repositories have none.</summary>
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Deployment deployment, string what, int repositories)
    {
        var package = await Package.WithPolicyAsync("applying", Policy);
        var cli = await Package.CommandLineAsync();
        await using var function = await deployment.StartAsync(package, "ApplyPlanAsync", "mark");
        deployment.Aws.Lambda.Register("apply", order => function.InvokeAsync(order, TimeSpan.FromMinutes(15)));
        deployment.Aws.Requests.Take();

        var folder = Directory.CreateTempSubdirectory("ecrguard-applying-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "policy.json"), Policy);
            var (planTime, planned) = await RunAsync(
                deployment,
                cli,
                folder.FullName,
                "plan --policy policy.json --out plan.json"
            );
            var (applyTime, applied) = await RunAsync(
                deployment,
                cli,
                folder.FullName,
                "apply plan.json --function apply --yes"
            );
            var invocations = applied.Count(call => call.Service == "lambda" && call.Operation == "Invoke");
            var put = applied.Count(call => call is { Operation: "PutLifecyclePolicy", StatusCode: 200 });
            if (put != repositories)
                throw new FunctionFailedException($"{put} of {repositories} policies were put.");
            double Each(IEnumerable<LoggedRequest> calls) => calls.Count() / (double)repositories;
            return
            [
                new Figure($"plan of {what}: for a repository", Each(planned), "calls", 3.2),
                new Figure($"plan of {what}: time", planTime.TotalSeconds, "s"),
                // Other calls are for what runs, once a minute; for the lease; and for the order.
                new Figure($"apply of {what}: for a policy", Each(applied), "calls", 12.5),
                new Figure($"apply of {what}: time", applyTime.TotalSeconds, "s"),
                new Figure($"apply of {what}: invocations", invocations, "", 1),
                new Figure($"apply of {what}: peak memory", function.PeakMiB, "MiB", Deployment.MemoryMiB),
                .. applied
                    .CountBy(call => $"{call.Service} {call.Operation}")
                    .OrderByDescending(calls => calls.Value)
                    .Select(calls => new Figure($"apply of {what}: {calls.Key}", calls.Value, "calls")),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(TimeSpan Time, IReadOnlyList<LoggedRequest> Calls)> RunAsync(
        Deployment deployment,
        string cli,
        string folder,
        string arguments
    )
    {
        var started = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(cli, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in deployment.Caller)
            start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{cli} does not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var time = Stopwatch.GetElapsedTime(started);
        return process.ExitCode == 0
            ? (time, deployment.Aws.Requests.Take())
            : throw new FunctionFailedException(
                $"ecrguard {arguments} ended with {process.ExitCode}: {await output}{await errors}"
            );
    }
}
