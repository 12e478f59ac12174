using System.Globalization;

namespace EcrGuard.LocalAws.Ecs;

/// <summary>Amazon ECS in memory: clusters, services, tasks and task definitions, as they are looked at. Nothing runs.</summary>
public sealed class LocalEcs : LocalJsonService
{
    private const int MostListed = 100;
    private const int MostServicesDescribed = 10;
    private const int MostTasksDescribed = 100;

    private readonly LocalAccount account;
    private readonly Dictionary<string, TaskDefinition> definitions = [];
    private readonly SortedDictionary<string, Cluster> clusters = new(StringComparer.Ordinal);
    private int tasksRun;

    internal LocalEcs(LocalAccount account)
        : base("ecs", "AmazonEC2ContainerServiceV20141113", "application/x-amz-json-1.1", JsonWire.Camel, ["cluster", "familyPrefix", "taskDefinition"])
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["DescribeServices"] = On<DescribeServicesRequest>(DescribeServices),
            ["DescribeTaskDefinition"] = On<DescribeTaskDefinitionRequest>(DescribeTaskDefinition),
            ["DescribeTasks"] = On<DescribeTasksRequest>(DescribeTasks),
            ["ListClusters"] = On<EcsListRequest>(ListClusters),
            ["ListServices"] = On<ListInClusterRequest>(ListServices),
            ["ListTaskDefinitionFamilies"] = On<ListFamiliesRequest>(ListTaskDefinitionFamilies),
            ["ListTaskDefinitions"] = On<ListTaskDefinitionsRequest>(ListTaskDefinitions),
            ["ListTasks"] = On<ListInClusterRequest>(ListTasks),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "ServerException";

    /// <summary>Registers the next revision of a family, with one container for each image.</summary>
    /// <returns>Its ARN, revision included.</returns>
    public string RegisterTaskDefinition(string family, params IReadOnlyList<string> images)
    {
        lock (Gate)
        {
            var revision = 1 + definitions.Values.Where(d => d.Family == family).Select(d => d.Revision).DefaultIfEmpty().Max();
            var definition = new TaskDefinition(Arn($"task-definition/{family}:{revision}"), family, revision, [.. images]);
            definitions.Add(definition.Arn, definition);
            return definition.Arn;
        }
    }

    /// <summary>Makes a revision INACTIVE: what uses it goes on, and it can still be described.</summary>
    public void DeregisterTaskDefinition(string taskDefinition)
    {
        lock (Gate)
        {
            definitions[taskDefinition].IsActive = false;
        }
    }

    /// <summary>Deletes a revision for good.</summary>
    public void DeleteTaskDefinition(string taskDefinition)
    {
        lock (Gate)
        {
            definitions.Remove(taskDefinition);
        }
    }

    /// <summary>Creates a service, and its cluster where there is none of that name.</summary>
    /// <returns>The service's ARN.</returns>
    public string CreateService(string cluster, string name, string taskDefinition, int desiredCount = 1)
    {
        lock (Gate)
        {
            var service = new Service(Arn($"service/{cluster}/{name}"), name, desiredCount) { Deployments = [taskDefinition] };
            ClusterOf(cluster).Services.Add(service.Arn, service);
            return service.Arn;
        }
    }

    /// <summary>Starts a deployment, which stays in progress beside those before it.</summary>
    public void StartDeployment(string service, string taskDefinition)
    {
        lock (Gate)
        {
            ServiceOf(service).Deployments.Insert(0, taskDefinition);
        }
    }

    /// <summary>Ends all deployments of a service but the newest.</summary>
    public void FinishDeployment(string service)
    {
        lock (Gate)
        {
            var deployments = ServiceOf(service).Deployments;
            deployments.RemoveRange(1, deployments.Count - 1);
        }
    }

    /// <summary>Adds a task set, as an external deployment controller does.</summary>
    public void CreateTaskSet(string service, string taskDefinition)
    {
        lock (Gate)
        {
            ServiceOf(service).TaskSets.Add(taskDefinition);
        }
    }

    public void DeleteService(string service)
    {
        lock (Gate)
        {
            clusters.Values.Single(c => c.Services.ContainsKey(service)).Services.Remove(service);
        }
    }

