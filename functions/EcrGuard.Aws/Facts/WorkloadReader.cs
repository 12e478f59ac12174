using System.Globalization;
using System.Text.Json;
using Amazon.AppRunner;
using Amazon.ECS;
using Amazon.ECS.Model;
using Amazon.EventBridge.Model;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Scheduler.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using Task = System.Threading.Tasks.Task;

namespace EcrGuard.Aws.Facts;

/// <summary>
/// Reads what runs images, or will, in one region of one account. Each kind is read separately: a failure is written
/// down, and the other kinds are still read.
/// </summary>
internal sealed class WorkloadReader(
    WorkloadClients aws,
    string account,
    string region,
    Settings settings,
    Immutables known,
    FoundUses found,
    CancellationToken cancellation
)
{
    /// <summary>
    /// ECS's own limits: 100 ARNs in a page of a list; and in one call that describes them, 10 services, 100 tasks and
    /// 20 service revisions or service deployments.
    /// </summary>
    private const int EcsPage = 100;
    private const int ServicesAtOnce = 10;
    private const int TasksAtOnce = 100;
    private const int RevisionsAtOnce = 20;

    /// <summary>Lambda gives at most 50 in a page.</summary>
    private const int LambdaPage = 50;

    private const int AppRunnerPage = 20;
    private const int EventBridgePage = 100;
    private const int SchedulerPage = 100;

    /// <summary>
    /// How many of a family's ACTIVE revisions count as in use: the newest, and the one before it, to go back to.
    /// </summary>
    private const int RevisionsKept = 2;

    /// <summary>ECS allows 20 describing calls a second, and more in a burst. It throttles calls above that.</summary>
    private const int CallsAtOnce = 8;

    private const string Latest = "$LATEST";

    public async Task ReadAsync()
    {
        using var calls = new SemaphoreSlim(CallsAtOnce);
        var reading = new Reading(calls, cancellation);
        // Tasks and services are both read by cluster. If this call fails, both are unread.
        var clusters = reading.AllAsync(async token =>
        {
            var page = await aws
                .Ecs.ListClustersAsync(
                    new ListClustersRequest { MaxResults = EcsPage, NextToken = token },
                    cancellation
                )
                .ConfigureAwait(false);
            return (page.ClusterArns, page.NextToken);
        });
        await Task.WhenAll(
                TryAsync(
                    ConsumerKind.EcsTask,
                    "ECS tasks",
                    async () =>
                        await Reading
                            .EachAsync(await clusters.ConfigureAwait(false), cluster => TasksAsync(reading, cluster))
                            .ConfigureAwait(false)
                ),
                TryAsync(
                    ConsumerKind.EcsService,
                    "ECS services",
                    async () =>
                        await Reading
                            .EachAsync(await clusters.ConfigureAwait(false), cluster => ServicesAsync(reading, cluster))
                            .ConfigureAwait(false)
                ),
                TryAsync(ConsumerKind.TaskDefinition, "ECS task definitions", () => FamiliesAsync(reading)),
                TryAsync(ConsumerKind.ScheduledTask, "scheduled tasks (EventBridge rules)", () => RulesAsync(reading)),
                TryAsync(
                    ConsumerKind.ScheduledTask,
                    "scheduled tasks (EventBridge Scheduler)",
                    () => SchedulesAsync(reading)
                ),
                TryAsync(ConsumerKind.LambdaFunction, "Lambda functions", () => FunctionsAsync(reading)),
                TryAsync(ConsumerKind.AppRunnerService, "App Runner services", () => AppRunnerAsync(reading))
            )
            .ConfigureAwait(false);
    }

    private Task TryAsync(ConsumerKind kind, string what, Func<Task> read) =>
        found.TryAsync(
            new UnreadConsumer(region == settings.Region ? what : $"{what} in {region}", account, "")
            {
                Kind = kind,
                Region = region,
            },
            read,
            cancellation
        );

    /// <summary>
    /// Reads the tasks that should run, including those that are starting. A container knows its image's digest once
    /// the image was pulled.
    /// </summary>
    private async Task TasksAsync(Reading reading, string cluster)
    {
        var tasks = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .Ecs.ListTasksAsync(
                        new ListTasksRequest
                        {
                            Cluster = cluster,
                            MaxResults = EcsPage,
                            NextToken = token,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.TaskArns, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                tasks.Chunk(TasksAtOnce),
                async arns =>
                {
                    var described = await reading
                        .CallAsync(() =>
                            aws.Ecs.DescribeTasksAsync(
                                new DescribeTasksRequest { Cluster = cluster, Tasks = [.. arns] },
                                cancellation
                            )
                        )
                        .ConfigureAwait(false);
                    RequireAll(described.Failures);
                    // A container without an image was not deployed by anybody: the agents that AWS puts into a task
                    // show none.
                    foreach (var task in described.Tasks ?? [])
                    foreach (
                        var container in (task.Containers ?? []).Where(container =>
                            !string.IsNullOrEmpty(container.Image)
                        )
                    )
                        found.Add(
                            container.Image,
                            container.ImageDigest,
                            new Consumer(ConsumerKind.EcsTask, NameOf(task))
                        );
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// A task that no service started has its definition's name, as in the event that tells of it: one name for both.
    /// </summary>
    private static string NameOf(Amazon.ECS.Model.Task task) =>
        task.Group?.StartsWith("service:", StringComparison.Ordinal) == false
            ? task.TaskDefinitionArn ?? task.TaskArn
            : task.TaskArn;

    private async Task ServicesAsync(Reading reading, string cluster)
    {
        var services = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .Ecs.ListServicesAsync(
                        new ListServicesRequest
                        {
                            Cluster = cluster,
                            MaxResults = EcsPage,
                            NextToken = token,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.ServiceArns, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                services.Chunk(ServicesAtOnce),
                async arns =>
                {
                    var described = await reading
                        .CallAsync(() =>
                            aws.Ecs.DescribeServicesAsync(
                                new DescribeServicesRequest { Cluster = cluster, Services = [.. arns] },
                                cancellation
                            )
                        )
                        .ConfigureAwait(false);
                    RequireAll(described.Failures);
                    var all = described.Services ?? [];
                    await Task.WhenAll(
                            Reading.EachAsync(all, service => ServiceAsync(reading, service)),
                            RevisionsAsync(reading, all)
                        )
                        .ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Reads one service. It runs the task definitions of its deployments and task sets, and may be sent back to what
    /// it ran before. What ECS recorded of that is read in <see cref="RevisionsAsync"/>. The previous revision of the
    /// family, by number, is read here. It is all that can be known for services that CodeDeploy or another deployment
    /// controller deploys, and for deployments of more than 90 days ago.
    /// </summary>
    private async Task ServiceAsync(Reading reading, Service service)
    {
        var by = new Consumer(ConsumerKind.EcsService, service.ServiceArn);
        string?[] named =
        [
            service.TaskDefinition,
            .. service.Deployments?.Select(d => d.TaskDefinition) ?? [],
            .. service.TaskSets?.Select(s => s.TaskDefinition) ?? [],
        ];
        var running = named.OfType<string>().Distinct().ToList();
        await Task.WhenAll(
                Reading.EachAsync(
                    running,
                    async definition =>
                        Add(
                            await ImagesAsync(reading, definition).ConfigureAwait(false)
                                ?? throw new UnreadableReferenceException(
                                    $"The {by} runs {definition}, which ECS does not describe."
                                ),
                            by
                        )
                ),
                Reading.EachAsync(
                    running.Select(RevisionBefore).OfType<string>(),
                    async definition =>
                        Add(await ImagesAsync(reading, definition).ConfigureAwait(false), by with { IsPrevious = true })
                )
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Reads what ECS recorded of services. One part is the digests to which ECS resolved the tags when it deployed a
    /// service revision. ECS starts every later task of the revision by these digests, whatever the tags point to by
    /// then
    /// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html#deployment-container-image-stability).
    /// The other part is the revisions that the current deployment replaced, to which ECS rolls back. It takes one call
    /// for the deployments of ten services, and one for twenty revisions. These are not seen: what a service ran before
    /// the revision that its current deployment replaced, or, after a rollback, before the revision to which it went
    /// back; revisions from before 25 October 2024; deployments of more than 90 days ago. Among these, a running task
    /// reports its digest. The rest is visible only through pulls.
    /// </summary>
    private async Task RevisionsAsync(Reading reading, IReadOnlyList<Service> services)
    {
        var users = await RevisionUsersAsync(reading, services).ConfigureAwait(false);
        foreach (var (revision, service) in users)
            Add(known.Find(revision), service);
        await Reading
            .EachAsync(
                users.Keys.Where(revision => known.Find(revision) is null).Chunk(RevisionsAtOnce),
                async arns =>
                {
                    var described = await reading
                        .CallAsync(() =>
                            aws.Ecs.DescribeServiceRevisionsAsync(
                                new DescribeServiceRevisionsRequest { ServiceRevisionArns = [.. arns] },
                                cancellation
                            )
                        )
                        .ConfigureAwait(false);
                    RequireAll(described.Failures);
                    foreach (var revision in described.ServiceRevisions ?? [])
                        Add(revision, users[revision.ServiceRevisionArn]);
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>The revisions that services run or may go back to, each with its service.</summary>
    private async Task<Dictionary<string, Consumer>> RevisionUsersAsync(
        Reading reading,
        IReadOnlyList<Service> services
    )
    {
        var users = new Dictionary<string, Consumer>(StringComparer.Ordinal);
        foreach (var service in services)
        foreach (var revision in service.CurrentServiceRevisions ?? [])
            users[revision.Arn] = new Consumer(ConsumerKind.EcsService, service.ServiceArn);
        var current = services.Select(service => service.CurrentServiceDeployment).OfType<string>().ToList();
        if (current.Count == 0)
            return users;
        var described = await reading
            .CallAsync(() =>
                aws.Ecs.DescribeServiceDeploymentsAsync(
                    new DescribeServiceDeploymentsRequest { ServiceDeploymentArns = current },
                    cancellation
                )
            )
            .ConfigureAwait(false);
        RequireAll(described.Failures);
        foreach (var deployment in described.ServiceDeployments ?? [])
        {
            var service = new Consumer(ConsumerKind.EcsService, deployment.ServiceArn);
            var (target, rollback) = (deployment.TargetServiceRevision?.Arn, deployment.Rollback?.ServiceRevisionArn);
            if ((rollback ?? target) is { } running)
                users[running] = service;
            string?[] others = [target, .. deployment.SourceServiceRevisions?.Select(source => source.Arn) ?? []];
            foreach (var other in others.OfType<string>())
                users.TryAdd(other, service with { IsPrevious = true });
        }
        return users;
    }

    private void Add(ServiceRevision revision, Consumer service)
    {
        var images = (revision.ContainerImages ?? []).Where(image => !string.IsNullOrEmpty(image.Image)).ToList();
        // The tag is added as well: whoever goes back by hand deploys the task definition again, with whatever its tags
        // then point to.
        IReadOnlyList<Reference> references =
        [
            .. images.Select(image => new Reference(image.Image, image.ImageDigest)),
            .. images.Select(image => new Reference(image.Image, null)),
        ];
        Add(references, service);
        // A revision never changes, but its digests may come later than the rest.
        if (images.TrueForAll(image => !string.IsNullOrEmpty(image.ImageDigest)))
            known.Keep(revision.ServiceRevisionArn, references);
    }

    private async Task FamiliesAsync(Reading reading)
    {
        var families = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .Ecs.ListTaskDefinitionFamiliesAsync(
                        new ListTaskDefinitionFamiliesRequest
                        {
                            Status = TaskDefinitionFamilyStatus.ACTIVE,
                            MaxResults = EcsPage,
                            NextToken = token,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.Families, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading.EachAsync(families, family => FamilyAsync(reading, family)).ConfigureAwait(false);
    }

    private async Task FamilyAsync(Reading reading, string family)
    {
        var revisions = await reading
            .AllAsync(
                async token =>
                {
                    var page = await aws
                        .Ecs.ListTaskDefinitionsAsync(
                            new ListTaskDefinitionsRequest
                            {
                                FamilyPrefix = family,
                                Status = TaskDefinitionStatus.ACTIVE,
                                Sort = SortOrder.DESC,
                                MaxResults = RevisionsKept,
                                NextToken = token,
                            },
                            cancellation
                        )
                        .ConfigureAwait(false);
                    return (page.TaskDefinitionArns, page.NextToken);
                },
                RevisionsKept
            )
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                revisions,
                async definition =>
                    Add(
                        await ImagesAsync(reading, definition).ConfigureAwait(false),
                        new Consumer(ConsumerKind.TaskDefinition, definition)
                    )
            )
            .ConfigureAwait(false);
    }

    /// <summary>Reads the event rules, disabled ones too: they can be enabled again without anybody asking.</summary>
    private async Task RulesAsync(Reading reading)
    {
        var buses = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .EventBridge.ListEventBusesAsync(
                        new ListEventBusesRequest { Limit = EventBridgePage, NextToken = token },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.EventBuses, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                buses,
                async bus =>
                {
                    var rules = await reading
                        .AllAsync(async token =>
                        {
                            var page = await aws
                                .EventBridge.ListRulesAsync(
                                    new ListRulesRequest
                                    {
                                        EventBusName = bus.Name,
                                        Limit = EventBridgePage,
                                        NextToken = token,
                                    },
                                    cancellation
                                )
                                .ConfigureAwait(false);
                            return (page.Rules, page.NextToken);
                        })
                        .ConfigureAwait(false);
                    await Reading.EachAsync(rules, rule => RuleAsync(reading, bus.Name, rule)).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
    }

    private async Task RuleAsync(Reading reading, string bus, Rule rule)
    {
        List<Amazon.EventBridge.Model.Target> targets;
        try
        {
            targets = await reading
                .AllAsync(async token =>
                {
                    var page = await aws
                        .EventBridge.ListTargetsByRuleAsync(
                            new ListTargetsByRuleRequest
                            {
                                Rule = rule.Name,
                                EventBusName = bus,
                                Limit = EventBridgePage,
                                NextToken = token,
                            },
                            cancellation
                        )
                        .ConfigureAwait(false);
                    return (page.Targets, page.NextToken);
                })
                .ConfigureAwait(false);
        }
        catch (Amazon.EventBridge.Model.ResourceNotFoundException)
        {
            return; // Deleted since it was listed.
        }
        await Reading
            .EachAsync(
                targets.Select(target => target.EcsParameters?.TaskDefinitionArn).OfType<string>(),
                async definition =>
                    Add(
                        await ImagesAsync(reading, definition).ConfigureAwait(false),
                        new Consumer(ConsumerKind.ScheduledTask, rule.Arn)
                    )
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Reads the schedules. Only a schedule whose target is an ECS cluster, or an operation of ECS, is asked for in
    /// full.
    /// </summary>
    private async Task SchedulesAsync(Reading reading)
    {
        var schedules = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .Scheduler.ListSchedulesAsync(
                        new ListSchedulesRequest { MaxResults = SchedulerPage, NextToken = token },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.Schedules, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                schedules.Where(schedule => schedule.Target?.Arn?.Contains(":ecs:", StringComparison.Ordinal) != false),
                async summary =>
                {
                    GetScheduleResponse schedule;
                    try
                    {
                        schedule = await reading
                            .CallAsync(() =>
                                aws.Scheduler.GetScheduleAsync(
                                    new GetScheduleRequest { GroupName = summary.GroupName, Name = summary.Name },
                                    cancellation
                                )
                            )
                            .ConfigureAwait(false);
                    }
                    catch (Amazon.Scheduler.Model.ResourceNotFoundException)
                    {
                        return;
                    }
                    if (
                        (schedule.Target?.EcsParameters?.TaskDefinitionArn ?? TaskDefinitionOf(schedule.Target)) is
                        { } definition
                    )
                        Add(
                            await ImagesAsync(reading, definition).ConfigureAwait(false),
                            new Consumer(ConsumerKind.ScheduledTask, summary.Arn)
                        );
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// The task definition in the input of an operation, such as <c>arn:aws:scheduler:::aws-sdk:ecs:runTask</c>; null
    /// if there is none.
    /// </summary>
    /// <exception cref="JsonException">The input is not JSON.</exception>
    private static string? TaskDefinitionOf(Amazon.Scheduler.Model.Target? target)
    {
        if (
            target is not { Arn: var arn, Input: { Length: > 0 } input }
            || arn?.Contains(":aws-sdk:ecs:", StringComparison.Ordinal) != true
        )
            return null;
        using var document = JsonDocument.Parse(input);
        return
            document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("TaskDefinition", out var definition)
            ? definition.GetString()
            : null;
    }

    /// <summary>
    /// Reads $LATEST and every published version. An alias points to published versions, so everything behind an alias
    /// is read.
    /// </summary>
    private async Task FunctionsAsync(Reading reading)
    {
        var versions = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .Lambda.ListFunctionsAsync(
                        new ListFunctionsRequest
                        {
                            FunctionVersion = FunctionVersion.ALL,
                            MaxItems = LambdaPage,
                            Marker = token,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.Functions, page.NextMarker);
            })
            .ConfigureAwait(false);
        await Reading
            .EachAsync(
                versions.Where(version => version.PackageType == PackageType.Image),
                async version =>
                {
                    Task<IReadOnlyList<Reference>?> AskAsync() => CodeAsync(reading, version);
                    Add(
                        version.Version == Latest
                            ? await AskAsync().ConfigureAwait(false)
                            : await known.GetAsync(version.FunctionArn, AskAsync).ConfigureAwait(false),
                        new Consumer(ConsumerKind.LambdaFunction, version.FunctionArn)
                    );
                }
            )
            .ConfigureAwait(false);
    }

    /// <returns>Null if the version is gone.</returns>
    private async Task<IReadOnlyList<Reference>?> CodeAsync(
        Reading reading,
        Amazon.Lambda.Model.FunctionConfiguration version
    )
    {
        var request = new GetFunctionRequest { FunctionName = version.FunctionName, Qualifier = version.Version };
        try
        {
            var function = await reading
                .CallAsync(() => aws.Lambda.GetFunctionAsync(request, cancellation))
                .ConfigureAwait(false);
            return [new Reference(function.Code?.ImageUri, DigestOf(function.Code?.ResolvedImageUri))];
        }
        catch (Amazon.Lambda.Model.ResourceNotFoundException)
        {
            return null;
        }
    }

    private async Task AppRunnerAsync(Reading reading)
    {
        var services = await reading
            .AllAsync(async token =>
            {
                var page = await aws
                    .AppRunner.ListServicesAsync(
                        new Amazon.AppRunner.Model.ListServicesRequest
                        {
                            MaxResults = AppRunnerPage,
                            NextToken = token,
                        },
                        cancellation
                    )
                    .ConfigureAwait(false);
                return (page.ServiceSummaryList, page.NextToken);
            })
            .ConfigureAwait(false);
        await Reading.EachAsync(services, summary => ServiceAsync(reading, summary.ServiceArn)).ConfigureAwait(false);
    }

    private async Task ServiceAsync(Reading reading, string arn)
    {
        var request = new Amazon.AppRunner.Model.DescribeServiceRequest { ServiceArn = arn };
        try
        {
            var described = await reading
                .CallAsync(() => aws.AppRunner.DescribeServiceAsync(request, cancellation))
                .ConfigureAwait(false);
            if (
                described.Service?.SourceConfiguration?.ImageRepository is { } image
                && image.ImageRepositoryType == ImageRepositoryType.ECR
            )
                found.Add(image.ImageIdentifier, null, new Consumer(ConsumerKind.AppRunnerService, arn));
        }
        catch (Amazon.AppRunner.Model.ResourceNotFoundException)
        {
            // Deleted since it was listed.
        }
    }

    /// <summary>
    /// The images of a task definition; null if it does not exist. A family without a revision means its newest ACTIVE
    /// revision, which may be a different one tomorrow.
    /// </summary>
    /// <param name="definition">Its ARN, or <c>family</c> or <c>family:revision</c>.</param>
    private Task<IReadOnlyList<Reference>?> ImagesAsync(Reading reading, string definition)
    {
        var arn = definition.StartsWith("arn:", StringComparison.Ordinal)
            ? definition
            : $"arn:{RepositoryId.PartitionOf(region)}:ecs:{region}:{account}:task-definition/{definition}";
        return RevisionOf(arn) is null ? AskAsync() : known.GetAsync(arn, AskAsync);

        async Task<IReadOnlyList<Reference>?> AskAsync()
        {
            try
            {
                var described = await reading
                    .CallAsync(() =>
                        aws.Ecs.DescribeTaskDefinitionAsync(
                            new DescribeTaskDefinitionRequest { TaskDefinition = arn },
                            cancellation
                        )
                    )
                    .ConfigureAwait(false);
                return
                [
                    .. described.TaskDefinition?.ContainerDefinitions?.Select(container => new Reference(
                        container.Image,
                        null
                    )) ?? [],
                ];
            }
            // ECS has no error code of its own for a task definition that does not exist.
            catch (ClientException missing) when (ErrorText.Begins(missing, "Unable to describe task definition"))
            {
                return null;
            }
        }
    }

    private void Add(IReadOnlyList<Reference>? references, Consumer by)
    {
        foreach (var reference in references ?? [])
            found.Add(reference.Uri, reference.Digest, by);
    }

    private static int? RevisionOf(string arn) =>
        int.TryParse(
            arn.AsSpan(arn.LastIndexOf(':') + 1),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var revision
        )
            ? revision
            : null;

    private static string? RevisionBefore(string arn) =>
        RevisionOf(arn) is > 1 and var revision
            ? string.Create(CultureInfo.InvariantCulture, $"{arn.AsSpan(0, arn.LastIndexOf(':'))}:{revision - 1}")
            : null;

    /// <summary>The digest in <c>…/repository@sha256:…</c>.</summary>
    private static string? DigestOf(string? uri) => uri?.IndexOf('@') is >= 0 and var at ? uri[(at + 1)..] : null;

    /// <summary>
    /// Throws if something was not read. What ended since it was listed is reported as MISSING and is fine. Anything
    /// else that could not be described was not read.
    /// </summary>
    internal static void RequireAll(List<Failure>? failures)
    {
        if (failures?.FirstOrDefault(failure => failure.Reason != "MISSING") is not { } failed)
            return;
        var why = ErrorText.OfReason($"{failed.Reason} {failed.Detail}".TrimEnd());
        throw new UnreadableReferenceException($"ECS does not describe {failed.Arn}: {why}");
    }
}

/// <summary>Calls to one account, limited to so many at once.</summary>
internal sealed class Reading(SemaphoreSlim calls, CancellationToken cancellation)
{
    public async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        await calls.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await call().ConfigureAwait(false);
        }
        finally
        {
            calls.Release();
        }
    }

    /// <summary>The items of all pages, or of as many pages as hold <paramref name="enough"/> items.</summary>
    /// <param name="page">Reads the page of a token; null is the first page.</param>
    public async Task<List<T>> AllAsync<T>(
        Func<string?, Task<(List<T>? Items, string? Next)>> page,
        int enough = int.MaxValue
    )
    {
        var all = new List<T>();
        string? next = null;
        do
        {
            var token = next;
            (var items, next) = await CallAsync(() => page(token)).ConfigureAwait(false);
            all.AddRange(items ?? []);
        } while (!string.IsNullOrEmpty(next) && all.Count < enough);
        return all;
    }

    /// <summary>Runs all of them to the end, even if some fail: what can be read is read.</summary>
    public static Task EachAsync<T>(IEnumerable<T> items, Func<T, Task> read) => Task.WhenAll(items.Select(read));
}
