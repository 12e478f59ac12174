using Amazon.Lambda.Core;

namespace EcrGuard.Cli;

/// <summary>What Lambda would tell about an invocation.</summary>
internal sealed class LocalContext(string function, TimeSpan? timeout = null) : ILambdaContext
{
    private readonly long started = System.Diagnostics.Stopwatch.GetTimestamp();

    public string AwsRequestId { get; } = Guid.NewGuid().ToString();
    public IClientContext ClientContext => null!;
    public string FunctionName => function;
    public string FunctionVersion => "$LATEST";
    public ICognitoIdentity Identity => null!;
    public string InvokedFunctionArn => "";
    public ILambdaLogger Logger => null!;
    public string LogGroupName => "";
    public string LogStreamName => "";
    public int MemoryLimitInMB => 512;
    public ILambdaSerializer Serializer => null!;
    public string TenantId => null!;
    public string TraceId => "";
    public TimeSpan RemainingTime =>
        (timeout ?? TimeSpan.FromMinutes(5)) - System.Diagnostics.Stopwatch.GetElapsedTime(started);
}
