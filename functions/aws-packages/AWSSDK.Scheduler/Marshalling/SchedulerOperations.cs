using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Scheduler.Model;
using EcrGuard.Bundled.Plumbing;
using static Amazon.Scheduler.Marshalling.SchedulerResponses;

namespace Amazon.Scheduler.Marshalling;

internal static class SchedulerOperations
{
    private static readonly ServiceModel Scheduler = new(
        "Amazon.Scheduler",
        "2021-06-30",
        e =>
            e.Code == "ResourceNotFoundException"
                ? new ResourceNotFoundException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
                : null,
        e => new AmazonSchedulerException(e.Message, e.Inner, e.Type, e.Code, e.RequestId, e.Status)
    );

    internal static readonly InvokeOptions ListSchedules = Operation<ListSchedulesRequest, ListSchedulesResponse>(
        "/schedules",
        Place,
        ReadListSchedulesResponse,
        ["ResourceNotFoundException"]
    );
    internal static readonly InvokeOptions GetSchedule = Operation<GetScheduleRequest, GetScheduleResponse>(
        "/schedules/{Name}",
        Place,
        ReadGetScheduleResponse,
        ["ResourceNotFoundException"]
    );

    private static void Place(RestRequest rest, ListSchedulesRequest value)
    {
        rest.Query("MaxResults", value.MaxResults);
        rest.Query("NextToken", value.NextToken);
    }

    private static void Place(RestRequest rest, GetScheduleRequest value)
    {
        rest.Query("groupName", value.GroupName);
        rest.Label("Name", value.Name);
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
            Service = Scheduler,
            Method = "GET",
            Path = path,
            Place = place,
            Read = read,
            Errors = errors,
        }.ToOptions();
}
