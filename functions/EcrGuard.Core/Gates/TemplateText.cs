using System.Globalization;
using System.Text.Json;

namespace EcrGuard.Core.Gates;

/// <summary>Texts that a template of CloudFormation's puts together.</summary>
internal static class TemplateText
{
    /// <summary>
    /// A text with placeholders, <c>${Name}</c>, for what CloudFormation fills in; null: the value is no text.
    /// </summary>
    /// <param name="placeholders">Gets what the placeholders stand for, where the value itself says it.</param>
    public static string? Of(JsonElement value, Dictionary<string, JsonElement> placeholders)
    {
        if (value.ValueKind == JsonValueKind.String)
            return value.GetString();
        if (ImagePlaces.Members(value).ToList() is not [var (function, inside)])
            return null;
        var parts = inside.ValueKind == JsonValueKind.Array ? inside.EnumerateArray().ToList() : [inside];
        switch (function, parts)
        {
            case ("Fn::Sub" or "!Sub", [{ ValueKind: JsonValueKind.String } text, .. var names]):
                foreach (var (name, meaning) in names.SelectMany(ImagePlaces.Members))
                    placeholders[name] = meaning;
                return text.GetString();
            case (
                "Fn::Join"
                    or "!Join",
                [{ ValueKind: JsonValueKind.String } between, { ValueKind: JsonValueKind.Array } pieces]
            ):
                return string.Join(
                    between.GetString(),
                    pieces.EnumerateArray().Select(piece => Piece(piece, placeholders))
                );
            default:
                return null;
        }
    }

    private static string Piece(JsonElement piece, Dictionary<string, JsonElement> placeholders)
    {
        if (piece.ValueKind == JsonValueKind.String)
            return piece.GetString()!;
        var name = string.Create(CultureInfo.InvariantCulture, $"#{placeholders.Count}");
        placeholders[name] = piece;
        return $"${{{name}}}";
    }
}
