using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// A lifecycle hook of a deployment of Amazon ECS (Amazon ECS Developer Guide, "Lifecycle hooks for Amazon ECS service
/// deployments").
/// </summary>
public static class EcsHook
{
    /// <summary>Seconds until ECS asks again: an answer takes a scan, and a scan takes minutes.</summary>
    public const int CallBackDelay = 30;

    /// <summary>The word that ECS is answered with.</summary>
    public static string Status(GateStep step) =>
        step switch
        {
            GateStep.Go => "SUCCEEDED",
            GateStep.Wait => "IN_PROGRESS",
            GateStep.Stop => "FAILED",
        };

    /// <summary>
    /// Whether a deployment goes back to what ran before. A gate never holds that up: the alternative has just failed.
    /// </summary>
    /// <param name="status">Of the service deployment, as ECS says it; null: not known.</param>
    public static bool IsRollback(string? status) => status?.StartsWith("ROLLBACK_", StringComparison.Ordinal) == true;

    /// <summary>
    /// A container of a service revision: by the digest where ECS has resolved it, else as it is named.
    /// </summary>
    public static NamedImage Image(string? container, string? image, string? digest)
    {
        var place = $"container {Phrase.Clip(container, 255)}";
        if (string.IsNullOrEmpty(image))
            return new NamedImage(null, place, "ECS names no image for it.");
        if (!Digest.TryParse(digest, out var resolved))
            return new NamedImage(image, place);
        var name = image.Split('@')[0];
        var colon = name.LastIndexOf(':');
        return new NamedImage($"{(colon > name.LastIndexOf('/') ? name[..colon] : name)}@{resolved}", place);
    }
}
