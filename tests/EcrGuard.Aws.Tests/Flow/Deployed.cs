using System.Globalization;
using System.Text.Json;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using Amazon.Runtime;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Use;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Aws.Tests.Flow;

/// <param name="Retries">How often the SDK retries a failed call; never by default, so that every fault reaches
///     EcrGuard.</param>
/// <param name="Timeout">The time after which the SDK gives up a call.</param>
/// <param name="WritesPerSecond">No limit by default, since nothing moves the clock while a write waits for its
///     turn.</param>
internal sealed record DeploymentOptions(
    EnforcementMode Enforcement = EnforcementMode.Mark,
    int Retries = 0,
    TimeSpan? Timeout = null,
    double WritesPerSecond = double.PositiveInfinity,
    string Table = GuardFixture.Table,
    IReadOnlyList<Glob>? Repositories = null,
    string? Stack = null,
    string? ChatTopic = null
);

/// <summary>One instance of the functions, composed as in Lambda, over the real wire.</summary>
internal sealed class Deployed : IDisposable
{
    private readonly GuardFixture fixture;
    private readonly AwsClients clients;
    private readonly ServiceProvider services;

    public Deployed(GuardFixture fixture, PolicyDocument policy, DeploymentOptions options)
    {
        this.fixture = fixture;
        clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new BasicAWSCredentials("test", "test"),
            options.Retries,
            options.Timeout
        );
        var settings = new Settings
        {
            Account = fixture.Aws.AccountId,
            Region = fixture.Aws.Region,
            Table = options.Table,
            Repositories = options.Repositories ?? [],
            Bucket = GuardFixture.Bucket,
            AlertTopic = fixture.AlertTopic,
            SummaryTopic = fixture.SummaryTopic,
            ChatTopic = options.ChatTopic,
            ScanQueue = fixture.ScanQueue,
            Stack = options.Stack,
            Enforcement = options.Enforcement,
            WritesPerSecond = options.WritesPerSecond,
            OtherWritesPerSecond = double.PositiveInfinity,
            BreakGlassRoleId = "AROAEXAMPLEID",
        };
        var collection = new ServiceCollection();
        Startup.Compose(collection, settings, clients, policy, fixture.Time, new Log(Lines, fixture.Time));
        collection
            .AddSingleton<OnImagePushed>()
            .AddSingleton<OnScanChanged>()
            .AddSingleton<OnImageDeployed>()
            .AddSingleton<Approval>()
            .AddSingleton<BreakGlass>()
            .AddSingleton<EndBreakGlass>()
            .AddSingleton<Backfill>()
            .AddSingleton<WeeklySummary>()
            .AddSingleton<RestoreRepository>()
            .AddSingleton<ReleaseImage>()
            .AddSingleton<ApplyPlan>()
            .AddSingleton<SweepList>()
            .AddSingleton<SweepRepository>()
            .AddSingleton<SweepClose>()
            .AddSingleton<Watch>();
        services = collection.BuildServiceProvider();
    }

    /// <summary>The functions' log.</summary>
    public StringWriter Lines { get; } = new();

    /// <summary>Tells what is due for an image, as a sweep does.</summary>
    /// <param name="untold">How many notices cannot be told.</param>
    public async Task SayDueAsync(ImageId image, ImageUsage usage, int untold = 0)
    {
        var entry = (await Part<ImageRecords>().FindAsync(image, CancellationToken.None))!;
        var due = await Part<TimedNotices>().DueAsync(entry, usage, CancellationToken.None);
        Assert.Equal(untold, (await Part<Notices>().PublishOnceAsync(due, CancellationToken.None)).Count);
    }

    public T Part<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <summary>Hands one batch to the function for pushes.</summary>
    /// <returns>The events that were handed back.</returns>
    public Task<IReadOnlyList<string>> PushedAsync(params IReadOnlyList<string> events) =>
        BatchAsync(Part<OnImagePushed>().OnImagePushedAsync, events);

    /// <summary>Hands one batch to the function for scans and changes.</summary>
    /// <returns>The events that were handed back.</returns>
    public Task<IReadOnlyList<string>> ChangedAsync(params IReadOnlyList<string> events) =>
        BatchAsync(Part<OnScanChanged>().OnScanChangedAsync, events);

    /// <summary>Hands one batch to the function for deployments.</summary>
    /// <returns>The events that were handed back.</returns>
    public Task<IReadOnlyList<string>> ImageDeployedAsync(params IReadOnlyList<string> events) =>
        BatchAsync(Part<OnImageDeployed>().OnImageDeployedAsync, events);

    /// <summary>
    /// Hands the events that AWS has sent to the functions that the template's rules choose, in batches, until no more
    /// come.
    /// </summary>
    /// <returns>The events that were handed back.</returns>
    public async Task<IReadOnlyList<string>> DeliverAsync()
    {
        var failed = new List<string>();
        while (Taken() is { Count: > 0 } events)
        {
            var queues = events.Where(json => !IsDeployment(json)).ToLookup(IsPush);
            foreach (var batch in queues[true].Chunk(100))
                failed.AddRange(await PushedAsync(batch));
            foreach (var batch in queues[false].Chunk(100))
                failed.AddRange(await ChangedAsync(batch));
            foreach (var batch in events.Where(json => IsDeployment(json) || IsDeletion(json)).Chunk(50))
                failed.AddRange(await ImageDeployedAsync(batch));
        }
        return failed;

        // EcrGuard's own looks are handed over once their delay is over.
        IReadOnlyList<string> Taken()
        {
            var looks = fixture.Aws.Sqs.TakeDue(fixture.ScanQueue);
            foreach (var look in looks)
                fixture.Arrivals.TryAdd(look.Body, look.SentAt);
            return [.. fixture.Aws.Events.Take(), .. looks.Select(look => look.Body)];
        }
    }

    /// <summary>The same, but nothing may fail.</summary>
    public async Task DeliverAllAsync()
    {
        if (await DeliverAsync() is { Count: > 0 })
            Assert.Fail(Lines.ToString());
    }

    /// <summary>Asks through the HTTP API's payload.</summary>
    public async Task<(int HttpStatus, JsonElement Body)> AskAsync(string image, bool require = false)
    {
        var query = new Dictionary<string, string> { ["image"] = image };
        if (require)
            query["require"] = "approved";
        var response = await Part<Approval>()
            .ApprovalAsync(
                new ApprovalRequest(null, query, new APIGatewayHttpApiV2ProxyRequest.ProxyRequestContext()),
                new Invocation()
            );
        using var body = JsonDocument.Parse(response.GetProperty("body").GetString()!);
        return (response.GetProperty("statusCode").GetInt32(), body.RootElement.Clone());
    }

    public Task<BackfillState> BackfillAsync(Invocation? invocation = null) =>
        Part<Backfill>().BackfillAsync(new ScheduledRequest(null), invocation ?? new Invocation());

    public Task<WatchState> TickAsync() => Part<Watch>().WatchAsync(new ScheduledRequest(null), new Invocation());

    public Task<SummaryReport> SummaryAsync(string? week = null) =>
        Part<WeeklySummary>().WeeklySummaryAsync(new ScheduledRequest(week), new Invocation());

    /// <summary>
    /// Sweeps as the state machine does, some repositories after the others, until they are done or fail. A failure
    /// does not affect the other repositories.
    /// </summary>
    /// <param name="invocation">Makes the invocation of each run over a repository.</param>
    public async Task<(SweepEnd End, IReadOnlyList<SweptItem> Runs)> SweepAsync(
        UsageReading? uses = null,
        Func<Invocation>? invocation = null
    )
    {
        var start = await Part<SweepList>().SweepListAsync(new SweepRequest(null), new Invocation());
        if (uses is not null)
            await Part<UseStore>().KeepAsync(uses, CancellationToken.None);
        using var list = JsonDocument.Parse(fixture.Aws.S3.Find(start.Bucket, start.Key)!.Content);
        var runs = new List<SweptItem>();
        foreach (var some in list.RootElement.EnumerateArray())
        {
            var names = some.GetProperty("repositories").EnumerateArray().Select(name => name.GetString()!);
            var item = new SweepItem([.. names], start.StartedAt, 0, start.Run);
            try
            {
                SweptItem swept;
                do
                {
                    // The sweep waits for a preview of ECR.
                    swept = await fixture.WhileTimePassesAsync(
                        Part<SweepRepository>().SweepRepositoryAsync(item, invocation?.Invoke() ?? new Invocation())
                    );
                    runs.Add(swept);
                    item = item with { Repositories = swept.Repositories, Runs = swept.Runs };
                } while (!swept.Done);
            }
            catch (AmazonServiceException)
            {
                // The closing step sees which runs are missing.
            }
        }
        return (await Part<SweepClose>().SweepCloseAsync(start, new Invocation()), runs);
    }

    public void Dispose()
    {
        services.Dispose();
        clients.Dispose();
        Lines.Dispose();
    }

    /// <summary>Whether an event comes from a service that runs images.</summary>
    public static bool IsDeployment(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("source").GetString() is "aws.ecs" or "aws.lambda" or "aws.apprunner";
    }

    public static bool IsDeletion(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("detail-type").GetString() == "ECR Image Action"
            && document.RootElement.GetProperty("detail").GetProperty("action-type").GetString() == "DELETE";
    }

    public static bool IsPush(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("detail-type").GetString() switch
        {
            "ECR Image Action" => document.RootElement.GetProperty("detail").GetProperty("action-type").GetString()
                == "PUSH",
            "ECR Replication Action" or "ECR Pull Through Cache Action" => true,
            _ => false,
        };
    }

    private async Task<IReadOnlyList<string>> BatchAsync(
        Func<SQSEvent, ILambdaContext, Task<SQSBatchResponse>> handler,
        IReadOnlyList<string> events
    )
    {
        var response = await handler(new SQSEvent { Records = [.. events.Select(Message)] }, new Invocation());
        return
        [
            .. response.BatchItemFailures.Select(failure =>
                events[int.Parse(failure.ItemIdentifier, CultureInfo.InvariantCulture)]
            ),
        ];

        SQSEvent.SQSMessage Message(string body, int at)
        {
            var arrived = fixture.Arrivals.GetOrAdd(body, _ => fixture.Time.GetUtcNow());
            return new SQSEvent.SQSMessage
            {
                MessageId = $"{at}",
                Body = body,
                Attributes = new()
                {
                    ["SentTimestamp"] = arrived.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                },
            };
        }
    }
}

/// <summary>What Lambda says about an invocation.</summary>
internal sealed class Invocation : ILambdaContext
{
    public string AwsRequestId { get; } = Guid.NewGuid().ToString();
    public IClientContext ClientContext => null!;
    public string FunctionName => "function";
    public string FunctionVersion => "$LATEST";
    public ICognitoIdentity Identity => null!;
    public string InvokedFunctionArn => "";
    public ILambdaLogger Logger => null!;
    public string LogGroupName => "";
    public string LogStreamName => "";
    public int MemoryLimitInMB => 512;
    public ILambdaSerializer Serializer => null!;
    public string TenantId => null!;
    public string TraceId => "";

    /// <summary>The functions ask for it again and again.</summary>
    public Func<TimeSpan> Remaining { get; init; } = () => TimeSpan.FromMinutes(5);
    public TimeSpan RemainingTime => Remaining();
}
