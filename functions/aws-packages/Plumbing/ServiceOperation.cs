using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>One operation of a service whose errors are JSON, whatever its bodies are.</summary>
internal abstract class ServiceOperation<TRequest, TResponse>
    : JsonResponseUnmarshaller,
        IMarshaller<IRequest, AmazonWebServiceRequest>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    internal required ServiceModel Service { get; init; }
    internal string Method { get; init; } = "POST";

    /// <summary>With labels in braces where <see cref="Place"/> fills them in.</summary>
    internal string Path { get; init; } = "/";

    /// <summary>What of a request goes into path, query and headers; null where all is in the body.</summary>
    internal Action<RestRequest, TRequest> Place { get; init; }

    internal required string[] Errors { get; init; }

    internal InvokeOptions ToOptions() => new() { RequestMarshaller = this, ResponseUnmarshaller = this };

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(input, Service.ServiceName) { HttpMethod = Method, ResourcePath = Path };
        request.Headers["x-amz-api-version"] = Service.Version;
        WriteBody(request, (TRequest)input);
        Place?.Invoke(new RestRequest(request), (TRequest)input);
        return request;
    }

    public override AmazonServiceException UnmarshallException(
        JsonUnmarshallerContext input,
        Exception innerException,
        HttpStatusCode statusCode
    )
    {
        var json = new StreamingUtf8JsonReader(input.Stream);
        var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref json);
        return Service.ToException(ServiceError.From(error, innerException, statusCode, input), Errors);
    }

    protected abstract void WriteBody(DefaultRequest request, TRequest input);
}

/// <summary>The parts of a request outside its body. A member that is null is not written.</summary>
internal readonly struct RestRequest(IRequest request)
{
    /// <summary>A label of the path, escaped, slashes too.</summary>
    internal void Label(string name, string value)
    {
        // Without it the request would be another: that of the list.
        if (string.IsNullOrEmpty(value))
            throw new AmazonClientException($"Request object does not have required field {name} set");
        request.AddPathResource($"{{{name}}}", value);
    }

    internal void Query(string name, string value)
    {
        if (value is null)
            return;
        request.UseQueryString = true;
        request.Parameters[name] = value;
    }

    internal void Query(string name, int? value) =>
        Query(name, value?.ToString(System.Globalization.CultureInfo.InvariantCulture));

    internal void Header(string name, string value)
    {
        if (value is not null)
            request.Headers[name] = value;
    }
}
