using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>An image as a consumer names it, and its digest if the consumer has resolved it.</summary>
public sealed record DeployedImage(string Uri, Digest? Digest);

/// <summary>What an event says was deployed.</summary>
/// <param name="Account">Where it was deployed, with <paramref name="Region"/>.</param>
/// <param name="Time">When it happened, as AWS says. Events come late, twice and out of order.</param>
/// <param name="By">Who runs the images, or will run them.</param>
/// <param name="Images">Null where the event names none: they are then read from the consumer.</param>
/// <param name="TaskDefinition">The task definition to read from ECS: an ARN, <c>family:revision</c> or
///     <c>family</c>.</param>
public sealed record DeploymentEvent(
    string Account,
    string Region,
    DateTimeOffset Time,
    Consumer By,
    IReadOnlyList<DeployedImage>? Images,
    string? TaskDefinition = null
)
{
    private const string OfTrail = "AWS API Call via CloudTrail";

    /// <summary>
    /// Reads an event of EventBridge (Amazon ECS Developer Guide, "Amazon ECS task state change events"; AWS App Runner
    /// in the EventBridge events reference; AWS CloudTrail User Guide, "CloudTrail record contents"). It is not
    /// documented which parameters of a call CloudTrail keeps, so only names and ARNs are read from it.
    /// </summary>
    /// <param name="ignored">Why EcrGuard does not use the event; null where one is returned.</param>
    /// <exception cref="EventFormatException">EcrGuard uses such events, and a field is missing or wrong.</exception>
    public static DeploymentEvent? Read(string json, out string? ignored)
    {
        using var document = EventFields.Parse(json);
        var root = document.RootElement;
        ignored = "an event type that EcrGuard does not use";
        return (EventFields.Find(root, "source"), EventFields.Find(root, "detail-type")) switch
        {
            ("aws.ecs", "ECS Task State Change") => OfTask(root, out ignored),
            ("aws.apprunner", "AppRunner Service Operation Status Change") => OfAppRunner(root, out ignored),
            ("aws.ecs", OfTrail) => OfEcsCall(root, out ignored),
            ("aws.lambda", OfTrail) => OfLambdaCall(root, out ignored),
            _ => null,
        };
    }

    /// <summary>
    /// A task that starts or runs. The consumer is its service, which stays when the task ends. All tasks of one task
    /// definition that have no service are one consumer.
    /// </summary>
    private static DeploymentEvent? OfTask(JsonElement root, out string? ignored)
    {
        var runs =
            EventFields.Required(root, "detail", "lastStatus") is "PENDING" or "RUNNING"
            && EventFields.Find(root, "detail", "desiredStatus") is null or "RUNNING";
        ignored = runs ? null : "a task that neither starts nor runs";
        if (ignored is not null)
            return null;
        if (
            !root.GetProperty("detail").TryGetProperty("containers", out var containers)
            || containers.ValueKind != JsonValueKind.Array
        )
            throw new EventFormatException("The field 'detail.containers' is missing or not a list.");
        // Agents that AWS puts into a task show no image, and nobody deployed them.
        var images = containers
            .EnumerateArray()
            .Where(container => !string.IsNullOrEmpty(EventFields.Find(container, "image")))
            .Select(container => new DeployedImage(EventFields.Find(container, "image")!, DigestOf(container)))
            .Distinct();
        return Of(root, ConsumerOf(root), [.. images]);
    }

    private static Consumer ConsumerOf(JsonElement root)
    {
        const string service = "service:";
        var cluster = EventFields.Required(root, "detail", "clusterArn");
        var services = cluster.Replace(":cluster/", ":service/", StringComparison.Ordinal);
        return
            EventFields.Find(root, "detail", "group") is { } group
            && group.StartsWith(service, StringComparison.Ordinal)
            ? new Consumer(ConsumerKind.EcsService, $"{services}/{group[service.Length..]}")
            : new Consumer(ConsumerKind.EcsTask, EventFields.Required(root, "detail", "taskDefinitionArn"));
    }

    private static DeploymentEvent? OfAppRunner(JsonElement root, out string? ignored)
    {
        var service =
            root.TryGetProperty("resources", out var resources) && resources.ValueKind == JsonValueKind.Array
                ? resources
                    .EnumerateArray()
                    .Where(id => id.ValueKind == JsonValueKind.String)
                    .Select(id => id.GetString()!)
                    .FirstOrDefault(arn => arn.Split(':') is ["arn", _, "apprunner", ..])
                : null;
        ignored = service is null ? "an operation of App Runner that names no service" : null;
        return service is null ? null : Of(root, new Consumer(ConsumerKind.AppRunnerService, service), null);
    }

    /// <summary>Running tasks have their own events. A call says what a service or a family may run next.</summary>
    private static DeploymentEvent? OfEcsCall(JsonElement root, out string? ignored)
    {
        if (Failed(root, out ignored))
            return null;
        switch (EventFields.Required(root, "detail", "eventName"))
        {
            case "RegisterTaskDefinition":
                var registered = EventFields.Required(
                    root,
                    "detail",
                    "responseElements",
                    "taskDefinition",
                    "taskDefinitionArn"
                );
                return Of(root, new Consumer(ConsumerKind.TaskDefinition, registered), null, registered);
            case "CreateService" or "UpdateService":
                var service = EventFields.Required(root, "detail", "responseElements", "service", "serviceArn");
                var definition =
                    EventFields.Find(root, "detail", "responseElements", "service", "taskDefinition")
                    ?? EventFields.Find(root, "detail", "requestParameters", "taskDefinition");
                // With another deployment controller its task sets name them.
                ignored = definition is null ? "a service that names no task definition" : null;
                return definition is null
                    ? null
                    : Of(root, new Consumer(ConsumerKind.EcsService, service), null, definition);
            default:
                ignored = "a call that says nothing of images";
                return null;
        }
    }

    private static DeploymentEvent? OfLambdaCall(JsonElement root, out string? ignored)
    {
        if (Failed(root, out ignored))
            return null;
        // Names carry the date of their API: UpdateFunctionCode20150331v2.
        var name = EventFields.Required(root, "detail", "eventName");
        if (!IsCall(name, "CreateFunction") && !IsCall(name, "UpdateFunctionCode") && !IsCall(name, "PublishVersion"))
            ignored = "a call that says nothing of images";
        else if (EventFields.Find(root, "detail", "responseElements", "packageType") is { } type && type != "Image")
            ignored = "a function without an image";
        if (ignored is not null)
            return null;
        var named =
            EventFields.Find(root, "detail", "responseElements", "functionArn")
            ?? EventFields.Required(root, "detail", "requestParameters", "functionName");
        var version = EventFields.Find(root, "detail", "responseElements", "version");
        var (account, region) = (EventFields.Required(root, "account"), EventFields.Required(root, "region"));
        // arn:partition:lambda:region:account:function:name, and a version behind it or not.
        var arn = named.Split(':') is ["arn", _, "lambda", _, _, "function", _, ..] parts
            ? string.Join(':', parts[..7])
            : $"arn:{RepositoryId.PartitionOf(region)}:lambda:{region}:{account}:function:{named.Split(':')[^1]}";
        var qualified = version is null or "$LATEST" ? arn : $"{arn}:{version}";
        return Of(root, new Consumer(ConsumerKind.LambdaFunction, qualified), null);
    }

    private static bool IsCall(string name, string call) =>
        name.StartsWith(call, StringComparison.Ordinal)
        && (name.Length == call.Length || char.IsAsciiDigit(name[call.Length]));

    private static bool Failed(JsonElement root, out string? ignored)
    {
        ignored = EventFields.Find(root, "detail", "errorCode") is null ? null : "a call that did not succeed";
        return ignored is not null;
    }

    /// <summary>A container knows its image's digest once it was pulled.</summary>
    private static Digest? DigestOf(JsonElement container)
    {
        const string right = "'sha256:' and 64 lower-case hexadecimal characters";
        var text = EventFields.Find(container, "imageDigest");
        return string.IsNullOrEmpty(text) ? null
            : Digest.TryParse(text, out var digest) ? digest
            : throw EventFields.Wrong("detail.containers[].imageDigest", text, right);
    }

    private static DeploymentEvent Of(
        JsonElement root,
        Consumer by,
        IReadOnlyList<DeployedImage>? images,
        string? taskDefinition = null
    ) =>
        new(
            EventFields.Required(root, "account"),
            EventFields.Required(root, "region"),
            EventFields.TimeOf(root),
            by,
            images,
            taskDefinition
        );
}
