using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws.Tests.Flow;
using EcrGuard.Lambda.Functions;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.Chaos;

/// <param name="Events">How many events are delivered before the world stands still.</param>
/// <param name="Enhanced">Whether Inspector scans. If not, ECR does.</param>
internal sealed record ChaosOptions(int Seed, int Events, int Repositories, bool Enhanced);

/// <summary>
/// A world in which teams, scanners, deployments and EcrGuard's functions act at the same time. One thread does
/// everything, one step after the other. The seed decides each step, so the same seed gives the same run.
/// </summary>
internal sealed partial class ChaosRun : IAsyncDisposable
{
    private const int EventInstances = 3;
    private const int MostFailures = 100;
    private const int MaxBatch = 10;
    private const int MaxImages = 8;

    /// <summary>As in the template.</summary>
    private const int MaxReceives = 5;
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(2000);

    private readonly ChaosOptions options;
    private Random random;
    private readonly FakeTimeProvider time;
    private readonly LocalAwsServer aws;

    /// <summary>The same world without EcrGuard.</summary>
    private readonly LocalAwsServer twin;
    private readonly string alertTopic;
    private readonly string scanQueue;
    private readonly HttpMessageInvoker wire = new(new SocketsHttpHandler());
    private readonly List<Message> queue = [];
    private readonly List<Message> dead = [];
    private readonly List<Running> running = [];
    private readonly HashSet<string> mayBeTwice = [];
    private List<Instance> instances = [];
    private Instance sweeper;
    private Instance gate;
    private int messages;
    private int published;

    private ChaosRun(ChaosOptions options, LocalAwsServer aws, LocalAwsServer twin, FakeTimeProvider time)
    {
        this.options = options;
        (this.aws, this.twin, this.time) = (aws, twin, time);
        random = new Random(options.Seed);
        aws.DynamoDb.CreateEcrGuardTable(Instance.Table);
        aws.S3.CreateBucket(Instance.Bucket);
        alertTopic = aws.Sns.CreateTopic("alerts");
        scanQueue = aws.Sqs.CreateQueue("scan-changed");
        if (options.Enhanced)
            aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        CreateRepositories();
        (sweeper, gate) = (Start(), Start());
        instances = [.. Enumerable.Range(0, EventInstances).Select(_ => Start())];
    }

    public ChaosFigures Figures { get; } = new();

    /// <summary>What was found wrong, by kind, with only as many stories of each as a person can read.</summary>
    public SortedDictionary<string, List<string>> Failures { get; } = new(StringComparer.Ordinal);

    private Truth Truth { get; } = new();

    private DateTimeOffset Now => time.GetUtcNow();

