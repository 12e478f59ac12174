using System.Text.Json;
using EcrGuard.Aws;

namespace EcrGuard.Lambda.Hosting;

/// <summary>
/// Writes log lines. Each is one JSON object with a constant message and named fields. A line never holds a credential
/// or a whole event.
/// </summary>
public sealed class Log(TextWriter output, TimeProvider time)
{
    /// <summary>Longer values are cut, in characters: a log is no place for documents.</summary>
    private const int MaxValue = 500;

    /// <summary>Larger than any line, so that each line is one write and no other line can cut it in two.</summary>
    private const int Buffer = 64 * 1024;

    /// <summary>
    /// The log of a function: standard output itself. Lambda's runtime replaces <see cref="Console.Out"/> with a writer
    /// that wraps each line in a line of its own, and CloudWatch finds no metric in a wrapped line.
    /// </summary>
    public static Log OfFunction(TimeProvider time) =>
        new(new StreamWriter(Console.OpenStandardOutput(), bufferSize: Buffer) { AutoFlush = true }, time);

    /// <summary>A log that writes nothing.</summary>
    public static Log Silent { get; } = new(TextWriter.Null, TimeProvider.System);

    public void Info(string message, params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Write("INFO", message, fields);

    public void Warning(string message, params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Write("WARN", message, fields);

    public void Error(string message, Exception exception, params ReadOnlySpan<(string Name, string? Value)> fields) =>
        Write(
            "ERROR",
            message,
            [.. fields, ("error", exception.GetType().Name), ("errorMessage", ErrorText.Of(exception))]
        );

    /// <summary>
    /// Writes metrics in a form that CloudWatch takes from a log line, without a call
    /// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
    /// </summary>
    public void Metrics(string space, IReadOnlyList<(string Name, double Value, string Unit)> metrics) =>
        Write(json =>
        {
            json.WriteStartObject("_aws");
            json.WriteNumber("Timestamp", time.GetUtcNow().ToUnixTimeMilliseconds());
            json.WriteStartArray("CloudWatchMetrics");
            json.WriteStartObject();
            json.WriteString("Namespace", space);
            // One set without dimensions: a metric already belongs to its account and region.
            json.WriteStartArray("Dimensions");
            json.WriteStartArray();
            json.WriteEndArray();
            json.WriteEndArray();
            json.WriteStartArray("Metrics");
            foreach (var (name, _, unit) in metrics)
            {
                json.WriteStartObject();
                json.WriteString("Name", name);
                json.WriteString("Unit", unit);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            foreach (var (name, value, _) in metrics)
                json.WriteNumber(name, value);
        });

    private void Write(string level, string message, ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var named = fields.ToArray();
        Write(json =>
        {
            json.WriteString("timestamp", time.GetUtcNow());
            json.WriteString("level", level);
            json.WriteString("message", message);
            foreach (var (name, value) in named)
                json.WriteString(name, Core.Images.Phrase.Clip(value, MaxValue));
        });
    }

    private void Write(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        var line = System.Text.Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        lock (output)
            output.WriteLine(line);
    }
}
