using System.Globalization;

namespace EcrGuard.LocalAws.Ecs;

/// <summary>
/// Amazon ECS in memory: clusters, services, tasks and task definitions that can be listed and described. Nothing runs.
/// </summary>
public sealed class LocalEcs : LocalJsonService
{
    private const int MostListed = 100;
    private const int MostServicesDescribed = 10;
    private const int MostRecordsDescribed = 20;
    private const int MostTasksDescribed = 100;

    private readonly LocalAccount account;
    private readonly Dictionary<string, TaskDefinition> definitions = [];
    private readonly SortedDictionary<string, Cluster> clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceDeployment> deployments = [];
    private readonly Dictionary<string, ServiceRevision> revisions = [];
    private int tasksRun;

    internal LocalEcs(LocalAccount account)
        : base(
            "ecs",
            "AmazonEC2ContainerServiceV20141113",
            "application/x-amz-json-1.1",
            JsonWire.Camel,
            ["cluster", "familyPrefix", "taskDefinition"]
        )
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["DescribeServiceDeployments"] = On<DescribeServiceDeploymentsRequest>(DescribeServiceDeployments),
            ["DescribeServiceRevisions"] = On<DescribeServiceRevisionsRequest>(DescribeServiceRevisions),
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
            var revision =
                1 + definitions.Values.Where(d => d.Family == family).Select(d => d.Revision).DefaultIfEmpty().Max();
            var definition = new TaskDefinition(
                Arn($"task-definition/{family}:{revision}"),
                family,
                revision,
                [.. images]
            );
            definitions.Add(definition.Arn, definition);
            var registered = new Members
            {
                ["taskDefinition"] = new Members { ["taskDefinitionArn"] = definition.Arn },
            };
            account.EmitCall("ecs", "RegisterTaskDefinition", new Members { ["family"] = family }, registered);
            return definition.Arn;
        }
    }

    /// <summary>
    /// Makes a revision INACTIVE. Tasks and services that use it go on, and it can still be described.
    /// </summary>
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

    /// <summary>Creates a service and deploys its first revision. Creates the cluster if it does not exist.</summary>
    /// <param name="digests">What the tags of its images mean now, as far as it is known.</param>
    /// <returns>The service's ARN.</returns>
    public string CreateService(
        string cluster,
        string name,
        string taskDefinition,
        int desiredCount = 1,
        IReadOnlyList<string>? digests = null
    )
    {
        lock (Gate)
        {
            var service = new Service(Arn($"service/{cluster}/{name}"), $"{cluster}/{name}", name, desiredCount);
            ClusterOf(cluster).Services.Add(service.Arn, service);
            Deploy(service, taskDefinition, digests ?? []);
            var created = new Members
            {
                ["service"] = new Members { ["serviceArn"] = service.Arn, ["taskDefinition"] = taskDefinition },
            };
            account.EmitCall(
                "ecs",
                "CreateService",
                new Members
                {
                    ["cluster"] = cluster,
                    ["serviceName"] = name,
                    ["taskDefinition"] = taskDefinition,
                },
                created
            );
            return service.Arn;
        }
    }

    /// <summary>Starts a deployment, which stays in progress beside those before it.</summary>
    /// <param name="digests">What the tags of its images mean now, as far as it is known.</param>
    public void StartDeployment(string service, string taskDefinition, params IReadOnlyList<string> digests)
    {
        lock (Gate)
        {
            Deploy(ServiceOf(service), taskDefinition, digests);
            var updated = new Members
            {
                ["service"] = new Members { ["serviceArn"] = service, ["taskDefinition"] = taskDefinition },
            };
            account.EmitCall(
                "ecs",
                "UpdateService",
                new Members { ["service"] = service, ["taskDefinition"] = taskDefinition },
                updated
            );
        }
    }

    /// <summary>Ends the newest deployment as failed. The service goes back to the deployment before it.</summary>
    public void RollBack(string service)
    {
        lock (Gate)
        {
            var rolledBack = ServiceOf(service);
            rolledBack.Deployments.RemoveAt(0);
            deployments[rolledBack.CurrentDeployment!].RolledBackTo = rolledBack.Deployments[0];
        }
    }

    /// <summary>Forgets a deployment, as ECS does after 90 days; its service revisions stay.</summary>
    public void ForgetDeployment(string service)
    {
        lock (Gate)
        {
            deployments.Remove(ServiceOf(service).CurrentDeployment!);
        }
    }

    /// <summary>Ends all deployments of a service except the newest.</summary>
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

    /// <summary>Runs a task of a task definition. Creates the cluster if it does not exist.</summary>
    /// <param name="digests">The digests of the containers' images, as far as they are known. A task that has just
    ///     started has none.</param>
    /// <returns>The task's ARN.</returns>
    public string RunTask(string cluster, string taskDefinition, params IReadOnlyList<string> digests) =>
        Run(cluster, null, taskDefinition, digests);

    /// <summary>Runs a task as a service does. The service need not exist.</summary>
    /// <inheritdoc cref="RunTask"/>
    public string RunServiceTask(
        string cluster,
        string service,
        string taskDefinition,
        params IReadOnlyList<string> digests
    ) => Run(cluster, service, taskDefinition, digests);

    public void StopTask(string task)
    {
        lock (Gate)
        {
            var cluster = clusters.Values.Single(c => c.Tasks.ContainsKey(task));
            var stopped = cluster.Tasks[task];
            cluster.Tasks.Remove(task);
            Emit(stopped, "STOPPED", "STOPPED");
        }
    }

    private string Run(string cluster, string? service, string taskDefinition, IReadOnlyList<string> digests)
    {
        lock (Gate)
        {
            var id = (++tasksRun).ToString("x32", CultureInfo.InvariantCulture);
            var task = new RunningTask(Arn($"task/{cluster}/{id}"), definitions[taskDefinition], digests)
            {
                Cluster = Arn($"cluster/{cluster}"),
                Group = service is null ? null : $"service:{service}",
            };
            ClusterOf(cluster).Tasks.Add(task.Arn, task);
            foreach (var status in (string[])["PROVISIONING", "PENDING", "RUNNING"])
            {
                Emit(task, status, "RUNNING");
            }

            return task.Arn;
        }
    }

    /// <summary>https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html</summary>
    private void Emit(RunningTask task, string lastStatus, string desiredStatus) =>
        account.Emit(
            "aws.ecs",
            "ECS Task State Change",
            task.Arn,
            new Members
            {
                ["clusterArn"] = task.Cluster,
                ["taskArn"] = task.Arn,
                ["taskDefinitionArn"] = task.Definition.Arn,
                ["group"] = task.Group ?? $"family:{task.Definition.Family}",
                ["lastStatus"] = lastStatus,
                ["desiredStatus"] = desiredStatus,
                ["version"] = 1,
                ["containers"] = task.Definition.Images.Select(
                    (image, at) =>
                        new Dictionary<string, string>
                        {
                            ["name"] = $"container{at}",
                            ["image"] = image,
                            ["lastStatus"] = lastStatus,
                            ["imageDigest"] =
                                lastStatus == "PROVISIONING" ? "" : task.Digests.ElementAtOrDefault(at) ?? "",
                        }
                            .Where(field => field.Value.Length > 0)
                            .ToDictionary()
                ),
            }
        );

    private void Deploy(Service service, string taskDefinition, IReadOnlyList<string> digests)
    {
        var revision = new ServiceRevision(
            Arn($"service-revision/{service.Path}/{revisions.Count + 1}"),
            service.Arn,
            taskDefinition,
            definitions.GetValueOrDefault(taskDefinition)?.Images ?? [],
            digests
        );
        var deployment = new ServiceDeployment(
            Arn($"service-deployment/{service.Path}/{revisions.Count + 1}"),
            service.Arn,
            [.. service.Deployments],
            revision
        );
        revisions.Add(revision.Arn, revision);
        deployments.Add(deployment.Arn, deployment);
        service.Deployments.Insert(0, revision);
        service.CurrentDeployment = deployment.Arn;
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

    private static object[] Missing(IEnumerable<string> arns) =>
        [.. arns.Select(arn => new Members { ["Arn"] = arn, ["Reason"] = "MISSING" })];

    private string Arn(string resource) =>
        $"arn:aws:ecs:{account.Options.Region}:{account.Options.AccountId}:{resource}";

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
        clusters.GetValueOrDefault(
            nameOrArn?.StartsWith("arn:", StringComparison.Ordinal) == true
                ? nameOrArn
                : Arn($"cluster/{nameOrArn ?? "default"}")
        ) ?? throw new LocalError(400, "ClusterNotFoundException", "Cluster not found.");

    private (IReadOnlyList<string> Items, string? Next) Page(
        string listing,
        EcsListRequest request,
        int usual,
        IEnumerable<string> items
    ) =>
        request.MaxResults is < 1 or > MostListed
            ? throw Invalid($"maxResults must be between 1 and {MostListed}.")
            : LocalPages.Of(
                listing,
                request.NextToken,
                request.MaxResults ?? usual,
                account.Options.EmptyPages,
                items,
                () => Invalid("Invalid token")
            );

    private object ListClusters(EcsListRequest request)
    {
        var (arns, next) = Page("ListClusters", request, MostListed, clusters.Keys);
        return new Members { ["ClusterArns"] = arns, ["NextToken"] = next };
    }

    private object ListServices(ListInClusterRequest request)
    {
        var (arns, next) = Page(
            $"ListServices {request.Cluster}",
            request,
            MostServicesDescribed,
            Existing(request.Cluster).Services.Keys
        );
        return new Members { ["ServiceArns"] = arns, ["NextToken"] = next };
    }

    private object ListTasks(ListInClusterRequest request)
    {
        var (arns, next) = Page(
            $"ListTasks {request.Cluster}",
            request,
            MostListed,
            Existing(request.Cluster).Tasks.Keys
        );
        return new Members { ["TaskArns"] = arns, ["NextToken"] = next };
    }

    private object ListTaskDefinitionFamilies(ListFamiliesRequest request)
    {
        var families = definitions
            .Values.Where(Of(request.Status))
            .Select(d => d.Family)
            .Distinct()
            .Order(StringComparer.Ordinal);
        var (page, next) = Page($"ListTaskDefinitionFamilies {request.Status}", request, MostListed, families);
        return new Members { ["Families"] = page, ["NextToken"] = next };
    }

    private object ListTaskDefinitions(ListTaskDefinitionsRequest request)
    {
        var found = definitions
            .Values.Where(Of(request.Status ?? "ACTIVE"))
            .Where(d => request.FamilyPrefix is null || d.Family == request.FamilyPrefix);
        var sorted = request.Sort switch
        {
            null or "ASC" => found.OrderBy(d => d.Family, StringComparer.Ordinal).ThenBy(d => d.Revision),
            "DESC" => found.OrderByDescending(d => d.Family, StringComparer.Ordinal).ThenByDescending(d => d.Revision),
            _ => throw Invalid("Sort must be ASC or DESC."),
        };
        var (arns, next) = Page(
            $"ListTaskDefinitions {request with { NextToken = null }}",
            request,
            MostListed,
            sorted.Select(d => d.Arn)
        );
        return new Members { ["TaskDefinitionArns"] = arns, ["NextToken"] = next };
    }

    /// <summary>A family is ACTIVE if any of its revisions is ACTIVE.</summary>
    private static Func<TaskDefinition, bool> Of(string? status) =>
        status switch
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
        return new Members
        {
            ["Services"] = request
                .Services.Where(services.ContainsKey)
                .Select(arn => services[arn])
                .Select(service => new Members
                {
                    ["ServiceArn"] = service.Arn,
                    ["ServiceName"] = service.Name,
                    ["Status"] = "ACTIVE",
                    ["DesiredCount"] = service.DesiredCount,
                    ["TaskDefinition"] = service.Deployments[0].TaskDefinition,
                    ["TaskSets"] = service.TaskSets.Select(
                        (definition, at) =>
                            new Members
                            {
                                ["Id"] = $"ecs-svc/{at}",
                                ["Status"] = "ACTIVE",
                                ["TaskDefinition"] = definition,
                            }
                    ),
                    ["Deployments"] = service.Deployments.Select(
                        (revision, at) =>
                            new Members
                            {
                                ["Id"] = $"ecs-svc/{at}",
                                ["Status"] = at == 0 ? "PRIMARY" : "ACTIVE",
                                ["TaskDefinition"] = revision.TaskDefinition,
                            }
                    ),
                    ["CurrentServiceDeployment"] = service.CurrentDeployment,
                    ["CurrentServiceRevisions"] = service.Deployments.Select(revision => new Members
                    {
                        ["Arn"] = revision.Arn,
                    }),
                }),
            ["Failures"] = Missing(request.Services.Where(arn => !services.ContainsKey(arn))),
        };
    }

    private object DescribeServiceDeployments(DescribeServiceDeploymentsRequest request)
    {
        CheckCount("Service deployments", request.ServiceDeploymentArns, MostRecordsDescribed);
        return new Members
        {
            ["ServiceDeployments"] = request
                .ServiceDeploymentArns.Where(deployments.ContainsKey)
                .Select(arn => deployments[arn])
                .Select(deployment => new Members
                {
                    ["ServiceDeploymentArn"] = deployment.Arn,
                    ["ServiceArn"] = deployment.ServiceArn,
                    ["Status"] = deployment.RolledBackTo is null ? "SUCCESSFUL" : "ROLLBACK_SUCCESSFUL",
                    ["SourceServiceRevisions"] = deployment.Sources.Select(revision => new Members
                    {
                        ["Arn"] = revision.Arn,
                    }),
                    ["TargetServiceRevision"] = new Members { ["Arn"] = deployment.Target.Arn },
                    ["Rollback"] = deployment.RolledBackTo is { } revision
                        ? new Members { ["ServiceRevisionArn"] = revision.Arn }
                        : null,
                }),
            ["Failures"] = Missing(request.ServiceDeploymentArns.Where(arn => !deployments.ContainsKey(arn))),
        };
    }

    private object DescribeServiceRevisions(DescribeServiceRevisionsRequest request)
    {
        CheckCount("Service revisions", request.ServiceRevisionArns, MostRecordsDescribed);
        return new Members
        {
            ["ServiceRevisions"] = request
                .ServiceRevisionArns.Where(revisions.ContainsKey)
                .Select(arn => revisions[arn])
                .Select(revision => new Members
                {
                    ["ServiceRevisionArn"] = revision.Arn,
                    ["ServiceArn"] = revision.ServiceArn,
                    ["TaskDefinition"] = revision.TaskDefinition,
                    ["ContainerImages"] = revision.Images.Select(
                        (image, at) =>
                            new Members
                            {
                                ["ContainerName"] = $"container{at}",
                                ["Image"] = image,
                                ["ImageDigest"] = revision.Digests.ElementAtOrDefault(at),
                            }
                    ),
                }),
            ["Failures"] = Missing(request.ServiceRevisionArns.Where(arn => !revisions.ContainsKey(arn))),
        };
    }

    private object DescribeTasks(DescribeTasksRequest request)
    {
        CheckCount("Tasks", request.Tasks, MostTasksDescribed);
        var tasks = Existing(request.Cluster).Tasks;
        return new Members
        {
            ["Tasks"] = request
                .Tasks.Where(tasks.ContainsKey)
                .Select(arn => tasks[arn])
                .Select(task => new Members
                {
                    ["TaskArn"] = task.Arn,
                    ["Group"] = task.Group ?? $"family:{task.Definition.Family}",
                    ["LastStatus"] = task.Digests.Count == 0 ? "PROVISIONING" : "RUNNING",
                    ["TaskDefinitionArn"] = task.Definition.Arn,
                    ["Containers"] = task.Definition.Images.Select(
                        (image, at) =>
                            new Members
                            {
                                ["Name"] = $"container{at}",
                                ["Image"] = image,
                                ["ImageDigest"] = task.Digests.ElementAtOrDefault(at),
                            }
                    ),
                }),
            ["Failures"] = Missing(request.Tasks.Where(arn => !tasks.ContainsKey(arn))),
        };
    }

    /// <summary>
    /// By ARN, by <c>family:revision</c>, or by family alone, which means its newest ACTIVE revision.
    /// </summary>
    private object DescribeTaskDefinition(DescribeTaskDefinitionRequest request)
    {
        var arn = request.TaskDefinition.StartsWith("arn:", StringComparison.Ordinal)
            ? request.TaskDefinition
            : Arn($"task-definition/{request.TaskDefinition}");
        var definition =
            definitions.GetValueOrDefault(arn)
            ?? definitions
                .Values.Where(d => d.IsActive && arn == Arn($"task-definition/{d.Family}"))
                .MaxBy(d => d.Revision)
            ?? throw new LocalError(400, "ClientException", "Unable to describe task definition.");
        return new Members
        {
            ["TaskDefinition"] = new Members
            {
                ["TaskDefinitionArn"] = definition.Arn,
                ["Family"] = definition.Family,
                ["Revision"] = definition.Revision,
                ["ContainerDefinitions"] = definition.Images.Select(
                    (image, at) => new Members { ["Name"] = $"container{at}", ["Image"] = image }
                ),
            },
        };
    }

    private sealed record TaskDefinition(string Arn, string Family, int Revision, IReadOnlyList<string> Images)
    {
        public bool IsActive { get; set; } = true;
    }

    /// <param name="Path">As it stands in the ARNs of the service's parts.</param>
    private sealed record Service(string Arn, string Path, string Name, int DesiredCount)
    {
        /// <summary>What the deployments run, newest first.</summary>
        public List<ServiceRevision> Deployments { get; } = [];

        public string? CurrentDeployment { get; set; }

        public List<string> TaskSets { get; } = [];
    }

    /// <summary>
    /// What a deployment deploys. The digests are those of its images, in the same order, as far as they are known.
    /// </summary>
    private sealed record ServiceRevision(
        string Arn,
        string ServiceArn,
        string TaskDefinition,
        IReadOnlyList<string> Images,
        IReadOnlyList<string> Digests
    );

    private sealed record ServiceDeployment(
        string Arn,
        string ServiceArn,
        IReadOnlyList<ServiceRevision> Sources,
        ServiceRevision Target
    )
    {
        public ServiceRevision? RolledBackTo { get; set; }
    }

    private sealed record RunningTask(string Arn, TaskDefinition Definition, IReadOnlyList<string> Digests)
    {
        public required string Cluster { get; init; }

        public string? Group { get; init; }
    }

    private sealed class Cluster
    {
        public SortedDictionary<string, Service> Services { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, RunningTask> Tasks { get; } = new(StringComparer.Ordinal);
    }
}
