using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// Reads the images of a document whose form is known: they stand at paths such as <c>ContainerDefinitions.Image</c>.
/// Whatever stands on such a path and is not resolved becomes an image with a problem.
/// </summary>
/// <param name="Paths">Names of properties, joined by dots. Lists are read item by item; <c>*</c> is every name. A last
///     name that ends with <c>?</c> may be missing.</param>
internal sealed record ImagePlaces(params string[] Paths)
{
    public const string OnlyThere =
        "Only the deployment knows it; ask about the document with its values filled in, or name the image.";

    /// <summary>Properties that say where the code comes from if it does not come from an image.</summary>
    public string[] Instead { get; init; } = [];

    /// <summary>Whether the document may deploy no image at all.</summary>
    public bool MayBeNone { get; init; }

    /// <param name="place">Where the root stands; empty: it is the document.</param>
    public List<NamedImage> Of(JsonElement root, string place)
    {
        var found = new Findings(this);
        foreach (var path in Paths)
            found.Follow(root, path.Split('.'), place);
        if (found.Images.Count == 0 && !MayBeNone && !found.ComesFromElsewhere)
            found.Problem(place, $"It names no image: it must have {string.Join(" or ", Paths)}.");
        return found.Images;
    }

    /// <summary>What is found on the paths of one document.</summary>
    private sealed class Findings(ImagePlaces places)
    {
        public List<NamedImage> Images { get; } = [];

        public bool ComesFromElsewhere { get; private set; }

        public void Follow(JsonElement element, ReadOnlySpan<string> names, string at)
        {
            if (Images.Count > DeploymentDocument.MaxImages || IsNothing(element))
                return;
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (var (item, index) in element.EnumerateArray().Select((item, index) => (item, index)))
                    Follow(item, names, $"{at}[{index}]");
            }
            else if (Choices(element) is { } choices)
            {
                foreach (var (choice, index) in choices)
                    Follow(choice, names, $"{at}.Fn::If[{index}]");
            }
            else if (names.IsEmpty)
                Images.Add(Named(element, at));
            else if (element.ValueKind != JsonValueKind.Object || IsFilledInLater(element))
                Problem(at, OnlyThere);
            else
                Step(element, names, at);
        }

        private void Step(JsonElement element, ReadOnlySpan<string> names, string at)
        {
            var (name, found) = (names[0].TrimEnd('?'), false);
            foreach (var member in element.EnumerateObject())
            {
                if ((name != "*" && member.Name != name) || IsNothing(member.Value))
                    continue;
                found = true;
                Follow(member.Value, names[1..], Joined(at, member.Name));
            }
            var elsewhere = element.EnumerateObject().Any(member => places.Instead.Contains(member.Name));
            ComesFromElsewhere |= elsewhere;
            if (!found && !elsewhere && names.Length == 1 && names[0] == name)
                Problem(at, $"It names no image: it must have {name}.");
        }

        // Several paths may begin with the same property.
        public void Problem(string at, string sentence)
        {
            var problem = new NamedImage(null, at, sentence);
            if (!Images.Contains(problem))
                Images.Add(problem);
        }
    }

    /// <summary>The values at the end of a path, as they are written; both values of a condition.</summary>
    public static IEnumerable<JsonElement> Values(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Array)
            return element.EnumerateArray().SelectMany(item => Values(item, path));
        if (Choices(element) is { } choices)
            return choices.SelectMany(choice => Values(choice.Value, path));
        if (IsNothing(element))
            return [];
        var names = path.Split('.', 2);
        return path.Length == 0
            ? [element]
            : Members(element)
                .Where(member => member.Name == names[0])
                .SelectMany(member => Values(member.Value, names.ElementAtOrDefault(1) ?? ""));
    }

    /// <summary>The image that a value names. What is no whole name is a problem.</summary>
    public static NamedImage Named(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.String
            ? Named(value.GetString()!, place)
            : new NamedImage(null, place, OnlyThere);

    public static NamedImage Named(string text, string place)
    {
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

    /// <summary>
    /// Whether an object holds a function of CloudFormation's, in JSON (<c>Fn::GetAtt</c>, <c>Ref</c>) or in YAML
    /// (<c>!GetAtt</c>).
    /// </summary>
    public static bool IsFilledInLater(JsonElement element) =>
        Members(element)
            .Any(member =>
                member.Name.StartsWith("Fn::", StringComparison.Ordinal) || member.Name is "Ref" or ['!', ..]
            );

    public static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().Select(member => (member.Name, member.Value))
            : [];

    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public static string Joined(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";

    /// <summary>Null, or the value with which CloudFormation leaves a property out.</summary>
    private static bool IsNothing(JsonElement element) =>
        element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
        || (Text(element, "Ref") ?? Text(element, "!Ref")) == "AWS::NoValue";

    /// <summary>Both values of <c>Fn::If</c>; null: it is none.</summary>
    public static IEnumerable<(JsonElement Value, int At)>? Choices(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
        && element.EnumerateObject().ToList() is [{ Name: "Fn::If" or "!If" } only]
        && only.Value.ValueKind == JsonValueKind.Array
        && only.Value.GetArrayLength() == 3
            ? only.Value.EnumerateArray().Select((value, at) => (value, at)).Skip(1)
            : null;
}
