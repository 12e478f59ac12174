using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that resources of CloudFormation deploy
/// (docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference). A test compares the types and their properties
/// with the schemas that cfn-lint ships.
/// </summary>
public static class CloudFormationImages
{
    private const string BuiltLater = "Its image is built when it is deployed; ask about the packaged template.";

    private const string SamFunction = "AWS::Serverless::Function";

    private static readonly ImagePlaces Containers = new("ContainerDefinitions.Image");

    private static readonly ImagePlaces BatchJob = new(
        "ContainerProperties.Image",
        "EcsProperties.TaskProperties.Containers.Image",
        "EksProperties.PodProperties.Containers.Image",
        "EksProperties.PodProperties.InitContainers.Image",
        "NodeProperties.NodeRangeProperties.Container.Image",
        "NodeProperties.NodeRangeProperties.EcsProperties.TaskProperties.Containers.Image",
        "NodeProperties.NodeRangeProperties.EksProperties.PodProperties.Containers.Image",
        "NodeProperties.NodeRangeProperties.EksProperties.PodProperties.InitContainers.Image"
    );

    private static readonly ImagePlaces OmicsWorkflow = new("ContainerRegistryMap.ImageMappings.DestinationImage?")
    {
        MayBeNone = true,
    };

    private static readonly Dictionary<string, ImagePlaces> Types = new(StringComparer.Ordinal)
    {
        ["AWS::AppRunner::Service"] = new("SourceConfiguration.ImageRepository.ImageIdentifier")
        {
            Instead = ["CodeRepository"],
        },
        ["AWS::Batch::JobDefinition"] = BatchJob,
        ["AWS::BedrockAgentCore::Runtime"] = new("AgentRuntimeArtifact.ContainerConfiguration.ContainerUri")
        {
            Instead = ["CodeConfiguration"],
        },
        ["AWS::CleanRoomsML::ConfiguredModelAlgorithm"] = new(
            "InferenceContainerConfig.ImageUri",
            "TrainingContainerConfig.ImageUri"
        ),
        ["AWS::CodeBuild::Project"] = new("Environment.Image"),
        ["AWS::ECS::DaemonTaskDefinition"] = Containers,
        ["AWS::ECS::ExpressGatewayService"] = new("PrimaryContainer.Image"),
        ["AWS::ECS::TaskDefinition"] = Containers,
        ["AWS::EMRServerless::Application"] = new(
            "ImageConfiguration.ImageUri?",
            "WorkerTypeSpecifications.*.ImageConfiguration.ImageUri?"
        )
        {
            MayBeNone = true,
        },
        ["AWS::GameLift::ContainerGroupDefinition"] = new(
            "GameServerContainerDefinition.ImageUri",
            "SupportContainerDefinitions.ImageUri"
        ),
        ["AWS::GammaDilithium::JobDefinition"] = BatchJob,
        ["AWS::IoTAnalytics::Dataset"] = new("Actions.ContainerAction.Image") { Instead = ["QueryAction"] },
        ["AWS::Lambda::Function"] = new("Code.ImageUri") { Instead = ["S3Bucket", "S3Key", "ZipFile"] },
        ["AWS::Lightsail::Container"] = new("ContainerServiceDeployment.Containers.Image") { MayBeNone = true },
        ["AWS::Omics::Workflow"] = OmicsWorkflow,
        ["AWS::Omics::WorkflowVersion"] = OmicsWorkflow,
        ["AWS::SageMaker::DataQualityJobDefinition"] = new("DataQualityAppSpecification.ImageUri"),
        ["AWS::SageMaker::ImageVersion"] = new("BaseImage"),
        ["AWS::SageMaker::InferenceComponent"] = new("Specification.Container.Image")
        {
            Instead = ["ModelName", "BaseInferenceComponentName"],
        },
        ["AWS::SageMaker::Model"] = new("Containers.Image", "PrimaryContainer.Image")
        {
            Instead = ["ModelPackageName"],
        },
        ["AWS::SageMaker::ModelBiasJobDefinition"] = new("ModelBiasAppSpecification.ImageUri"),
        ["AWS::SageMaker::ModelExplainabilityJobDefinition"] = new("ModelExplainabilityAppSpecification.ImageUri"),
        ["AWS::SageMaker::ModelPackage"] = new(
            "AdditionalInferenceSpecifications.Containers.Image",
            "AdditionalInferenceSpecificationsToAdd.Containers.Image",
            "InferenceSpecification.Containers.Image"
        )
        {
            MayBeNone = true,
        },
        ["AWS::SageMaker::ModelQualityJobDefinition"] = new("ModelQualityAppSpecification.ImageUri"),
        ["AWS::SageMaker::MonitoringSchedule"] = new(
            "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringAppSpecification.ImageUri"
        )
        {
            Instead = ["MonitoringJobDefinitionName"],
        },
        ["AWS::SageMaker::ProcessingJob"] = new("AppSpecification.ImageUri"),
        [SamFunction] = new("ImageUri?") { MayBeNone = true },
    };

    /// <summary>The types of resources that may deploy an image.</summary>
    public static IEnumerable<string> ResourceTypes => Types.Keys;

    /// <summary>Where the images of a type stand, as paths of properties that are joined by dots.</summary>
    public static IEnumerable<string> PathsOf(string type) => Types[type].Paths.Select(path => path.TrimEnd('?'));

    /// <summary>The images that one resource deploys; none for a type that runs no image.</summary>
    /// <param name="place">Where its properties stand.</param>
    public static IReadOnlyList<NamedImage> OfResource(string place, string type, JsonElement properties)
    {
        if (!Types.TryGetValue(type, out var places))
            return [];
        var mayBeZip = type is "AWS::Lambda::Function" or SamFunction;
        var package = mayBeZip ? Member(properties, "PackageType") : default;
        var images = places.Of(properties, place);
        if (package is { ValueKind: JsonValueKind.String } word && word.ValueEquals("Zip"))
            images.RemoveAll(image => image.Text is null);
        else if (images.Count == 0 && package.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            images.Add(new(null, place, BuiltLater));
        if (type == "AWS::CodeBuild::Project")
            images.RemoveAll(image => image.Text?.StartsWith("aws/codebuild/", StringComparison.Ordinal) == true);
        // Where only images of ECR run, another name is that of a local image, which is pushed by the deployment.
        if (mayBeZip || type == "AWS::BedrockAgentCore::Runtime")
            images = images.ConvertAll(image => image.IsOthers ? image with { Problem = BuiltLater } : image);
        // An image that was pushed to the service itself, such as ':web.app.7'.
        if (type == "AWS::Lightsail::Container")
            images.RemoveAll(image => image is { Problem: null, Text: [':', ..] });
        return images;
    }

    internal static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
