using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Lifecycle;

/// <summary>How a repository differs from its baseline, and what may be done about it on a push.</summary>
/// <param name="Drift">A sentence for each difference.</param>
/// <param name="LifecyclePolicy">The policy to put on the repository; null where none is missing, or none may be put.</param>
public sealed record BaselinePlan(IReadOnlyList<string> Drift, string? LifecyclePolicy)
{
    /// <summary>What the drift says of a repository without a lifecycle policy.</summary>
    public const string NoLifecyclePolicy = "The repository has no lifecycle policy.";

    /// <param name="baseline">Null where the policy names none for the repository: a missing lifecycle policy is reported all the same.</param>
    /// <param name="mode">How far EcrGuard may go in the repository: in <see cref="EnforcementMode.Observe"/> nothing is written, whatever the baseline says.</param>
    public static BaselinePlan For(RepositoryFacts repository, Baseline? baseline, EnforcementMode mode)
    {
        var drift = new List<string>();
        if (repository.LifecyclePolicy is null)
            drift.Add(NoLifecyclePolicy);
        if (baseline?.ScanOnPush == true && repository.Scanning is { Automatic: false })
            drift.Add("No scan follows a push; the baseline wants one.");
        if (baseline?.TagMutability is { } wanted && repository.Mutability != wanted)
            drift.Add($"Its tag mutability is {Word(repository.Mutability)}; the baseline wants {Word(wanted)}.");
        var puts = repository.LifecyclePolicy is null && baseline?.Mode == BaselineMode.Enforce && mode >= EnforcementMode.Mark;
        return new BaselinePlan(drift, puts ? baseline!.LifecyclePolicy : null);
    }

    private static string Word(TagMutability mutability) => mutability switch
    {
        TagMutability.Mutable => "MUTABLE",
        TagMutability.Immutable => "IMMUTABLE",
        TagMutability.MutableWithExclusion => "MUTABLE_WITH_EXCLUSION",
        TagMutability.ImmutableWithExclusion => "IMMUTABLE_WITH_EXCLUSION",
        TagMutability.Unknown => "unknown",
    };
}
