using Amazon.Runtime;

namespace Amazon.Scheduler.Model;

public class ListSchedulesRequest : AmazonSchedulerRequest
{
    public int? MaxResults { get; set; }
    public string NextToken { get; set; }
}

public class ListSchedulesResponse : AmazonWebServiceResponse
{
    public string NextToken { get; set; }
    public List<ScheduleSummary> Schedules { get; set; }
}

public class ScheduleSummary
{
    public string Arn { get; set; }
    public string GroupName { get; set; }
    public string Name { get; set; }
    public ScheduleState State { get; set; }
    public TargetSummary Target { get; set; }
}

public class TargetSummary
{
    public string Arn { get; set; }
}

public class GetScheduleRequest : AmazonSchedulerRequest
{
    public string GroupName { get; set; }
    public string Name { get; set; }
}

public class GetScheduleResponse : AmazonWebServiceResponse
{
    public string Arn { get; set; }
    public string GroupName { get; set; }
    public string Name { get; set; }
    public ScheduleState State { get; set; }
    public Target Target { get; set; }
}

public class Target
{
    public string Arn { get; set; }
    public EcsParameters EcsParameters { get; set; }
    public string Input { get; set; }
}

public class EcsParameters
{
    public string TaskDefinitionArn { get; set; }
}
