using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>The images that a Compose file runs (github.com/compose-spec/compose-spec, "spec.md").</summary>
internal static class ComposeImages
{
    public static IEnumerable<NamedImage> Of(JsonElement root)
    {
        if (root.TryGetProperty("include", out _))
            yield return new NamedImage(
                null,
                "include",
                "It includes other files; ask about what 'docker compose config' prints."
            );
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
            foreach (var image in OfService(service, $"services.{name}"))
                yield return image;
        }
    }

    private static IEnumerable<NamedImage> OfService(JsonElement service, string place)
    {
        if (ImagePlaces.Text(service, "pull_policy") == "build")
            yield return new NamedImage(null, place, "It runs what it builds; push that, and name it.");
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

    private static NamedImage OfField(JsonElement element, string field, string place) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out var image)
            ? ImagePlaces.Named(image, $"{place}.{field}")
            : new NamedImage(null, place, "It names no image; push what it builds, and name that.");
}
