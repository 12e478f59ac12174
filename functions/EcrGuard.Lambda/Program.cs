using System.Diagnostics.CodeAnalysis;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Lambda.Serialization.SystemTextJson;
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
var handler = Environment.GetEnvironmentVariable("ANNOTATIONS_HANDLER");
return handler switch
{
    nameof(OnImagePushed.OnImagePushedAsync) => await RunAsync<
        OnImagePushed,
        Amazon.Lambda.SQSEvents.SQSEvent,
        Amazon.Lambda.SQSEvents.SQSBatchResponse
    >((function, input, context) => function.OnImagePushedAsync(input, context)),
    nameof(OnScanChanged.OnScanChangedAsync) => await RunAsync<
        OnScanChanged,
        Amazon.Lambda.SQSEvents.SQSEvent,
        Amazon.Lambda.SQSEvents.SQSBatchResponse
    >((function, input, context) => function.OnScanChangedAsync(input, context)),
    nameof(OnImageDeployed.OnImageDeployedAsync) => await RunAsync<
        OnImageDeployed,
        Amazon.Lambda.SQSEvents.SQSEvent,
        Amazon.Lambda.SQSEvents.SQSBatchResponse
    >((function, input, context) => function.OnImageDeployedAsync(input, context)),
    nameof(Approval.ApprovalAsync) => await RunAsync<Approval, ApprovalRequest, System.Text.Json.JsonElement>(
        (function, input, context) => function.ApprovalAsync(input, context)
    ),
    nameof(EcsGate.EcsGateAsync) => await RunAsync<EcsGate, EcsGateRequest, System.Text.Json.JsonElement>(
        (function, input, context) => function.EcsGateAsync(input, context)
    ),
    nameof(CodeDeployGate.CodeDeployGateAsync) => await RunAsync<
        CodeDeployGate,
        CodeDeployGateRequest,
        Amazon.Lambda.SQSEvents.SQSBatchResponse
    >((function, input, context) => function.CodeDeployGateAsync(input, context)),
    nameof(CodePipelineGate.CodePipelineGateAsync) => await RunAsync<CodePipelineGate, CodePipelineGateRequest, bool>(
        (function, input, context) => function.CodePipelineGateAsync(input, context)
    ),
    nameof(CloudFormationGate.CloudFormationGateAsync) => await RunAsync<
        CloudFormationGate,
        CloudFormationGateRequest,
        System.Text.Json.JsonElement
    >((function, input, context) => function.CloudFormationGateAsync(input, context)),
    nameof(BreakGlass.BreakGlassAsync) => await RunAsync<BreakGlass, BreakGlassRequest, System.Text.Json.JsonElement>(
        (function, input, context) => function.BreakGlassAsync(input, context)
    ),
    nameof(EndBreakGlass.EndBreakGlassAsync) => await RunAsync<EndBreakGlass, ScheduledRequest, BreakGlassEnds>(
        (function, input, context) => function.EndBreakGlassAsync(input, context)
    ),
    nameof(Backfill.BackfillAsync) => await RunAsync<Backfill, ScheduledRequest, BackfillState>(
        (function, input, context) => function.BackfillAsync(input, context)
    ),
    nameof(WeeklySummary.WeeklySummaryAsync) => await RunAsync<WeeklySummary, ScheduledRequest, SummaryReport>(
        (function, input, context) => function.WeeklySummaryAsync(input, context)
    ),
    nameof(RestoreRepository.RestoreRepositoryAsync) => await RunAsync<
        RestoreRepository,
        RestoreRequest,
        RestoreAnswer
    >((function, input, context) => function.RestoreRepositoryAsync(input, context)),
    nameof(ReleaseImage.ReleaseImageAsync) => await RunAsync<ReleaseImage, ReleaseRequest, ReleaseAnswer>(
        (function, input, context) => function.ReleaseImageAsync(input, context)
    ),
    nameof(ApplyPlan.ApplyPlanAsync) => await RunAsync<ApplyPlan, System.Text.Json.JsonElement, ApplyAnswer>(
        (function, input, context) => function.ApplyPlanAsync(input, context)
    ),
    nameof(SweepList.SweepListAsync) => await RunAsync<SweepList, SweepRequest, SweepStart>(
        (function, input, context) => function.SweepListAsync(input, context)
    ),
    nameof(SweepRepository.SweepRepositoryAsync) => await RunAsync<SweepRepository, SweepItem, SweptItem>(
        (function, input, context) => function.SweepRepositoryAsync(input, context)
    ),
    nameof(SweepClose.SweepCloseAsync) => await RunAsync<SweepClose, SweepStart, SweepEnd>(
        (function, input, context) => function.SweepCloseAsync(input, context)
    ),
    nameof(Watch.WatchAsync) => await RunAsync<Watch, ScheduledRequest, WatchState>(
        (function, input, context) => function.WatchAsync(input, context)
    ),
    _ => Unknown(handler),
};

static async Task<int> RunAsync<
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
    return 0;
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

static int Unknown(string? handler)
{
    Console.Error.WriteLine(
        $"The environment variable ANNOTATIONS_HANDLER is '{handler}'; it must be one of "
            + $"{nameof(OnImagePushed.OnImagePushedAsync)}, {nameof(OnScanChanged.OnScanChangedAsync)}, "
            + $"{nameof(OnImageDeployed.OnImageDeployedAsync)}, {nameof(Approval.ApprovalAsync)}, "
            + $"{nameof(EcsGate.EcsGateAsync)}, {nameof(CodeDeployGate.CodeDeployGateAsync)}, "
            + $"{nameof(CodePipelineGate.CodePipelineGateAsync)}, "
            + $"{nameof(CloudFormationGate.CloudFormationGateAsync)}, "
            + $"{nameof(BreakGlass.BreakGlassAsync)}, {nameof(EndBreakGlass.EndBreakGlassAsync)}, "
            + $"{nameof(Backfill.BackfillAsync)}, {nameof(WeeklySummary.WeeklySummaryAsync)}, "
            + $"{nameof(RestoreRepository.RestoreRepositoryAsync)}, {nameof(ReleaseImage.ReleaseImageAsync)}, "
            + $"{nameof(ApplyPlan.ApplyPlanAsync)}, {nameof(SweepList.SweepListAsync)}, "
            + $"{nameof(SweepRepository.SweepRepositoryAsync)}, {nameof(SweepClose.SweepCloseAsync)}, "
            + $"{nameof(Watch.WatchAsync)}."
    );
    return 64;
}
