using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that resources of CloudFormation deploy
/// (docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference). A test compares the types and their properties
/// with the schemas that cfn-lint ships.
/// </summary>
public static class CloudFormationImages
{
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

    /// <summary>
    /// Types that deploy what another template holds, with the property in which 'aws cloudformation package' takes
    /// its file; null: none.
    /// </summary>
    private static readonly Dictionary<string, string?> OtherTemplates = new(StringComparer.Ordinal)
    {
        ["AWS::CloudFormation::Stack"] = "TemplateURL",
        ["AWS::CloudFormation::StackSet"] = "TemplateURL",
        ["AWS::Serverless::Application"] = "Location",
        ["AWS::ServiceCatalog::CloudFormationProvisionedProduct"] = null,
    };

    /// <summary>
    /// Macros of AWS's own that bring no image into a template (CloudFormation template reference, "AWS-managed
    /// transforms"). Any other one may change everything.
    /// </summary>
    private static readonly HashSet<string> Harmless =
    [
        "AWS::CodeDeployBlueGreen",
        "AWS::LanguageExtensions",
        "AWS::SecretsManager-2020-07-23",
        "AWS::SecretsManager-2024-09-16",
        "AWS::Serverless-2016-10-31",
    ];

    /// <summary>
    /// Types that run what another resource defines. The definition may stand in another template, or in none.
    /// </summary>
    private static readonly Dictionary<string, string[]> Definitions = new(StringComparer.Ordinal)
    {
        ["AWS::ECS::Service"] = ["TaskDefinition"],
        ["AWS::ECS::TaskSet"] = ["TaskDefinition"],
        ["AWS::Events::Rule"] = ["Targets.EcsParameters.TaskDefinitionArn", "Targets.BatchParameters.JobDefinition"],
        ["AWS::Pipes::Pipe"] =
        [
            "TargetParameters.EcsTaskParameters.TaskDefinitionArn",
            "TargetParameters.BatchJobParameters.JobDefinition",
        ],
        ["AWS::SageMaker::EndpointConfig"] = ["ProductionVariants.ModelName", "ShadowProductionVariants.ModelName"],
        ["AWS::SageMaker::InferenceComponent"] = ["Specification.ModelName"],
        ["AWS::SageMaker::Model"] = ["Containers.ModelPackageName", "PrimaryContainer.ModelPackageName"],
        ["AWS::Scheduler::Schedule"] = ["Target.EcsParameters.TaskDefinitionArn"],
    };

    private const string Macro =
        "A macro may fill it in; ask about the template that it makes, which "
        + "'aws cloudformation get-template --template-stage Processed' prints.";

    /// <summary>The types of resources that may deploy an image.</summary>
    public static IEnumerable<string> ResourceTypes => Types.Keys;

    /// <summary>Where the images of a type stand, as paths of properties that are joined by dots.</summary>
    public static IEnumerable<string> PathsOf(string type) => Types[type].Paths.Select(path => path.TrimEnd('?'));

    /// <summary>Where types name what another resource defines: the type and the path.</summary>
    public static IEnumerable<(string Type, string Path)> DefinitionPaths =>
        Definitions.SelectMany(type => type.Value, (type, path) => (type.Key, path));

