using EcrGuard.Aws.Ledger;

namespace EcrGuard.Lambda.Flow.Plans;

/// <summary>Which plan is being applied. Stored as a document in the ledger.</summary>
/// <param name="RunningUntil">Until this time nobody else may apply a plan; null if no plan is being applied.</param>
public sealed record ApplyLease(string PlanId, DateTimeOffset? RunningUntil)
{
    public static StoredForm<ApplyLease> Form { get; } = new("APPLY", 1, StateJson.Default.ApplyLease);
}

/// <summary>Makes sure that only one plan is applied at a time.</summary>
public sealed class ApplyLeases(RegistryDocuments documents, TimeProvider time)
{
    /// <summary>The longest run that Lambda allows. A run that began longer ago than this is dead.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <returns>The lease, or why this plan must not be applied now.</returns>
    internal async Task<(HeldLease? Lease, string Refusal)> TakeAsync(string planId)
    {
        var now = time.GetUtcNow();
        var (other, revision) = await documents
            .FindAsync(ApplyLease.Form, CancellationToken.None)
            .ConfigureAwait(false);
        if (other?.RunningUntil > now)
            return (
                null,
                $"The plan {other.PlanId} is being applied; one is at a time. Try again when it is done, "
                    + $"at the latest after {other.RunningUntil.Value.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z."
            );
        var lease = new HeldLease(documents, new ApplyLease(planId, now + Longest), revision, time);
        return await lease.ClaimAsync().ConfigureAwait(false)
            ? (lease, "")
            : (null, "Another plan has just begun to be applied; one is at a time. Try again when it is done.");
    }
}

/// <summary>The lease of one run. While the run goes on, nobody else stores over it.</summary>
internal sealed class HeldLease(RegistryDocuments documents, ApplyLease lease, long revision, TimeProvider time)
{
    /// <summary>How often the run checks that the lease is still its own.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(15);

    private long revision = revision;
    private DateTimeOffset checkedAt;

    /// <returns>False if somebody else has stored.</returns>
    public Task<bool> ClaimAsync() => StoreAsync(lease);

    /// <summary>Checks that nobody else applies a plan: after the first item, and then every few seconds.</summary>
    /// <returns>False if somebody else has started. Then this run must start nothing more.</returns>
    public async Task<bool> IsStillOursAsync()
    {
        if (time.GetUtcNow() - checkedAt < CheckInterval)
            return true;
        checkedAt = time.GetUtcNow();
        return await ClaimAsync().ConfigureAwait(false);
    }

    public Task EndAsync() => StoreAsync(lease with { RunningUntil = null });

    private async Task<bool> StoreAsync(ApplyLease state)
    {
        var kept = await documents
            .StoreAsync(ApplyLease.Form, state, revision, CancellationToken.None)
            .ConfigureAwait(false);
        if (kept)
            revision++;
        return kept;
    }
}
