using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.Lambda.Marshalling.LambdaResponses;

namespace Amazon.Lambda.Marshalling;

internal static class LambdaOperations
{
    private static readonly ServiceModel Lambda = new(
        "Amazon.Lambda",
        "2015-03-31",
        e =>
            e.Code == "ResourceNotFoundException"
                ? new ResourceNotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                : null,
        e => new AmazonLambdaException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListFunctions = Operation<ListFunctionsRequest, ListFunctionsResponse>(
        "/2015-03-31/functions",
        Place,
        ReadListFunctionsResponse,
        []
    );
    internal static readonly InvokeOptions GetFunction = Operation<GetFunctionRequest, GetFunctionResponse>(
        "/2015-03-31/functions/{FunctionName}",
        Place,
        ReadGetFunctionResponse,
        ["ResourceNotFoundException"]
    );

    /// <summary>Its payload goes out and comes back as it is.</summary>
    internal static readonly InvokeOptions Invoke = new RawOperation<InvokeRequest, InvokeResponse>
    {
        Service = Lambda,
        Path = "/2015-03-31/functions/{FunctionName}/invocations",
        Place = Place,
        Body = value => value.PayloadStream,
        Read = (body, header, status) =>
            new InvokeResponse
            {
                StatusCode = status,
                FunctionError = header("X-Amz-Function-Error"),
                ExecutedVersion = header("X-Amz-Executed-Version"),
                Payload = body,
            },
        Errors = ["ResourceNotFoundException"],
    }.ToOptions();

    private static void Place(RestRequest rest, ListFunctionsRequest value)
    {
        rest.Query("FunctionVersion", value.FunctionVersion);
        rest.Query("Marker", value.Marker);
        rest.Query("MaxItems", value.MaxItems);
    }

    private static void Place(RestRequest rest, GetFunctionRequest value)
    {
        rest.Label("FunctionName", value.FunctionName);
        rest.Query("Qualifier", value.Qualifier);
    }

    private static void Place(RestRequest rest, InvokeRequest value)
    {
        rest.Label("FunctionName", value.FunctionName);
        rest.Header("X-Amz-Invocation-Type", value.InvocationType);
        rest.Query("Qualifier", value.Qualifier);
    }

    private static InvokeOptions Operation<TRequest, TResponse>(
        string path,
        Action<RestRequest, TRequest> place,
        ReadJson<TResponse> read,
        string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = Lambda,
            Method = "GET",
            Path = path,
            Place = place,
            Read = read,
            Errors = errors,
        }.ToOptions();
}
