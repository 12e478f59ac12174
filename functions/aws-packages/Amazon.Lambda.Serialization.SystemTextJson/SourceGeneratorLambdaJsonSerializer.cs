using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.Serialization.SystemTextJson;

/// <summary>
/// Serializes by a source-generated context, of which it makes its own instance with Lambda's options:
/// the options of its attribute do not count.
/// </summary>
public class SourceGeneratorLambdaJsonSerializer<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSGContext
> : AbstractLambdaJsonSerializer, ILambdaSerializer
    where TSGContext : JsonSerializerContext
{
    private readonly TSGContext _context;

    public SourceGeneratorLambdaJsonSerializer()
        : this(null) { }

    public SourceGeneratorLambdaJsonSerializer(Action<JsonSerializerOptions> customizer)
    {
        var options = DefaultOptions();
        customizer?.Invoke(options);
        _context = (TSGContext)Activator.CreateInstance(typeof(TSGContext), options);
    }

    private protected override void InternalSerialize<T>(Utf8JsonWriter writer, T response) =>
        JsonSerializer.Serialize(writer, response, Metadata<T>());

    private protected override T InternalDeserialize<T>(ReadOnlySpan<byte> utf8Json) =>
        JsonSerializer.Deserialize(utf8Json, Metadata<T>());

    private JsonTypeInfo<T> Metadata<T>() =>
        _context.GetTypeInfo(typeof(T)) as JsonTypeInfo<T>
        ?? throw new JsonSerializerException(
            $"No JsonTypeInfo registered in {typeof(TSGContext).FullName} for type {typeof(T).FullName}."
        );
}
