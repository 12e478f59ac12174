using EcrGuard.Core.Images;

namespace EcrGuard.Core.Baselines;

public enum SettingKind
{
    LifecyclePolicy,
    TagMutability,
    ScanOnPush,
    ResourceTag,
}

/// <summary>
/// A setting of a repository that EcrGuard may write. Its value is a text, so that one rule for all kinds says when to
/// write it, when to stop, and what to restore.
/// </summary>
/// <param name="Tag">The key of a <see cref="SettingKind.ResourceTag"/>; null for every other kind.</param>
public sealed record RepositorySetting(SettingKind Kind, string? Tag = null)
{
    public static RepositorySetting LifecyclePolicy { get; } = new(SettingKind.LifecyclePolicy);

    public static RepositorySetting TagMutability { get; } = new(SettingKind.TagMutability);

    public static RepositorySetting ScanOnPush { get; } = new(SettingKind.ScanOnPush);

    public static RepositorySetting ResourceTag(string key) => new(SettingKind.ResourceTag, key);

    /// <summary>Its name in a <see cref="SettingHistory"/>.</summary>
    public string Name => Kind == SettingKind.ResourceTag ? $"{Kind}:{Tag}" : $"{Kind}";

    /// <summary>The setting of that name.</summary>
    public static RepositorySetting Of(string name) =>
        name.Split(':', 2) is [var kind, var tag]
            ? new(Enum.Parse<SettingKind>(kind), tag)
            : new(Enum.Parse<SettingKind>(name));

    /// <summary>For a sentence: "the lifecycle policy".</summary>
    public string Words =>
        Kind switch
        {
            SettingKind.LifecyclePolicy => "the lifecycle policy",
            SettingKind.TagMutability => "the tag mutability",
            SettingKind.ScanOnPush => "the scan on push",
            SettingKind.ResourceTag => $"the resource tag '{Tag}'",
        };

    /// <summary>Whether two values mean the same; null is no value.</summary>
    public bool AreSame(string? one, string? other) =>
        Kind == SettingKind.LifecyclePolicy ? Lifecycle.LifecyclePolicy.AreSame(one, other) : one == other;

    /// <summary>
    /// The repository's value; null where there is no lifecycle policy or no such resource tag, and where the value is
    /// not known.
    /// </summary>
    public string? ValueIn(RepositoryFacts repository) =>
        Kind switch
        {
            SettingKind.LifecyclePolicy => repository.LifecyclePolicy,
            SettingKind.TagMutability => repository.Mutability == Images.TagMutability.Unknown
                ? null
                : new MutabilityValue(repository.Mutability, repository.MutabilityExclusions).ToString(),
            SettingKind.ScanOnPush => repository.Scanning.Automatic ? "true" : "false",
            SettingKind.ResourceTag => repository.ResourceTags?.GetValueOrDefault(Tag!),
        };
}
