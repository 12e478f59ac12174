using System.Collections.Concurrent;
using EcrGuard.Aws;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Backfilling;

/// <summary>A repository that the backfill has handled.</summary>
/// <param name="Judged">How many images this run judged that were not judged before.</param>
public sealed record BackfilledRepository(StatusCounts Statuses, IReadOnlyList<Unread> Unread, int Judged);

/// <summary>
/// Judges the images of one repository. An image that cannot be read is named, and gates get an answer about it from
/// fresh facts until a sweep handles it.
/// </summary>
public sealed class RepositoryBackfill(
    ImageBackfill images,
    BaselineEnforcer baselines,
    EcrReader registry,
    TagRemover tagRemover,
    Log log
)
{
    /// <summary>How many images are worked on at a time.</summary>
    private const int AtOnce = 4;

    /// <summary>Time kept to delete the manifests that tags were moved to when time is up.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    public async Task<BackfilledRepository> RunAsync(
        RepositoryId repository,
        DateTimeOffset startedAt,
        CancellationToken cancellation
    )
    {
        var unread = new ConcurrentBag<Unread>();
        var seen = new ConcurrentBag<BackfilledImage>();
        Task TryAsync(string what, Func<Task> read) => OrUnreadAsync(what, read, unread.Add, cancellation);

        await TryAsync(
                $"the baseline of {repository.Name}",
                () =>
                    baselines.HoldAsync(
                        repository,
                        repair: false,
                        BaselineEnforcer.Everything,
                        usages: null,
                        cancellation
                    )
            )
            .ConfigureAwait(false);
        await TryAsync(
                $"repository {repository.Name}",
                () =>
                    EachImageAsync(
                        repository,
                        (image, token) =>
                            TryAsync($"image {image.Id}", () => ImageAsync(image, startedAt, seen.Add, token)),
                        cancellation
                    )
            )
            .ConfigureAwait(false);
        // Also needed if the deadline cut the run short: ECR counts the manifests that tags were moved to as images.
        using var rest = new CancellationTokenSource(AtTheEnd);
        await TryAsync(
                $"what tags of {repository.Name} were moved to",
                () => tagRemover.EndAsync(repository, rest.Token)
            )
            .ConfigureAwait(false);
        return new BackfilledRepository(
            StatusCounts.Of(seen.Select(image => image.Status).OfType<Status>()),
            [.. unread],
            seen.Count(image => image.Judged is not null)
        );
    }

    /// <summary>Takes children first, because an index is judged by its children.</summary>
    private async Task EachImageAsync(
        RepositoryId repository,
        Func<ImageFacts, CancellationToken, Task> act,
        CancellationToken cancellation
    )
    {
        var indexes = new ConcurrentBag<ImageFacts>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };
        await Parallel
            .ForEachAsync(
                registry.ImagesAsync(repository, cancellation),
                options,
                async (image, token) =>
                {
                    if (image.Kind == ImageKind.Index)
                        indexes.Add(image);
                    else
                        await act(image, token).ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        await Parallel
            .ForEachAsync(
                indexes.OrderBy(index => index.Id.Digest),
                options,
                async (index, token) => await act(index, token).ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    private async Task ImageAsync(
        ImageFacts image,
        DateTimeOffset startedAt,
        Action<BackfilledImage> see,
        CancellationToken cancellation
    )
    {
        var judged = await images.JudgeAsync(image, startedAt, cancellation).ConfigureAwait(false);
        // Counted before the next steps: the image is judged, whatever happens to its tags.
        see(judged);
        if (judged.Judged is not null)
            await images.FollowAsync(judged.Judged, judged.Before, cancellation).ConfigureAwait(false);
    }

    private async Task OrUnreadAsync(string what, Func<Task> read, Action<Unread> note, CancellationToken cancellation)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The deadline came. The next run takes the repository again and skips what is recorded.
        }
        catch (Exception failure)
        {
            log.Error("Something could not be read; it is answered from fresh facts.", failure, ("what", what));
            note(new Unread(what, ErrorText.Of(failure)));
        }
    }
}
