using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Publishes notices once. Whoever publishes a notice claims it first. So it is sent twice only if the function dies
/// after publishing and before recording.
/// </summary>
public sealed class Notices(AlertClaims claims, AlertFacts facts, Notifier notifier, TimeProvider time, Log log)
{
    /// <summary>Tells that an approval was forced or has ended.</summary>
    public Task BreakGlassAsync(
        ImageRecord record,
        ForcedApproval forced,
        bool ended,
        CancellationToken cancellation
    ) =>
        PublishOnceAsync(
            BreakGlassAlert.Of(new ForcedApprovalNotice(record, forced, ended), time.GetUtcNow()),
            cancellation
        );

    /// <summary>Tells that an image was released, or was restored by somebody else.</summary>
    public Task QuarantineAsync(QuarantineNotice notice, CancellationToken cancellation) =>
        PublishOnceAsync(QuarantineAlert.Of(notice, time.GetUtcNow()), cancellation);

    /// <summary>
    /// Publishes news of an image, unless it was published before or somebody else is about to publish it.
    /// </summary>
    public async Task PublishOnceAsync(ImageNews news, CancellationToken cancellation)
    {
        if (await ClaimAsync(news, cancellation).ConfigureAwait(false) is { } claimed)
            await SendAsync([Key(claimed)], () => Task.FromResult(ImageMessage.For(claimed)), cancellation)
                .ConfigureAwait(false);
    }

    /// <summary>The same for many at once. Where they are a crowd, they share messages.</summary>
    /// <returns>Those that could not be told and are left to the next try.</returns>
    public async Task<IReadOnlyList<ImageNews>> PublishOnceAsync(
        IReadOnlyList<ImageNews> news,
        CancellationToken cancellation
    )
    {
        var (claimed, untold) = (new List<ImageNews>(), new List<ImageNews>());
        // Of the same news a second one would wait for the first.
        foreach (var each in news.DistinctBy(each => each.Id))
        {
            try
            {
                if (await ClaimAsync(each, cancellation).ConfigureAwait(false) is { } own)
                    claimed.Add(own);
            }
            catch (Exception failure)
            {
                untold.AddRange(Left([each], failure));
            }
        }
        foreach (var batch in ImageMessage.Batches(claimed, each => each.Team))
        {
            try
            {
                await SendAsync(
                        [.. batch.Select(Key)],
                        () => Task.FromResult(ImageMessage.ForBatch(batch)),
                        cancellation
                    )
                    .ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                untold.AddRange(Left(batch, failure));
            }
        }
        return untold;
    }

    /// <summary>The same with a message that is about no single verdict.</summary>
    /// <param name="id">The id of the message.</param>
    /// <param name="message">Makes the message for the team that owns the repository; the team is null if none is
    ///     known.</param>
    public async Task PublishOnceAsync(
        RepositoryId repository,
        string id,
        Func<string?, AlertMessage> message,
        CancellationToken cancellation
    )
    {
        if (!await claims.ClaimNoticeAsync(repository, id, cancellation).ConfigureAwait(false))
            return;
        await SendAsync(
                [(repository, id)],
                async () => message(await facts.TeamAsync(repository, cancellation).ConfigureAwait(false)),
                cancellation
            )
            .ConfigureAwait(false);
    }

    private IReadOnlyList<ImageNews> Left(IReadOnlyList<ImageNews> news, Exception failure)
    {
        foreach (var each in news)
            log.Error(
                "A notice could not be published and is left to the next try.",
                failure,
                ("image", each.Image.ToString()),
                ("notice", each.Kind)
            );
        return news;
    }

    /// <returns>The news with all that is known; null: it is told, or somebody else is about to tell it.</returns>
    private async Task<ImageNews?> ClaimAsync(ImageNews news, CancellationToken cancellation)
    {
        if (!await claims.ClaimNoticeAsync(news.Image.Repository, news.Id, cancellation).ConfigureAwait(false))
            return null;
        try
        {
            return await facts.OfAsync(news, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await ReleaseAsync([Key(news)]).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gives claims back, even if time is up: the next try must not wait for them.</summary>
    private async Task ReleaseAsync(IReadOnlyList<(RepositoryId Repository, string Id)> claimed)
    {
        foreach (var (repository, id) in claimed)
            await claims.ReleaseNoticeAsync(repository, id, CancellationToken.None).ConfigureAwait(false);
    }

    private static (RepositoryId Repository, string Id) Key(ImageNews news) => (news.Image.Repository, news.Id);

    /// <summary>Sends a message about claimed notices.</summary>
    private async Task SendAsync(
        IReadOnlyList<(RepositoryId Repository, string Id)> claimed,
        Func<Task<AlertMessage>> message,
        CancellationToken cancellation
    )
    {
        try
        {
            await notifier.AlertAsync(await message().ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch
        {
            await ReleaseAsync(claimed).ConfigureAwait(false);
            throw;
        }
        foreach (var (repository, id) in claimed)
            await claims.CloseNoticeAsync(repository, id, cancellation).ConfigureAwait(false);
    }
}
