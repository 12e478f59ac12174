using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Lambda.APIGatewayEvents;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Functions;

namespace EcrGuard.Lambda;

/// <summary>What comes from Lambda and goes back to it.</summary>
[JsonSerializable(typeof(SQSEvent))]
[JsonSerializable(typeof(SQSBatchResponse))]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(CloudFormationGateRequest))]
[JsonSerializable(typeof(CodeDeployGateRequest))]
[JsonSerializable(typeof(CodePipelineGateRequest))]
[JsonSerializable(typeof(EcsGateRequest))]
[JsonSerializable(typeof(BreakGlassRequest))]
[JsonSerializable(typeof(ScheduledRequest))]
[JsonSerializable(typeof(BreakGlassEnds))]
[JsonSerializable(typeof(BackfillState))]
[JsonSerializable(typeof(SummaryReport))]
[JsonSerializable(typeof(RestoreRequest))]
[JsonSerializable(typeof(RestoreAnswer))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(ReleaseAnswer))]
[JsonSerializable(typeof(ApplyAnswer))]
[JsonSerializable(typeof(SweepRequest))]
[JsonSerializable(typeof(SweepStart))]
[JsonSerializable(typeof(SweepItem))]
[JsonSerializable(typeof(SweptItem))]
[JsonSerializable(typeof(SweepEnd))]
[JsonSerializable(typeof(WatchState))]
[JsonSerializable(typeof(JsonElement))]
public sealed partial class LambdaJson : JsonSerializerContext;

/// <summary>The answers of the gate.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(ApprovalAnswer))]
[JsonSerializable(typeof(ApprovalProblem))]
[JsonSerializable(typeof(EcsGateAnswer))]
[JsonSerializable(typeof(CloudFormationAnswer))]
[JsonSerializable(typeof(APIGatewayHttpApiV2ProxyResponse))]
public sealed partial class AnswerJson : JsonSerializerContext;

/// <summary>What people order: strict, so that nothing they meant is passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(BreakGlassOrder))]
public sealed partial class OrderJson : JsonSerializerContext;

/// <summary>
/// The functions' own documents: strict, since nobody else writes them. The list of a sweep is read by Step Functions
/// too.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow
)]
[JsonSerializable(typeof(BackfillState))]
[JsonSerializable(typeof(ApplyLease))]
[JsonSerializable(typeof(SweepState))]
[JsonSerializable(typeof(SummaryState))]
[JsonSerializable(typeof(WatchState))]
[JsonSerializable(typeof(SweepLeaseState))]
[JsonSerializable(typeof(IReadOnlyList<ListedRepositories>))]
internal sealed partial class StateJson : JsonSerializerContext;