    public static async Task<ChaosRun> PlayAsync(ChaosOptions options)
    {
        var time = new LeapingTime(new DateTimeOffset(2026, 11, 2, 8, 0, 0, TimeSpan.Zero))
        {
            AutoAdvanceAmount = TimeSpan.FromMilliseconds(1),
        };
        var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions
            {
                TimeProvider = time,
                LifecycleSendsEvents = options.Seed % 2 == 0,
                BatchGetImageRecordsPull = options.Seed % 3 == 0,
                RefusesUnknownConfigs = options.Seed % 4 == 0,
            }
        );
        var twin = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = time });
        var run = new ChaosRun(options, aws, twin, time);
        // It has its own thread, without a context to which anything would have to return.
        var alone = TaskCreationOptions.LongRunning;
        await Task.Factory.StartNew(run.Play, CancellationToken.None, alone, TaskScheduler.Default);
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        wire.Dispose();
        await aws.DisposeAsync();
        await twin.DisposeAsync();
    }

    private void Play()
    {
        var watch = Stopwatch.StartNew();
        try
        {
            Begin();
            while (Figures.Events < options.Events && Failures.Values.Sum(stories => stories.Count) < MostFailures)
                Step();
            End();
        }
        catch (Exception failure)
        {
            Fail("the run itself failed", null, $"{failure}");
        }
        Figures.Took = watch.Elapsed;
        Figures.Span = Now - begun;
    }

    private DateTimeOffset begun;

    private Instance Start()
    {
        var skew = TimeSpan.FromMilliseconds(random.Next(-2000, 2000));
        return new Instance(aws, alertTopic, scanQueue, time, skew, Truth.Policy.Document);
    }

    private bool Chance(double probability) => random.NextDouble() < probability;

    private T Any<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <param name="kind">Failures of the same kind are counted together.</param>
    private void Fail(string kind, TrueImage? image, string more = "")
    {
        var when = $"seed {options.Seed}, event {Figures.Events}, {Now:yyyy-MM-dd HH:mm:ss}";
        var story = new List<string> { $"{when}: {kind}: {more}" };
        var others = Failures.TryGetValue(kind, out var known) ? known : Failures[kind] = [];
        if (image is not null && others.Count < 3)
        {
            story.Add($"  image {image}; scan {image.Scan}; runs in {image.Running.Count} services");
            story.AddRange(image.Findings.Select(found => $"    {found}"));
            var status = aws.Ecr.StatusOf(image.Repository.Name, image.Digest);
            story.Add($"  there: {Tags(aws.Ecr, image)} {status}; without EcrGuard: {Tags(twin.Ecr, image)}");
            story.AddRange(
                image
                    .Repository.Images.Where(each => Tags(aws.Ecr, each) != Tags(twin.Ecr, each))
                    .Select(each =>
                        $"    beside it {each}: {Tags(aws.Ecr, each)}; without EcrGuard: {Tags(twin.Ecr, each)}"
                    )
            );
            foreach (var index in image.Repository.Images.Where(each => each.Children.Contains(image)))
            {
                story.Add(
                    $"    of the index {index}: {Tags(aws.Ecr, index)}; without EcrGuard: {Tags(twin.Ecr, index)}"
                );
                story.AddRange(index.Story.TakeLast(8).Select(line => $"      {line}"));
            }
            story.AddRange(image.Story.TakeLast(25).Select(line => $"    {line}"));
            story.AddRange(LedgerStory(image).Select(line => $"    ledger: {line}"));
        }
        others.Add(string.Join(Environment.NewLine, story));

        static string Tags(LocalEcr ecr, TrueImage of) =>
            string.Join(", ", ecr.TagsOf(of.Repository.Name, of.Digest) ?? ["gone"]);
    }

    // Steps.

    private void Step()
    {
        Receive();
        if (running.Count > 0 && !Chance(0.04))
        {
            var next = Any(running);
            // Somebody else often acts just before, and just after, a write to tags.
            var image = next
                .On.Transport.Waiting.Where(call => call.Operation is "PutImage" or "BatchDeleteImage")
                .Select(ImageOf)
                .FirstOrDefault(known => known is not null);
            if (image is not null && Chance(0.3))
                Interfere(image);
            if (running.Contains(next))
                Go(next);
            if (image is not null && Chance(0.15))
                Interfere(image);
            // ECR evaluates lifecycle policies at any time, also while a manifest of EcrGuard occupies a place.
            if (image is not null && Chance(0.1))
                RunLifecycle();
            return;
        }
        if (running.Count > 0)
        {
            if (Chance(0.2))
                time.Advance(TimeSpan.FromSeconds(random.Next(5)));
            // This happens between two calls of a function.
            if (Chance(0.75))
                Act(Chance(0.7) ? Any(running).Images.FirstOrDefault() : null);
            else if (Chance(0.6))
                Ask();
            else
                Deliver(Now);
            return;
        }

        Daily();
        if (Deliver(Now))
            return;
        if (Chance(0.35))
            Ask();
        if (Chance(0.6))
            Act(Chance(0.5) && touched.Count > 0 ? Any(touched) : null);
        time.Advance(
            TimeSpan.FromSeconds(
                random.Next(
                    Chance(0.7) ? 20
                    : Chance(0.85) ? 600
                    : 10_000
                )
            )
        );
    }

    /// <summary>
    /// Puts what AWS has sent into the queues: late, twice, not at all, or with the time of another clock.
    /// </summary>
    private void Receive()
    {
        foreach (var look in aws.Sqs.TakeDue(scanQueue))
        {
            var (_, repository, digest, what) = Message.Read(look.Body);
            var image = Truth.Images.GetValueOrDefault((repository!, digest!));
            queue.Add(
                new Message(++messages, look.Body, look.DueAt, look.SentAt)
                {
                    Image = image,
                    What = what,
                    Happened = look.SentAt,
                    Queue = "changed",
                }
            );
        }
        foreach (var sent in aws.Events.Take())
        {
            var (type, repository, digest, what) = Message.Read(sent);
            // The rule takes no other states.
            if (type == "ECS Task State Change" && what[type.Length..] is not (" PENDING" or " RUNNING"))
                continue;
            var image = repository is null ? null : Truth.Images.GetValueOrDefault((repository, digest!));
            var now = Now;
            var body = sent;
            if (Chance(0.1))
            {
                var stamped = JsonNode.Parse(sent)!;
                var stamp = now.UtcDateTime.AddSeconds(random.Next(-90, 90));
                stamped["time"] = stamp.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                body = stamped.ToJsonString();
            }
            var inTime = image is not null && prompt.Contains(image);
            var lost = !ending && Chance(0.01) && !inTime;
            image?.Tell(now, $"AWS sends {what}{(lost ? ", and it is lost" : "")}");
            if (lost)
            {
                Figures.Lost++;
                continue;
            }
            for (var copies = Chance(0.05) ? 2 : 1; copies > 0; copies--)
            {
                var late = Chance(0.6) ? random.NextDouble() * 2 : random.Next(Chance(0.8) || inTime ? 60 : 900);
                var arrives = now + TimeSpan.FromSeconds(late);
                queue.Add(
                    new Message(++messages, body, arrives, arrives)
                    {
                        Image = image,
                        What = what,
                        Happened = now,
                        Queue = QueueOf(type, body),
                    }
                );
                if (type == "ECR Image Action" && Deployed.IsDeletion(body))
                    queue.Add(
                        new Message(++messages, body, arrives, arrives)
                        {
                            Image = image,
                            What = what,
                            Happened = now,
                            Queue = "deployed",
                        }
                    );
            }
            if (Chance(0.002))
            {
                var half = body[..(body.Length / 2)];
                queue.Add(new Message(++messages, half, now, now) { Malformed = true, Queue = "changed" });
            }
        }
    }

    private static string QueueOf(string type, string body) =>
        Deployed.IsPush(body) ? "pushed"
        : type.StartsWith("ECS", StringComparison.Ordinal) ? "deployed"
        : "changed";

    /// <summary>Begins an invocation with the messages that are due in one queue.</summary>
    private bool Deliver(DateTimeOffset now)
    {
        var free = instances.Where(instance => running.All(other => other.On != instance)).ToList();
        var due = queue.Where(message => message.Due <= now).ToList();
        if (free.Count == 0 || due.Count == 0)
            return false;
        var from = due[0].Queue;
        var batch = due.Where(message => message.Queue == from).Take(random.Next(1, MaxBatch + 1)).ToList();
        // Messages beyond those that a function works on at once wait for threads that nobody here schedules.
        while (batch.Select(message => message.Image).Distinct().Count() > MaxImages)
            batch.RemoveAt(batch.Count - 1);
        Shuffle(batch);
        var instance = Any(free);
        var input = new SQSEvent
        {
            Records =
            [
                .. batch.Select(message => new SQSEvent.SQSMessage
                {
                    MessageId = $"{message.Number}",
                    Body = message.Body,
                    Attributes = new() { ["SentTimestamp"] = $"{message.Arrived.ToUnixTimeMilliseconds()}" },
                }),
            ],
        };
        foreach (var message in batch)
        {
            queue.Remove(message);
            message.Receives++;
            message.Image?.Tell(now, $"{from} begins with {message.Number}, {message.What}, try {message.Receives}");
        }
        Figures.Invocations++;
        // A message that fails again and again fails by itself. That is what a dead-letter queue is for.
        var calm = batch.Any(message => message.Receives >= MaxReceives - 2);
        Begin(
            new Running(instance, from, () => HandleAsync(instance, from, input), batch, calm, now)
            {
                Ended = invocation =>
                    Acknowledge(
                        invocation,
                        ((Task<SQSBatchResponse>)invocation.Work)
                            .Result.BatchItemFailures.Select(failure => failure.ItemIdentifier)
                            .ToHashSet()
                    ),
                Failed = invocation =>
                    Acknowledge(invocation, batch.Select(message => $"{message.Number}").ToHashSet()),
            }
        );
        return true;
    }

    private static Task<SQSBatchResponse> HandleAsync(Instance instance, string from, SQSEvent input) =>
        from switch
        {
            "pushed" => instance.Part<OnImagePushed>().OnImagePushedAsync(input, new Invocation()),
            "deployed" => instance.Part<OnImageDeployed>().OnImageDeployedAsync(input, new Invocation()),
            _ => instance.Part<OnScanChanged>().OnScanChangedAsync(input, new Invocation()),
        };

    private void Acknowledge(Running invocation, HashSet<string> failed)
    {
        var now = Now;
        foreach (var message in invocation.Messages)
        {
            if (!failed.Contains($"{message.Number}"))
            {
                Figures.Events++;
                message.Image?.Tell(now, $"message {message.Number} is taken");
                Taken(message, invocation.BegunAt, now);
                if (message.Malformed)
                    Fail("a malformed event was taken", null, message.Body[..60]);
                continue;
            }
            message.Image?.Tell(now, $"message {message.Number} is handed back");
            Figures.HandedBack++;
            if (message.Receives >= MaxReceives)
            {
                dead.Add(message);
                if (!message.Malformed)
                    Fail("what is not malformed is given up", message.Image, $"{message.What}: {invocation.LastError}");
                continue;
            }
            message.Due = now + Visibility;
            queue.Add(message);
        }
    }

    /// <summary>Notes what EcrGuard must know once it has taken a message.</summary>
    private static void Taken(Message message, DateTimeOffset begun, DateTimeOffset now)
    {
        if (message.Image is not { } image)
            return;
        if (message.What.StartsWith("ECS", StringComparison.Ordinal))
        {
            foreach (var each in image.Children.Append(image))
                each.UseToldAt ??= now;
        }
        if (image.Scan == TrueScan.Expired && message.Happened >= image.ChangedAt)
            image.ExpiryToldAt ??= now;
        foreach (var found in image.Findings)
        {
            if (found.ListedAt <= begun && LooksAtScan(message))
                found.SeenAt ??= now;
            var counts = message.What.Contains("Scan", StringComparison.Ordinal);
            if (
                (counts && found.First && message.Happened >= found.Since)
                || message.What.Contains(found.Vulnerability, StringComparison.Ordinal)
            )
                found.ToldAt ??= now;
        }
    }

    /// <summary>
    /// Whether EcrGuard looks at the scan for a message. It need not for three kinds, since they say nothing about
    /// findings: a deployment is shielded whatever was found, EcrGuard knows its own tags, and one of its own looks may
    /// be settled by then.
    /// </summary>
    private static bool LooksAtScan(Message message) =>
        !message.What.StartsWith("ECS", StringComparison.Ordinal)
        && !message.What.StartsWith("EcrGuard Recheck", StringComparison.Ordinal)
        && !message.What.Contains($" PUSH {Prefix}", StringComparison.Ordinal);

    // Invocations.

    /// <summary>How many other threads run a function's code now.</summary>
    private static int active;
    private static readonly AsyncLocal<object?> Ours = new(change =>
    {
        if (change is { ThreadContextChanged: true, CurrentValue: not null, PreviousValue: null })
            Interlocked.Increment(ref active);
        else if (change is { ThreadContextChanged: true, CurrentValue: null, PreviousValue: not null })
            Interlocked.Decrement(ref active);
    });

    private void Begin(Running invocation)
    {
        running.Add(invocation);
        Ours.Value = invocation;
        invocation.Work = invocation.Do();
        Ours.Value = null;
        Settle(invocation);
    }

    /// <summary>Runs an invocation to its end without an interruption.</summary>
    private Task Whole(Running invocation)
    {
        Begin(invocation);
        while (running.Contains(invocation))
            Go(invocation);
        return invocation.Work;
    }

    /// <summary>Waits until the function waits for calls or has ended. Changes to other threads are short.</summary>
    private void Settle(Running invocation)
    {
        var watch = Stopwatch.StartNew();
        while (
            Volatile.Read(ref active) > 0
            || ThreadPool.PendingWorkItemCount > 0
            || (!invocation.Work.IsCompleted && invocation.On.Transport.Waiting.Count == 0)
        )
        {
            Thread.Yield();
            if (watch.Elapsed > TimeSpan.FromSeconds(20))
                throw new InvalidOperationException($"{invocation.Name} waits for nothing: {invocation.On.Lines}");
        }
        if (!invocation.Work.IsCompleted)
            return;
        running.Remove(invocation);
        if (invocation.Work.IsCompletedSuccessfully)
            invocation.Ended(invocation);
        else
            invocation.Failed(invocation);
    }

    /// <summary>Carries out one call of an invocation, with the faults that may strike it.</summary>
    private void Go(Running invocation)
    {
        var waiting = invocation.On.Transport.Waiting;
        var call = waiting[Math.Min(random.Next(3), waiting.Count - 1)];
        var calm = ending || invocation.Calm || !Chance(invocation.FaultRate);
        var fault = calm ? Trouble.None : Any(Enum.GetValues<Trouble>());
        if (fault != Trouble.None)
        {
            Figures.Faults++;
            invocation.Faulted = true;
            foreach (var image in invocation.Images)
                image.Tell(Now, $"{invocation.Name}: {call} meets {fault}");
            if (invocation.Published.Count > 0)
                mayBeTwice.UnionWith(invocation.Published);
        }
        if (fault is Trouble.KilledBefore or Trouble.KilledAfter)
        {
            if (fault == Trouble.KilledAfter)
                Carry(invocation, call).Dispose();
            mayBeTwice.UnionWith(invocation.Published);
            Kill(invocation);
            return;
        }
        invocation.On.Transport.Take(call);
        switch (fault)
        {
            case Trouble.Throttled:
                aws.Faults.Add(Fault.Throttle);
                call.Succeed(Carry(invocation, call));
                break;
            case Trouble.InternalError:
                aws.Faults.Add(Fault.InternalError);
                call.Succeed(Carry(invocation, call));
                break;
            case Trouble.Unavailable:
                aws.Faults.Add(Fault.Unavailable);
                call.Succeed(Carry(invocation, call));
                break;
            case Trouble.LostBefore:
                call.Fail(new HttpRequestException("chaos: the connection broke before the call"));
                break;
            case Trouble.LostAfter:
                Carry(invocation, call).Dispose();
                mayBeTwice.UnionWith(invocation.Published);
                call.Fail(new HttpRequestException("chaos: the connection broke after the call"));
                break;
            case Trouble.TimedOutAfter:
                Carry(invocation, call).Dispose();
                mayBeTwice.UnionWith(invocation.Published);
                time.Advance(TimeSpan.FromSeconds(20));
                call.Fail(new TaskCanceledException("chaos: no answer in time", new TimeoutException()));
                break;
            case Trouble.Repeated:
                // The first answer was lost, and the SDK has tried again.
                Carry(invocation, call).Dispose();
                mayBeTwice.UnionWith(invocation.Published);
                call.Succeed(Carry(invocation, call));
                break;
            default:
                call.Succeed(Carry(invocation, call));
                break;
        }
        Settle(invocation);
    }

    private HttpResponseMessage Carry(Running invocation, Call call)
    {
        Figures.Calls++;
        var away =
            call.Operation == "UpdateImageStorageClass" && ImageOf(call) is { } its && !IsActive(its) ? its : null;
        var answer = call.Carry(wire);
        if (away is not null && IsActive(away))
            Restored(away);
        var writes =
            call.Operation
            is "PutImage"
                or "BatchDeleteImage"
                or "UpdateImageStorageClass"
                or "PutLifecyclePolicy"
                or "StartImageScan";
        if (writes && answer.IsSuccessStatusCode)
            Written(invocation, call);
        if (call.Operation == "Publish" && answer.IsSuccessStatusCode)
        {
            var told = aws.Sns.Messages.Skip(published).ToList();
            published += told.Count;
            foreach (var message in told)
                invocation.Published.UnionWith(AlertIds(message));
        }
        return answer;
    }

    /// <summary>The function ends here without an answer, and its queue hands its messages out again.</summary>
    private void Kill(Running invocation)
    {
        Figures.Kills++;
        running.Remove(invocation);
        var at = instances.IndexOf(invocation.On);
        if (at >= 0)
            instances[at] = Start();
        if (sweeper == invocation.On)
            sweeper = Start();
        if (gate == invocation.On)
            gate = Start();
        invocation.Failed(invocation);
    }

    // The gate.

    private void Ask()
    {
        if (Truth.Images.Count == 0)
            return;
        var image = Chance(0.6) && touched.Count > 0 ? Any(touched) : Any([.. Truth.Images.Values.TakeLast(400)]);
        if (
            image.Kind == TrueKind.Chart
            || running.Any(other => other.On == gate)
            || twin.Ecr.TagsOf(image.Repository.Name, image.Digest) is not { } tags
        )
            return;
        var name = image.Repository.Name;
        var asked = tags.Count > 0 && Chance(0.5) ? $"{name}:{Any(tags)}" : $"{name}@{image.Digest}";
        var http = Chance(0.5);
        var query = new Dictionary<string, string> { ["image"] = asked };
        var request = http
            ? new ApprovalRequest(null, query, new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext())
            : new ApprovalRequest(asked, null, null);
        var began = Now;
        var on = gate;
        Task<JsonElement>? work = null;
        Task AskAsync() => work = on.Part<Approval>().ApprovalAsync(request, new Invocation());
        var asking = new Running(on, "gate", AskAsync, [], calm: image.Kind == TrueKind.Index, began);
        Whole(asking);
        if (image.Kind == TrueKind.Index)
            Even();
        if (work is not { IsCompletedSuccessfully: true })
            return;
        Figures.Asked++;
        var body = work.Result;
        var disturbed = asking.Faulted;
        if (http)
        {
            using var inner = JsonDocument.Parse(body.GetProperty("body").GetString()!);
            body = inner.RootElement.Clone();
        }
        var (approved, status) = (body.GetProperty("approved").GetBoolean(), body.GetProperty("status").GetString()!);
        image.Tell(Now, $"the gate answers {status}");
        if (approved)
        {
            Figures.Yes++;
            if (Truth.Denies(image, began, knowable: true) is { } why)
                Fail("the gate said yes, which the truth denies", image, why);
            else if (Truth.Denies(image, began, knowable: false) is not null)
                Figures.YesBeforeTheNews++;
        }
        else if (status != "NOT_FOUND" && !disturbed && Truth.Denies(image, began, knowable: false) is null)
        {
            Figures.TooStrict(status, began - Truth.SettledSince(image), image.ToString());
        }
        else if (status == "NOT_FOUND")
        {
            Fail("the gate knows no such image, which would be there without EcrGuard", image, asked);
        }
    }

    /// <summary>
    /// Moves the clock to the next full second. If a function works on several threads, nobody can say how often each
    /// has read the clock.
    /// </summary>
    private void Even()
    {
        var now = Now;
        time.SetUtcNow(now.AddTicks(TimeSpan.TicksPerSecond - (now.Ticks % TimeSpan.TicksPerSecond)));
    }

    private void Shuffle<T>(List<T> list)
    {
        for (var i = list.Count - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }

    private enum Trouble
    {
        None,
        Throttled,
        InternalError,
        Unavailable,
        LostBefore,
        LostAfter,
        TimedOutAfter,
        Repeated,
        KilledBefore,
        KilledAfter,
    }

    /// <summary>An invocation in progress.</summary>
    private sealed class Running(
        Instance on,
        string name,
        Func<Task> work,
        IReadOnlyList<Message> messages,
        bool calm,
        DateTimeOffset begunAt
    )
    {
        public Instance On => on;
        public string Name => name;
        public Func<Task> Do => work;
        public IReadOnlyList<Message> Messages => messages;
        public IEnumerable<TrueImage> Images =>
            messages.Select(message => message.Image).OfType<TrueImage>().Distinct();
        public string? LastError =>
            on.Lines.ToString().Split('\n').LastOrDefault(line => line.Contains("rror", StringComparison.Ordinal));

        /// <summary>Whether no fault strikes it.</summary>
        public bool Calm => calm;
        public DateTimeOffset BegunAt => begunAt;
        public bool Faulted { get; set; }
        public double FaultRate { get; init; } = 0.02;
        public Task Work { get; set; } = Task.CompletedTask;
        public Action<Running> Ended { get; init; } = _ => { };
        public Action<Running> Failed { get; init; } = _ => { };

        /// <summary>The alerts that it has published.</summary>
        public HashSet<string> Published { get; } = [];
    }
}

