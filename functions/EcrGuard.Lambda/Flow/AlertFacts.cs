using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Reports.Alerts;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Reads what an alert says besides the verdict: who runs the image, and which team owns the repository.
/// </summary>
public sealed class AlertFacts(RepositoryRecords repositories, UsageReader usages, Log log)
{
    /// <summary>
    /// Gives the alerts with what is known about each. If something cannot be read, the alert is still sent.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, Alert>> OfAsync(
        IReadOnlyCollection<Alert> alerts,
        CancellationToken cancellation
    )
    {
        var told = alerts.ToDictionary(alert => alert.Id);
        try
        {
            var read = alerts.Count == 0 ? null : await usages.LatestAsync(cancellation).ConfigureAwait(false);
            foreach (var same in alerts.GroupBy(alert => alert.Record.Verdict.Image.Repository))
            {
                var team = await TeamAsync(same.Key, cancellation).ConfigureAwait(false);
                var running = await RunningAsync(same.Key, read, cancellation).ConfigureAwait(false);
                foreach (var alert in same)
                    told[alert.Id] = alert with { Team = team, RunsIn = running.Of(alert.Record) };
            }
        }
        catch (Exception unread) when (!cancellation.IsCancellationRequested)
        {
            log.Warning("Alerts go out without who runs their images.", ("why", ErrorText.ForCallers(unread)));
        }
        return told;
    }

    /// <summary>
    /// Gives news what is known besides: the team, and who runs the image. Where that is not given, deployments tell
    /// it; if none does, it is not known.
    /// </summary>
    public async Task<ImageNews> OfAsync(ImageNews news, CancellationToken cancellation)
    {
        var whole = news with { Team = await TeamAsync(news.Image.Repository, cancellation).ConfigureAwait(false) };
        if (news is { RunsIn: not null } or { Record: null })
            return whole;
        try
        {
            var deployed = await RunningAsync(news.Image.Repository, null, cancellation).ConfigureAwait(false);
            return deployed.Of(news.Record) is { Count: > 0 } runs ? whole with { RunsIn = runs } : whole;
        }
        catch (Exception unread) when (!cancellation.IsCancellationRequested)
        {
            log.Warning("An alert goes out without who runs its image.", ("why", ErrorText.ForCallers(unread)));
            return whole;
        }
    }

    /// <summary>The team that owns a repository; null where none is known.</summary>
    public async Task<string?> TeamAsync(RepositoryId repository, CancellationToken cancellation)
    {
        try
        {
            return await repositories.TeamAsync(repository, cancellation).ConfigureAwait(false);
        }
        catch (Exception unread) when (!cancellation.IsCancellationRequested)
        {
            // An alert that names no team is better than none.
            log.Warning("An alert goes out without its team.", ("why", ErrorText.ForCallers(unread)));
            return null;
        }
    }

    private async Task<RunningImages> RunningAsync(
        RepositoryId repository,
        UsageReading? read,
        CancellationToken cancellation
    )
    {
        var known = await usages.KnownAsync(repository, read, cancellation).ConfigureAwait(false);
        var here = known with { Uses = [.. known.Uses.Where(use => use.Repository == repository)] };
        return new RunningImages(here, repository.Account, repository.Region);
    }
}
