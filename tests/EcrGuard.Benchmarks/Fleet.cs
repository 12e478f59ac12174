using System.Diagnostics;
using System.Text.Json.Nodes;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>What the first deployment costs: every image of a registry judged and recorded.</summary>
internal static class Fleet
{
    /// <summary>Longer than a Lambda function may run.</summary>
    internal static readonly TimeSpan Whole = TimeSpan.FromHours(1);

    /// <summary>A kind of registry.</summary>
    /// <param name="Findings">How many findings each image has. Every other one blocks it.</param>
    internal sealed record Size(int Repositories, int Images, int Findings)
    {
        public int All => Repositories * Images;

        /// <summary>The policy of every repository; null for none.</summary>
        public string? LifecyclePolicy { get; init; } =
            """
                {"rules":[{"rulePriority":1,"action":{"type":"expire"},
                "selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14}}]}
                """;

        public string Text => $"{Repositories:#,0} × {Images:#,0} images";

        public override string ToString() => $"backfill of {Text}";
    }

    /// <summary>A whole large registry: calls, memory, time. Then its weekly summary.</summary>
    public static async Task<IReadOnlyList<Figure>> WholeAsync(int repositories, int images)
    {
        var size = new Size(repositories, images, Findings: 2);
        await using var deployment = await SeedAsync(size);
        var calls = deployment.Aws.Requests;
        calls.Take();
        var started = Stopwatch.GetTimestamp();
        await using var backfill = await deployment.StartAsync(await Package.ReadyToRunAsync(), "BackfillAsync");
        ExpectWhole(await backfill.InvokeAsync("{}", Whole), size);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var made = calls.Take();

        await using var summary = await deployment.StartAsync(await Package.ReadyToRunAsync(), "WeeklySummaryAsync");
        ExpectReport(deployment, JsonNode.Parse(await summary.InvokeAsync("{}", Whole))!, size);
        return
        [
            new Figure($"{size}: peak memory", backfill.PeakMiB, "MiB", Deployment.MemoryMiB),
            .. made.GroupBy(c => $"{c.Service} {c.Operation}")
                .OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new Figure($"{size}: {g.Key}", g.Count(), "calls")),
            // An image needs one page of findings, its ledger calls and its findings' object. A repository needs five:
            // the listing, the reads of the baseline, their note, the progress.
            new Figure(
                $"{size}: ECR, for an image",
                made.Count(c => c.Service == "ecr" && c.Operation == "DescribeImageScanFindings") / (double)size.All,
                "calls",
                1
            ),
            new Figure($"{size}: all, for an image", made.Count / (double)size.All, "calls", 5 + 5.0 / images),
            new Figure($"{size}: time", seconds, "s"),
            new Figure(
                $"weekly summary of {size.All:#,0} images: peak memory",
                summary.PeakMiB,
                "MiB",
                Deployment.MemoryMiB
            ),
            new Figure($"weekly summary of {size.All:#,0} images", calls.Count, "calls"),
        ];
    }

    /// <summary>A sweep over a registry that was judged today: the cost of a day on which no event was lost.</summary>
    public static async Task<IReadOnlyList<Figure>> SweptAsync(int repositories, int images)
    {
        var size = new Size(repositories, images, Findings: 2);
        var package = await Package.ReadyToRunAsync();
        await using var deployment = await SeedAsync(size);
        await using (var backfill = await deployment.StartAsync(package, "BackfillAsync"))
            ExpectWhole(await backfill.InvokeAsync("{}", Whole), size);
        return await SweepAsync(deployment, package, "observe", $"sweep of {size.Text}", size, mostCalls: 6);
    }

    /// <summary>
    /// The first sweep where a baseline puts a lifecycle policy on every repository, and the one after it.
    /// </summary>
    public static async Task<IReadOnlyList<Figure>> FirstSweptAsync(int repositories, int images)
    {
        var size = new Size(repositories, images, Findings: 0) { LifecyclePolicy = null };
        var package = await Package.WithPolicyAsync("applying", Applying.Policy);
        await using var deployment = await SeedAsync(size);
        await using (var backfill = await deployment.StartAsync(package, "BackfillAsync", "mark"))
            ExpectWhole(await backfill.InvokeAsync("{}", Whole), size);
        deployment.Aws.Faults.Add(Fault.Delay(Applying.Call) with { Times = int.MaxValue });
        var what = $"{size.Text}, {Applying.Call.TotalMilliseconds} ms a call";
        var first = await SweepAsync(deployment, package, "mark", $"first sweep of {what}", size, mostCalls: 16);
        for (var r = 0; r < repositories; r++)
        {
            if (deployment.Aws.Ecr.LifecyclePolicyOf(Name(r)) is null)
                throw new FunctionFailedException($"{Name(r)} got no lifecycle policy.");
        }
        var next = await SweepAsync(deployment, package, "mark", $"next sweep of {what}", size, mostCalls: 6);
        return [.. first, .. next];
    }

    /// <summary>
    /// Serves the registry of <see cref="FirstSweptAsync"/>, where each image has a critical finding, until it is
    /// interrupted. Then it prints the calls that were made.
    /// </summary>
    public static async Task<int> ServeAsync(int repositories, int images)
    {
        var size = new Size(repositories, images, Findings: 2) { LifecyclePolicy = null };
        await using var deployment = await SeedAsync(size, new LocalAwsOptions { SummarizesScans = true });
        deployment.Aws.Faults.Add(Fault.Delay(Applying.Call) with { Times = int.MaxValue });
        deployment.Aws.Requests.Take();
        foreach (var (name, value) in deployment.Caller)
            Console.WriteLine($"export {name}={value}");
        var interrupted = new TaskCompletionSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            interrupted.TrySetResult();
        };
        await interrupted.Task;
        foreach (var calls in deployment.Aws.Requests.Take().CountBy(call => $"{call.Service} {call.Operation}"))
            Console.WriteLine($"{calls.Value, 8} {calls.Key}");
        return 0;
    }

    /// <summary>Sweeps as the state machine does, one run over repositories after the other.</summary>
    internal static async Task<IReadOnlyList<Figure>> SweepAsync(
        Deployment deployment,
        string package,
        string enforcement,
        string what,
        Size size,
        double mostCalls
    )
    {
        var calls = deployment.Aws.Requests;
        calls.Take();
        var started = Stopwatch.GetTimestamp();
        await using var list = await deployment.StartAsync(package, "SweepListAsync", enforcement);
        var start = await list.InvokeAsync("{}", Whole);
        await using var repository = await deployment.StartAsync(package, "SweepRepositoryAsync", enforcement);
        await EachRunAsync(deployment, repository, JsonNode.Parse(start)!, size);
        await using var close = await deployment.StartAsync(package, "SweepCloseAsync", enforcement);
        var end = JsonNode.Parse(await close.InvokeAsync(start, Whole))!;
        if ((int)Property(end, "unfinished")! != 0 || (int)Property(end, "undone")! != 0)
            throw new FunctionFailedException($"The sweep is not whole: {end}");
        var made = calls.Take();
        // Nobody uses the images, and where EcrGuard marks, none is blocked.
        if (made.Any(call => call is { Service: "ecr", Operation: "PutImage" }))
            throw new FunctionFailedException("The sweep has marked images: the figures would be those of tags.");
        return
        [
            new Figure($"{what}: peak memory", repository.PeakMiB, "MiB", Deployment.MemoryMiB),
            .. made.GroupBy(c => $"{c.Service} {c.Operation}")
                .OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new Figure($"{what}: {g.Key}", g.Count(), "calls")),
            // No repository is listed twice.
            new Figure(
                $"{what}: DescribeImages, for a repository",
                made.Count(c => c is { Service: "ecr", Operation: "DescribeImages" }) / (double)size.Repositories,
                "calls",
                Math.Ceiling(size.Images / 1000.0)
            ),
            new Figure($"{what}: all, for a repository", made.Count / (double)size.Repositories, "calls", mostCalls),
            new Figure($"{what}: time, one run after the other", Stopwatch.GetElapsedTime(started).TotalSeconds, "s"),
        ];
    }

    private static async Task EachRunAsync(Deployment deployment, FunctionProcess function, JsonNode start, Size size)
    {
        var listed = deployment.Aws.S3.Find((string)Property(start, "bucket")!, (string)Property(start, "key")!)!;
        var images = 0;
        foreach (var some in JsonNode.Parse(listed.Content.Span)!.AsArray())
        {
            var order = new JsonObject
            {
                ["Repositories"] = some!["repositories"]!.DeepClone(),
                ["StartedAt"] = Property(start, "startedAt")!.DeepClone(),
                ["Run"] = Property(start, "run")!.DeepClone(),
                ["Runs"] = 0,
            };
            var swept = JsonNode.Parse(await function.InvokeAsync(order.ToJsonString(), Whole))!;
            if (!(bool)Property(swept, "done")!)
                throw new FunctionFailedException($"A run of the sweep is not whole: {swept}");
            images += (int)Property(swept, "images")!;
        }
        if (images != size.All)
            throw new FunctionFailedException($"{images} images of {size.All} were swept.");
    }

    /// <summary>All images in one repository, which is listed page by page while they are judged.</summary>
    public static async Task<IReadOnlyList<Figure>> OneRepositoryAsync(int images)
    {
        var size = new Size(1, images, Findings: 0);
        await using var deployment = await SeedAsync(size);
        await using var backfill = await deployment.StartAsync(await Package.ReadyToRunAsync(), "BackfillAsync");
        ExpectWhole(await backfill.InvokeAsync("{}", Whole), size);
        return [new Figure($"{size}: peak memory", backfill.PeakMiB, "MiB", Deployment.MemoryMiB)];
    }

    /// <summary>A backfill that is killed in the middle, and the backfill that continues it.</summary>
    public static async Task<IReadOnlyList<Figure>> InterruptedAsync(int repositories, int images)
    {
        var size = new Size(repositories, images, Findings: 2);
        var package = await Package.ReadyToRunAsync();
        var undisturbed = await CallsAsync();
        var interrupted = await CallsAsync(killAt: undisturbed / 2);
        return
        [
            new Figure($"{size}: undisturbed", undisturbed, "calls"),
            // At most the repositories of one chunk are taken again, and each of their images costs a read.
            new Figure($"{size}: more if killed in the middle", interrupted - undisturbed, "calls", 8 * images + 100),
        ];

        async Task<int> CallsAsync(int? killAt = null)
        {
            await using var deployment = await SeedAsync(size);
            var calls = deployment.Aws.Requests;
            var killed = killAt is { } at ? await CallsUntilKilledAsync(deployment, package, at) : 0;
            calls.Take();
            await using var backfill = await deployment.StartAsync(package, "BackfillAsync");
            ExpectWhole(await backfill.InvokeAsync("{}", Whole), size);
            return killed + calls.Count;
        }
    }

    private static async Task<int> CallsUntilKilledAsync(Deployment deployment, string package, int at)
    {
        await using var backfill = await deployment.StartAsync(package, "BackfillAsync");
        deployment.Aws.Faults.Add(Fault.Kill(backfill.Kill) with { From = at });
        try
        {
            await backfill.InvokeAsync("{}", Whole);
        }
        catch (FunctionFailedException)
        {
            deployment.Aws.Faults.Clear();
            var calls = deployment.Aws.Requests.Count;
            await EndLeaseAsync(new RegistryDocuments(deployment.Ledger));
            return calls;
        }
        throw new InvalidOperationException($"The backfill ended before its call {at}.");
    }

    /// <summary>A backfill against an ECR that allows a given number of calls a second.</summary>
    public static async Task<IReadOnlyList<Figure>> ThrottledAsync(int repositories, int images, double perSecond)
    {
        var size = new Size(repositories, images, Findings: 2);
        await using var deployment = await SeedAsync(
            size,
            new LocalAwsOptions { EcrRates = new EcrRates { Others = perSecond } }
        );
        deployment.Aws.Requests.Take();
        await using var backfill = await deployment.StartAsync(await Package.ReadyToRunAsync(), "BackfillAsync");
        var answer = await backfill.InvokeAsync("{}", Whole);
        var state = JsonNode.Parse(answer)!;
        if (Property(state, "doneAt") is null || (int)Property(state, "repositories")! != size.Repositories)
            throw new FunctionFailedException($"The backfill is not whole: {answer}");
        var calls = deployment.Aws.Requests.Where(c => c.Service == "ecr").ToList();
        return
        [
            new Figure(
                $"{size} at {perSecond} calls a second: throttled",
                calls.Count(c => c.StatusCode == 400),
                "calls"
            ),
            new Figure(
                $"{size} at {perSecond} calls a second: throttled, of all",
                100.0 * calls.Count(c => c.StatusCode == 400) / calls.Count,
                "%"
            ),
            new Figure(
                $"{size} at {perSecond} calls a second: not read",
                Property(state, "unread")!.AsArray().Count,
                "images",
                0
            ),
        ];
    }

    /// <summary>
    /// Every image is there and scanned before anybody listens. The repositories are complete, so every refusal of ECR
    /// is a throttle.
    /// </summary>
    private static async Task<Deployment> SeedAsync(Size size, LocalAwsOptions? options = null)
    {
        var deployment = await Deployment.StartAsync(options);
        var aws = deployment.Aws;
        var findings = Enumerable.Range(0, size.Findings).Select(i => Memory.Finding(i, "2.0")).ToList();
        // Nobody uses them, so none is shielded: a shield costs a tag, and tags take turns.
        var pushedAt = DateTimeOffset.UtcNow.AddDays(-400);
        for (var r = 0; r < size.Repositories; r++)
        {
            var repository = Name(r);
            aws.Ecr.CreateRepository(repository, scanOnPush: true, lifecyclePolicy: size.LifecyclePolicy);
            for (var i = 0; i < size.Images; i++)
                aws.Ecr.CompleteScan(
                    repository,
                    aws.Ecr.Push(
                        repository,
                        Manifest.Image($"{r} {i}"),
                        $"1.{i}",
                        pushedAt.AddHours(i),
                        announce: false
                    ),
                    findings
                );
            aws.Events.Take();
        }
        return deployment;
    }

    private static string Name(int repository) => $"team-{repository % 40}/app-{repository}";

    /// <summary>A figure counts only if every image was recorded.</summary>
    internal static void ExpectWhole(string answer, Size size)
    {
        var state = JsonNode.Parse(answer)!;
        if (
            Property(state, "doneAt") is null
            || Property(state, "unread")!.AsArray().Count > 0
            || (int)Property(state, "repositories")! != size.Repositories
        )
            throw new FunctionFailedException($"The backfill is not whole: {answer}");
    }

    /// <summary>A figure counts only if the report counts every image.</summary>
    private static void ExpectReport(Deployment deployment, JsonNode answer, Size size)
    {
        var uri = new Uri((string)Property(answer, "whole")!);
        var file = deployment.Aws.S3.Find(uri.Host, $"{uri.AbsolutePath.TrimStart('/')}report.json");
        var images = file is null ? null : (int?)JsonNode.Parse(file.Content.Span)!["images"];
        if (images != size.All)
            throw new FunctionFailedException($"The report counts {images} images of {size.All}: {answer}");
    }

    /// <summary>Ends the lease, as a quarter of an hour would. The function that ran the backfill is dead.</summary>
    private static async Task EndLeaseAsync(RegistryDocuments documents)
    {
        var (state, revision) = await documents.FindAsync(BackfillState.Form, CancellationToken.None);
        if (state is null)
            throw new FunctionFailedException("The backfill that was killed has left nothing.");
        state = state with { RunningUntil = DateTimeOffset.UtcNow.AddMinutes(-1) };
        await documents.StoreAsync(BackfillState.Form, state, revision, CancellationToken.None);
    }

    private static JsonNode? Property(JsonNode node, string name) =>
        node.AsObject().Single(p => p.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
