using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>One operation of a service that speaks the AWS query protocol: a form goes out, XML comes back.</summary>
internal sealed class QueryOperation<TRequest, TResponse>
    : XmlResponseUnmarshaller,
        IMarshaller<IRequest, AmazonWebServiceRequest>
    where TRequest : AmazonWebServiceRequest
    where TResponse : AmazonWebServiceResponse, new()
{
    internal required ServiceModel Service { get; init; }
    internal required string Name { get; init; }
    internal required Action<QueryForm, TRequest> Write { get; init; }

    /// <summary>
    /// Called at the start of every element of the response; <c>xml.TestExpression("Parent/Name")</c> says which it is.
    /// </summary>
    internal required Action<XmlUnmarshallerContext, TResponse> Read { get; init; }
    internal required string[] Errors { get; init; }

    internal InvokeOptions ToOptions() => new() { RequestMarshaller = this, ResponseUnmarshaller = this };

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var request = new DefaultRequest(input, Service.ServiceName) { HttpMethod = "POST", UseQueryString = false };
        request.Parameters["Action"] = Name;
        request.Parameters["Version"] = Service.Version;
        Write(new QueryForm(request.Parameters, ""), (TRequest)input);
        return request;
    }

    public override AmazonWebServiceResponse Unmarshall(XmlUnmarshallerContext input)
    {
        var response = new TResponse();
        while (input.Read())
        {
            if (!input.IsStartElement)
                continue;
            if (input.TestExpression("ResponseMetadata"))
                response.ResponseMetadata = ResponseMetadataUnmarshaller.Instance.Unmarshall(input);
            else
                Read(input, response);
        }
        return response;
    }

    public override AmazonServiceException UnmarshallException(
        XmlUnmarshallerContext input,
        Exception innerException,
        HttpStatusCode statusCode
    )
    {
        var error = XmlErrorResponseUnmarshaller.GetInstance().Unmarshall(input);
        return Service.ToException(ServiceError.From(error, innerException, statusCode, input), Errors);
    }
}

/// <summary>
/// The form of a query request, or the part of it under one prefix. A member that is null is not written.
/// </summary>
internal readonly struct QueryForm(IDictionary<string, string> parameters, string prefix)
{
    internal void Member(string name, string value)
    {
        if (value is not null)
            parameters[prefix + name] = value;
    }

    internal void Member(string name, int? value) =>
        Member(name, value?.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Bytes, in base64.</summary>
    internal void Member(string name, MemoryStream value)
    {
        if (value is not null)
            Member(name, Convert.ToBase64String(value.ToArray()));
    }

    /// <summary>A list: <c>name.member.1</c> and on; an empty one is the name with no value.</summary>
    internal void List<T>(string name, List<T> values, Action<QueryForm, T> write)
    {
        if (values is null)
            return;
        if (values.Count == 0)
            Member(name, "");
        for (var i = 0; i < values.Count; i++)
            write(Under(name, "member", i), values[i]);
    }

    /// <summary>
    /// A map: <c>name.entry.1.Name</c> and <c>name.entry.1.Value…</c>, in the order of the dictionary.
    /// </summary>
    internal void Map<T>(string name, Dictionary<string, T> values, Action<QueryForm, T> write)
    {
        if (values is null)
            return;
        var i = 0;
        foreach (var (key, value) in values)
        {
            var entry = Under(name, "entry", i++);
            entry.Member("Name", key);
            write(new QueryForm(parameters, entry.Prefix + "Value."), value);
        }
    }

    private string Prefix => prefix;

    private QueryForm Under(string name, string kind, int index) =>
        new(parameters, $"{prefix}{name}.{kind}.{index + 1}.");
}
