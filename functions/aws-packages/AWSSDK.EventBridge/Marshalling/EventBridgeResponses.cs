using Amazon.EventBridge.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.EventBridge.Marshalling;

internal static class EventBridgeResponses
{
    internal static ListEventBusesResponse ReadListEventBusesResponse(ref Json json)
    {
        var value = new ListEventBusesResponse();
        while (json.NextMember())
        {
            if (json.At("EventBuses"))
                value.EventBuses = json.List(ReadEventBus);
            else if (json.At("NextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static EventBus ReadEventBus(ref Json json)
    {
        var value = new EventBus();
        while (json.NextMember())
        {
            if (json.At("Name"))
                value.Name = json.String();
            else if (json.At("Arn"))
                value.Arn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListRulesResponse ReadListRulesResponse(ref Json json)
    {
        var value = new ListRulesResponse();
        while (json.NextMember())
        {
            if (json.At("Rules"))
                value.Rules = json.List(ReadRule);
            else if (json.At("NextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Rule ReadRule(ref Json json)
    {
        var value = new Rule();
        while (json.NextMember())
        {
            if (json.At("Name"))
                value.Name = json.String();
            else if (json.At("Arn"))
                value.Arn = json.String();
            else if (json.At("State"))
                value.State = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListTargetsByRuleResponse ReadListTargetsByRuleResponse(ref Json json)
    {
        var value = new ListTargetsByRuleResponse();
        while (json.NextMember())
        {
            if (json.At("Targets"))
                value.Targets = json.List(ReadTarget);
            else if (json.At("NextToken"))
                value.NextToken = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Target ReadTarget(ref Json json)
    {
        var value = new Target();
        while (json.NextMember())
        {
            if (json.At("Id"))
                value.Id = json.String();
            else if (json.At("Arn"))
                value.Arn = json.String();
            else if (json.At("EcsParameters"))
                value.EcsParameters = json.Structure(ReadEcsParameters);
            else
                json.Skip();
        }
        return value;
    }

    private static EcsParameters ReadEcsParameters(ref Json json)
    {
        var value = new EcsParameters();
        while (json.NextMember())
        {
            if (json.At("TaskDefinitionArn"))
                value.TaskDefinitionArn = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
