using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>
/// Writes one line a message, in the format and from the level that the function is configured with
/// (AWS_LAMBDA_LOG_FORMAT, AWS_LAMBDA_LOG_LEVEL).
/// JSON: timestamp, level, requestId, traceId, message, a field for each argument of the template, and the exception.
/// Text: timestamp, request id, level and message, with tabs between; line breaks inside become carriage returns, which
/// CloudWatch keeps in one event.
/// </summary>
internal sealed class RuntimeLogger(Stream output) : ILambdaLogger
{
    private static readonly JsonWriterOptions JsonOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Lock _lock = new();
    private readonly bool _json = string.Equals(
        Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_FORMAT"),
        "JSON",
        StringComparison.OrdinalIgnoreCase
    );
    private readonly LogLevel _minimum =
        ParseLevel(Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_LEVEL")) ?? LogLevel.Information;

    internal string RequestId { private get; set; }

    public void Log(string message) => Write(nameof(LogLevel.Information), null, message, []);

    public void LogLine(string message) => Write(nameof(LogLevel.Information), null, message, []);

    public void Log(string level, string message) => Write(level, null, message, []);

    public void Log(string level, Exception exception, string message, params object[] args) =>
        Write(level, exception, message, args ?? []);

    private void Write(string level, Exception exception, string template, object[] arguments)
    {
        if (ParseLevel(level) < _minimum)
            return;
        var fields = new List<(string Name, object Value)>();
        var message = Fill(template ?? "", arguments, fields);
        var line = new ArrayBufferWriter<byte>();
        if (_json)
            WriteJson(line, level, exception, message, fields);
        else
            WriteText(line, level, exception, message);
        line.Write("\n"u8);
        lock (_lock)
            output.Write(line.WrittenSpan);
    }

    private void WriteJson(
        ArrayBufferWriter<byte> line,
        string level,
        Exception exception,
        string message,
        List<(string Name, object Value)> fields
    )
    {
        using var json = new Utf8JsonWriter(line, JsonOptions);
        json.WriteStartObject();
        json.WriteString("timestamp", Timestamp());
        json.WriteString("level", level);
        if (RequestId is not null)
            json.WriteString("requestId", RequestId);
        if (LambdaTraceProvider.CurrentTraceId is { } trace)
            json.WriteString("traceId", trace);
        json.WriteString("message", message);
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }
        if (exception is not null)
        {
            json.WriteString("errorType", exception.GetType().FullName);
            json.WriteString("errorMessage", exception.Message);
            json.WriteStartArray("stackTrace");
            foreach (var text in exception.ToString().EnumerateLines())
                json.WriteStringValue(text.Trim());
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private void WriteText(ArrayBufferWriter<byte> line, string level, Exception exception, string message)
    {
        var text = exception is null ? message : $"{message}\n{exception}";
        Encoding.UTF8.GetBytes($"{Timestamp()}\t{RequestId}\t{Label(level)}\t{text.ReplaceLineEndings("\r")}", line);
    }

    private static string Timestamp() =>
        DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>
    /// The message with its arguments in place of <c>{name}</c>, and the names with their values; <c>{{</c> is a brace.
    /// </summary>
    private static string Fill(string template, object[] arguments, List<(string Name, object Value)> fields)
    {
        if (arguments.Length == 0)
            return template;
        var message = new StringBuilder(template.Length + 64);
        for (var i = 0; i < template.Length; i++)
        {
            var brace = template[i];
            if (brace is '{' or '}' && i + 1 < template.Length && template[i + 1] == brace)
                i++;
            else if (brace == '{' && fields.Count < arguments.Length && template.IndexOf('}', i) is > 0 and var end)
            {
                var name = template[(i + 1)..end];
                var value = arguments[fields.Count];
                fields.Add((name, value));
                message.Append(
                    CultureInfo.InvariantCulture,
                    $"{(value is IList<string> texts ? string.Join(", ", texts) : value)}"
                );
                i = end;
                continue;
            }
            message.Append(brace);
        }
        return message.ToString();
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case DateTime time:
                json.WriteStringValue(time);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time);
                break;
            case IList list:
                json.WriteStartArray();
                foreach (var item in list)
                    WriteValue(json, item);
                json.WriteEndArray();
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>
    /// The names of <see cref="LogLevel"/> and those of Lambda's logging configuration; null for any other, which is
    /// always written.
    /// </summary>
    private static LogLevel? ParseLevel(string level) =>
        level?.ToUpperInvariant() switch
        {
            "TRACE" => LogLevel.Trace,
            "DEBUG" => LogLevel.Debug,
            "INFORMATION" or "INFO" => LogLevel.Information,
            "WARNING" or "WARN" => LogLevel.Warning,
            "ERROR" => LogLevel.Error,
            "CRITICAL" or "FATAL" => LogLevel.Critical,
            _ => null,
        };

    private static string Label(string level) =>
        ParseLevel(level) switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            LogLevel.Critical => "crit",
            _ => level,
        };
}
