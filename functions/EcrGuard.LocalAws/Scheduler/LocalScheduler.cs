namespace EcrGuard.LocalAws.Scheduler;

/// <summary>Amazon EventBridge Scheduler in memory: schedules and their targets. Nothing is started.</summary>
public sealed class LocalScheduler : LocalRestService
{
    private const int MostListed = 100;

    private readonly LocalAccount account;
    private readonly SortedDictionary<string, Schedule> schedules = new(StringComparer.Ordinal);

    internal LocalScheduler(LocalAccount account)
        : base("scheduler", "/schedules") => this.account = account;

    private protected override LocalError Throttled => new(429, "ThrottlingException", "Rate exceeded");

    /// <summary>Creates a schedule that runs a task.</summary>
    /// <param name="taskDefinition">An ARN, with a revision or without.</param>
    /// <returns>The schedule's ARN.</returns>
    public string CreateTaskSchedule(string name, string taskDefinition, string group = "default") =>
        Create(
            name,
            group,
            $"arn:aws:ecs:{account.Options.Region}:{account.Options.AccountId}:cluster/default",
            taskDefinition,
            null
        );

    /// <summary>Creates a schedule that calls something else, an operation of AWS for example.</summary>
    /// <returns>The schedule's ARN.</returns>
    public string CreateSchedule(string name, string targetArn, string? input = null, string group = "default") =>
        Create(name, group, targetArn, null, input);

    public void DeleteSchedule(string name, string group = "default")
    {
        lock (Gate)
        {
            schedules.Remove($"{group}/{name}");
        }
    }

    private protected override LocalOperation? Operation(string method, string[] path) =>
        (method, path) switch
        {
            ("GET", []) => new LocalOperation("ListSchedules", null),
            ("GET", [var name]) => new LocalOperation("GetSchedule", name),
            _ => null,
        };

    private protected override object Answer(LocalOperation operation, QueryParameters query) =>
        operation.Name == "ListSchedules" ? ListSchedules(query) : GetSchedule(operation.Resource!, query);

    private static LocalError Invalid(string message) => new(400, "ValidationException", message);

    private string Create(string name, string group, string target, string? taskDefinition, string? input)
    {
        var schedule = new Schedule(
            $"arn:aws:scheduler:{account.Options.Region}:{account.Options.AccountId}:schedule/{group}/{name}",
            group,
            name,
            target,
            taskDefinition,
            input
        );
        lock (Gate)
        {
            schedules.Add($"{group}/{name}", schedule);
            return schedule.Arn;
        }
    }

    private Members ListSchedules(QueryParameters query)
    {
        var size =
            int.TryParse(query.Take("MaxResults") ?? $"{MostListed}", out var asked) && asked is >= 1 and <= MostListed
                ? asked
                : throw Invalid($"MaxResults must be between 1 and {MostListed}.");
        var token = query.Take("NextToken");
        query.End();
        var (page, next) = LocalPages.Of(
            "ListSchedules",
            token,
            size,
            account.Options.EmptyPages,
            schedules.Values,
            () => Invalid("The token is not valid.")
        );
        return new Members
        {
            ["Schedules"] = page.Select(s => new Members
            {
                ["Arn"] = s.Arn,
                ["GroupName"] = s.GroupName,
                ["Name"] = s.Name,
                ["State"] = "ENABLED",
                ["Target"] = new Members { ["Arn"] = s.Target },
            }),
            ["NextToken"] = next,
        };
    }

    private Members GetSchedule(string name, QueryParameters query)
    {
        var group = query.Take("groupName") ?? "default";
        query.End();
        var schedule =
            schedules.GetValueOrDefault($"{group}/{name}")
            ?? throw new LocalError(404, "ResourceNotFoundException", $"Schedule {name} does not exist.");
        return new Members
        {
            ["Arn"] = schedule.Arn,
            ["GroupName"] = schedule.GroupName,
            ["Name"] = schedule.Name,
            ["State"] = "ENABLED",
            ["Target"] = new Members
            {
                ["Arn"] = schedule.Target,
                ["EcsParameters"] = schedule.TaskDefinition is null
                    ? null
                    : new Members { ["TaskDefinitionArn"] = schedule.TaskDefinition },
                ["Input"] = schedule.Input,
            },
        };
    }

    private sealed record Schedule(
        string Arn,
        string GroupName,
        string Name,
        string Target,
        string? TaskDefinition,
        string? Input
    );
}
