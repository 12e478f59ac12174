using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Reports;

/// <summary>
/// The JSON of reports: camelCase, with the product's words for enums. It is read strictly, since only EcrGuard writes
/// it.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    Converters = [
        typeof(DigestConverter),
        typeof(IsoWeekConverter),
        typeof(StatusConverter),
        typeof(EnforcementModeConverter),
        typeof(SeverityConverter),
        typeof(ActionKindConverter),
    ]
)]
[JsonSerializable(typeof(WeeklySummary))]
[JsonSerializable(typeof(WeekRollUp))]
[JsonSerializable(typeof(ImageNewsBody))]
[JsonSerializable(typeof(NewsBatchBody))]
[JsonSerializable(typeof(ForeignTagBody))]
[JsonSerializable(typeof(TagRemovalBody))]
[JsonSerializable(typeof(UnshieldedBody))]
[JsonSerializable(typeof(BackfillBody))]
[JsonSerializable(typeof(WeekBody))]
[JsonSerializable(typeof(SweepBody))]
[JsonSerializable(typeof(CeilingBody))]
[JsonSerializable(typeof(AdoptionBody))]
[JsonSerializable(typeof(PlanRefusedBody))]
internal sealed partial class ReportJson : JsonSerializerContext;

/// <summary>Text in JSON in a message of limited size: only what JSON itself demands is escaped.</summary>
[JsonSerializable(typeof(EnvelopeBody))]
internal sealed partial class EnvelopeJson : JsonSerializerContext
{
    public static EnvelopeJson Relaxed { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            }
        );
}

/// <summary>A value that is one word in JSON.</summary>
internal abstract class WordConverter<T> : JsonConverter<T>
{
    protected abstract T Parse(string word);

    protected abstract string Write(T value);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException($"A {typeof(T).Name} must be a string.");
        try
        {
            return Parse(reader.GetString()!);
        }
        catch (FormatException wrong)
        {
            throw new JsonException($"'{Images.Phrase.Clip(reader.GetString(), 80)}' is no {typeof(T).Name}.", wrong);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Write(value));
}

internal sealed class DigestConverter : WordConverter<Digest>
{
    protected override Digest Parse(string word) => Digest.Parse(word);

    protected override string Write(Digest value) => value.ToString();
}

internal sealed class IsoWeekConverter : WordConverter<IsoWeek>
{
    protected override IsoWeek Parse(string word) => IsoWeek.Parse(word);

    protected override string Write(IsoWeek value) => value.ToString();
}

internal sealed class StatusConverter : WordConverter<Status>
{
    protected override Status Parse(string word) => StatusWords.Parse(word);

    protected override string Write(Status value) => value.Word();
}

/// <summary>An enum that JSON holds as a word of the product.</summary>
internal abstract class EnumConverter<T> : WordConverter<T>
    where T : struct, Enum
{
    protected override T Parse(string word) =>
        Enum.GetValues<T>().Where(value => Write(value) == word).Select(value => (T?)value).FirstOrDefault()
        ?? throw new FormatException($"'{Phrase.Clip(word, 40)}' is no {typeof(T).Name}.");
}

internal sealed class EnforcementModeConverter : EnumConverter<EnforcementMode>
{
    protected override string Write(EnforcementMode value) => value.ToString().ToLowerInvariant();
}

internal sealed class ActionKindConverter : EnumConverter<ActionKind>
{
    protected override string Write(ActionKind value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
