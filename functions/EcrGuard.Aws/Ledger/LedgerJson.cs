using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>The ledger's own documents. Reading is strict, since nobody else writes them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    Converters = [typeof(DigestJson), typeof(ImageIdJson), typeof(RepositoryIdJson), typeof(IsoWeekJson)]
)]
[JsonSerializable(typeof(ImageRecord))]
[JsonSerializable(typeof(Grace))]
[JsonSerializable(typeof(ForcedApproval))]
[JsonSerializable(typeof(Quarantine))]
[JsonSerializable(typeof(IReadOnlyList<Reason>))]
[JsonSerializable(typeof(IReadOnlyList<Finding>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(RepositorySweep))]
[JsonSerializable(typeof(RepositoryHistory))]
[JsonSerializable(typeof(UsageReading))]
[JsonSerializable(typeof(ConsumerReference))]
[JsonSerializable(typeof(SettingHistory))]
[JsonSerializable(typeof(Removed))]
internal sealed partial class LedgerJson : JsonSerializerContext;

/// <summary>A digest as ECR writes it.</summary>
internal sealed class DigestJson : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("A digest must be 'sha256:' and 64 lower-case hexadecimal characters.");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>An image as its ARN.</summary>
internal sealed class ImageIdJson : JsonConverter<ImageId>
{
    public override ImageId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RepositoryId.TryParseArn(reader.GetString(), out var repository, out var digest) && digest is not null
            ? new ImageId(repository, digest)
            : throw new JsonException("An image must be named by its ARN.");

    public override void Write(Utf8JsonWriter writer, ImageId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Arn);
}

/// <summary>A repository as its ARN.</summary>
internal sealed class RepositoryIdJson : JsonConverter<RepositoryId>
{
    public override RepositoryId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        RepositoryId.TryParseArn(reader.GetString(), out var repository, out var digest) && digest is null
            ? repository
            : throw new JsonException("A repository must be named by its ARN.");

    public override void Write(Utf8JsonWriter writer, RepositoryId value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Arn);
}

/// <summary>A week as <c>2026-W47</c>.</summary>
internal sealed class IsoWeekJson : JsonConverter<IsoWeek>
{
    public override IsoWeek Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            return IsoWeek.Parse(reader.GetString() ?? "");
        }
        catch (FormatException wrong)
        {
            throw new JsonException("A week must look like '2026-W47'.", wrong);
        }
    }

    public override void Write(Utf8JsonWriter writer, IsoWeek value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
