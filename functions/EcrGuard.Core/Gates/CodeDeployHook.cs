using System.Text.Json;
using System.Text.Json.Serialization;

namespace EcrGuard.Core.Gates;

/// <summary>
/// A lifecycle event hook of AWS CodeDeploy that waits for an answer (AWS CodeDeploy User Guide, "AppSpec 'hooks'
/// section"), and since when EcrGuard has asked for it.
/// </summary>
/// <param name="AskedSince">Null for the first time.</param>
public sealed record CodeDeployHook(
    string DeploymentId,
    string LifecycleEventHookExecutionId,
    DateTimeOffset? AskedSince = null
)
{
    /// <summary>
    /// CodeDeploy fails a hook that does not answer within an hour: what is not known by then is a no.
    /// </summary>
    public static readonly TimeSpan AsksFor = TimeSpan.FromMinutes(55);

    public static readonly TimeSpan AsksAgainAfter = TimeSpan.FromMinutes(1);

    /// <summary>Whether there is time to ask once more.</summary>
    public bool MayWait(DateTimeOffset now) => now + AsksAgainAfter - (AskedSince ?? now) < AsksFor;

    public string Write() => JsonSerializer.Serialize(this, CodeDeployJson.Default.CodeDeployHook);

    /// <exception cref="JsonException">It is not what <see cref="Write"/> writes.</exception>
    public static CodeDeployHook Read(string json) =>
        JsonSerializer.Deserialize(json, CodeDeployJson.Default.CodeDeployHook)
        ?? throw new JsonException("The message is empty.");
}

[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(CodeDeployHook))]
internal sealed partial class CodeDeployJson : JsonSerializerContext;
