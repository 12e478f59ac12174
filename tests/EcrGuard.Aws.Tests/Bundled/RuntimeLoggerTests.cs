using System.Text;
using System.Text.Json.Nodes;
using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>The lines that a function writes.</summary>
[Collection(nameof(ProcessEnvironment))]
public sealed class RuntimeLoggerTests : IDisposable
{
    private static readonly string[] Variables = ["AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL", "_X_AMZN_TRACE_ID"];

    private readonly Dictionary<string, string?> _before = Variables.ToDictionary(
        name => name,
        Environment.GetEnvironmentVariable
    );

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
    }

    [Fact]
    public void A_JSON_line_has_a_field_for_every_argument()
    {
        var line = JsonNode.Parse(
            Write(
                "JSON",
                "INFO",
                log =>
                    log.LogWarning(
                        new FormatException("bad"),
                        "{repository} has {count} of {{all}} {tags}",
                        "pay/\"é\n",
                        3,
                        new List<string> { "a", "b" }
                    )
            )
        )!;

        Assert.Equal(
            ("Warning", "r-1", "pay/\"é\n has 3 of {all} a, b"),
            ((string?)line["level"], (string?)line["requestId"], (string?)line["message"])
        );
        Assert.Equal(
            ("pay/\"é\n", 3, "b"),
            ((string?)line["repository"], (int)line["count"]!, (string?)line["tags"]![1])
        );
        Assert.Equal(("System.FormatException", "bad"), ((string?)line["errorType"], (string?)line["errorMessage"]));
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z$", (string?)line["timestamp"]);
    }

    [Fact]
    public void A_text_line_is_one_line_whatever_is_in_it()
    {
        var line = Write("Text", null, log => log.LogError("a\nb {n}", 1));

        Assert.Matches("^[0-9T:.Z-]+\tr-1\tfail\ta\rb 1\n$", line);
    }

    [Theory]
    [InlineData("TRACE", "trce dbug info warn fail crit")]
    [InlineData("INFO", "info warn fail crit")]
    [InlineData(null, "info warn fail crit")]
    [InlineData("FATAL", "crit")]
    public void Nothing_below_the_configured_level_is_written(string? level, string expected)
    {
        var lines = Write(
            "Text",
            level,
            log =>
            {
                foreach (var each in Enum.GetValues<LogLevel>())
                    log.Log(each, "x");
            }
        );

        Assert.Equal(
            expected,
            string.Join(
                ' ',
                lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')[2])
            )
        );
    }

    private static string Write(string format, string? level, Action<ILambdaLogger> log)
    {
        Environment.SetEnvironmentVariable("AWS_LAMBDA_LOG_FORMAT", format);
        Environment.SetEnvironmentVariable("AWS_LAMBDA_LOG_LEVEL", level);
        Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", null);
        using var output = new MemoryStream();
        log(new RuntimeLogger(output) { RequestId = "r-1" });
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
