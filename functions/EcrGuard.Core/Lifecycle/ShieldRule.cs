using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

/// <summary>
/// The rule that EcrGuard puts first in its lifecycle policies: it keeps images with the tag of an image in use.
/// </summary>
public static class ShieldRule
{
    /// <summary>A lifecycle policy of this rule alone.</summary>
    internal static string Policy { get; } =
        $$"""{ "rules": [ { "rulePriority": 1, "description": "Images in use stay", "selection":"""
        + $$""" { "tagStatus": "tagged", "tagPatternList": ["{{OwnTags.InUsePattern}}"],"""
        + $$""" "countType": "imageCountMoreThan", "countNumber": {{Selection.EveryImage}} },"""
        + """ "action": { "type": "expire" } } ] }""";

    /// <summary>Whether it stands first in a lifecycle policy, so that images with a shield stay.</summary>
    public static bool StandsIn(string? policy) =>
        policy is not null && LifecyclePolicy.Read(policy).Policy is { } present && StandsIn(present);

    /// <inheritdoc cref="StandsIn(string?)"/>
    public static bool StandsIn(LifecyclePolicy policy) =>
        policy.Rules[0].Tags is [var only]
        && only.Text == OwnTags.InUsePattern
        && policy.Rules[0].CountNumber >= Selection.EveryImage;
}
