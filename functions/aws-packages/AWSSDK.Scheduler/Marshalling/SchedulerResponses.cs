using Amazon.Scheduler.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.Scheduler.Marshalling;

internal static class SchedulerResponses
{
    internal static ListSchedulesResponse ReadListSchedulesResponse(ref Json json)
    {
        var value = new ListSchedulesResponse();
        while (json.NextMember())
        {
            if (json.At("NextToken"))
                value.NextToken = json.String();
            else if (json.At("Schedules"))
                value.Schedules = json.List(ReadScheduleSummary);
            else
                json.Skip();
        }
        return value;
    }

    private static ScheduleSummary ReadScheduleSummary(ref Json json)
    {
        var value = new ScheduleSummary();
        while (json.NextMember())
        {
            if (json.At("Arn"))
                value.Arn = json.String();
            else if (json.At("GroupName"))
                value.GroupName = json.String();
            else if (json.At("Name"))
                value.Name = json.String();
            else if (json.At("State"))
                value.State = json.String();
            else if (json.At("Target"))
                value.Target = json.Structure(ReadTargetSummary);
            else
                json.Skip();
        }
        return value;
    }

    private static TargetSummary ReadTargetSummary(ref Json json)
    {
        var value = new TargetSummary();
        while (json.NextMember())
        {
            if (json.At("Arn"))
                value.Arn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    internal static GetScheduleResponse ReadGetScheduleResponse(ref Json json)
    {
        var value = new GetScheduleResponse();
        while (json.NextMember())
        {
            if (json.At("Arn"))
                value.Arn = json.String();
            else if (json.At("GroupName"))
                value.GroupName = json.String();
            else if (json.At("Name"))
                value.Name = json.String();
            else if (json.At("State"))
                value.State = json.String();
            else if (json.At("Target"))
                value.Target = json.Structure(ReadTarget);
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
            if (json.At("Arn"))
                value.Arn = json.String();
            else if (json.At("EcsParameters"))
                value.EcsParameters = json.Structure(ReadEcsParameters);
            else if (json.At("Input"))
                value.Input = json.String();
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
