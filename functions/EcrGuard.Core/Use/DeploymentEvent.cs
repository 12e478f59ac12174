using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>An image as a consumer names it, and the digest where the consumer has resolved it.</summary>
public sealed record DeployedImage(string Uri, Digest? Digest);

/// <summary>What an event says was deployed.</summary>
/// <param name="Account">Where it was deployed, with <paramref name="Region"/>.</param>
/// <param name="Time">When AWS says it happened. Events come late, twice and out of order.</param>
/// <param name="By">Who runs the images, or will.</param>
/// <param name="Images">Null where the event names none: the consumer is then asked for them.</param>
/// <param name="TaskDefinition">What ECS is asked for: an ARN, <c>family:revision</c> or <c>family</c>.</param>
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
    /// in the EventBridge events reference; AWS CloudTrail User Guide, "CloudTrail record contents"). Which of a call's
    /// parameters CloudTrail keeps is not documented for each call, so that only names and ARNs are read from it.
    /// </summary>
    /// <param name="ignored">Why the event says nothing of images; null where one is returned.</param>
    /// <exception cref="EventFormatException">It is one of EcrGuard's, and a field is missing or wrong.</exception>
    public static DeploymentEvent? Read(string json, out string? ignored)
    {
        using var document = RegistryEvent.Parse(json);
        var root = document.RootElement;
        ignored = "an event type that EcrGuard does not use";
        return (RegistryEvent.Find(root, "source"), RegistryEvent.Find(root, "detail-type")) switch
        {
            ("aws.ecs", "ECS Task State Change") => OfTask(root, out ignored),
            ("aws.apprunner", "AppRunner Service Operation Status Change") => OfAppRunner(root, out ignored),
            ("aws.ecs", OfTrail) => OfEcsCall(root, out ignored),
            ("aws.lambda", OfTrail) => OfLambdaCall(root, out ignored),
            _ => null,
        };
    }

    /// <summary>A task that starts or runs. Its service is who deploys: it stays when the task ends.</summary>
    private static DeploymentEvent? OfTask(JsonElement root, out string? ignored)
    {
        var runs =
            RegistryEvent.Required(root, "detail", "lastStatus") is "PENDING" or "RUNNING"
            && RegistryEvent.Find(root, "detail", "desiredStatus") is null or "RUNNING";
        ignored = runs ? null : "a task that neither starts nor runs";
        if (ignored is not null)
            return null;
        if (
            !root.GetProperty("detail").TryGetProperty("containers", out var containers)
            || containers.ValueKind != JsonValueKind.Array
        )
            throw new EventFormatException("The field 'detail.containers' is missing or not a list.");
        // A container without an image is none that anybody deployed: agents that AWS puts into a task show none.
        var images = containers
            .EnumerateArray()
            .Where(container => !string.IsNullOrEmpty(RegistryEvent.Find(container, "image")))
            .Select(container => new DeployedImage(RegistryEvent.Find(container, "image")!, DigestOf(container)))
            .Distinct();
        return Of(root, ConsumerOf(root), [.. images]);
    }

    private static Consumer ConsumerOf(JsonElement root)
    {
        const string service = "service:";
        var cluster = RegistryEvent.Required(root, "detail", "clusterArn");
        var services = cluster.Replace(":cluster/", ":service/", StringComparison.Ordinal);
        return
            RegistryEvent.Find(root, "detail", "group") is { } group
            && group.StartsWith(service, StringComparison.Ordinal)
            ? new Consumer(ConsumerKind.EcsService, $"{services}/{group[service.Length..]}")
            : new Consumer(ConsumerKind.TaskDefinition, RegistryEvent.Required(root, "detail", "taskDefinitionArn"));
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

    /// <summary>Tasks tell of themselves; only what a service or a family may run next is told by calls.</summary>
    private static DeploymentEvent? OfEcsCall(JsonElement root, out string? ignored)
    {
        if (Failed(root, out ignored))
            return null;
        switch (RegistryEvent.Required(root, "detail", "eventName"))
        {
            case "RegisterTaskDefinition":
                var registered = RegistryEvent.Required(
                    root,
                    "detail",
                    "responseElements",
                    "taskDefinition",
                    "taskDefinitionArn"
                );
                return Of(root, new Consumer(ConsumerKind.TaskDefinition, registered), null, registered);
            case "CreateService" or "UpdateService":
                var service = RegistryEvent.Required(root, "detail", "responseElements", "service", "serviceArn");
                var definition =
                    RegistryEvent.Find(root, "detail", "responseElements", "service", "taskDefinition")
                    ?? RegistryEvent.Find(root, "detail", "requestParameters", "taskDefinition");
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
        var name = RegistryEvent.Required(root, "detail", "eventName");
        if (!IsCall(name, "CreateFunction") && !IsCall(name, "UpdateFunctionCode") && !IsCall(name, "PublishVersion"))
            ignored = "a call that says nothing of images";
        else if (RegistryEvent.Find(root, "detail", "responseElements", "packageType") is { } type && type != "Image")
            ignored = "a function without an image";
        if (ignored is not null)
            return null;
        var named =
            RegistryEvent.Find(root, "detail", "responseElements", "functionArn")
            ?? RegistryEvent.Required(root, "detail", "requestParameters", "functionName");
        var version = RegistryEvent.Find(root, "detail", "responseElements", "version");
        var (account, region) = (RegistryEvent.Required(root, "account"), RegistryEvent.Required(root, "region"));
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
        ignored = RegistryEvent.Find(root, "detail", "errorCode") is null ? null : "a call that did not succeed";
        return ignored is not null;
    }

    /// <summary>A container knows its image's digest once it was pulled.</summary>
    private static Digest? DigestOf(JsonElement container)
    {
        const string right = "'sha256:' and 64 lower-case hexadecimal characters";
        var text = RegistryEvent.Find(container, "imageDigest");
        return string.IsNullOrEmpty(text) ? null
            : Digest.TryParse(text, out var digest) ? digest
            : throw RegistryEvent.Wrong("detail.containers[].imageDigest", text, right);
    }

    private static DeploymentEvent Of(
        JsonElement root,
        Consumer by,
        IReadOnlyList<DeployedImage>? images,
        string? taskDefinition = null
    ) =>
        new(
            RegistryEvent.Required(root, "account"),
            RegistryEvent.Required(root, "region"),
            RegistryEvent.TimeOf(root),
            by,
            images,
            taskDefinition
        );
}
