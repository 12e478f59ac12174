using EcrGuard.Core.Images;

namespace EcrGuard.Lambda;

/// <summary>Who runs what, read again after a minute: one reading serves what is decided in that time, and nothing that goes is decided by an older one. Not for several callers at once.</summary>
internal sealed class RecentUse(Func<CancellationToken, Task<UseFacts>> read, TimeProvider time)
{
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(1);

    private UseFacts? use;
    private DateTimeOffset until;

    /// <param name="since">A reading that began before says nothing; null: any that is recent serves.</param>
    public async Task<UseFacts> ReadAsync(DateTimeOffset? since, CancellationToken cancellation)
    {
        if (use is null || time.GetUtcNow() >= until || use.ReadAt < since)
        {
            use = await read(cancellation).ConfigureAwait(false);
            // From its end: in a large account a reading takes minutes.
            until = time.GetUtcNow() + Age;
        }
        return use;
    }
}
