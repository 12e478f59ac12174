using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports.Alerts;

namespace EcrGuard.Lambda.Flow.Backfilling;

/// <summary>Sends the message that the backfill is done, with what it found.</summary>
public sealed class BackfillNotice(Notifier notifier, PolicyDocument policy, Settings settings)
{
    public async Task TellAsync(BackfillState state, DateTimeOffset endedAt)
    {
        var done = new BackfillResult(
            settings.Account,
            settings.Region,
            state.StartedAt,
            endedAt,
            state.Repositories,
            state.Statuses,
            state.Unread,
            policy.Version
        );
        if (settings.AlertTopic is not null)
            await notifier.AlertAsync(BackfillMessage.For(done), CancellationToken.None).ConfigureAwait(false);
    }
}
