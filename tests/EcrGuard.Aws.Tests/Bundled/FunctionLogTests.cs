using EcrGuard.Lambda;
using EcrGuard.Lambda.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>
/// The published Amazon.Lambda.RuntimeSupport replaces <see cref="Console.Out"/> and wraps what is written there. A
/// metric in a wrapped line is not read as a metric. The tests of the published executable show that each line reaches
/// standard output.
/// </summary>
[Collection(nameof(ProcessEnvironment))]
public sealed class FunctionLogTests : IDisposable
{
    private static readonly Dictionary<string, string> Needed = new()
    {
        ["AWS_REGION"] = "eu-central-1",
        ["AWS_ACCESS_KEY_ID"] = "test",
        ["AWS_SECRET_ACCESS_KEY"] = "test",
        ["ECRGUARD_ACCOUNT"] = "123456789012",
        ["ECRGUARD_TABLE"] = "ledger",
        ["ECRGUARD_BUCKET"] = "reports",
    };

    private readonly TextWriter _console = Console.Out;
    private readonly Dictionary<string, string?> _before = Needed.Keys.ToDictionary(
        name => name,
        Environment.GetEnvironmentVariable
    );

    public void Dispose()
    {
        Console.SetOut(_console);
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
    }

    [Fact]
    public void A_functions_log_does_not_go_through_a_console_that_the_runtime_has_replaced()
    {
        foreach (var (name, value) in Needed)
            Environment.SetEnvironmentVariable(name, value);
        using var wrapped = new StringWriter();
        Console.SetOut(TextWriter.Synchronized(wrapped));
        var parts = new ServiceCollection();
        new Startup().ConfigureServices(parts);
        using var services = parts.BuildServiceProvider();

        services.GetRequiredService<Log>().Metrics("EcrGuard", [("OfThisTestAlone", 1, "Count")]);
        Console.Out.WriteLine("the console is replaced");

        Assert.DoesNotContain("OfThisTestAlone", wrapped.ToString(), StringComparison.Ordinal);
        Assert.Contains("the console is replaced", wrapped.ToString(), StringComparison.Ordinal);
    }
}
