using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>A severity in JSON is the scanner's word: <c>CRITICAL</c>.</summary>
public sealed class SeverityConverter : JsonConverter<Severity>
{
    public override Severity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var word = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return Enum.GetValues<Severity>()
                .Where(severity => Grace.Word(severity) == word)
                .Select(severity => (Severity?)severity)
                .FirstOrDefault()
            ?? throw new JsonException($"'{Phrase.Clip(word, 80)}' is not a severity.");
    }

    public override void Write(Utf8JsonWriter writer, Severity value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Grace.Word(value));
}