    /// <summary>Runs a task of a task definition, in a cluster that is created where there is none of that name.</summary>
    /// <param name="digests">The digests of the containers' images, as far as they are known; a task that was just started has none.</param>
    /// <returns>The task's ARN.</returns>
    public string RunTask(string cluster, string taskDefinition, params IReadOnlyList<string> digests)
    {
        lock (Gate)
        {
            var task = new RunningTask(Arn($"task/{cluster}/{(++tasksRun).ToString("x32", CultureInfo.InvariantCulture)}"), definitions[taskDefinition], digests);
            ClusterOf(cluster).Tasks.Add(task.Arn, task);
            return task.Arn;
        }
    }

    public void StopTask(string task)
    {
        lock (Gate)
        {
            clusters.Values.Single(c => c.Tasks.ContainsKey(task)).Tasks.Remove(task);
        }
    }

    private static LocalError Invalid(string message) => new(400, "InvalidParameterException", message);

    private static void CheckCount(string what, IReadOnlyList<string> values, int most)
    {
        if (values.Count is 0)
        {
            throw Invalid($"{what} cannot be empty.");
        }

        if (values.Count > most)
        {
            throw Invalid($"{what} cannot have more than {most} elements.");
        }
    }

    private static object[] Missing(IEnumerable<string> arns) => [.. arns.Select(arn => new { Arn = arn, Reason = "MISSING" })];

    private string Arn(string resource) => $"arn:aws:ecs:{account.Options.Region}:{account.Options.AccountId}:{resource}";

    private Cluster ClusterOf(string name)
    {
        var arn = Arn($"cluster/{name}");
        if (!clusters.TryGetValue(arn, out var cluster))
        {
            clusters.Add(arn, cluster = new Cluster());
        }

        return cluster;
    }

    private Service ServiceOf(string arn) => clusters.Values.Single(c => c.Services.ContainsKey(arn)).Services[arn];

    private Cluster Existing(string? nameOrArn) =>
        clusters.GetValueOrDefault(nameOrArn?.StartsWith("arn:", StringComparison.Ordinal) == true ? nameOrArn : Arn($"cluster/{nameOrArn ?? "default"}"))
        ?? throw new LocalError(400, "ClusterNotFoundException", "Cluster not found.");

    private (IReadOnlyList<string> Items, string? Next) Page(string listing, EcsListRequest request, int usual, IEnumerable<string> items) =>
        request.MaxResults is < 1 or > MostListed
            ? throw Invalid($"maxResults must be between 1 and {MostListed}.")
            : LocalPages.Of(listing, request.NextToken, request.MaxResults ?? usual, account.Options.EmptyPages, items, () => Invalid("Invalid token"));

    private object ListClusters(EcsListRequest request)
    {
        var (arns, next) = Page("ListClusters", request, MostListed, clusters.Keys);
        return new { ClusterArns = arns, NextToken = next };
    }

    private object ListServices(ListInClusterRequest request)
    {
        var (arns, next) = Page($"ListServices {request.Cluster}", request, MostServicesDescribed, Existing(request.Cluster).Services.Keys);
        return new { ServiceArns = arns, NextToken = next };
    }

    private object ListTasks(ListInClusterRequest request)
    {
        var (arns, next) = Page($"ListTasks {request.Cluster}", request, MostListed, Existing(request.Cluster).Tasks.Keys);
        return new { TaskArns = arns, NextToken = next };
    }

    private object ListTaskDefinitionFamilies(ListFamiliesRequest request)
    {
        var families = definitions.Values.Where(Of(request.Status)).Select(d => d.Family).Distinct().Order(StringComparer.Ordinal);
        var (page, next) = Page($"ListTaskDefinitionFamilies {request.Status}", request, MostListed, families);
        return new { Families = page, NextToken = next };
    }

    private object ListTaskDefinitions(ListTaskDefinitionsRequest request)
    {
        var found = definitions.Values.Where(Of(request.Status ?? "ACTIVE")).Where(d => request.FamilyPrefix is null || d.Family == request.FamilyPrefix);
        var sorted = request.Sort switch
        {
            null or "ASC" => found.OrderBy(d => d.Family, StringComparer.Ordinal).ThenBy(d => d.Revision),
            "DESC" => found.OrderByDescending(d => d.Family, StringComparer.Ordinal).ThenByDescending(d => d.Revision),
            _ => throw Invalid("Sort must be ASC or DESC."),
        };
        var (arns, next) = Page($"ListTaskDefinitions {request with { NextToken = null }}", request, MostListed, sorted.Select(d => d.Arn));
        return new { TaskDefinitionArns = arns, NextToken = next };
    }

