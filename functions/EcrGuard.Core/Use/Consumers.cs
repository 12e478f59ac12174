using System.Text.Json.Serialization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>What kind of thing runs images.</summary>
public enum ConsumerKind
{
    EcsTask,
    EcsService,
    TaskDefinition,
    ScheduledTask,
    LambdaFunction,
    AppRunnerService,

    /// <summary>Something that Amazon Inspector sees running: an ECS task or an EKS pod.</summary>
    Workload,
}

/// <summary>Something that runs images, or will run them.</summary>
/// <param name="Name">Its ARN, or the name that its service gives it.</param>
public sealed record Consumer(ConsumerKind Kind, string Name)
{
    /// <summary>Whether it does not run the image, but may be sent back to it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPrevious { get; init; }

    public override string ToString() =>
        Kind switch
        {
            ConsumerKind.EcsTask => "ECS task ",
            ConsumerKind.EcsService => "ECS service ",
            ConsumerKind.TaskDefinition => "task definition ",
            ConsumerKind.ScheduledTask => "scheduled task ",
            ConsumerKind.LambdaFunction => "Lambda function ",
            ConsumerKind.AppRunnerService => "App Runner service ",
            ConsumerKind.Workload => "workload ",
        }
        + Name
        + (IsPrevious ? " (the revision before)" : "");
}

/// <summary>One reference of a consumer to one image, by digest, by tag, or by both: then the digest counts.</summary>
public sealed record ConsumerReference(RepositoryId Repository, string? Tag, Digest? Digest, Consumer By)
{
    /// <summary>When it was last seen; null for a reference that the reading itself saw.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>
    /// Since which reading it was not seen, although it could have been; null where it was seen or its consumer could
    /// not be read.
    /// </summary>
    public DateTimeOffset? AbsentSince { get; init; }
}

/// <summary>A consumer that could not be read: images that it might use count as in use.</summary>
/// <param name="What">For example <c>ECS services</c>.</param>
/// <param name="Account">Twelve digits.</param>
/// <param name="Why">In AWS's words.</param>
public sealed record UnreadConsumer(string What, string Account, string Why)
{
    /// <summary>Null: every kind of the account.</summary>
    public ConsumerKind? Kind { get; init; }

    /// <summary>True where a setting of the account hides it, and nothing failed; null otherwise.</summary>
    public bool? BySetting { get; init; }

    /// <summary>Null: every region of the account.</summary>
    public string? Region { get; init; }

    /// <summary>Globs, separated by spaces, of repositories for which it was read all the same; null: none.</summary>
    public string? But { get; init; }
}

/// <summary>What uses the images of this registry, from one reading, and what still counts of earlier ones.</summary>
public sealed record UsageReading
{
    /// <summary>When the reading began. Every reference that it saw itself is at least as new.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    public IReadOnlyList<ConsumerReference> Uses { get; init; } = [];

    /// <summary>Empty: all consumers were read.</summary>
    public IReadOnlyList<UnreadConsumer> Unread { get; init; } = [];

    /// <summary>
    /// By repository, the images with no recent pull that Amazon Inspector has scanned: if they were running, Inspector
    /// would say so. Null where nobody asked.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Digest>>? Scanned { get; init; }
}
