namespace Amazon.Lambda.Core;

public class LambdaTraceProvider
{
    /// <summary>
    /// The X-Ray trace header of the running invocation, which the runtime puts into the environment for every tracing
    /// library; null outside one.
    /// </summary>
    public static string CurrentTraceId => Environment.GetEnvironmentVariable("_X_AMZN_TRACE_ID");
}
