using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Amazon.ECR;
using Amazon.Inspector2;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.DependencyInjection;
using StringComparison = System.StringComparison;

namespace EcrGuard.Benchmarks;

/// <summary>
/// The day on which one new CVE is found in every image of an account at once. The queue has the batches, the two
/// instances and the tries of the template. ECR and Inspector throttle. The local AWS, the functions and the waits of
/// the SDK share one clock that runs faster, so rates, waits and time-outs keep their proportions. In the account's
/// time, a call takes as many times longer as the clock is faster.
/// </summary>
internal static class CveDay
{
    /// <summary>
    /// Seconds of the account in one second of this machine. A call of three milliseconds then takes thirty.
    /// </summary>
    private const double Speed = 10;

    /// <summary>The template's values for OnScanChanged and its queue.</summary>
    private const int Batch = 100,
        Instances = 2,
        Receives = 5;
    private const double WritesPerSecond = 0.31;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(330),
        Invisible = TimeSpan.FromSeconds(2000);

    /// <summary>
    /// Assumed rates; every operation has its own bucket. AWS publishes only those of PutImage (10) and BatchGetImage
    /// (2 000).
    /// </summary>
    private const double InspectorRate = 20,
        EcrRate = 100;

    private const string Table = "ecrguard-ledger",
        Bucket = "ecrguard-reports";

