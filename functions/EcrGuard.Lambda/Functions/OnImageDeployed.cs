using Amazon.Lambda.Annotations;
using Amazon.Lambda.Core;
using Amazon.Lambda.SQSEvents;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Functions;

/// <summary>
/// Something was deployed: a task of ECS starts, a service of App Runner changes, or, where a trail exists, Lambda or
/// ECS was told to run another image. What it runs is recorded as in use and shielded at once, not at the next sweep.
/// An image was deleted: the platforms of an index that runs are what runs then.
/// </summary>
public sealed class OnImageDeployed(
    DeploymentReader deployments,
    DeploymentRecorder images,
    DeletedIndexes indexes,
    Settings settings,
    Log log
)
{
    /// <summary>How much time is left for handing back when no more work is begun.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    [LambdaFunction]
    public async Task<SQSBatchResponse> OnImageDeployedAsync(SQSEvent input, ILambdaContext context)
    {
        var failed = new List<string>();
        var (read, deleted) = Read(input, failed);
        using var deadline = Deadline.Before(context, Margin);
        // All are recorded first: a shield waits for its turn to write, and what is recorded no sweep lets go.
        var follows = new List<Recorded>();
        // A service starts hundreds of tasks, of which each sends several events: they are one deployment.
        foreach (var same in read.GroupBy(each => (each.Event.By, each.Event.TaskDefinition, Names(each.Event))))
        {
            string[] ids = [.. same.Select(each => each.MessageId)];
            await OrFailedAsync(
                    same.Key.By.ToString(),
                    ids,
                    failed,
                    async () =>
                    {
                        deadline.Token.ThrowIfCancellationRequested();
                        var newest = same.MaxBy(each => each.Event.Time).Event;
                        foreach (var use in await deployments.ReadAsync(newest, deadline.Token).ConfigureAwait(false))
                        {
                            if (await images.RecordAsync(use, newest.Time, deadline.Token).ConfigureAwait(false))
                                follows.Add(new Recorded(use, newest.Time, ids));
                        }
                    }
                )
                .ConfigureAwait(false);
        }
        foreach (var recorded in follows)
        {
            await OrFailedAsync(
                    recorded.Use.By.ToString(),
                    recorded.MessageIds,
                    failed,
                    async () =>
                    {
                        deadline.Token.ThrowIfCancellationRequested();
                        await images.FollowAsync(recorded.Use, recorded.SeenAt, deadline.Token).ConfigureAwait(false);
                    }
                )
                .ConfigureAwait(false);
        }
        foreach (var same in deleted.GroupBy(each => each.Image))
        {
            await OrFailedAsync(
                    same.Key.ToString(),
                    same.Select(each => each.MessageId),
                    failed,
                    async () =>
                    {
                        deadline.Token.ThrowIfCancellationRequested();
                        await indexes.FollowAsync(same.Key, deadline.Token).ConfigureAwait(false);
                    }
                )
                .ConfigureAwait(false);
        }
        var failures = failed.Distinct().Select(id => new SQSBatchResponse.BatchItemFailure { ItemIdentifier = id });
        return new SQSBatchResponse([.. failures]);
    }

    /// <summary>A deployment that is recorded and from which something follows.</summary>
    private sealed record Recorded(ConsumerReference Use, DateTimeOffset SeenAt, IReadOnlyList<string> MessageIds);

    private async Task OrFailedAsync(string of, IEnumerable<string> ids, List<string> failed, Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            log.Error("What runs could not be recorded or shielded yet.", failure, ("of", of));
            failed.AddRange(ids);
        }
    }

    private (
        List<(string MessageId, DeploymentEvent Event)> Deployments,
        List<(string MessageId, ImageId Image)> Deleted
    ) Read(SQSEvent input, List<string> failed)
    {
        var read = new List<(string, DeploymentEvent)>();
        var deleted = new List<(string, ImageId)>();
        foreach (var message in input.Records ?? [])
        {
            try
            {
                var body = message.Body ?? "";
                if (DeploymentEvent.Read(body, out var ignored) is { } deployment)
                {
                    if (IsHere(deployment.Account, deployment.Region, message))
                        read.Add((message.MessageId, deployment));
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
                failed.Add(message.MessageId);
            }
        }
        return (read, deleted);
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
