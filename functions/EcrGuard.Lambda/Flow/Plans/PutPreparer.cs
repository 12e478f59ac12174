using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Lambda.Flow.Baselines;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>
/// Does the work before the turn of a repository. It decides again, shields what is in use, and asks ECR what the
/// policy would take.
/// </summary>
public sealed class PutPreparer(
    LifecycleRepairs repairs,
    PlanShields shields,
    PreviewReader previews,
    LifecyclePutCheck check
)
{
    /// <returns>Null if too little time is left to begin.</returns>
    internal async Task<PreparedPut?> PrepareAsync(
        PlanRun run,
        RepositoryId id,
        PutPolicy put,
        CancellationToken cancellation
    )
    {
        if (run.RemainingTime < PolicyPut.LongestTime)
            return null;
        // If the plan found no policy, this is checked only just before the write: only an earlier call can have put
        // one.
        var lifecycle = put.Replaces is null && !run.HasPut(id) ? Task.FromResult<string?>(null) : null;
        if (await run.ViewAsync(id, null, cancellation, lifecycle).ConfigureAwait(false) is not { } view)
            return new PreparedPut.Superseded(PreparedPut.Gone);
        if (PreparedPut.WhyNotNeeded(put, view.LifecyclePolicy) is { } ended)
            return ended;
        var unshielded = shields.Unshielded(view);
        var (writer, repair, why) = await repairs
            .AgainAsync(view, first: unshielded.Count > 0, cancellation)
            .ConfigureAwait(false);
        if (repair is null)
            return new PreparedPut.Superseded($"The baseline does not put it any more. {why}".TrimEnd());
        if (!LifecyclePolicy.AreSame(repair.Value, put.Policy))
            return new PreparedPut.Superseded("The baseline wants another lifecycle policy than the plan puts.");

        await shields.PutAsync(run, id, unshielded, cancellation).ConfigureAwait(false);
        var preview = await previews.ReadAsync(id, put.Policy, cancellation).ConfigureAwait(false);
        if (preview.Taken is not { } taken)
            return new PreparedPut.Refused($"The policy is not put without ECR's preview. {preview.WhyNot}");
        var policy = LifecyclePolicy.Read(put.Policy).Policy!;
        var gone = await check.LatelyGoneAsync(id, policy, cancellation).ConfigureAwait(false);
        return new PreparedPut.Ready(view, gone, writer, repair, policy, taken, unshielded.Count > 0);
    }
}
