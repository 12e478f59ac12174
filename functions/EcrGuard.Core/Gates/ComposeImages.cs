using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>The images that a Compose file runs (github.com/compose-spec/compose-spec, "spec.md").</summary>
internal static class ComposeImages
{
    private const string AskAboutWhole = "ask about what 'docker compose config' prints.";

    public static IEnumerable<NamedImage> Of(JsonElement root)
    {
        if (root.TryGetProperty("include", out _))
            yield return new NamedImage(null, "include", $"It includes other files; {AskAboutWhole}");
        if (root.TryGetProperty("models", out var models))
        {
            foreach (var (name, model) in ImagePlaces.Members(models))
                yield return OfField(model, "model", $"models.{name}");
        }
        var services = root.GetProperty("services");
        if (services.ValueKind != JsonValueKind.Object)
            yield return new NamedImage(null, "services", "It must be an object of services.");
        foreach (var (name, service) in ImagePlaces.Members(services))
        {
            foreach (var image in OfService(services, service, $"services.{name}"))
                yield return image;
        }
    }

    private static IEnumerable<NamedImage> OfService(JsonElement services, JsonElement service, string place)
    {
        if (ImagePlaces.Text(service, "pull_policy") == "build")
            yield return new NamedImage(null, place, "It runs what it builds; push that, and name it.");
        else if (Extended(service) is { ValueKind: not JsonValueKind.Undefined } extended)
        {
            // Another service of this file is asked about itself.
            if (!IsOneOf(services, extended))
                yield return new NamedImage(null, place, $"It extends a service of another file; {AskAboutWhole}");
        }
        else
            yield return OfField(service, "image", place);
        if (
            service.ValueKind != JsonValueKind.Object
            || !service.TryGetProperty("volumes", out var volumes)
            || volumes.ValueKind != JsonValueKind.Array
        )
            yield break;
        foreach (var (volume, at) in volumes.EnumerateArray().Select((volume, at) => (volume, at)))
        {
            if (ImagePlaces.Text(volume, "type") == "image")
                yield return OfField(volume, "source", $"{place}.volumes[{at}]");
        }
    }

    /// <summary>From where a service without an image of its own takes one, as it is written.</summary>
    private static JsonElement Extended(JsonElement service) =>
        service.ValueKind == JsonValueKind.Object
        && !service.TryGetProperty("image", out _)
        && !service.TryGetProperty("build", out _)
        && service.TryGetProperty("extends", out var extended)
            ? extended
            : default;

    private static bool IsOneOf(JsonElement services, JsonElement extended)
    {
        var name =
            extended.ValueKind == JsonValueKind.String ? extended.GetString()
            : ImagePlaces.Members(extended).All(member => member.Name == "service")
                ? ImagePlaces.Text(extended, "service")
            : null;
        return name is not null && services.TryGetProperty(name, out _);
    }

    private static NamedImage OfField(JsonElement element, string field, string place) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var image)
            ? ImagePlaces.Named(image, $"{place}.{field}")
            : new NamedImage(null, place, "It names no image; push what it builds, and name that.");
}
