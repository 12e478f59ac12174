using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that a document deploys: an ECS task definition, CodePipeline's <c>imagedefinitions.json</c> or
/// <c>imageDetail.json</c>, Kubernetes objects, a Compose file, a CloudFormation template. What cannot be known from
/// the document alone is named with a problem and never left out, so that a gate can refuse it.
/// </summary>
public static class DeploymentDocument
{
    /// <summary>More than any deployment has. A document that names more is refused.</summary>
    public const int MaxImages = 500;

    /// <summary>The kinds of documents, for people.</summary>
    public const string Kinds =
        "an ECS task definition, imagedefinitions.json, imageDetail.json, Kubernetes objects, a Compose file or a "
        + "CloudFormation template";

    /// <summary>
    /// The property of a resource that names an image, wherever in its properties it stands
    /// (docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference).
    /// </summary>
    private static readonly Dictionary<string, string> Resources = new(StringComparer.Ordinal)
    {
        ["AWS::ECS::TaskDefinition"] = "Image",
        ["AWS::ECS::DaemonTaskDefinition"] = "Image",
        ["AWS::ECS::ExpressGatewayService"] = "Image",
        ["AWS::Lambda::Function"] = "ImageUri",
        ["AWS::Serverless::Function"] = "ImageUri",
        ["AWS::AppRunner::Service"] = "ImageIdentifier",
        ["AWS::Batch::JobDefinition"] = "Image",
        ["AWS::SageMaker::InferenceComponent"] = "Image",
        ["AWS::SageMaker::Model"] = "Image",
        ["AWS::SageMaker::ModelPackage"] = "Image",
        ["AWS::SageMaker::ProcessingJob"] = "ImageUri",
        ["AWS::BedrockAgentCore::Runtime"] = "ContainerUri",
        ["AWS::CleanRoomsML::ConfiguredModelAlgorithm"] = "ImageUri",
        ["AWS::EMRServerless::Application"] = "ImageUri",
        ["AWS::GameLift::ContainerGroupDefinition"] = "ImageUri",
    };

    /// <summary>Objects of Kubernetes whose text may hold the word "image" and that run nothing.</summary>
    private static readonly HashSet<string> RunNothing = ["ConfigMap", "Secret", "CustomResourceDefinition"];

    /// <param name="root">The document, or one of several in a file.</param>
    /// <returns>Null where it is of no kind that is known.</returns>
    public static IEnumerable<NamedImage>? Images(JsonElement root) =>
        root.ValueKind switch
        {
            JsonValueKind.Array when Items(root).All(IsImageDefinition) && root.GetArrayLength() > 0 => Items(root)
                .Select((item, at) => Named(item.GetProperty("imageUri"), $"[{at}].imageUri")),
            JsonValueKind.Object when root.TryGetProperty("ImageURI", out var detail) => [Named(detail, "ImageURI")],
            JsonValueKind.Object when Inner(root, "taskDefinition") is { } described => Named(
                described,
                "image",
                "taskDefinition"
            ),
            JsonValueKind.Object when root.TryGetProperty("containerDefinitions", out var containers) => Named(
                containers,
                "image",
                "containerDefinitions"
            ),
            JsonValueKind.Object when root.TryGetProperty("Resources", out var resources) => OfTemplate(resources),
            JsonValueKind.Object when root.TryGetProperty("services", out var services) => OfCompose(services),
            JsonValueKind.Object when Text(root, "apiVersion") is not null && Text(root, "kind") is not null =>
                OfKubernetes(root, ""),
            _ => null,
        };

