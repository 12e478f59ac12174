using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Deployments;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// Handles deployments: a task of ECS starts, a service of App Runner changes, or (if there is a trail) Lambda or ECS
/// was told to run another image. The image is recorded as in use and shielded at once, not at the next sweep. Also
/// handles a deleted image: if it was an index that runs, its platform images are now what runs.
/// </summary>
public sealed class OnImageDeployed(
    DeploymentReader deployments,
    DeploymentRecorder recorder,
    UnapprovedDeployments unapproved,
    DeploymentFollower follower,
    DeletedIndexes indexes,
    Settings settings,
    Log log
)
{
    /// <summary>No more work is started with less time left than this. It is needed to hand messages back.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>What the messages of a batch say, and which of them cannot be read.</summary>
    private sealed record Messages(
        IReadOnlyList<(string MessageId, DeploymentEvent Event)> Deployments,
        IReadOnlyList<(string MessageId, ImageId Image)> Deleted,
        IReadOnlyList<string> Unread
    );

    /// <summary>A recorded deployment, with the messages that told of it.</summary>
    private sealed record Recorded(ConsumerReference Use, DateTimeOffset SeenAt, IReadOnlyList<string> MessageIds);

    [LambdaFunction]
    public async Task<SQSBatchResponse> OnImageDeployedAsync(SQSEvent input, ILambdaContext context)
    {
        var messages = Read(input);
        using var deadline = Deadline.Before(context, Margin);
        // All are recorded before any is shielded. A shield must wait for its turn to write, and no sweep gives up an
        // image that is recorded as in use.
        var (recorded, unrecorded) = await RecordAsync(messages.Deployments, deadline.Token).ConfigureAwait(false);
        var unfollowed = await FollowAsync(recorded, deadline.Token).ConfigureAwait(false);
        var undeleted = await FollowDeletedAsync(messages.Deleted, deadline.Token).ConfigureAwait(false);
        string[] failed = [.. messages.Unread, .. unrecorded, .. unfollowed, .. undeleted];
        return new SQSBatchResponse([
            .. failed.Distinct().Select(id => new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id }),
        ]);
    }

    /// <summary>
    /// Records the deployments. A service starts hundreds of tasks, and each task sends several events. They count as
    /// one deployment, and its newest event is used.
    /// </summary>
    /// <returns>The deployments that need a next step, and the messages that failed.</returns>
    private async Task<(IReadOnlyList<Recorded> Recorded, IReadOnlyList<string> Failed)> RecordAsync(
        IReadOnlyList<(string MessageId, DeploymentEvent Event)> read,
        CancellationToken cancellation
    )
    {
        var (recorded, failed) = (new List<Recorded>(), new List<string>());
        foreach (var same in read.GroupBy(each => (each.Event.By, each.Event.TaskDefinition, Names(each.Event))))
        {
            string[] ids = [.. same.Select(each => each.MessageId)];
            var newest = same.MaxBy(each => each.Event.Time).Event;
            async Task RecordNewestAsync()
            {
                foreach (var use in await deployments.ReadAsync(newest, cancellation).ConfigureAwait(false))
                {
                    if (await recorder.RecordAsync(use, newest.Time, cancellation).ConfigureAwait(false))
                        recorded.Add(new Recorded(use, newest.Time, ids));
                }
            }
            if (!await TryAsync(same.Key.By.ToString(), RecordNewestAsync, cancellation).ConfigureAwait(false))
                failed.AddRange(ids);
        }
        return (recorded, failed);
    }

    /// <returns>The messages that failed.</returns>
    private async Task<IReadOnlyList<string>> FollowAsync(
        IReadOnlyList<Recorded> recorded,
        CancellationToken cancellation
    )
    {
        var failed = new List<string>();
        var untold = await unapproved
            .TellAsync([.. recorded.Select(each => (each.Use, each.SeenAt))], cancellation)
            .ConfigureAwait(false);
        foreach (var (use, seenAt, ids) in recorded)
        {
            if (
                untold.Contains(use)
                || !await TryAsync(
                        use.By.ToString(),
                        () => follower.FollowAsync(use, seenAt, cancellation),
                        cancellation
                    )
                    .ConfigureAwait(false)
            )
                failed.AddRange(ids);
        }
        return failed;
    }

    /// <returns>The messages that failed.</returns>
    private async Task<IReadOnlyList<string>> FollowDeletedAsync(
        IReadOnlyList<(string MessageId, ImageId Image)> deleted,
        CancellationToken cancellation
    )
    {
        var failed = new List<string>();
        foreach (var same in deleted.GroupBy(each => each.Image))
        {
            if (
                !await TryAsync(same.Key.ToString(), () => indexes.FollowAsync(same.Key, cancellation), cancellation)
                    .ConfigureAwait(false)
            )
                failed.AddRange(same.Select(each => each.MessageId));
        }
        return failed;
    }

    /// <returns>False if it failed or the deadline came first.</returns>
    private async Task<bool> TryAsync(string of, Func<Task> act, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            await act().ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            log.Error("What runs could not be recorded or shielded yet.", failure, ("of", of));
            return false;
        }
    }

    private Messages Read(SQSEvent input)
    {
        var deployed = new List<(string, DeploymentEvent)>();
        var deleted = new List<(string, ImageId)>();
        var unread = new List<string>();
        foreach (var message in input.Records ?? [])
        {
            try
            {
                var body = message.Body ?? "";
                if (DeploymentEvent.Read(body, out var ignored) is { } deployment)
                {
                    if (IsHere(deployment.Account, deployment.Region, message))
                        deployed.Add((message.MessageId, deployment));
                }
                else if (RegistryEvent.Read(body, out _) is [ImageEvent { Kind: EventKind.Changed, Image: var image }])
                {
                    if (IsHere(image.Repository.Account, image.Repository.Region, message))
                        deleted.Add((message.MessageId, image));
                }
                else
                {
                    log.Info("The event is ignored.", ("messageId", message.MessageId), ("why", ignored));
                }
            }
            catch (EventFormatException malformed)
            {
                const string poison = "The event cannot be read; it goes to the dead-letter queue.";
                log.Error(poison, malformed, ("messageId", message.MessageId));
                unread.Add(message.MessageId);
            }
        }
        return new Messages(deployed, deleted, unread);
    }

    private bool IsHere(string account, string region, SQSEvent.SQSMessage message)
    {
        if (account == settings.Account && region == settings.Region)
            return true;
        log.Warning("The event is of another account or region.", ("messageId", message.MessageId));
        return false;
    }

    private static string Names(DeploymentEvent deployment)
    {
        var names = (deployment.Images ?? []).Select(image => $"{image.Uri} {image.Digest}");
        return string.Join(' ', names.Order(StringComparer.Ordinal));
    }
}
