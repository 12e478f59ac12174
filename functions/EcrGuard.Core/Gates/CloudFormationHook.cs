using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// A Lambda Hook of AWS CloudFormation: it is asked before CloudFormation or Cloud Control creates or updates a
/// resource (AWS CloudFormation Hooks User Guide, "Lambda Hooks").
/// </summary>
public static class CloudFormationHook
{
    /// <summary>How often CloudFormation asks again before it counts the hook as failed.</summary>
    public const int MostWaits = 3;

    /// <summary>Seconds until it asks again.</summary>
    public const int Delay = 30;

    /// <summary>Cloud Control cuts longer messages.</summary>
    private const int MaxMessage = 1000;

    /// <param name="invocation">1 for the first question; null: not known.</param>
    public static CloudFormationAnswer Answer(GateStep step, string why, string token, int? invocation) =>
        step switch
        {
            GateStep.Go => new("SUCCESS", Message(why), token),
            GateStep.Wait when invocation is >= 1 and <= MostWaits => new("IN_PROGRESS", Message(why), token)
            {
                CallbackDelaySeconds = Delay,
            },
            GateStep.Wait or GateStep.Stop => new("FAILED", Message(why), token) { ErrorCode = "NonCompliant" },
        };

    /// <summary>
    /// Whether a stack goes back to what it was. A gate must not hold that up
    /// (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, "Stack status codes").
    /// </summary>
    public static bool IsRollback(string? stackStatus) =>
        stackStatus is not null
        && stackStatus.Contains("ROLLBACK", StringComparison.Ordinal)
        && stackStatus.EndsWith("_IN_PROGRESS", StringComparison.Ordinal);

    /// <summary>The images that a resource deploys, as its properties name them.</summary>
    /// <param name="type">For example <c>AWS::ECS::TaskDefinition</c>.</param>
    /// <param name="properties">As CloudFormation resolved them, where it could.</param>
    public static DeployedImages Images(string type, string? logicalId, JsonElement properties) =>
        new(
            $"{Phrase.Clip(logicalId ?? "?", 255)} ({Phrase.Clip(type, 255)})",
            [
                .. CloudFormationImages
                    .OfResource(Phrase.Clip(logicalId ?? "?", 255), type, properties)
                    // One more than the limit is enough to refuse them.
                    .Take(DeploymentDocument.MaxImages + 1),
            ]
        );

    private static string Message(string why) => Phrase.Clip(why.Length > 0 ? why : "It passes.", MaxMessage);
}

/// <summary>The answer to CloudFormation.</summary>
/// <param name="HookStatus"><c>SUCCESS</c>, <c>FAILED</c> or <c>IN_PROGRESS</c>.</param>
/// <param name="ClientRequestToken">The request's own.</param>
public sealed record CloudFormationAnswer(string HookStatus, string Message, string ClientRequestToken)
{
    /// <summary>Null unless it failed.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>IN_PROGRESS: when to ask again.</summary>
    public int? CallbackDelaySeconds { get; init; }
}
