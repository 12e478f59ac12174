using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>What the operations of one service have in common.</summary>
/// <param name="ServiceName">The published namespace, by which AWSSDK.Core knows a request's service.</param>
/// <param name="Version">Of the API, a date.</param>
/// <param name="Exception">An error of the service as its typed exception; null for a code the service does not
///     model.</param>
/// <param name="Fallback">An error as the service's base exception.</param>
internal sealed record ServiceModel(
    string ServiceName,
    string Version,
    Func<ServiceError, AmazonServiceException> Exception,
    Func<ServiceError, AmazonServiceException> Fallback
)
{
    /// <summary>
    /// As the published packages do, a typed exception only for the errors that the operation itself models.
    /// </summary>
    internal AmazonServiceException ToException(ServiceError error, string[] modelled) =>
        (Array.IndexOf(modelled, error.Code) >= 0 ? Exception(error) : null) ?? Fallback(error);
}

/// <summary>
/// An error response: the parsed head that every exception has, and what typed exceptions read their own members from.
/// </summary>
/// <param name="Header">A response header's value, or null.</param>
/// <param name="Body">The response body.</param>
internal sealed record ServiceError(
    string Message,
    Exception Inner,
    ErrorType Type,
    string Code,
    string RequestId,
    HttpStatusCode Status,
    Func<string, string> Header,
    Func<byte[]> Body
)
{
    internal static ServiceError From(
        ErrorResponse error,
        Exception inner,
        HttpStatusCode status,
        UnmarshallerContext context
    ) =>
        new(
            error.Message,
            inner,
            error.Type,
            error.Code,
            error.RequestId,
            status,
            name => context.ResponseData.IsHeaderPresent(name) ? context.ResponseData.GetHeaderValue(name) : null,
            context.GetResponseBodyBytes
        );

    /// <summary>The body on its first token, for the members that a JSON error has beside its message.</summary>
    internal StreamingUtf8JsonReader Json()
    {
        var json = new StreamingUtf8JsonReader(new MemoryStream(Body()));
        json.Read();
        return json;
    }
}
