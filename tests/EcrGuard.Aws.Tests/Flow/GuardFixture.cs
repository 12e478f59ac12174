using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcrGuard.Core.Policy;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Sns;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// A local AWS with EcrGuard's table, bucket and topics in it. Both sides use one clock. It moves on by a millisecond
/// each time it is read, so no two facts have the same time.
/// </summary>
internal sealed class GuardFixture : IAsyncDisposable
{
    public const string Table = "ledger";
    public const string Bucket = "reports";

    /// <summary>The repository that <see cref="Push"/> pushes to: mutable tags, basic scan on push.</summary>
    public const string Repository = "shop/web";

    /// <summary>The built-in rules, marking everywhere.</summary>
    public const string Marks = """{ "version": 1, "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }""";

    public static readonly LocalFinding Critical = new(
        "CVE-2026-1001",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.11", "3.0.13")
    )
    {
        Fix = "YES",
    };
    public static readonly LocalFinding High = new("CVE-2026-2002", "HIGH", new LocalPackage("curl", "8.5.0"));
    public static readonly LocalFinding Low = new("CVE-2025-3003", "LOW", new LocalPackage("tar", "1.34"));

    private readonly List<Deployed> deployments = [];

    private GuardFixture(LocalAwsServer aws, FakeTimeProvider time, string policy)
    {
        Aws = aws;
        Time = time;
        aws.DynamoDb.CreateEcrGuardTable(Table);
        aws.S3.CreateBucket(Bucket);
        AlertTopic = aws.Sns.CreateTopic("alerts");
        SummaryTopic = aws.Sns.CreateTopic("summary");
        ScanQueue = aws.Sqs.CreateQueue("scan-changed");
        aws.Ecr.CreateRepository(Repository, scanOnPush: true);
        Functions = Deploy(policy);
    }

    public LocalAwsServer Aws { get; }
    public FakeTimeProvider Time { get; }
    public string AlertTopic { get; }
    public string SummaryTopic { get; }

    /// <summary>The URL of the queue that EcrGuard puts its own looks in.</summary>
    public string ScanQueue { get; }

    /// <summary>When each message came to its queue. A second delivery is the same message.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Arrivals { get; } = new();

    /// <summary>The functions as first deployed.</summary>
    public Deployed Functions { get; }

    /// <param name="leaps">Whether the clock moves on by itself to the end of every wait.</param>
    public static async Task<GuardFixture> StartAsync(
        string policy = Marks,
        LocalAwsOptions? options = null,
        bool leaps = false
    )
    {
        var start = new DateTimeOffset(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
        var time = leaps ? new LeapingTime(start) : new FakeTimeProvider(start);
        time.AutoAdvanceAmount = TimeSpan.FromMilliseconds(1);
        return new GuardFixture(
            await LocalAwsServer.StartAsync((options ?? new LocalAwsOptions()) with { TimeProvider = time }),
            time,
            policy
        );
    }

    /// <summary>Another instance of the functions, cold, on the same account.</summary>
    public Deployed Deploy(string policy = Marks, DeploymentOptions? options = null)
    {
        var reading = PolicyReader.Read(Encoding.UTF8.GetBytes(policy), Time.GetUtcNow());
        var deployed = new Deployed(
            this,
            reading.Policy
                ?? throw new ArgumentException(string.Join(Environment.NewLine, reading.Problems), nameof(policy)),
            options ?? new DeploymentOptions()
        );
        deployments.Add(deployed);
        return deployed;
    }

    /// <summary>Pushes an image with its own content under this tag.</summary>
    /// <returns>Its digest.</returns>
    public string Push(string tag, string repository = Repository) =>
        Aws.Ecr.Push(repository, Manifest.Image($"{repository} {tag}"), tag);

    /// <summary>Pushes an image, ends its scan with these findings and delivers both events.</summary>
    /// <returns>Its digest.</returns>
    public async Task<string> ScannedAsync(string tag, params LocalFinding[] findings)
    {
        var digest = Push(tag);
        await Functions.DeliverAllAsync();
        Aws.Ecr.CompleteScan(Repository, digest, findings);
        await Functions.DeliverAllAsync();
        return digest;
    }

    public static string BlockedTag(string digest) => $"ecrguard-blocked-{digest["sha256:".Length..]}";

    public IReadOnlyList<string> Tags(string digest, string repository = Repository) =>
        Aws.Ecr.TagsOf(repository, digest) ?? [];

    /// <summary>What was published as an alert.</summary>
    public IReadOnlyList<LocalMessage> Alerts => [.. Aws.Sns.Messages.Where(m => m.TopicArn == AlertTopic)];

    public static string AlertId(LocalMessage message) => message.Attributes["alertId"].Value;

    /// <summary>The ledger's items whose sort key begins with this text.</summary>
    public IReadOnlyList<JsonObject> Items(string sortKey) =>
        [
            .. Aws
                .DynamoDb.Items(Table)
                .Where(item => item["sk"]!.GetValue<string>().StartsWith(sortKey, StringComparison.Ordinal)),
        ];

    /// <summary>The ledger's item of an image.</summary>
    public JsonObject Item(string digest) => Assert.Single(Items($"I#{digest["sha256:".Length..]}"));

    /// <summary>The verdict as the ledger keeps it.</summary>
    public JsonElement Verdict(string digest)
    {
        using var record = JsonDocument.Parse(Item(digest)["record"]!.GetValue<string>());
        return record.RootElement.GetProperty("value").GetProperty("verdict").Clone();
    }

    public string Status(string digest) => Verdict(digest).GetProperty("status").GetString()!.ToUpperInvariant();

    /// <summary>Lets time pass, and delivers EcrGuard's own looks when they are due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var until = Time.GetUtcNow() + time;
        while (Aws.Sqs.Waiting(ScanQueue) is [var next, ..] && next.DueAt <= until)
        {
            if (next.DueAt > Time.GetUtcNow())
                Time.Advance(next.DueAt - Time.GetUtcNow());
            await Functions.DeliverAllAsync();
        }
        if (until > Time.GetUtcNow())
            Time.Advance(until - Time.GetUtcNow());
    }

    /// <summary>Runs work that waits for the clock, and moves the clock meanwhile.</summary>
    public async Task<T> WhileTimePassesAsync<T>(Task<T> work)
    {
        while (!work.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(5);
        }
        return await work;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var deployment in deployments)
            deployment.Dispose();
        await Aws.DisposeAsync();
        Assert.Empty(Aws.Unexpected);
    }
}
