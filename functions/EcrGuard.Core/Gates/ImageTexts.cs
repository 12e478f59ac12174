using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// Finds images of ECR in a text: an argument, a command, the value of a variable, a document in a document. Images of
/// other registries look like any other word, and are not found.
/// </summary>
internal static class ImageTexts
{
    /// <summary>The problem of an image to which somebody else adds the version.</summary>
    public const string NoVersion = "It has no tag and no digest; name one of them.";

    /// <summary>What parts the words of a text. Brackets do not: <c>$(REGISTRY)/web:1</c> is one word.</summary>
    private static readonly char[] Separators = [.. " \t\r\n\"'`,;<>|&\\"];

    private static readonly char[] Brackets = [.. "()[]{}"];

    /// <summary>They say that an image follows.</summary>
    private static readonly string[] Schemes = ["docker://", "oci://", "docker:"];

    /// <summary>Words in the name of a variable that holds a registry or a repository.</summary>
    private static readonly string[] Registries = ["reg", "ecr", "repo", "docker", "image"];

    /// <param name="name">What the text is the value of, such as <c>--sidecar-image</c>; null: unknown.</param>
    public static IEnumerable<NamedImage> Of(string text, string place, string? name = null)
    {
        if (Json(text) is not { } json)
            return OfWords(text, place, name).Distinct();
        return KubernetesImages.OfObjects(json, place) ?? ImageFields.Of(json, place);
    }

    private static IEnumerable<NamedImage> OfWords(string text, string place, string? name)
    {
        foreach (var word in text.Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            var at = word.LastIndexOf('=');
            var (key, value) = at < 0 ? (name, word) : (word[..at], word[(at + 1)..]);
            foreach (var image in OfWord(value, place, key is not null && ImageFields.IsCalledImage(key)))
                yield return image;
            name = word.StartsWith('-') ? word : null;
        }
    }

    private static IEnumerable<NamedImage> OfWord(string word, string place, bool isImage)
    {
        var scheme = Schemes.FirstOrDefault(scheme => word.Contains(scheme, StringComparison.Ordinal));
        var name = scheme is null ? word : word[(word.IndexOf(scheme, StringComparison.Ordinal) + scheme.Length)..];
        if (IsFilledInLater(name, isImage))
            return [ImagePlaces.Named(name, place)];
        return name.Split(Brackets, StringSplitOptions.RemoveEmptyEntries)
            .Where(IsOfEcr)
            .Select(image => ImagePlaces.Named(image, place))
            .Select(image => isImage || scheme is not null ? Whole(image) : image)
            .Where(image => image.Problem is not null || WellFormedName.HasTagOrDigest(image.Text!));
    }

    /// <summary>What reads the document may add a version of its own to an image of ECR that has none.</summary>
    public static NamedImage Whole(NamedImage image) =>
        image is { Problem: null, IsOthers: false, Text: { } text } && !WellFormedName.HasTagOrDigest(text)
            ? image with
            {
                Problem = NoVersion,
            }
            : image;

    /// <summary>
    /// Whether a part of a text that is put together later is a part of an image of ECR, or of a document that names an
    /// image.
    /// </summary>
    public static bool MayHoldImage(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().Any(MayHoldImage),
            JsonValueKind.Object => ImagePlaces.Members(element).Any(member => MayHoldImage(member.Value)),
            JsonValueKind.String => element.GetString()! is var text
                && (
                    ImageReference.MayBeRegistry(text)
                    || Array.Exists(Schemes, scheme => text.Contains(scheme, StringComparison.Ordinal))
                    || ImageFields.Endings.Any(name => IsKey(text, name))
                ),
            _ => false,
        };

    /// <summary>Whether a document in a text has a key that ends so, in JSON or in YAML.</summary>
    private static bool IsKey(string text, string ending) =>
        text.Contains($"{ending}\"", StringComparison.OrdinalIgnoreCase)
        || text.Contains($"{ending}:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The object or list that a text is; null: it is none.</summary>
    public static JsonElement? Json(string text)
    {
        if (text.AsSpan().TrimStart() is not ['{' or '[', ..])
            return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsOfEcr(string word) =>
        word.Length <= ImageReference.MaxLength
        && ImageReference.MayBeRegistry(HostOf(word))
        && WellFormedName.Is(word);

    /// <summary>Whether a word has a placeholder, such as <c>$(REGISTRY)</c>, and may become an image of ECR.</summary>
    private static bool IsFilledInLater(string word, bool isImage)
    {
        var slash = word.IndexOf('/');
        if (slash < 0 || !HasPlaceholder(word))
            return false;
        var (host, path) = (word[..slash], word[slash..]);
        return isImage
            || (
                (ImageReference.MayBeRegistry(host) || IsCalledRegistry(host))
                && (WellFormedName.HasTagOrDigest(word) || HasPlaceholder(path))
            );
    }

    private static bool HasPlaceholder(string text) =>
        text.Contains('$') || text.Contains("{{", StringComparison.Ordinal);

    private static bool IsCalledRegistry(string host) =>
        host is ['$' or '{', ..] && Registries.Any(name => host.Contains(name, StringComparison.OrdinalIgnoreCase));

    private static string HostOf(string word) => word[..Math.Max(0, word.IndexOf('/'))];
}
