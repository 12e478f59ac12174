using System.Text.Json;

namespace EcrGuard.Lambda;

/// <summary>Log lines: one JSON object each, a constant message and named fields. Never a credential, never a whole event.</summary>
public sealed class Log(TextWriter output, TimeProvider time)
{
    /// <summary>Longer values are cut: a log is no place for documents.</summary>
    private const int MaxValue = 500;

    /// <summary>Says nothing.</summary>
    public static Log Silent { get; } = new(TextWriter.Null, TimeProvider.System);

    public void Info(string message, params ReadOnlySpan<(string Name, string? Value)> fields) => Write("INFO", message, fields);

    public void Warning(string message, params ReadOnlySpan<(string Name, string? Value)> fields) => Write("WARN", message, fields);

    public void Error(string message, Exception exception, params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Write("ERROR", message, [.. fields, ("error", exception.GetType().Name), ("errorMessage", exception.Message)]);

    private void Write(string level, string message, ReadOnlySpan<(string Name, string? Value)> fields)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow());
            json.WriteString("level", level);
            json.WriteString("message", message);
            foreach (var (name, value) in fields)
                json.WriteString(name, Core.Images.Text.Clip(value, MaxValue));
            json.WriteEndObject();
        }
        var line = System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        lock (output)
            output.WriteLine(line);
    }
}
