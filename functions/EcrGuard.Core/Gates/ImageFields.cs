using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// Reads the images of a document whose form is not known, such as an operator's object: by the names of its fields,
/// and every word of a text that is an image of ECR. A field that is called like an image and does not name one whole
/// is a problem.
/// </summary>
internal static class ImageFields
{
    /// <summary>The problem of a container without an image. An operator may know the image.</summary>
    public const string NoImage = "It names no image.";

    /// <summary>How the names of fields end that hold an image.</summary>
    public static readonly string[] Endings =
    [
        "image",
        "images",
        "imageName",
        "imageUri",
        "imageRef",
        "imageIdentifier",
        "imageOverride",
        "containerUri",
    ];

    /// <summary>Lists whose names begin with these words say which images may run, or are passed over.</summary>
    private static readonly string[] Rules =
    [
        "allow",
        "allowed",
        "denied",
        "deny",
        "exclude",
        "excluded",
        "exempt",
        "exempted",
        "ignore",
        "ignored",
        "skip",
        "skipped",
    ];

    /// <summary>Fields with a registry that is put before the images beside them.</summary>
    private static readonly string[] Registries = ["registry", "repository"];

    /// <summary>Fields with a registry that is put before images that only the operator knows.</summary>
    private static readonly string[] ImageRegistries = ["hub", "imageRegistry", "imageRepository"];

    private const string PutTogether =
        "It is put together with the registry beside it; name it whole, or render it first.";

    private static readonly string[] ContainerLists = ["containers", "initContainers", "ephemeralContainers"];

    /// <summary>Their fields are names that people choose, or that a schema defines.</summary>
    private static readonly string[] Labels = ["labels", "selector", "matchLabels", "openAPIV3Schema"];

