using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Functions;
using EcrGuard.Lambda.Hosting;
using Microsoft.Extensions.DependencyInjection;

TrustedCertificates.ReadOnce();

// The Main of both kinds of AWS packages. The one that Amazon.Lambda.Annotations generates ends without a word on an
// unknown function name, and loses what goes wrong at start: here the first is an error, and the second is reported.
var functions = new Dictionary<string, Func<Task>>(StringComparer.Ordinal)
{
    [nameof(OnImagePushed.OnImagePushedAsync)] = () =>
        RunAsync<OnImagePushed, SQSEvent, SQSBatchResponse>(
            (function, input, context) => function.OnImagePushedAsync(input, context)
        ),
    [nameof(OnScanChanged.OnScanChangedAsync)] = () =>
        RunAsync<OnScanChanged, SQSEvent, SQSBatchResponse>(
            (function, input, context) => function.OnScanChangedAsync(input, context)
        ),
    [nameof(OnImageDeployed.OnImageDeployedAsync)] = () =>
        RunAsync<OnImageDeployed, SQSEvent, SQSBatchResponse>(
            (function, input, context) => function.OnImageDeployedAsync(input, context)
        ),
    [nameof(Approval.ApprovalAsync)] = () =>
        RunAsync<Approval, ApprovalRequest, JsonElement>(
            (function, input, context) => function.ApprovalAsync(input, context)
        ),
    [nameof(EcsGate.EcsGateAsync)] = () =>
        RunAsync<EcsGate, EcsGateRequest, JsonElement>(
            (function, input, context) => function.EcsGateAsync(input, context)
        ),
    [nameof(CodeDeployGate.CodeDeployGateAsync)] = () =>
        RunAsync<CodeDeployGate, CodeDeployGateRequest, SQSBatchResponse>(
            (function, input, context) => function.CodeDeployGateAsync(input, context)
        ),
    [nameof(CodePipelineGate.CodePipelineGateAsync)] = () =>
        RunAsync<CodePipelineGate, CodePipelineGateRequest, bool>(
            (function, input, context) => function.CodePipelineGateAsync(input, context)
        ),
    [nameof(CloudFormationGate.CloudFormationGateAsync)] = () =>
        RunAsync<CloudFormationGate, CloudFormationGateRequest, JsonElement>(
            (function, input, context) => function.CloudFormationGateAsync(input, context)
        ),
    [nameof(BreakGlass.BreakGlassAsync)] = () =>
        RunAsync<BreakGlass, BreakGlassRequest, JsonElement>(
            (function, input, context) => function.BreakGlassAsync(input, context)
        ),
    [nameof(EndBreakGlass.EndBreakGlassAsync)] = () =>
        RunAsync<EndBreakGlass, ScheduledRequest, BreakGlassEnds>(
            (function, input, context) => function.EndBreakGlassAsync(input, context)
        ),
    [nameof(Backfill.BackfillAsync)] = () =>
        RunAsync<Backfill, ScheduledRequest, BackfillState>(
            (function, input, context) => function.BackfillAsync(input, context)
        ),
    [nameof(WeeklySummary.WeeklySummaryAsync)] = () =>
        RunAsync<WeeklySummary, ScheduledRequest, SummaryReport>(
            (function, input, context) => function.WeeklySummaryAsync(input, context)
        ),
    [nameof(RestoreRepository.RestoreRepositoryAsync)] = () =>
        RunAsync<RestoreRepository, RestoreRequest, RestoreAnswer>(
            (function, input, context) => function.RestoreRepositoryAsync(input, context)
        ),
    [nameof(ReleaseImage.ReleaseImageAsync)] = () =>
        RunAsync<ReleaseImage, ReleaseRequest, ReleaseAnswer>(
            (function, input, context) => function.ReleaseImageAsync(input, context)
        ),
    [nameof(ApplyPlan.ApplyPlanAsync)] = () =>
        RunAsync<ApplyPlan, JsonElement, ApplyAnswer>(
            (function, input, context) => function.ApplyPlanAsync(input, context)
        ),
    [nameof(SweepList.SweepListAsync)] = () =>
        RunAsync<SweepList, SweepRequest, SweepStart>(
            (function, input, context) => function.SweepListAsync(input, context)
        ),
    [nameof(SweepRepository.SweepRepositoryAsync)] = () =>
        RunAsync<SweepRepository, SweepItem, SweptItem>(
            (function, input, context) => function.SweepRepositoryAsync(input, context)
        ),
    [nameof(SweepClose.SweepCloseAsync)] = () =>
        RunAsync<SweepClose, SweepStart, SweepEnd>(
            (function, input, context) => function.SweepCloseAsync(input, context)
        ),
    [nameof(Watch.WatchAsync)] = () =>
        RunAsync<Watch, ScheduledRequest, WatchState>(
            (function, input, context) => function.WatchAsync(input, context)
        ),
};
var handler = Environment.GetEnvironmentVariable("ANNOTATIONS_HANDLER");
if (handler is null || !functions.TryGetValue(handler, out var runAsync))
{
    Console.Error.WriteLine(
        $"The environment variable ANNOTATIONS_HANDLER is '{handler}'; it must be one of "
            + $"{string.Join(", ", functions.Keys)}."
    );
    return 64;
}
await runAsync();
return 0;

static async Task RunAsync<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFunction,
    TInput,
    TOutput
>(Func<TFunction, TInput, ILambdaContext, Task<TOutput>> handle)
    where TFunction : class
{
    TFunction? function = null;
    using var bootstrap = LambdaBootstrapBuilder
        .Create<TInput, TOutput>(
            (input, context) => SafelyAsync(() => handle(function!, input, context)),
            new SourceGeneratorLambdaJsonSerializer<LambdaJson>()
        )
        .UseBootstrapHandler(() =>
            SafelyAsync(() =>
            {
                var services = new ServiceCollection();
                services.AddSingleton<TFunction>();
                new Startup().ConfigureServices(services);
                function = services.BuildServiceProvider().GetRequiredService<TFunction>();
                return Task.FromResult(true);
            })
        )
        .Build();
    await bootstrap.RunAsync();
}

// Lambda shows the text of an error to whoever invoked the function, and in the log.
static async Task<T> SafelyAsync<T>(Func<Task<T>> act)
{
    try
    {
        return await act();
    }
    catch (Exception error)
    {
        throw ErrorText.Leaving(error);
    }
}
