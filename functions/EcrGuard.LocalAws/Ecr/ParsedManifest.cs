using System.Text.Json;

namespace EcrGuard.LocalAws.Ecr;

/// <summary>What ECR reads from a manifest.</summary>
/// <param name="MediaType">The manifest's own <c>mediaType</c>; null if it has none.</param>
/// <param name="ArtifactMediaType"><c>artifactType</c>, else the config's media type; null for an index.</param>
/// <param name="Blobs">Digests of the config and the layers.</param>
/// <param name="Children">Digests of the manifests of an index, in order.</param>
/// <param name="SubjectDigest">The digest that a referrer refers to.</param>
/// <param name="Annotations">The annotations of the manifest itself; null if it has none.</param>
/// <param name="Bytes">The size of the layers, which is what ECR reports; 0 for an index.</param>
internal sealed record ParsedManifest(
    string? MediaType,
    string? ArtifactMediaType,
    IReadOnlyList<string> Blobs,
    IReadOnlyList<string> Children,
    string? SubjectDigest,
    IReadOnlyDictionary<string, string>? Annotations,
    long Bytes
)
{
    public static ParsedManifest Parse(ReadOnlyMemory<byte> manifest)
    {
        try
        {
            using var document = JsonDocument.Parse(manifest);
            var root = document.RootElement;
            var config = root.TryGetProperty("config", out var c) ? c : (JsonElement?)null;
            var layers = List(root, "layers");
            return new ParsedManifest(
                Text(root, "mediaType"),
                Text(root, "artifactType") ?? (config is { } known ? Text(known, "mediaType") : null),
                [
                    .. (config is { } blob ? layers.Prepend(blob) : layers).Select(b =>
                        b.GetProperty("digest").GetString()!
                    ),
                ],
                [.. List(root, "manifests").Select(m => m.GetProperty("digest").GetString()!)],
                root.TryGetProperty("subject", out var subject) ? Text(subject, "digest") : null,
                root.TryGetProperty("annotations", out var annotations)
                    ? annotations.EnumerateObject().ToDictionary(a => a.Name, a => a.Value.GetString()!)
                    : null,
                layers.Sum(l => l.GetProperty("size").GetInt64())
            );
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new LocalError(
                400,
                "InvalidParameterException",
                "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'"
            );
        }
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static IReadOnlyList<JsonElement> List(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? [.. value.EnumerateArray()] : [];
}
