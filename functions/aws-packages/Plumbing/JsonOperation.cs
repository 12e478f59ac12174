using System.Buffers;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>
/// One operation of a service that speaks AWS JSON (all operations at "/", named by a header) or rest-json (a path
/// each, no header).
/// </summary>
internal sealed class JsonOperation<TRequest, TResponse> : ServiceOperation<TRequest, TResponse>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    /// <summary>X-Amz-Target of AWS JSON; null for rest-json.</summary>
    internal string Target { get; init; }

    /// <summary>Of AWS JSON: 1.0 or 1.1, which differ in the content type alone.</summary>
    internal string JsonVersion { get; init; } = "1.1";

    /// <summary>Null for a request without a body.</summary>
    internal Action<Utf8JsonWriter, TRequest> Write { get; init; }
    internal required ReadJson<TResponse> Read { get; init; }

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        if (input.IsEmptyResponse)
            return new TResponse();
        var json = new StreamingUtf8JsonReader(input.Stream);
        json.Read();
        return json.Structure(Read) ?? new TResponse();
    }

    protected override void WriteBody(DefaultRequest request, TRequest input)
    {
        if (Target is not null)
            request.Headers["X-Amz-Target"] = Target;
        if (Write is null)
            return;
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
            json.Structure(input, Write);
        request.Content = body.WrittenSpan.ToArray();
        request.Headers["Content-Type"] = Target is null ? "application/json" : $"application/x-amz-json-{JsonVersion}";
    }
}
