using System.Text.Json.Serialization;
using EcrGuard.LocalAws.AppRunner;
using EcrGuard.LocalAws.CodeDeploy;
using EcrGuard.LocalAws.CodePipeline;
using EcrGuard.LocalAws.Ecr;
using EcrGuard.LocalAws.Ecs;
using EcrGuard.LocalAws.EventBridge;
using EcrGuard.LocalAws.Inspector;
using EcrGuard.LocalAws.Sqs;
using EcrGuard.LocalAws.Ssm;
using EcrGuard.LocalAws.StepFunctions;

namespace EcrGuard.LocalAws;

/// <summary>How to read every request, made by the compiler: nothing is looked up at run time.</summary>
[JsonSerializable(typeof(BatchCheckLayerAvailabilityRequest))]
[JsonSerializable(typeof(BatchDeleteImageRequest))]
[JsonSerializable(typeof(BatchGetImageRequest))]
[JsonSerializable(typeof(BatchGetRepositoryScanningConfigurationRequest))]
[JsonSerializable(typeof(CompleteLayerUploadRequest))]
[JsonSerializable(typeof(CreateRepositoryRequest))]
[JsonSerializable(typeof(DescribeImageScanFindingsRequest))]
[JsonSerializable(typeof(DescribeImagesRequest))]
[JsonSerializable(typeof(DescribeRegistryRequest))]
[JsonSerializable(typeof(DescribeRepositoriesRequest))]
[JsonSerializable(typeof(DescribeServiceDeploymentsRequest))]
[JsonSerializable(
    typeof(LocalAppRunner.DescribeServiceRequest),
    TypeInfoPropertyName = "AppRunnerDescribeServiceRequest"
)]
[JsonSerializable(typeof(DescribeServiceRevisionsRequest))]
[JsonSerializable(typeof(DescribeServicesRequest))]
[JsonSerializable(typeof(DescribeTaskDefinitionRequest))]
[JsonSerializable(typeof(DescribeTasksRequest))]
[JsonSerializable(typeof(EcsListRequest))]
[JsonSerializable(typeof(LocalCodePipeline.FailureRequest), TypeInfoPropertyName = "CodePipelineFailureRequest")]
[JsonSerializable(
    typeof(LocalCodeDeploy.GetApplicationRevisionRequest),
    TypeInfoPropertyName = "CodeDeployGetApplicationRevisionRequest"
)]
[JsonSerializable(
    typeof(LocalCodeDeploy.GetDeploymentRequest),
    TypeInfoPropertyName = "CodeDeployGetDeploymentRequest"
)]
[JsonSerializable(typeof(GetLifecyclePolicyPreviewRequest))]
[JsonSerializable(typeof(LocalSsm.GetParameterRequest), TypeInfoPropertyName = "SsmGetParameterRequest")]
[JsonSerializable(typeof(GetRegistryScanningConfigurationRequest))]
[JsonSerializable(typeof(LifecycleDocument))]
[JsonSerializable(typeof(ListFamiliesRequest))]
[JsonSerializable(typeof(ListImageReferrersRequest))]
[JsonSerializable(typeof(ListImagesRequest))]
[JsonSerializable(typeof(ListInClusterRequest))]
[JsonSerializable(typeof(LocalEventBridge.ListRequest), TypeInfoPropertyName = "EventBridgeListRequest")]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(LocalEventBridge.ListRulesRequest), TypeInfoPropertyName = "EventBridgeListRulesRequest")]
[JsonSerializable(typeof(LocalAppRunner.ListServicesRequest), TypeInfoPropertyName = "AppRunnerListServicesRequest")]
[JsonSerializable(
    typeof(LocalEventBridge.ListTargetsByRuleRequest),
    TypeInfoPropertyName = "EventBridgeListTargetsByRuleRequest"
)]
[JsonSerializable(typeof(ListTaskDefinitionsRequest))]
[JsonSerializable(typeof(PutImageRequest))]
[JsonSerializable(typeof(PutImageScanningConfigurationRequest))]
[JsonSerializable(typeof(PutImageTagMutabilityRequest))]
[JsonSerializable(typeof(PutLifecyclePolicyRequest))]
[JsonSerializable(typeof(PutRegistryScanningConfigurationRequest))]
[JsonSerializable(typeof(LocalCodeDeploy.PutStatusRequest), TypeInfoPropertyName = "CodeDeployPutStatusRequest")]
[JsonSerializable(typeof(RepositoryRequest))]
[JsonSerializable(typeof(ResourceRequest))]
[JsonSerializable(typeof(LocalSqs.SendMessageRequest), TypeInfoPropertyName = "SqsSendMessageRequest")]
[JsonSerializable(
    typeof(LocalStepFunctions.StartExecutionRequest),
    TypeInfoPropertyName = "StepFunctionsStartExecutionRequest"
)]
[JsonSerializable(typeof(StartImageScanRequest))]
[JsonSerializable(typeof(StartLifecyclePolicyPreviewRequest))]
[JsonSerializable(typeof(LocalCodePipeline.SuccessRequest), TypeInfoPropertyName = "CodePipelineSuccessRequest")]
[JsonSerializable(typeof(TagResourceRequest))]
[JsonSerializable(typeof(UntagResourceRequest))]
[JsonSerializable(typeof(UpdateImageStorageClassRequest))]
[JsonSerializable(typeof(UploadLayerPartRequest))]
internal sealed partial class RequestJson : JsonSerializerContext;
