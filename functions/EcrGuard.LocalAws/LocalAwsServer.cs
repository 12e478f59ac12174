using System.Net;
using EcrGuard.LocalAws.AppRunner;
using EcrGuard.LocalAws.CloudFormation;
using EcrGuard.LocalAws.CodeDeploy;
using EcrGuard.LocalAws.CodePipeline;
using EcrGuard.LocalAws.DynamoDb;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Ecs;
using EcrGuard.LocalAws.EventBridge;
using EcrGuard.LocalAws.HttpApi;
using EcrGuard.LocalAws.Inspector;
using EcrGuard.LocalAws.Lambda;
using EcrGuard.LocalAws.S3;
using EcrGuard.LocalAws.Scheduler;
using EcrGuard.LocalAws.Sns;
using EcrGuard.LocalAws.Sqs;
using EcrGuard.LocalAws.Ssm;
using EcrGuard.LocalAws.StepFunctions;
using EcrGuard.LocalAws.Sts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.LocalAws;

/// <summary>
/// The part of AWS that EcrGuard uses, on a loopback port, over the real wire protocols. It is strict: it refuses what
/// it does not know and records it in <see cref="Unexpected"/>. State is in memory and ends with the server.
/// </summary>
public sealed class LocalAwsServer : IAsyncDisposable
{
    private readonly LocalAwsOptions options;
    private readonly WebApplication app;
    private readonly ILocalService[] services;

