using System.Text.Json;
using Amazon.EventBridge.Model;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using EcrGuard.Bundled.Plumbing;
using static Amazon.EventBridge.Marshalling.EventBridgeResponses;

namespace Amazon.EventBridge.Marshalling;

internal static class EventBridgeOperations
{
    private static readonly ServiceModel EventBridge = new(
        "Amazon.EventBridge",
        "2015-10-07",
        e =>
            e.Code == "ResourceNotFoundException"
                ? new ResourceNotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                : null,
        e => new AmazonEventBridgeException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListEventBuses = Operation<ListEventBusesRequest, ListEventBusesResponse>(
        "ListEventBuses",
        Write,
        ReadListEventBusesResponse,
        []
    );
    internal static readonly InvokeOptions ListRules = Operation<ListRulesRequest, ListRulesResponse>(
        "ListRules",
        Write,
        ReadListRulesResponse,
        ["ResourceNotFoundException"]
    );
    internal static readonly InvokeOptions ListTargetsByRule = Operation<
        ListTargetsByRuleRequest,
        ListTargetsByRuleResponse
    >("ListTargetsByRule", Write, ReadListTargetsByRuleResponse, ["ResourceNotFoundException"]);

    private static void Write(Utf8JsonWriter json, ListEventBusesRequest value)
    {
        json.Member("NextToken", value.NextToken);
        json.Member("Limit", value.Limit);
    }

    private static void Write(Utf8JsonWriter json, ListRulesRequest value)
    {
        json.Member("EventBusName", value.EventBusName);
        json.Member("NextToken", value.NextToken);
        json.Member("Limit", value.Limit);
    }

    private static void Write(Utf8JsonWriter json, ListTargetsByRuleRequest value)
    {
        json.Member("Rule", value.Rule);
        json.Member("EventBusName", value.EventBusName);
        json.Member("NextToken", value.NextToken);
        json.Member("Limit", value.Limit);
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
            Service = EventBridge,
            Target = $"AWSEvents.{name}",
            Write = write,
            Read = read,
            Errors = errors,
        }.ToOptions();
}