    /// <summary>A family is ACTIVE by any ACTIVE revision.</summary>
    private static Func<TaskDefinition, bool> Of(string? status) => status switch
    {
        null or "ALL" => _ => true,
        "ACTIVE" => d => d.IsActive,
        "INACTIVE" => d => !d.IsActive,
        _ => throw Invalid("Status must be ACTIVE, INACTIVE or ALL."),
    };

    private object DescribeServices(DescribeServicesRequest request)
    {
        CheckCount("Services", request.Services, MostServicesDescribed);
        var services = Existing(request.Cluster).Services;
        return new
        {
            Services = request.Services.Where(services.ContainsKey).Select(arn => services[arn]).Select(service => new
            {
                ServiceArn = service.Arn,
                ServiceName = service.Name,
                Status = "ACTIVE",
                service.DesiredCount,
                TaskDefinition = service.Deployments[0],
                TaskSets = service.TaskSets.Select((definition, at) => new { Id = $"ecs-svc/{at}", Status = "ACTIVE", TaskDefinition = definition }),
                Deployments = service.Deployments.Select((definition, at) => new { Id = $"ecs-svc/{at}", Status = at == 0 ? "PRIMARY" : "ACTIVE", TaskDefinition = definition }),
            }),
            Failures = Missing(request.Services.Where(arn => !services.ContainsKey(arn))),
        };
    }

    private object DescribeTasks(DescribeTasksRequest request)
    {
        CheckCount("Tasks", request.Tasks, MostTasksDescribed);
        var tasks = Existing(request.Cluster).Tasks;
        return new
        {
            Tasks = request.Tasks.Where(tasks.ContainsKey).Select(arn => tasks[arn]).Select(task => new
            {
                TaskArn = task.Arn,
                Group = $"family:{task.Definition.Family}",
                LastStatus = task.Digests.Count == 0 ? "PROVISIONING" : "RUNNING",
                TaskDefinitionArn = task.Definition.Arn,
                Containers = task.Definition.Images.Select((image, at) => new { Name = $"container{at}", Image = image, ImageDigest = task.Digests.ElementAtOrDefault(at) }),
            }),
            Failures = Missing(request.Tasks.Where(arn => !tasks.ContainsKey(arn))),
        };
    }

    /// <summary>By ARN, <c>family:revision</c>, or family alone, which is its newest ACTIVE revision.</summary>
    private object DescribeTaskDefinition(DescribeTaskDefinitionRequest request)
    {
        var arn = request.TaskDefinition.StartsWith("arn:", StringComparison.Ordinal) ? request.TaskDefinition : Arn($"task-definition/{request.TaskDefinition}");
        var definition = definitions.GetValueOrDefault(arn)
            ?? definitions.Values.Where(d => d.IsActive && arn == Arn($"task-definition/{d.Family}")).MaxBy(d => d.Revision)
            ?? throw new LocalError(400, "ClientException", "Unable to describe task definition.");
        return new
        {
            TaskDefinition = new
            {
                TaskDefinitionArn = definition.Arn,
                definition.Family,
                definition.Revision,
                ContainerDefinitions = definition.Images.Select((image, at) => new { Name = $"container{at}", Image = image }),
            },
        };
    }

    private sealed record TaskDefinition(string Arn, string Family, int Revision, IReadOnlyList<string> Images)
    {
        public bool IsActive { get; set; } = true;
    }

    private sealed record Service(string Arn, string Name, int DesiredCount)
    {
        /// <summary>The task definitions of the deployments, newest first.</summary>
        public List<string> Deployments { get; init; } = [];

        public List<string> TaskSets { get; } = [];
    }

    private sealed record RunningTask(string Arn, TaskDefinition Definition, IReadOnlyList<string> Digests);

    private sealed class Cluster
    {
        public SortedDictionary<string, Service> Services { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, RunningTask> Tasks { get; } = new(StringComparer.Ordinal);
    }
}