/// <summary>What a run did.</summary>
internal sealed class ChaosFigures
{
    private readonly SortedDictionary<string, (int Count, TimeSpan Longest, string Of)> tooStrict = new();

    public int Events { get; set; }
    public int Lost { get; set; }
    public int HandedBack { get; set; }
    public int Invocations { get; set; }
    public int Calls { get; set; }
    public int Faults { get; set; }
    public int Kills { get; set; }
    public int Asked { get; set; }
    public int Yes { get; set; }

    /// <summary>How often EcrGuard said yes although the truth says no, before anybody had told EcrGuard.</summary>
    public int YesBeforeTheNews { get; set; }
    public int Sweeps { get; set; }
    public int TeamWrites { get; set; }
    public int Images { get; set; }
    public int Alerts { get; set; }
    public int Dead { get; set; }
    public int Expired { get; set; }

    /// <summary>Images that run and were taken before EcrGuard could hear of it.</summary>
    public int ExpiredUnknown { get; set; }

    /// <summary>
    /// What a team's count rule took because an image that the team had given up still occupied a place. Only
    /// EcrGuard's tag kept that image.
    /// </summary>
    public int ExpiredForAbandoned { get; set; }

    /// <summary>What a team deletes in vain, because EcrGuard's tag keeps the index that holds it.</summary>
    public int Kept { get; set; }
    public int Deployments { get; set; }
    public int Policies { get; set; }
    public TimeSpan Took { get; set; }
    public TimeSpan Span { get; set; }

