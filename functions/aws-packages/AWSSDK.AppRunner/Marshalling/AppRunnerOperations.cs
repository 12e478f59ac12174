using System.Text.Json;
using Amazon.AppRunner.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.AppRunner.Marshalling.AppRunnerResponses;

namespace Amazon.AppRunner.Marshalling;

internal static class AppRunnerOperations
{
    private static readonly ServiceModel AppRunner = new(
        "Amazon.AppRunner",
        "2020-05-15",
        e =>
            e.Code == "ResourceNotFoundException"
                ? new ResourceNotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                : null,
        e => new AmazonAppRunnerException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListServices = Operation<ListServicesRequest, ListServicesResponse>(
        "ListServices",
        Write,
        ReadListServicesResponse,
        []
    );
    internal static readonly InvokeOptions DescribeService = Operation<DescribeServiceRequest, DescribeServiceResponse>(
        "DescribeService",
        Write,
        ReadDescribeServiceResponse,
        ["ResourceNotFoundException"]
    );

    private static void Write(Utf8JsonWriter json, ListServicesRequest value)
    {
        json.Member("NextToken", value.NextToken);
        json.Member("MaxResults", value.MaxResults);
    }

    private static void Write(Utf8JsonWriter json, DescribeServiceRequest value)
    {
        json.Member("ServiceArn", value.ServiceArn);
    }

    private static InvokeOptions Operation<TRequest, TResponse>(
        string name,
        Action<Utf8JsonWriter, TRequest> write,
        ReadJson<TResponse> read,
        string[] errors
    )
        where TRequest : AmazonWebServiceRequest
        where TResponse : AmazonWebServiceResponse, new() =>
        new JsonOperation<TRequest, TResponse>
        {
            Service = AppRunner,
            Target = $"AppRunner.{name}",
            JsonVersion = "1.0",
            Write = write,
            Read = read,
            Errors = errors,
        }.ToOptions();
}
