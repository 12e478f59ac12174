using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// Reads the images of a document whose form is not known, such as an operator's object: by the names of its fields,
/// and every text that is an image of ECR. A field that is called like an image and does not name one whole is a
/// problem.
/// </summary>
internal static class ImageFields
{
    private static readonly string[] Endings =
    [
        "image",
        "images",
        "imageName",
        "imageUri",
        "imageRef",
        "imageIdentifier",
        "containerUri",
    ];

    private static readonly string[] ContainerLists = ["containers", "initContainers", "ephemeralContainers"];

    /// <summary>Their fields are names that people choose.</summary>
    private static readonly string[] Labels = ["metadata", "labels", "annotations", "selector", "matchLabels"];

    public static IEnumerable<NamedImage> Of(JsonElement element, string place) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().SelectMany((item, at) => Of(item, $"{place}[{at}]")),
            JsonValueKind.Object => Fields(element)
                .SelectMany(field => OfField(field.Name, field.Value, ImagePlaces.Joined(place, field.Name))),
            JsonValueKind.String when IsOfEcr(element.GetString()!) => [ImagePlaces.Named(element, place)],
            _ => [],
        };

    /// <summary>All fields of an object that may lead to an image.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> Fields(JsonElement element) =>
        ImagePlaces.Members(element).Where(field => !Labels.Contains(field.Name));

    public static IEnumerable<NamedImage> OfField(string name, JsonElement value, string place)
    {
        if (name.EndsWith("images", StringComparison.OrdinalIgnoreCase) && value.ValueKind == JsonValueKind.Object)
            return ImagePlaces.Members(value).SelectMany(one => OfImage(one.Value, $"{place}.{one.Name}"));
        if (Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
            // Such as 'updateImage: true'.
            return name != "image" && IsSwitch(value) ? [] : OfImage(value, place);
        return !ContainerLists.Contains(name) ? Of(value, place)
            : value.ValueKind == JsonValueKind.Array
                ? value.EnumerateArray().SelectMany((item, at) => OfContainer(item, $"{place}[{at}]"))
            : Of(value, place).DefaultIfEmpty(new NamedImage(null, place, "It must be a list of containers."));
    }

    private static IEnumerable<NamedImage> OfContainer(JsonElement container, string place) =>
        container.ValueKind == JsonValueKind.Object && container.TryGetProperty("image", out _)
            ? Of(container, place)
            : Of(container, place).Prepend(new NamedImage(null, place, "It names no image."));

    private static IEnumerable<NamedImage> OfImage(JsonElement value, string place)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                return value.EnumerateArray().SelectMany((item, at) => OfImage(item, $"{place}[{at}]"));
            case JsonValueKind.Object when value.TryGetProperty("reference", out var reference):
                return [ImagePlaces.Named(reference, $"{place}.reference")];
            case JsonValueKind.Object when (Text(value, "repository") ?? Text(value, "newName")) is { } repository:
                return [OfParts(value, repository, place)];
            case JsonValueKind.Object:
                var inside = ImagePlaces.Members(value).ToList();
                var images = inside
                    .SelectMany(field => OfField(field.Name, field.Value, $"{place}.{field.Name}"))
                    .ToList();
                return images.Count > 0
                    ? images
                    : [new NamedImage(null, place, "It does not name the image whole; name it, or render it first.")];
            default:
                return [ImagePlaces.Named(value, place)];
        }
    }

    /// <summary>An image in parts, as the values of Helm charts have it.</summary>
    private static NamedImage OfParts(JsonElement value, string repository, string place)
    {
        var registry = Text(value, "registry") is { Length: > 0 } host ? $"{host}/" : "";
        var tag = (Text(value, "tag") ?? Text(value, "newTag")) is { Length: > 0 } word ? $":{word}" : "";
        var digest = Text(value, "digest") is { Length: > 0 } hash ? $"@{hash}" : "";
        var name = $"{registry}{repository}{tag}{digest}";
        return WellFormedName.HasTagOrDigest(name)
            ? ImagePlaces.Named(name, place)
            : new NamedImage(name, place, "It has no tag and no digest; name one of them.");
    }

    /// <summary>A text, or a number as it is written; null: it is neither, or is not there.</summary>
    private static string? Text(JsonElement value, string name) =>
        value.TryGetProperty(name, out var part)
            ? part.ValueKind switch
            {
                JsonValueKind.String => part.GetString(),
                JsonValueKind.Number => part.GetRawText(),
                _ => null,
            }
            : null;

    private static bool IsSwitch(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
        || (value.ValueKind == JsonValueKind.String && value.GetString() is "true" or "false");

    private static bool IsOfEcr(string text) =>
        WellFormedName.Is(text)
        && WellFormedName.HasTagOrDigest(text)
        && ImageReference.MayBeRegistry(text[..Math.Max(0, text.IndexOf('/'))]);
}