    /// <param name="images">How many images a repository has, including the platforms of two indexes. Each image has
    ///     its own finding.</param>
    public static async Task<IReadOnlyList<Figure>> RunAsync(int repositories, int images)
    {
        var time = new FastTime(Speed);
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions
            {
                TimeProvider = time,
                EcrRates = new EcrRates { Others = EcrRate },
                InspectorRate = InspectorRate,
            }
        );
        aws.DynamoDb.CreateEcrGuardTable(Table);
        aws.S3.CreateBucket(Bucket);
        var settings = new Settings
        {
            Account = aws.AccountId,
            Region = aws.Region,
            Table = Table,
            Bucket = Bucket,
            AlertTopic = aws.Sns.CreateTopic("alerts"),
            ScanQueue = aws.Sqs.CreateQueue("scan-changed"),
            Enforcement = EnforcementMode.Mark,
            WritesPerSecond = WritesPerSecond,
        };
        var retries = new Retries(time);
        RuntimePipelineCustomizerRegistry.Instance.Register(retries);
        var instances = new List<ServiceProvider>();
        try
        {
            instances.AddRange(Enumerable.Range(0, Instances).Select(_ => Instance(aws, settings, time)));
            var (seeded, tagged) = await SeedAsync(
                aws,
                instances[0].GetRequiredService<ManifestRecords>(),
                repositories,
                images
            );
            var queue = new Queue(aws.Events.Take(), time);
            aws.Requests.Take();
            var (start, started) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
            await Task.WhenAll(
                instances.Select(instance => WorkAsync(instance.GetRequiredService<OnScanChanged>(), queue, time))
            );
            return Figures(
                $"CVE day of {repositories:#,0} × {images:#,0} images",
                aws,
                queue,
                repositories * images,
                seeded,
                tagged,
                start,
                Stopwatch.GetElapsedTime(started)
            );
        }
        finally
        {
            RuntimePipelineCustomizerRegistry.Instance.Deregister(retries);
            foreach (var instance in instances)
                await instance.DisposeAsync();
        }
    }

    private static List<Figure> Figures(
        string what,
        LocalAwsServer aws,
        Queue queue,
        int events,
        int seeded,
        int tagged,
        DateTimeOffset start,
        TimeSpan took
    )
    {
        var calls = aws.Requests.Take();
        var reads = calls.Where(call => call.Service is "ecr" or "inspector2").ToList();
        var throttled = reads.Count(IsThrottled);
        var puts = calls
            .Where(call => call is { Operation: "PutImage", StatusCode: 200 })
            .Select(call => call.When)
            .Order()
            .ToList();
        var images = aws
            .DynamoDb.Items(Table)
            .Where(item => Text(item, "sk")?.StartsWith("I#", StringComparison.Ordinal) == true)
            .ToList();
        var blocked = images.Count(item =>
            Text(item, "gsi1pk")?.Contains("#BLOCKED#", StringComparison.Ordinal) == true
        );
        var left = images.Count(item => item.ContainsKey("couldNotMark"));
        return
        [
            // A tag costs another read, the repository's lifecycle policy, a manifest and a write.
            new Figure(
                $"{what}: ECR, for a finding event, tags aside",
                (
                    reads.Count(call =>
                        call is { Service: "ecr", Operation: not "GetLifecyclePolicy" } && !IsThrottled(call)
                    ) - (3 * puts.Count)
                ) / (double)events,
                "calls",
                1.25
            ),
            // The calls are for coverage, findings, and coverage again.
            new Figure(
                $"{what}: Inspector, for a finding event",
                reads.Count(call => call.Service == "inspector2" && !IsThrottled(call)) / (double)events,
                "calls",
                3.25
            ),
            new Figure($"{what}: throttled, of these", 100.0 * throttled / reads.Count, "%", 35),
            new Figure($"{what}: handed back to the queue", queue.HandedBack, "events", Math.Max(Batch, events / 100)),
            new Figure($"{what}: given up by the queue", queue.DeadLetters, "events", 0),
            new Figure($"{what}: images and indexes that are not blocked", seeded - blocked, "images", 0),
            new Figure($"{what}: neither marked nor left to the sweep", tagged - left - puts.Count, "images", 0),
            new Figure(
                $"{what}: alerts that were not sent",
                images.Count(item => item.ContainsKey("openAlert")),
                "alerts",
                0
            ),
            new Figure(
                $"{what}: messages",
                aws.Sns.Messages.Count,
                "messages",
                (events / Batch) + queue.HandedBack + Instances
            ),
            new Figure(
                $"{what}: PutImage, in the busiest minute",
                Busiest(puts) / 60.0,
                "a second",
                (Instances * WritesPerSecond) + (2 / 60.0)
            ),
            new Figure($"{what}: marked meanwhile", puts.Count, "images"),
            new Figure(
                $"{what}: all verdicts stored and told",
                queue.LastDone is { } last ? (last - start).TotalMinutes : 0,
                "min"
            ),
            new Figure($"{what}: the same on this machine", took.TotalSeconds, "s"),
        ];
    }

    private static bool IsThrottled(LoggedRequest call) => call.StatusCode is 400 or 429;

    /// <summary>The largest number of these times within a minute.</summary>
    private static int Busiest(List<DateTimeOffset> times)
    {
        var (most, first) = (0, 0);
        for (var last = 0; last < times.Count; last++)
        {
            while (times[last] - times[first] >= TimeSpan.FromMinutes(1))
                first++;
            most = Math.Max(most, last - first + 1);
        }
        return most;
    }

    private static string? Text(JsonObject item, string name) => item[name]?.GetValue<string>();

    /// <summary>One of the instances that work side by side. It starts cold.</summary>
    private static ServiceProvider Instance(LocalAwsServer aws, Settings settings, TimeProvider time)
    {
        var policy = PolicyReader
            .Read(
                """{ "version": 1, "enforcement": [{ "repositories": ["*"], "mode": "mark" }] }"""u8.ToArray(),
                time.GetUtcNow()
            )
            .Policy!;
        var services = new ServiceCollection();
        Startup.Compose(
            services,
            settings,
            AwsClients.At(aws.Endpoint, aws.Region, new BasicAWSCredentials("local", "local")),
            policy,
            time,
            Log.Silent
        );
        return services.AddSingleton<OnScanChanged>().BuildServiceProvider();
    }

    /// <summary>
    /// Every image is scanned; then the new CVE is found in each. In every repository, two tags are indexes of two
    /// platforms, which the ledger knows.
    /// </summary>
    /// <returns>How many images and indexes there are, and how many of them have a tag of a team.</returns>
    private static async Task<(int Seeded, int Tagged)> SeedAsync(
        LocalAwsServer aws,
        ManifestRecords manifests,
        int repositories,
        int images
    )
    {
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var all = new List<(string Repository, string Digest)>();
        var tagged = 0;
        for (var r = 0; r < repositories; r++)
        {
            var repository = $"team-{r % 40}/app-{r}";
            aws.Ecr.CreateRepository(repository);
            for (var i = 0; i < images - 4; i++, tagged++)
                all.Add((repository, aws.Ecr.Push(repository, Manifest.Image($"{r} {i}"), $"1.{i}", announce: false)));
            for (var x = 0; x < 2; x++, tagged++)
            {
                var platforms = new[] { Manifest.Image($"{r} {x} amd64"), Manifest.Image($"{r} {x} arm64") };
                var index = aws.Ecr.Push(
                    repository,
                    Manifest.Index([("linux/amd64", platforms[0]), ("linux/arm64", platforms[1])]),
                    $"2.{x}",
                    announce: false
                );
                all.AddRange(platforms.Select(platform => (repository, platform.Digest)));
                await manifests.StoreEdgesAsync(
                    new ImageId(new RepositoryId(aws.AccountId, aws.Region, repository), Digest.Parse(index)),
                    platforms.Select(platform => Digest.Parse(platform.Digest)),
                    CancellationToken.None
                );
            }
        }
        foreach (var (repository, digest) in all)
            aws.Inspector.CompleteScan(repository, digest, announce: false);
        aws.Events.Take();
        foreach (var (repository, digest) in all)
            aws.Inspector.Report(
                repository,
                digest,
                new LocalFinding("CVE-2026-4242", "CRITICAL", new LocalPackage("openssl", "3.0.11", "3.0.13"))
                {
                    Fix = "YES",
                }
            );
        return (all.Count + (2 * repositories), tagged);
    }

    private static async Task WorkAsync(OnScanChanged function, Queue queue, TimeProvider time)
    {
        while (!queue.IsEmpty)
        {
            if (queue.Take() is not { Count: > 0 } messages)
            {
                await Task.Delay(TimeSpan.FromSeconds(10), time);
                continue;
            }
            var answer = await function.OnScanChangedAsync(
                new SQSEvent
                {
                    Records =
                    [
                        .. messages.Select(message => new SQSEvent.SQSMessage
                        {
                            MessageId = message.Id,
                            Body = message.Body,
                        }),
                    ],
                },
                new Invocation()
            );
            queue.End(messages, [.. answer.BatchItemFailures.Select(failure => failure.ItemIdentifier)]);
        }
    }

    private sealed record Message(string Id, string Body)
    {
        public int Received { get; set; }
    }

    /// <summary>
    /// A queue as the template makes it. A message that is handed back comes again after its visibility time-out, a few
    /// times.
    /// </summary>
    private sealed class Queue(IEnumerable<string> bodies, TimeProvider time)
    {
        private readonly ConcurrentQueue<Message> waiting = new(
            bodies.Select((body, at) => new Message($"{at}", body))
        );
        private readonly ConcurrentQueue<(Message Message, DateTimeOffset VisibleAt)> invisible = new();
        private int taken;

        public int HandedBack { get; private set; }
        public int DeadLetters { get; private set; }
        public DateTimeOffset? LastDone { get; private set; }
        public bool IsEmpty => waiting.IsEmpty && invisible.IsEmpty && Volatile.Read(ref taken) == 0;

        public List<Message> Take()
        {
            lock (waiting)
            {
                while (
                    invisible.TryPeek(out var next)
                    && next.VisibleAt <= time.GetUtcNow()
                    && invisible.TryDequeue(out next)
                )
                    waiting.Enqueue(next.Message);
                var batch = new List<Message>();
                while (batch.Count < Batch && waiting.TryDequeue(out var message))
                    batch.Add(message);
                taken += batch.Count;
                return batch;
            }
        }

        public void End(List<Message> batch, HashSet<string> failed)
        {
            lock (waiting)
            {
                taken -= batch.Count;
                HandedBack += failed.Count;
                if (failed.Count < batch.Count)
                    LastDone = time.GetUtcNow();
                foreach (var message in batch.Where(message => failed.Contains(message.Id)))
                {
                    if (++message.Received == Receives)
                        DeadLetters++;
                    else
                        invisible.Enqueue((message, time.GetUtcNow() + Invisible));
                }
            }
        }
    }

    /// <summary>A clock that runs faster than this machine's.</summary>
    private sealed class FastTime(double speed) : TimeProvider
    {
        private readonly DateTimeOffset start = System.GetUtcNow();
        private readonly long began = System.GetTimestamp();

        public override long TimestampFrequency => System.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => start + (System.GetElapsedTime(began) * speed);

        public override long GetTimestamp() => (long)((System.GetTimestamp() - began) * speed);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, Of(dueTime), Of(period));

        private TimeSpan Of(TimeSpan span) =>
            span == global::System.Threading.Timeout.InfiniteTimeSpan ? span : span / speed;
    }

    /// <summary>The SDK's standard retries. Their waits use the account's clock.</summary>
    private sealed class Retries(TimeProvider time) : IRuntimePipelineCustomizer
    {
        public string UniqueName => nameof(CveDay);

        public void Customize(Type type, RuntimePipeline pipeline)
        {
            if (type == typeof(AmazonECRClient) || type == typeof(AmazonInspector2Client))
                pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new Policy(time)));
        }

        private sealed class Policy(TimeProvider time) : StandardRetryPolicy(4)
        {
            /// <summary>The wait is exponential with full jitter, as in the policy itself.</summary>
            public override Task WaitBeforeRetryAsync(IExecutionContext executionContext)
            {
                var most = Math.Min(Math.Pow(2, executionContext.RequestContext.Retries - 1), 20);
                return Task.Delay(
                    TimeSpan.FromSeconds(Random.Shared.NextDouble() * most),
                    time,
                    executionContext.RequestContext.CancellationToken
                );
            }
        }
    }

    /// <summary>
    /// What Lambda would tell the function. Functions end by this machine's clock and keep ten seconds to answer; those
    /// must not shrink.
    /// </summary>
    private sealed class Invocation : ILambdaContext
    {
        private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);
        private readonly long started = Stopwatch.GetTimestamp();

        public string AwsRequestId => "";
        public IClientContext ClientContext => null!;
        public string FunctionName => nameof(OnScanChanged);
        public string FunctionVersion => "$LATEST";
        public ICognitoIdentity Identity => null!;
        public string InvokedFunctionArn => "";
        public ILambdaLogger Logger => null!;
        public string LogGroupName => "";
        public string LogStreamName => "";
        public int MemoryLimitInMB => Deployment.MemoryMiB;
        public ILambdaSerializer Serializer => null!;
        public string TenantId => null!;
        public string TraceId => "";
        public TimeSpan RemainingTime => ((Timeout - Kept) / Speed) + Kept - Stopwatch.GetElapsedTime(started);
    }
}