    public void TooStrict(string status, TimeSpan since, string image)
    {
        var (count, longest, of) = tooStrict.GetValueOrDefault(status);
        tooStrict[status] = since > longest ? (count + 1, since, image) : (count + 1, longest, of);
    }

    public override string ToString() =>
        $"""
            {Events} events ({Lost} lost before, {HandedBack} handed back, {Dead} malformed)
              in {Invocations} invocations and {Sweeps} sweeps
              over {Span.TotalDays:0.0} days, in {Took.TotalSeconds:0} s
              {Calls} calls, {Faults} faults, {Kills} kills
              {Images} images, {TeamWrites} writes of teams ({Kept} in vain), {Deployments} deployments
              {Policies} policies, {Alerts} alerts, {Expired} expired: {ExpiredUnknown} of them ran, and nobody had
              told; {ExpiredForAbandoned} for the place of what its team had given up under EcrGuard's tag
              asked {Asked} times, {Yes} times yes ({YesBeforeTheNews} before the news)
            {string.Join(Environment.NewLine, tooStrict.Select(Told))}
            """;

    private static string Told(KeyValuePair<string, (int Count, TimeSpan Longest, string Of)> cause)
    {
        var (count, longest, of) = cause.Value;
        return $"  too strict a no, {cause.Key}: {count} times, at most {longest:d\\.hh\\:mm\\:ss} ({of})";
    }
}
