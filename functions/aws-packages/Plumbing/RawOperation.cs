using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>Reads a response whose body is not the service's JSON but somebody's bytes.</summary>
/// <param name="header">A response header's value, or null.</param>
internal delegate T ReadRaw<out T>(MemoryStream body, Func<string, string> header, int status);

/// <summary>One rest-json operation whose bodies go out and come back as they are.</summary>
internal sealed class RawOperation<TRequest, TResponse> : ServiceOperation<TRequest, TResponse>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    internal required Func<TRequest, MemoryStream> Body { get; init; }
    internal required ReadRaw<TResponse> Read { get; init; }

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        var body = new MemoryStream();
        input.Stream.CopyTo(body);
        body.Position = 0;
        var response = input.ResponseData;
        return Read(
            body,
            name => response.IsHeaderPresent(name) ? response.GetHeaderValue(name) : null,
            (int)response.StatusCode
        );
    }

    protected override void WriteBody(DefaultRequest request, TRequest input)
    {
        request.Content = Body(input)?.ToArray() ?? [];
        if (request.Content.Length > 0)
            request.Headers["Content-Type"] = "application/octet-stream";
    }
}
