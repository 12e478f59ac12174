using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that a template of CloudFormation's or SAM's deploys: those of its resources, and what it deploys without
/// saying what runs.
/// </summary>
public static class TemplateImages
{
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
        ["AWS::ECS::Daemon"] = ["DaemonTaskDefinitionArn"],
        ["AWS::ECS::Service"] = ["TaskDefinition"],
        ["AWS::ECS::TaskSet"] = ["TaskDefinition"],
        ["AWS::Events::Rule"] = ["Targets.EcsParameters.TaskDefinitionArn", "Targets.BatchParameters.JobDefinition"],
        ["AWS::GameLift::ContainerFleet"] =
        [
            "GameServerContainerGroupDefinitionName",
            "PerInstanceContainerGroupDefinitionName",
        ],
        ["AWS::Pipes::Pipe"] =
        [
            "TargetParameters.EcsTaskParameters.TaskDefinitionArn",
            "TargetParameters.BatchJobParameters.JobDefinition",
        ],
        ["AWS::SageMaker::Endpoint"] = ["EndpointConfigName"],
        ["AWS::SageMaker::EndpointConfig"] = ["ProductionVariants.ModelName", "ShadowProductionVariants.ModelName"],
        ["AWS::SageMaker::InferenceComponent"] = ["Specification.ModelName"],
        ["AWS::SageMaker::InferenceExperiment"] = ["ModelVariants.ModelName"],
        ["AWS::SageMaker::Model"] = ["Containers.ModelPackageName", "PrimaryContainer.ModelPackageName"],
        ["AWS::SageMaker::MonitoringSchedule"] = ["MonitoringScheduleConfig.MonitoringJobDefinitionName"],
        ["AWS::Scheduler::Schedule"] = ["Target.EcsParameters.TaskDefinitionArn"],
    };

    /// <summary>Types that hold a document of another kind, by the property that holds it.</summary>
    private static readonly Dictionary<string, string> Documents = new(StringComparer.Ordinal)
    {
        ["AWS::EKS::Addon"] = "ConfigurationValues",
        ["AWS::GreengrassV2::ComponentVersion"] = "InlineRecipe",
        ["AWS::SageMaker::Pipeline"] = "PipelineDefinition",
    };

    /// <summary>The problem of a definition that stands in another template, or in none.</summary>
    public const string NotDefined =
        "It runs what this template does not define; ask about the images of that definition.";

    private const string Macro =
        "A macro may fill it in; ask about the template that it makes, which "
        + "'aws cloudformation get-template --template-stage Processed' prints.";

    /// <summary>Where types name what another resource defines: the type and the path.</summary>
    public static IEnumerable<(string Type, string Path)> DefinitionPaths =>
        Definitions.SelectMany(type => type.Value, (type, path) => (type.Key, path));

    /// <summary>The images of a whole template.</summary>
    internal static IEnumerable<NamedImage> Of(JsonElement template) =>
        OfMacros(template)
            .Concat(
                template.GetProperty("Resources") is { ValueKind: JsonValueKind.Object } resources
                    ? resources.EnumerateObject().SelectMany(one => OfMember(resources, $"Resources.{one.Name}", one))
                    : [new NamedImage(null, "Resources", "Resources must be an object.")]
            );

    private static IEnumerable<NamedImage> OfMacros(JsonElement template)
    {
        if (ImagePlaces.IsFilledInLater(template))
            yield return new NamedImage(null, "Fn::Transform", Macro);
        if (
            CloudFormationImages.Member(template, "Transform")
            is not { ValueKind: not JsonValueKind.Undefined } transform
        )
            yield break;
        var macros = transform.ValueKind == JsonValueKind.Array ? transform.EnumerateArray().ToList() : [transform];
        if (!macros.TrueForAll(macro => macro.ValueKind == JsonValueKind.String && Harmless.Contains($"{macro}")))
            yield return new NamedImage(null, "Transform", Macro);
    }

    private static IEnumerable<NamedImage> OfMember(JsonElement resources, string place, JsonProperty member)
    {
        var (resource, properties) = (member.Value, CloudFormationImages.Member(member.Value, "Properties"));
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
            ? CloudFormationImages
                .OfResource($"{place}.Properties", type, properties)
                .Concat(OfDefinitions(resources, $"{place}.Properties", type, properties))
                .Concat(OfDocument($"{place}.Properties", type, properties))
                .Concat(OfCalls(resources, $"{place}.Properties", type, properties))
            : OfCustom($"{place}.Properties", type, properties);
    }

    private static NamedImage OfOtherTemplate(JsonElement resource, string? property, string place)
    {
        var url = property is null
            ? default
            : CloudFormationImages.Member(CloudFormationImages.Member(resource, "Properties"), property);
        var file =
            url.ValueKind == JsonValueKind.String ? url.GetString()
            // The CDK notes the file whose URL it fills in.
            : url.ValueKind == JsonValueKind.Object && url.TryGetProperty("Fn::Sub", out _)
                ? ImagePlaces.Text(CloudFormationImages.Member(resource, "Metadata"), "aws:asset:path")
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
        select new NamedImage(null, $"{place}.{path}", NotDefined);

    /// <summary>The images of a document that a property holds.</summary>
    private static List<NamedImage> OfDocument(string place, string type, JsonElement properties)
    {
        if (!Documents.TryGetValue(type, out var name))
            return [];
        var (document, at) = (CloudFormationImages.Member(properties, name), $"{place}.{name}");
        var images = ImageFields.Of(document, at).ToList();
        // A text that is no JSON is read word by word, which finds no image whose parts stand apart.
        var isRead =
            images.Count > 0 || !ImageTexts.MayHoldImage(document) || ImageTexts.Json($"{document}") is not null;
        var isElsewhere =
            ImagePlaces.IsFilledInLater(document)
            || ImagePlaces
                .Members(document)
                .Any(one => one.Name == "PipelineDefinitionS3Location" || ImagePlaces.IsFilledInLater(one.Value));
        return (isRead && !isElsewhere) || images.Exists(image => image.Problem is not null)
            ? images
            : [.. images, new NamedImage(null, at, "What it runs cannot be read here.")];
    }

    private static IEnumerable<NamedImage> OfCalls(
        JsonElement resources,
        string place,
        string type,
        JsonElement properties
    ) =>
        type switch
        {
            "AWS::StepFunctions::StateMachine" or "AWS::Serverless::StateMachine" => StateMachineImages.OfResource(
                resources,
                properties,
                place
            ),
            "AWS::Scheduler::Schedule" => StateMachineImages.OfSchedule(resources, properties, place),
            _ => [],
        };

    /// <summary>Whether a value refers to a resource of the template.</summary>
    internal static bool IsOneOf(JsonElement resources, JsonElement value) =>
        NameIn(value) is { } name
        && resources.TryGetProperty(name.Split('.')[0], out var held)
        // What is made by a resource that is not read says nothing.
        && ImagePlaces.Text(held, "Type") is { } type
        && (
            CloudFormationImages.ResourceTypes.Contains(type)
            || Definitions.ContainsKey(type)
            || OtherTemplates.ContainsKey(type)
        );

    /// <summary>The name to which a value refers, alone or with an attribute; null: it refers to none.</summary>
    internal static string? NameIn(JsonElement value)
    {
        var (name, to) = ImagePlaces.Members(value).ToList() is [var only] ? only : default;
        return name switch
        {
            "Ref" or "!Ref" or "!GetAtt" or "Fn::GetAtt" when to.ValueKind == JsonValueKind.String => to.GetString()!,
            "Fn::GetAtt" or "!GetAtt" when to.ValueKind == JsonValueKind.Array && to.GetArrayLength() > 0 => $"{to[0]}",
            _ => null,
        };
    }

    /// <summary>
    /// A resource that is not AWS's own. The CDK and AWS's registry have some that put objects or charts into a cluster
    /// of Kubernetes.
    /// </summary>
    private static IEnumerable<NamedImage> OfCustom(string place, string type, JsonElement properties)
    {
        if (type.Contains("Helm", StringComparison.OrdinalIgnoreCase))
            return ImageFields.Of(properties, place).Prepend(new NamedImage(null, place, KubernetesImages.RenderFirst));
        var manifest = CloudFormationImages.Member(properties, "Manifest");
        if (
            !type.Contains("Kubernetes", StringComparison.OrdinalIgnoreCase)
            || manifest.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
        )
            return ImageFields.Of(properties, place);
        return ImageFields
            .Fields(properties)
            .Where(field => field.Name != "Manifest")
            .SelectMany(field => ImageFields.OfField(field.Name, field.Value, $"{place}.{field.Name}"))
            .Concat(OfManifest(manifest, $"{place}.Manifest"));
    }

    /// <summary>The images of objects of Kubernetes, whose text may be put together.</summary>
    private static IEnumerable<NamedImage> OfManifest(JsonElement manifest, string place) =>
        TemplateText.Of(manifest, []) is { } text
        && ImageTexts.Json(text) is { } json
        && KubernetesImages.OfObjects(json, place) is { } images
            ? images
            :
            [
                new NamedImage(
                    null,
                    place,
                    "Its objects cannot be read here; ask about the manifest itself, with its values filled in."
                ),
            ];
}
