using System.Globalization;
using System.Text.Json;
using Amazon.Inspector2.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.Inspector2.Marshalling.Inspector2Requests;
using static Amazon.Inspector2.Marshalling.Inspector2Responses;

namespace Amazon.Inspector2.Marshalling;

internal static class Inspector2Operations
{
    private static readonly ServiceModel Inspector2 = new(
        "Amazon.Inspector2",
        "2020-06-08",
        Typed,
        e => new AmazonInspector2Exception(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListFindings = Operation<ListFindingsRequest, ListFindingsResponse>(
        "/findings/list",
        Write,
        ReadListFindingsResponse
    );
    internal static readonly InvokeOptions ListCoverage = Operation<ListCoverageRequest, ListCoverageResponse>(
        "/coverage/list",
        Write,
        ReadListCoverageResponse
    );

    private static InvokeOptions Operation<TRequest, TResponse>(
        string path,
        Action<Utf8JsonWriter, TRequest> write,
        ReadJson<TResponse> read
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = Inspector2,
            Path = path,
            Write = write,
            Read = read,
            Errors = ["ValidationException", "ThrottlingException", "InternalServerException"],
        }.ToOptions();

    private static AmazonServiceException Typed(ServiceError e) =>
        e.Code switch
        {
            "InternalServerException" => new InternalServerException(
                e.Message,
                e.Inner,
                e.Type,
                e.Code,
                e.RequestId,
                e.Status
            )
            {
                RetryAfterSeconds = RetryAfter(e),
            },
            "ThrottlingException" => new ThrottlingException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
            {
                RetryAfterSeconds = RetryAfter(e),
            },
            "ValidationException" => Validation(e),
            _ => null,
        };

    private static int? RetryAfter(ServiceError error) =>
        int.TryParse(error.Header("Retry-After"), CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static ValidationException Validation(ServiceError e)
    {
        var exception = new ValidationException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status);
        var json = e.Json();
        while (json.NextMember())
        {
            if (json.At("reason"))
                exception.Reason = json.String();
            else if (json.At("fields"))
                exception.Fields = json.List(ReadValidationExceptionField);
            else
                json.Skip();
        }
        return exception;
    }
}
