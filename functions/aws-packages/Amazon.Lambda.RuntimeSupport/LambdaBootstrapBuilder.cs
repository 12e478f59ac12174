using Amazon.Lambda.Core;
using Amazon.Lambda.RuntimeSupport.Bootstrap;

namespace Amazon.Lambda.RuntimeSupport;

/// <summary>Puts a runtime loop together around one handler.</summary>
public class LambdaBootstrapBuilder
{
    private readonly ILambdaSerializer _serializer;
    private readonly Handler _handler;
    private readonly LambdaBootstrapOptions _options = new();
    private LambdaBootstrapInitializer _initializer;

    private LambdaBootstrapBuilder(ILambdaSerializer serializer, Handler handler) =>
        (_serializer, _handler) = (serializer, handler);

    public static LambdaBootstrapBuilder Create<TInput, TOutput>(
        Func<TInput, ILambdaContext, Task<TOutput>> handler,
        ILambdaSerializer serializer
    ) =>
        new(
            serializer,
            async (payload, context) =>
            {
                var answer = await handler(serializer.Deserialize<TInput>(payload), context);
                var body = new MemoryStream();
                serializer.Serialize(answer, body);
                return body;
            }
        );

    /// <summary>A handler without an answer; Lambda gets an empty one.</summary>
    public static LambdaBootstrapBuilder Create<TInput>(
        Func<TInput, ILambdaContext, Task> handler,
        ILambdaSerializer serializer
    ) =>
        new(
            serializer,
            async (payload, context) =>
            {
                await handler(serializer.Deserialize<TInput>(payload), context);
                return new MemoryStream();
            }
        );

    /// <summary>
    /// Run once before the first invocation, in Lambda's init phase; false ends the process quietly, an exception is
    /// reported as an init error.
    /// </summary>
    public LambdaBootstrapBuilder UseBootstrapHandler(LambdaBootstrapInitializer lambdaBootstrapInitializer)
    {
        _initializer = lambdaBootstrapInitializer;
        return this;
    }

    public LambdaBootstrapBuilder ConfigureOptions(Action<LambdaBootstrapOptions> options = null)
    {
        options?.Invoke(_options);
        return this;
    }

    public LambdaBootstrap Build() => new(_handler, _serializer, _options, _initializer);
}

public delegate Task<bool> LambdaBootstrapInitializer();

/// <summary>From the payload of an invocation to the body of its answer.</summary>
internal delegate Task<MemoryStream> Handler(Stream payload, ILambdaContext context);
