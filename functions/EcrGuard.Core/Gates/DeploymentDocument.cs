using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>
/// The images that a document deploys: an ECS task definition, CodePipeline's <c>imagedefinitions.json</c> or
/// <c>imageDetail.json</c>, Kubernetes objects, a Compose file, a CloudFormation template, a state machine. What cannot
/// be known from the document alone is named with a problem and never left out, so that a gate can refuse it.
/// </summary>
public static class DeploymentDocument
{
    /// <summary>More than any deployment has. A document that names more is refused.</summary>
    public const int MaxImages = 500;

    /// <summary>The kinds of documents, for people.</summary>
    public const string Kinds =
        "an ECS task definition, imagedefinitions.json, imageDetail.json, Kubernetes objects, a Compose file, a "
        + "CloudFormation template or a state machine";

    private static readonly ImagePlaces TaskDefinition = new("containerDefinitions.image");
    private static readonly ImagePlaces Described = new("taskDefinition.containerDefinitions.image");

    /// <summary>The kinds of objects, by the properties at the root that tell them.</summary>
    private static readonly (string[] Marks, Func<JsonElement, IEnumerable<NamedImage>> Images)[] ByMarks =
    [
        (["ImageURI"], root => [ImagePlaces.Named(root.GetProperty("ImageURI"), "ImageURI")]),
        // As aws ecs describe-task-definition prints it.
        (["taskDefinition"], root => Described.Of(root, "")),
        (["containerDefinitions"], root => TaskDefinition.Of(root, "")),
        (["Resources"], TemplateImages.Of),
        (["services"], ComposeImages.Of),
        (["apiVersion", "kind"], root => KubernetesImages.Of(root, "")),
        (["StartAt", "States"], StateMachineImages.OfFile),
    ];

    /// <param name="root">The document, or one of several in a file.</param>
    /// <returns>Null where it is of no kind that is known.</returns>
    public static IEnumerable<NamedImage>? Images(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array)
            return root.GetArrayLength() > 0 && root.EnumerateArray().All(IsImageDefinition)
                ? root.EnumerateArray()
                    .Select((item, at) => ImagePlaces.Named(item.GetProperty("imageUri"), $"[{at}].imageUri"))
                : null;
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        return ByMarks.Where(kind => kind.Marks.All(mark => root.TryGetProperty(mark, out _))).ToList() switch
        {
            [] => null,
            [var one] => one.Images(root),
            var several =>
            [
                new NamedImage(
                    null,
                    "the document",
                    $"It is of several kinds at once ({string.Join(", ", several.Select(kind => kind.Marks[0]))}); it "
                        + $"must be one of {Kinds}."
                ),
            ],
        };
    }

    private static bool IsImageDefinition(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("imageUri", out _);
}