    /// <summary>It holds an object as it was applied before.</summary>
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    public static IEnumerable<NamedImage> Of(JsonElement element, string place) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => OfList(element, place),
            JsonValueKind.Object when ImagePlaces.Choices(element) is { } choices => choices.SelectMany(choice =>
                Of(choice.Value, $"{place}.Fn::If[{choice.At}]")
            ),
            JsonValueKind.Object when ImagePlaces.IsFilledInLater(element) && ImageTexts.MayHoldImage(element) =>
            [
                new NamedImage(null, place, ImagePlaces.OnlyThere),
            ],
            // Such as the variables of a container.
            JsonValueKind.Object
                when ImagePlaces.Text(element, "name") is { } name && ImagePlaces.Text(element, "value") is { } value =>
                OfMembers(element, place, "value").Concat(ImageTexts.Of(value, $"{place}.value", name)),
            JsonValueKind.Object => OfMembers(element, place),
            JsonValueKind.String => ImageTexts.Of(element.GetString()!, place),
            _ => [],
        };

    /// <param name="but">The field that is left out.</param>
    private static IEnumerable<NamedImage> OfMembers(JsonElement element, string place, string? but = null) =>
        Fields(element)
            .Where(field => field.Name != but)
            .SelectMany(field => OfField(field.Name, field.Value, ImagePlaces.Joined(place, field.Name)))
            .Select(image =>
                HasRegistry(element) && image is { IsOthers: true, HasHost: false }
                    ? image with
                    {
                        Problem = PutTogether,
                    }
                    : image
            );

    /// <summary>Whether an object names a registry of ECR, which is put before the images in it.</summary>
    private static bool HasRegistry(JsonElement element) =>
        Array.Exists(
            Registries,
            name => ImagePlaces.Text(element, name) is { } text && ImageReference.MayBeRegistry(text)
        );

    /// <summary>In a list of arguments, a flag names the one behind it.</summary>
    private static IEnumerable<NamedImage> OfList(JsonElement list, string place)
    {
        string? flag = null;
        foreach (var (item, at) in list.EnumerateArray().Select((item, at) => (item, at)))
        {
            var text = item.ValueKind == JsonValueKind.String ? item.GetString()! : null;
            foreach (
                var image in text is null ? Of(item, $"{place}[{at}]") : ImageTexts.Of(text, $"{place}[{at}]", flag)
            )
                yield return image;
            flag = text is ['-', ..] ? text : null;
        }
    }

    /// <summary>All fields of an object that may lead to an image.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> Fields(JsonElement element) =>
        ImagePlaces.Members(element).Where(field => !Labels.Contains(field.Name));

    public static IEnumerable<NamedImage> OfField(string name, JsonElement value, string place)
    {
        if (IsRule(name, value))
            return [];
        if (name == "metadata")
            return ImagePlaces
                .Members(value)
                .Where(member => member.Name == "annotations")
                .SelectMany(member => OfAnnotations(member.Value, $"{place}.annotations"));
        if (name == "annotations")
            return OfAnnotations(value, place);
        if (name.EndsWith("images", StringComparison.OrdinalIgnoreCase) && value.ValueKind == JsonValueKind.Object)
            return ImagePlaces.Members(value).SelectMany(one => OfImage(one.Value, $"{place}.{one.Name}"));
        if (ImageRegistries.Contains(name) && ImageReference.MayBeRegistry($"{value}"))
            return [new NamedImage(null, place, PutTogether)];
        if (name == "storageUri" && value.ValueKind == JsonValueKind.String && Model(value.GetString()!) is { } model)
            return [ImageTexts.Whole(ImagePlaces.Named(model, place))];
        // A definition of Step Functions fills in a field whose name ends so.
        if (IsCalledImage(name.EndsWith(".$", StringComparison.Ordinal) ? name[..^2] : name))
            // Such as 'updateImage: true'.
            return name != "image" && IsSwitch(value) ? [] : OfImage(value, place);
        return !ContainerLists.Contains(name) ? Of(value, place)
            : value.ValueKind == JsonValueKind.Array
                ? value.EnumerateArray().SelectMany((item, at) => OfContainer(item, $"{place}[{at}]"))
            : Of(value, place).DefaultIfEmpty(new NamedImage(null, place, "It must be a list of containers."));
    }

    /// <summary>Annotations tell injectors which image to add to a pod.</summary>
    private static IEnumerable<NamedImage> OfAnnotations(JsonElement annotations, string place)
    {
        foreach (var (name, value) in ImagePlaces.Members(annotations))
        {
            if (name == LastApplied || value.ValueKind != JsonValueKind.String)
                continue;
            var at = $"{place}.{name}";
            // Those of injectors have a domain, such as 'vault.hashicorp.com/agent-image'.
            var names =
                name.Contains('/') && name.EndsWith("image", StringComparison.OrdinalIgnoreCase) && !IsSwitch(value);
            foreach (
                var image in names
                    ? [ImageTexts.Whole(ImagePlaces.Named(value, at))]
                    : ImageTexts.Of(value.GetString()!, at)
            )
                yield return image;
        }
    }

    private static IEnumerable<NamedImage> OfContainer(JsonElement container, string place)
    {
        if (container.ValueKind != JsonValueKind.Object || !container.TryGetProperty("image", out var image))
            return Of(container, place).Prepend(new NamedImage(null, place, NoImage));
        // Without a tag it runs as 'latest', as every container of a pod.
        var own = ImagePlaces.Named(image, $"{place}.image");
        return Fields(container)
            .Where(field => field.Name != "image")
            .SelectMany(field => OfField(field.Name, field.Value, $"{place}.{field.Name}"))
            .Prepend(own);
    }

    private static IEnumerable<NamedImage> OfImage(JsonElement value, string place)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                return value.EnumerateArray().SelectMany((item, at) => OfImage(item, $"{place}[{at}]"));
            case JsonValueKind.Object when value.TryGetProperty("reference", out var reference):
                return [ImageTexts.Whole(ImagePlaces.Named(reference, $"{place}.reference"))];
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
            case JsonValueKind.String when value.GetString() is var text && (text!.Contains('*') || IsPicture(text)):
                // A pattern, or a picture, which run nothing.
                return [];
            default:
                return [ImageTexts.Whole(ImagePlaces.Named(value, place))];
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
            : new NamedImage(name, place, ImageTexts.NoVersion);
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

    /// <summary>Such as 'excluded_images', and not 'skipperImages'.</summary>
    private static bool IsRule(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
        && Rules.Any(rule =>
            name.StartsWith(rule, StringComparison.OrdinalIgnoreCase)
            && name.Length > rule.Length
            && (char.IsUpper(name[rule.Length]) || name[rule.Length] is '_' or '-')
        );

    /// <summary>Whether a field, a flag or a variable is called like an image.</summary>
    public static bool IsCalledImage(string name) =>
        Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>KServe runs a model that lies in a registry as a container (kserve.github.io, "Modelcars").</summary>
    private static string? Model(string uri) =>
        uri.StartsWith("oci://", StringComparison.Ordinal) ? uri["oci://".Length..] : null;

    private static bool IsPicture(string text) =>
        !ImageReference.MayBeRegistry(text)
        && (
            text.StartsWith("http://", StringComparison.Ordinal)
            || text.StartsWith("https://", StringComparison.Ordinal)
            || text.StartsWith("data:", StringComparison.Ordinal)
        );

    private static bool IsSwitch(JsonElement value) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
        || (value.ValueKind == JsonValueKind.String && value.GetString() is "true" or "false");
}
