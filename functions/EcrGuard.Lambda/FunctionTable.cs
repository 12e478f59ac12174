using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;
using Amazon.Lambda.Serialization.SystemTextJson;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Functions;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Lambda;

/// <summary>Every function by the name of its handler. Lambda and the local AWS both run what stands here.</summary>
public static class FunctionTable
{
    /// <summary>Each is made only when it is asked for: a function starts without the others.</summary>
    public static IReadOnlyDictionary<string, Func<HostedFunction>> All { get; } =
        new Dictionary<string, Func<HostedFunction>>(StringComparer.Ordinal)
        {
            [nameof(OnImagePushed.OnImagePushedAsync)] = () =>
                new HostedFunction<OnImagePushed, SQSEvent, SQSBatchResponse>(
                    (function, input, context) => function.OnImagePushedAsync(input, context)
                ),
            [nameof(OnScanChanged.OnScanChangedAsync)] = () =>
                new HostedFunction<OnScanChanged, SQSEvent, SQSBatchResponse>(
                    (function, input, context) => function.OnScanChangedAsync(input, context)
                ),
            [nameof(OnImageDeployed.OnImageDeployedAsync)] = () =>
                new HostedFunction<OnImageDeployed, SQSEvent, SQSBatchResponse>(
                    (function, input, context) => function.OnImageDeployedAsync(input, context)
                ),
            [nameof(Approval.ApprovalAsync)] = () =>
                new HostedFunction<Approval, ApprovalRequest, JsonElement>(
                    (function, input, context) => function.ApprovalAsync(input, context)
                ),
            [nameof(EcsGate.EcsGateAsync)] = () =>
                new HostedFunction<EcsGate, EcsGateRequest, JsonElement>(
                    (function, input, context) => function.EcsGateAsync(input, context)
                ),
            [nameof(CodeDeployGate.CodeDeployGateAsync)] = () =>
                new HostedFunction<CodeDeployGate, CodeDeployGateRequest, SQSBatchResponse>(
                    (function, input, context) => function.CodeDeployGateAsync(input, context)
                ),
            [nameof(CodePipelineGate.CodePipelineGateAsync)] = () =>
                new HostedFunction<CodePipelineGate, CodePipelineGateRequest, bool>(
                    (function, input, context) => function.CodePipelineGateAsync(input, context)
                ),
            [nameof(CloudFormationGate.CloudFormationGateAsync)] = () =>
                new HostedFunction<CloudFormationGate, CloudFormationGateRequest, JsonElement>(
                    (function, input, context) => function.CloudFormationGateAsync(input, context)
                ),
            [nameof(BreakGlass.BreakGlassAsync)] = () =>
                new HostedFunction<BreakGlass, BreakGlassRequest, JsonElement>(
                    (function, input, context) => function.BreakGlassAsync(input, context)
                ),
            [nameof(EndBreakGlass.EndBreakGlassAsync)] = () =>
                new HostedFunction<EndBreakGlass, ScheduledRequest, BreakGlassEnds>(
                    (function, input, context) => function.EndBreakGlassAsync(input, context)
                ),
            [nameof(Backfill.BackfillAsync)] = () =>
                new HostedFunction<Backfill, ScheduledRequest, BackfillState>(
                    (function, input, context) => function.BackfillAsync(input, context)
                ),
            [nameof(WeeklySummary.WeeklySummaryAsync)] = () =>
                new HostedFunction<WeeklySummary, ScheduledRequest, SummaryReport>(
                    (function, input, context) => function.WeeklySummaryAsync(input, context)
                ),
            [nameof(RestoreRepository.RestoreRepositoryAsync)] = () =>
                new HostedFunction<RestoreRepository, RestoreRequest, RestoreAnswer>(
                    (function, input, context) => function.RestoreRepositoryAsync(input, context)
                ),
            [nameof(ReleaseImage.ReleaseImageAsync)] = () =>
                new HostedFunction<ReleaseImage, ReleaseRequest, ReleaseAnswer>(
                    (function, input, context) => function.ReleaseImageAsync(input, context)
                ),
            [nameof(ApplyPlan.ApplyPlanAsync)] = () =>
                new HostedFunction<ApplyPlan, JsonElement, ApplyAnswer>(
                    (function, input, context) => function.ApplyPlanAsync(input, context)
                ),
            [nameof(SweepList.SweepListAsync)] = () =>
                new HostedFunction<SweepList, SweepRequest, SweepStart>(
                    (function, input, context) => function.SweepListAsync(input, context)
                ),
            [nameof(SweepRepository.SweepRepositoryAsync)] = () =>
                new HostedFunction<SweepRepository, SweepItem, SweptItem>(
                    (function, input, context) => function.SweepRepositoryAsync(input, context)
                ),
            [nameof(SweepClose.SweepCloseAsync)] = () =>
                new HostedFunction<SweepClose, SweepStart, SweepEnd>(
                    (function, input, context) => function.SweepCloseAsync(input, context)
                ),
            [nameof(Watch.WatchAsync)] = () =>
                new HostedFunction<Watch, ScheduledRequest, WatchState>(
                    (function, input, context) => function.WatchAsync(input, context)
                ),
        };
}

/// <summary>A function, whatever its input and its answer are.</summary>
public abstract class HostedFunction
{
    /// <summary>The name of its class and of its resource in the template.</summary>
    public abstract string Name { get; }

    /// <summary>Adds it to what can be composed.</summary>
    public abstract void AddTo(IServiceCollection services);

    /// <summary>Runs it in Lambda until Lambda ends the process.</summary>
    public abstract Task RunAsync();

    /// <summary>Answers one event here.</summary>
    /// <param name="services">What it was added to.</param>
    /// <param name="input">JSON, as the answer.</param>
    public abstract Task<string> AnswerAsync(IServiceProvider services, string input, ILambdaContext context);
}

internal sealed class HostedFunction<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TFunction,
    TInput,
    TOutput
>(Func<TFunction, TInput, ILambdaContext, Task<TOutput>> handle) : HostedFunction
    where TFunction : class
{
    public override string Name => typeof(TFunction).Name;

    public override void AddTo(IServiceCollection services) => services.AddSingleton<TFunction>();

    public override async Task RunAsync()
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
                    AddTo(services);
                    new Startup().ConfigureServices(services);
                    function = services.BuildServiceProvider().GetRequiredService<TFunction>();
                    return Task.FromResult(true);
                })
            )
            .Build();
        await bootstrap.RunAsync().ConfigureAwait(false);
    }

    public override async Task<string> AnswerAsync(IServiceProvider services, string input, ILambdaContext context)
    {
        // As Lambda's serializer reads events.
        var json = new LambdaJson(new JsonSerializerOptions { PropertyNameCaseInsensitive = true });
        var read = JsonSerializer.Deserialize(input, (JsonTypeInfo<TInput>)json.GetTypeInfo(typeof(TInput))!)!;
        var answer = await handle(services.GetRequiredService<TFunction>(), read, context).ConfigureAwait(false);
        return JsonSerializer.Serialize(answer, (JsonTypeInfo<TOutput>)json.GetTypeInfo(typeof(TOutput))!);
    }

    /// <summary>Lambda shows the text of an error to whoever invoked the function, and in the log.</summary>
    private static async Task<T> SafelyAsync<T>(Func<Task<T>> act)
    {
        try
        {
            return await act().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            throw ErrorText.Leaving(error);
        }
    }
}