    private static bool IsImageDefinition(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("imageUri", out _);

    /// <summary>As <c>aws ecs describe-task-definition</c> prints it.</summary>
    private static JsonElement? Inner(JsonElement root, string name) =>
        root.TryGetProperty(name, out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : null;

    private static IEnumerable<NamedImage> OfTemplate(JsonElement resources)
    {
        if (resources.ValueKind != JsonValueKind.Object)
        {
            yield return new NamedImage(null, "Resources", "Resources must be an object.");
            yield break;
        }
        foreach (var (name, resource) in Members(resources))
        {
            var (place, type) = ($"Resources.{name}", Text(resource, "Type"));
            if (type is null)
                yield return new NamedImage(null, place, "A macro makes it; ask about the template that it makes.");
            else if (type == "AWS::CloudFormation::Stack")
                yield return new NamedImage(
                    null,
                    place,
                    "It is a nested stack, whose template is another file; ask about that file, and not about this one."
                );
            else if (resource.TryGetProperty("Properties", out var inside))
            {
                foreach (var image in OfResource($"{place}.Properties", type, inside))
                    yield return image;
            }
        }
    }

    /// <summary>The images that one resource of CloudFormation deploys; none for a type that runs no image.</summary>
    /// <param name="place">Where its properties stand.</param>
    public static IEnumerable<NamedImage> OfResource(string place, string type, JsonElement properties)
    {
        if (!Resources.TryGetValue(type, out var property))
            yield break;
        var any = false;
        foreach (var image in Named(properties, property, place))
        {
            any = true;
            yield return image;
        }
        if (!any && Text(properties, "PackageType") == "Image")
            yield return new NamedImage(
                null,
                place,
                "Its image is built when it is deployed; ask about the packaged template."
            );
    }

    /// <summary>The types of resources that may deploy an image.</summary>
    public static IEnumerable<string> ResourceTypes => Resources.Keys;

    private static IEnumerable<NamedImage> OfCompose(JsonElement services)
    {
        foreach (var (name, service) in Members(services))
        {
            var place = $"services.{name}";
            if (service.ValueKind == JsonValueKind.Object && service.TryGetProperty("image", out var image))
                yield return Named(image, $"{place}.image");
            else
                yield return new NamedImage(null, place, "It names no image; push what it builds, and name that.");
        }
    }

    /// <summary>
    /// Every text called <c>image</c>, wherever it stands, since each kind of workload has its containers in another
    /// place. An image volume names its own <c>reference</c>.
    /// </summary>
    private static IEnumerable<NamedImage> OfKubernetes(JsonElement element, string place)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var (item, at) in Items(element).Select((item, at) => (item, at)))
            {
                foreach (var image in OfKubernetes(item, $"{place}[{at}]"))
                    yield return image;
            }
        }
        if (
            element.ValueKind != JsonValueKind.Object
            || (Text(element, "apiVersion") is not null && RunNothing.Contains(Text(element, "kind") ?? ""))
        )
            yield break;
        foreach (var (name, value) in Members(element))
        {
            var at = Joined(place, name);
            if (name == "image" && value.ValueKind != JsonValueKind.Object)
                yield return Named(value, at);
            else if (name == "image" && value.TryGetProperty("reference", out var reference))
                yield return Named(reference, $"{at}.reference");
            else if (name is not ("metadata" or "status"))
            {
                foreach (var image in OfKubernetes(value, at))
                    yield return image;
            }
        }
    }

    /// <summary>Every property of a name, wherever it stands.</summary>
    private static IEnumerable<NamedImage> Named(JsonElement element, string property, string place)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var (item, at) in Items(element).Select((item, at) => (item, at)))
            {
                foreach (var image in Named(item, property, $"{place}[{at}]"))
                    yield return image;
            }
        }
        foreach (var (name, value) in Members(element))
        {
            if (name == property)
                yield return Named(value, $"{place}.{name}");
            else
            {
                foreach (var image in Named(value, property, $"{place}.{name}"))
                    yield return image;
            }
        }
    }

    private static NamedImage Named(JsonElement value, string place)
    {
        if (value.ValueKind != JsonValueKind.String)
            return new NamedImage(
                null,
                place,
                "Only the deployment knows it; ask about the document with its values filled in, or name the image."
            );
        var text = value.GetString()!;
        if (text.Length > ImageReference.MaxLength)
            return new NamedImage(
                null,
                place,
                $"It has {text.Length} characters; at most {ImageReference.MaxLength} make sense."
            );
        return string.IsNullOrWhiteSpace(text) ? new NamedImage(null, place, "It is empty; it must name an image.")
            : text.Contains('$') || text.Contains("{{", StringComparison.Ordinal)
                ? new NamedImage(
                    text,
                    place,
                    "Only the deployment fills it in; ask about the document with its values filled in, or name the "
                        + "image."
                )
            : new NamedImage(text, place);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement array) => array.EnumerateArray();

    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().Select(member => (member.Name, member.Value))
            : [];

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static string Joined(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";
}
