using System.Buffers;
using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>One operation of a service that speaks AWS JSON 1.1 (all operations at "/", named by a header) or rest-json (a path each, no header).</summary>
internal sealed class JsonOperation<TRequest, TResponse> : JsonResponseUnmarshaller, IMarshaller<IRequest, AmazonWebServiceRequest>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    internal required ServiceModel Service { get; init; }
    /// <summary>X-Amz-Target of JSON 1.1; null for rest-json.</summary>
    internal string Target { get; init; }
    internal string Path { get; init; } = "/";
    internal required Action<Utf8JsonWriter, TRequest> Write { get; init; }
    internal required ReadJson<TResponse> Read { get; init; }
    internal required string[] Errors { get; init; }

    internal InvokeOptions ToOptions() => new() { RequestMarshaller = this, ResponseUnmarshaller = this };

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body)) json.Structure((TRequest)input, Write);
        var request = new DefaultRequest(input, Service.ServiceName) { HttpMethod = "POST", ResourcePath = Path, Content = body.WrittenSpan.ToArray() };
        request.Headers["Content-Type"] = Target is null ? "application/json" : "application/x-amz-json-1.1";
        request.Headers["x-amz-api-version"] = Service.Version;
        if (Target is not null) request.Headers["X-Amz-Target"] = Target;
        return request;
    }

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        if (input.IsEmptyResponse) return new TResponse();
        var json = new StreamingUtf8JsonReader(input.Stream);
        json.Read();
        return json.Structure(Read) ?? new TResponse();
    }

    public override AmazonServiceException UnmarshallException(JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        var json = new StreamingUtf8JsonReader(input.Stream);
        var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref json);
        return Service.ToException(ServiceError.From(error, innerException, statusCode, input), Errors);
    }
}
