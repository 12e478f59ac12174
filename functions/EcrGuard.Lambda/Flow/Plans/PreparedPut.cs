using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Baselines;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>The state of a policy before its turn.</summary>
internal abstract record PreparedPut
{
    public const string Gone = "The repository is gone.";

    private PreparedPut() { }

    /// <summary>
    /// Checks whether the policy is there already, or whether the present one is not the one that the plan was made to
    /// replace.
    /// </summary>
    /// <returns>Null if the policy must still be put.</returns>
    public static PreparedPut? WhyNotNeeded(PutPolicy put, string? present) =>
        LifecyclePolicy.AreSame(present, put.Policy) ? new Done("The policy is in place.")
        : PlanCheck.WhyNot(put, present) is { } changed ? new Superseded(changed)
        : null;

    public sealed record Done(string How) : PreparedPut;

    public sealed record Superseded(string Why) : PreparedPut;

    public sealed record Refused(string Why) : PreparedPut;

    /// <summary>ECR has said what the policy would take.</summary>
    /// <param name="Policy">What is put, read.</param>
    /// <param name="Shielded">Whether tags were written since the repository was read.</param>
    public sealed record Ready(
        RepositoryView View,
        IReadOnlyList<ImageFacts> LatelyGone,
        BaselineWriter Writer,
        Repair Repair,
        LifecyclePolicy Policy,
        IReadOnlyDictionary<Digest, RemovalKind> Taken,
        bool Shielded
    ) : PreparedPut;
}
