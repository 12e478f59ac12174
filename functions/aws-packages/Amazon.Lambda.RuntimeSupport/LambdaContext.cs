using System.Globalization;
using Amazon.Lambda.Core;

namespace Amazon.Lambda.RuntimeSupport;

internal sealed class LambdaContext(Invocation invocation, ILambdaLogger logger, ILambdaSerializer serializer)
    : ILambdaContext
{
    public string AwsRequestId => invocation.RequestId;
    public string InvokedFunctionArn => invocation.FunctionArn;
    public string TraceId => invocation.TraceId;
    public string TenantId => invocation.TenantId;
    public TimeSpan RemainingTime => invocation.Deadline - DateTimeOffset.UtcNow;
    public ILambdaLogger Logger => logger;
    public ILambdaSerializer Serializer => serializer;

    public string FunctionName => Variable("AWS_LAMBDA_FUNCTION_NAME");
    public string FunctionVersion => Variable("AWS_LAMBDA_FUNCTION_VERSION");
    public string LogGroupName => Variable("AWS_LAMBDA_LOG_GROUP_NAME");
    public string LogStreamName => Variable("AWS_LAMBDA_LOG_STREAM_NAME");
    public int MemoryLimitInMB =>
        int.TryParse(Variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), CultureInfo.InvariantCulture, out var size)
            ? size
            : 0;

    /// <summary>Only callers with AWS's mobile SDK send these two.</summary>
    public IClientContext ClientContext => null;
    public ICognitoIdentity Identity => null;

    private static string Variable(string name) => Environment.GetEnvironmentVariable(name);
}
