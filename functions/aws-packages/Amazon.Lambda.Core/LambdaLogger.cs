namespace Amazon.Lambda.Core;

/// <summary>The log of the process, for code that has no <see cref="ILambdaContext"/>.</summary>
public static class LambdaLogger
{
    /// <summary>
    /// Set by the runtime, so that lines carry the request id, level and format of the invocation; until then lines go
    /// to standard output as they are.
    /// </summary>
    internal static ILambdaLogger Current { get; set; } = new PlainLogger();

    public static void Log(string message) => Current.Log(message);

    public static void Log(string level, string message, params object[] args) => Current.Log(level, message, args);

    public static void Log(string level, Exception exception, string message, params object[] args) =>
        Current.Log(level, exception, message, args);

    public static void Log(LogLevel level, string message, params object[] args) => Current.Log(level, message, args);

    public static void Log(LogLevel level, Exception exception, string message, params object[] args) =>
        Current.Log(level, exception, message, args);

    private sealed class PlainLogger : ILambdaLogger
    {
        public void Log(string message) => Console.Out.WriteLine(message);

        public void LogLine(string message) => Console.Out.WriteLine(message);
    }
}