    /// <summary>The images of a whole template.</summary>
    internal static IEnumerable<NamedImage> OfTemplate(JsonElement template) =>
        OfMacros(template)
            .Concat(
                template.GetProperty("Resources") is { ValueKind: JsonValueKind.Object } resources
                    ? resources.EnumerateObject().SelectMany(one => OfMember(resources, $"Resources.{one.Name}", one))
                    : [new NamedImage(null, "Resources", "Resources must be an object.")]
            );

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
            images.Add(new(null, place, "Its image is built when it is deployed; ask about the packaged template."));
        if (type == "AWS::CodeBuild::Project")
            images.RemoveAll(image => image.Text?.StartsWith("aws/codebuild/", StringComparison.Ordinal) == true);
        return images;
    }

    private static IEnumerable<NamedImage> OfMacros(JsonElement template)
    {
        if (ImagePlaces.IsFilledInLater(template))
            yield return new NamedImage(null, "Fn::Transform", Macro);
        if (Member(template, "Transform") is not { ValueKind: not JsonValueKind.Undefined } transform)
            yield break;
        var macros = transform.ValueKind == JsonValueKind.Array ? transform.EnumerateArray().ToList() : [transform];
        if (!macros.TrueForAll(macro => macro.ValueKind == JsonValueKind.String && Harmless.Contains($"{macro}")))
            yield return new NamedImage(null, "Transform", Macro);
    }

    private static IEnumerable<NamedImage> OfMember(JsonElement resources, string place, JsonProperty member)
    {
        var (resource, properties) = (member.Value, Member(member.Value, "Properties"));
        if (
            member.Name.StartsWith("Fn::", StringComparison.Ordinal)
            || ImagePlaces.IsFilledInLater(resource)
            || ImagePlaces.Text(resource, "Type") is not { } type
        )
            return [new NamedImage(null, place, Macro)];
        if (type.EndsWith("::MODULE", StringComparison.Ordinal))
            return [new NamedImage(null, place, $"It is a module. {Macro}")];
        if (OtherTemplates.TryGetValue(type, out var property))
            return [OfOtherTemplate(resource, property, place)];
        return type.StartsWith("AWS::", StringComparison.Ordinal) && type != "AWS::CloudFormation::CustomResource"
            ? OfResource($"{place}.Properties", type, properties)
                .Concat(OfDefinitions(resources, $"{place}.Properties", type, properties))
            : OfCustom($"{place}.Properties", type, properties);
    }

    private static NamedImage OfOtherTemplate(JsonElement resource, string? property, string place)
    {
        var url = property is null ? default : Member(Member(resource, "Properties"), property);
        var file =
            url.ValueKind == JsonValueKind.String ? url.GetString()
            // The CDK notes the file whose URL it fills in.
            : url.ValueKind == JsonValueKind.Object && url.TryGetProperty("Fn::Sub", out _)
                ? ImagePlaces.Text(Member(resource, "Metadata"), "aws:asset:path")
            : null;
        return file is null || file.Contains("://", StringComparison.Ordinal)
            ? new NamedImage(
                null,
                place,
                "It deploys what another template holds; ask about that template, and about this one without it."
            )
            : new NamedImage(
                null,
                place,
                $"It deploys what another template holds, '{Phrase.Clip(file, 200)}'; ask about that file, too."
            )
            {
                InFile = file,
            };
    }

    /// <summary>A definition that the template names and does not hold.</summary>
    private static IEnumerable<NamedImage> OfDefinitions(
        JsonElement resources,
        string place,
        string type,
        JsonElement properties
    ) =>
        from path in Definitions.GetValueOrDefault(type) ?? []
        from value in ImagePlaces.Values(properties, path)
        where !IsOneOf(resources, value)
        select new NamedImage(
            null,
            $"{place}.{path}",
            "It runs what this template does not define; ask about the images of that definition."
        );

    /// <summary>Whether a value refers to a resource of the template.</summary>
    private static bool IsOneOf(JsonElement resources, JsonElement value)
    {
        var (name, to) = ImagePlaces.Members(value).ToList() is [var only] ? only : default;
        var text = name switch
        {
            "Ref" or "!Ref" or "!GetAtt" or "Fn::GetAtt" when to.ValueKind == JsonValueKind.String => to.GetString()!,
            "Fn::GetAtt" or "!GetAtt" when to.ValueKind == JsonValueKind.Array && to.GetArrayLength() > 0 => $"{to[0]}",
            _ => null,
        };
        return text is not null && resources.TryGetProperty(text.Split('.')[0], out _);
    }

    /// <summary>
    /// A resource that is not AWS's own. The CDK and AWS's registry have some that put objects or charts into a cluster
    /// of Kubernetes.
    /// </summary>
    private static IEnumerable<NamedImage> OfCustom(string place, string type, JsonElement properties)
    {
        var images = ImageFields.Of(properties, place);
        if (type.Contains("Helm", StringComparison.OrdinalIgnoreCase))
            return images.Prepend(new NamedImage(null, place, KubernetesImages.RenderFirst));
        var manifest = Member(properties, "Manifest");
        return
            type.Contains("Kubernetes", StringComparison.OrdinalIgnoreCase)
            && manifest.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null)
            && (
                manifest.ValueKind != JsonValueKind.String
                || KubernetesImages.InText(manifest.GetString()!, place) is null
            )
            ? images.Prepend(
                new NamedImage(
                    null,
                    $"{place}.Manifest",
                    "Its objects cannot be read here; ask about the manifest itself, with its values filled in."
                )
            )
            : images;
    }

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;
}