    private LocalAwsServer(LocalAwsOptions options)
    {
        this.options = options;
        var account = new LocalAccount(options, Events);
        Ecr = new LocalEcr(account);
        Sns = new LocalSns(account);
        DynamoDb = new LocalDynamoDb(options);
        S3 = new LocalS3(options);
        Workloads = new LocalWorkloads(account);
        Sts = new LocalSts(options, Events);
        Sqs = new LocalSqs(options);
        Ssm = new LocalSsm(account);
        StepFunctions = new LocalStepFunctions(account);
        HttpApi = new LocalHttpApi(account);
        services =
        [
            Ecr,
            Inspector,
            Sns,
            DynamoDb,
            S3,
            Sts,
            Sqs,
            Ssm,
            StepFunctions,
            HttpApi,
            CodeDeploy,
            CodePipeline,
            CloudFormation,
        ];

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, options.Port);
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = null;
            });
        app = builder.Build();
        app.Run(HandleAsync);
    }

    /// <summary>The service URL that clients use for every service.</summary>
    public Uri Endpoint { get; private set; } = null!;

    public string AccountId => options.AccountId;

    public string Region => options.Region;

    public LocalEcr Ecr { get; }

    public LocalInspector Inspector => Ecr.Inspector;

    public LocalSns Sns { get; }

    public LocalDynamoDb DynamoDb { get; }

    public LocalS3 S3 { get; }

    /// <summary>The services of this account that run images.</summary>
    public LocalWorkloads Workloads { get; }

    public LocalEcs Ecs => Workloads.Ecs;

    public LocalLambda Lambda => Workloads.Lambda;

    public LocalAppRunner AppRunner => Workloads.AppRunner;

    public LocalEventBridge EventBridge => Workloads.EventBridge;

    public LocalScheduler Scheduler => Workloads.Scheduler;

    public LocalSqs Sqs { get; }

    public LocalCodeDeploy CodeDeploy { get; } = new();

    public LocalCodePipeline CodePipeline { get; } = new();

    public LocalCloudFormation CloudFormation { get; } = new();

    public LocalSsm Ssm { get; }

    public LocalStepFunctions StepFunctions { get; }

    /// <summary>Functions that this server's own address serves.</summary>
    public LocalHttpApi HttpApi { get; }

    /// <summary>The service that gives access to other accounts.</summary>
    public LocalSts Sts { get; }

    /// <summary>All requests, in the order of their answers.</summary>
    public LocalLog<LoggedRequest> Requests { get; } = new();

    public FaultScript Faults { get; } = new();

    /// <summary>
    /// Requests that this server does not know, each with what was wrong. A test ends with an assertion that there are
    /// none.
    /// </summary>
    public LocalLog<string> Unexpected { get; } = new();

    /// <summary>The EventBridge events that AWS would have sent, as JSON, oldest first.</summary>
    public LocalLog<string> Events { get; } = new();

    /// <summary>Starts listening. The address is <see cref="Endpoint"/>.</summary>
    public static async Task<LocalAwsServer> StartAsync(LocalAwsOptions? options = null)
    {
        var server = new LocalAwsServer(options ?? new LocalAwsOptions());
        await server.app.StartAsync().ConfigureAwait(false);
        var addresses = server
            .app.Services.GetRequiredService<IServer>()
            .Features.GetRequiredFeature<IServerAddressesFeature>();
        server.Endpoint = new Uri(addresses.Addresses.Single());
        return server;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static async Task<LocalCall> ReadAsync(HttpContext context, DateTimeOffset now)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return new LocalCall(
            context.Request.Method,
            target.Split('?')[0],
            context.Request.Query,
            context.Request.Headers,
            body.ToArray(),
            now
        );
    }

    private async Task HandleAsync(HttpContext context)
    {
        var call = await ReadAsync(context, options.TimeProvider.GetUtcNow()).ConfigureAwait(false);
        var signedFor = SignatureV4.SignedFor(call.Headers);
        var service = ServicesOf(call)
            .FirstOrDefault(s => signedFor is null ? s.LooksLikeMine(call) : s.SigningName == signedFor);
        if (service is null)
        {
            Unexpected.Add($"{call.Method} {call.Path}: no service '{signedFor}'");
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var operation = new LocalOperation("?", null);
        LocalAnswer answer;
        IReadOnlyList<Fault> faults = [];
        try
        {
            if (signedFor is null && !service.MayBeUnsigned(call))
            {
                throw service.For(Trouble.MissingAuthentication);
            }

            operation = service.Identify(call);
            faults = Faults.Strike(service.SigningName, operation);
            foreach (var delay in faults.Where(f => f.Kind == FaultKind.Delay))
            {
                await Task.Delay(delay.Wait, context.RequestAborted).ConfigureAwait(false);
            }

            foreach (var other in faults.Where(f => f.Kind == FaultKind.Meanwhile))
            {
                other.BeforeCall!();
            }

            faults = [.. faults.Where(f => f.Kind is not (FaultKind.Delay or FaultKind.Meanwhile)).Take(1)];
            if (faults is [{ Kind: FaultKind.CloseBefore or FaultKind.Kill } fault])
            {
                // The log has the call before anybody can see that the process died.
                Log(0);
                fault.BeforeCall?.Invoke();
                context.Abort();
                return;
            }

            if (faults is [{ Error: { } refusal }])
            {
                throw refusal;
            }

            answer =
                faults is [{ } struck] && TroubleOf(struck.Kind) is { } trouble
                    ? throw service.For(trouble)
                    : await service.AnswerAsync(call, operation).ConfigureAwait(false);
        }
        catch (LocalError error)
        {
            if (error.IsUnexpected)
            {
                Unexpected.Add($"{service.SigningName} {operation.Name}: {error.Message}");
            }

            answer = service.Refuse(error);
        }
        // The test must see a defect of this server as a defect, not as a closed connection that an SDK retries.
#pragma warning disable CA1031
        catch (Exception defect) when (defect is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Unexpected.Add($"{service.SigningName} {operation.Name}: {defect}");
            answer = service.Refuse(service.For(Trouble.InternalError));
        }

        if (faults is [{ Kind: FaultKind.CloseAfter }])
        {
            Log(0);
            context.Abort();
            return;
        }

        Log(answer.Status);
        await SendAsync(context, answer, half: faults is [{ Kind: FaultKind.HalfSent }]).ConfigureAwait(false);

        void Log(int status) =>
            Requests.Add(
                new LoggedRequest(service.SigningName, operation.Name, operation.Resource, status, call.Now)
                {
                    Application = ApplicationOf(call.Headers.UserAgent.ToString()),
                    AccessKey = SignatureV4.AccessKey(call.Headers),
                }
            );
    }

    /// <summary>
    /// The services of the account whose credentials signed the call. In another account or region, only those that run
    /// images.
    /// </summary>
    private IEnumerable<ILocalService> ServicesOf(LocalCall call)
    {
        var region = SignatureV4.Region(call.Headers) ?? Region;
        return SignatureV4.AccessKey(call.Headers) is { } key && Sts.AccountOf(key) is { } other
            ? other.In(region).Services
            : services.Concat(Workloads.In(region).Services);
    }

    /// <summary>The name that an SDK adds for AWS_SDK_UA_APP_ID.</summary>
    private static string? ApplicationOf(string userAgent) =>
        userAgent.Split(' ').FirstOrDefault(part => part.StartsWith("app/", StringComparison.Ordinal)) is { } named
            ? named["app/".Length..]
            : null;

    private static Trouble? TroubleOf(FaultKind kind) =>
        kind switch
        {
            FaultKind.Throttle => Trouble.Throttled,
            FaultKind.InternalError => Trouble.InternalError,
            FaultKind.Unavailable => Trouble.Unavailable,
            FaultKind.ExpiredCredentials => Trouble.ExpiredCredentials,
            FaultKind.Refuse
            or FaultKind.Delay
            or FaultKind.Meanwhile
            or FaultKind.CloseBefore
            or FaultKind.CloseAfter
            or FaultKind.HalfSent
            or FaultKind.Kill => null,
        };

    private static async Task SendAsync(HttpContext context, LocalAnswer answer, bool half)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers["x-amzn-RequestId"] = response.Headers["x-amz-request-id"] = Guid.NewGuid().ToString();
        foreach (var (name, value) in answer.Headers)
        {
            response.Headers[name] = value;
        }

        if (answer.Status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified)
        {
            return;
        }

        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        // Kestrel closes the connection if a response is shorter than its length. An abort would take back what was
        // sent.
        await response
            .Body.WriteAsync(half ? answer.Body[..(answer.Body.Length / 2)] : answer.Body)
            .ConfigureAwait(false);
    }
}
