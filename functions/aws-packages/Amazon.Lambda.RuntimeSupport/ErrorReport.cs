using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>An exception in the forms that Lambda and X-Ray read.</summary>
internal static class ErrorReport
{
    /// <summary>Lambda's limit on the header that carries the cause.</summary>
    private const int MaxCauseBytes = 1024 * 1024;

    internal static string TypeOf(Exception exception) => exception.GetType().Name;

    /// <summary>errorType, errorMessage and stackTrace, and the same for the inner exception as cause.</summary>
    internal static byte[] Json(Exception exception) => Write(json => WriteError(json, exception));

    /// <summary>Null when it does not fit into a header.</summary>
    internal static string XRayCause(Exception exception)
    {
        var cause = Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("working_directory", Environment.CurrentDirectory);
            json.WriteStartArray("exceptions");
            json.WriteStartObject();
            json.WriteString("type", TypeOf(exception));
            json.WriteString("message", exception.Message);
            json.WriteStartArray("stack");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteStartArray("paths");
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return cause.Length <= MaxCauseBytes ? Encoding.ASCII.GetString(cause) : null;
    }

    private static void WriteError(Utf8JsonWriter json, Exception exception)
    {
        json.WriteStartObject();
        json.WriteString("errorType", TypeOf(exception));
        json.WriteString("errorMessage", exception.Message);
        json.WriteStartArray("stackTrace");
        foreach (var line in (exception.StackTrace ?? "").EnumerateLines())
            if (line.Trim() is { IsEmpty: false } frame)
                json.WriteStringValue(frame);
        json.WriteEndArray();
        if (exception.InnerException is { } inner)
        {
            json.WritePropertyName("cause");
            WriteError(json, inner);
        }
        json.WriteEndObject();
    }

    /// <summary>The writer's default encoder leaves nothing but printable ASCII, as headers need.</summary>
    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return buffer.WrittenSpan.ToArray();
    }
}
