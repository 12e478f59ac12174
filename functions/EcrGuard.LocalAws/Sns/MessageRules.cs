using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EcrGuard.LocalAws.Sns;

/// <summary>
/// What SNS refuses in a message (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and the pages on message
/// attributes).
/// </summary>
internal static partial class MessageRules
{
    /// <summary>Bytes of UTF-8, body and attributes together.</summary>
    public const int MaxBytes = 262_144;

    [GeneratedRegex(@"^(?!\.)(?!.*\.\.)(?!.*\.$)(?!(?i:aws|amazon)\.)[A-Za-z0-9_.-]{1,256}$")]
    private static partial Regex AttributeName { get; }

    [GeneratedRegex(@"^(String\.Array|(String|Number|Binary)(\.[A-Za-z0-9_.-]+)?)$")]
    private static partial Regex DataType { get; }

    public static void Check(LocalMessage message, string? structure)
    {
        Require(message.Message.Length > 0, "InvalidParameter", "Invalid parameter: Empty message");
        Require(Size(message) <= MaxBytes, "InvalidParameter", "Invalid parameter: Message too long");

        // Newer documentation allows UTF-8. Older documentation allows only ASCII that begins with a letter, number or
        // punctuation mark. The narrower rule is safe with both.
        Require(
            message.Subject is not { } subject
                || (subject.Length is >= 1 and < 100 && subject.All(c => c is >= ' ' and <= '~') && subject[0] != ' '),
            "InvalidParameter",
            "Invalid parameter: Subject"
        );
        Require(structure is null or "json", "InvalidParameter", "Invalid parameter: MessageStructure");
        if (message.IsPerProtocol)
        {
            CheckPerProtocol(message.Message);
        }

        foreach (var (name, attribute) in message.Attributes)
        {
            CheckAttribute(name, attribute);
        }
    }

    public static int Size(LocalMessage message) =>
        Encoding.UTF8.GetByteCount(message.Message)
        + message.Attributes.Sum(a =>
            Encoding.UTF8.GetByteCount(a.Key)
            + Encoding.UTF8.GetByteCount(a.Value.DataType)
            + Encoding.UTF8.GetByteCount(a.Value.Value)
        );

    private static void CheckPerProtocol(string message)
    {
        try
        {
            using var body = JsonDocument.Parse(message);
            Require(
                body.RootElement.ValueKind == JsonValueKind.Object
                    && body.RootElement.TryGetProperty("default", out var standard)
                    && standard.ValueKind == JsonValueKind.String,
                "InvalidParameter",
                "Invalid parameter: Message Structure - No default entry in JSON message body"
            );
        }
        catch (JsonException)
        {
            throw new LocalError(
                400,
                "InvalidParameter",
                "Invalid parameter: Message Structure - JSON message body failed to parse"
            );
        }
    }

    private static void CheckAttribute(string name, LocalAttributeValue attribute)
    {
        Require(
            AttributeName.IsMatch(name),
            "ParameterValueInvalid",
            $"The message attribute name '{name}' is not valid."
        );
        Require(
            DataType.IsMatch(attribute.DataType),
            "ParameterValueInvalid",
            $"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
                + "prefixes is Binary, Number, and String."
        );
        Require(
            attribute.Value.Length > 0,
            "ParameterValueInvalid",
            $"The message attribute '{name}' must contain non-empty message attribute value for message "
                + $"attribute type '{attribute.DataType}'."
        );
        var valid = attribute.DataType switch
        {
            "String.Array" => IsArray(attribute.Value),
            var type when type.StartsWith("Number", StringComparison.Ordinal) => decimal.TryParse(
                attribute.Value,
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out _
            ),
            _ => true,
        };
        Require(
            valid,
            "ParameterValueInvalid",
            $"Could not cast message attribute '{name}' value to {attribute.DataType}."
        );
    }

    private static bool IsArray(string text)
    {
        try
        {
            using var array = JsonDocument.Parse(text);
            return array.RootElement.ValueKind == JsonValueKind.Array
                && array
                    .RootElement.EnumerateArray()
                    .All(e => e.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Require(bool condition, string code, string message)
    {
        if (!condition)
        {
            throw new LocalError(400, code, message);
        }
    }
}
