using EcrGuard.Core.Images;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>One image of a batch, and what was decided about it.</summary>
internal sealed class BatchImage(ImageId image)
{
    /// <summary>How many images are worked on at the same time.</summary>
    private const int AtOnce = 8;

    private readonly List<BatchImage> related = [];
    private bool decided;
    private bool failed;

    public ImageId Image => image;

    /// <summary>Null until the image is decided, and null if there was nothing to judge.</summary>
    public JudgedImage? Judged { get; set; }

    /// <summary>Whether the image is decided and every step since has succeeded for it.</summary>
    public bool Done => decided && !failed;

    /// <summary>Whether the image is done, with everything that follows from it.</summary>
    public bool Finished => Done && related.All(each => each.Finished);

    /// <summary>Everything that follows from this image, and then the image itself.</summary>
    public IEnumerable<BatchImage> WithRelated => related.SelectMany(each => each.WithRelated).Append(this);

    /// <summary>Notes the decision, and the children that were judged with it.</summary>
    public void Decide(JudgedImage? judged)
    {
        Judged = judged;
        decided = true;
        foreach (var child in judged?.Children ?? [])
            related.Add(new BatchImage(child.Image) { Judged = child, decided = true });
    }

    /// <summary>Adds an index that holds the image. The image is not finished until the index is.</summary>
    public void IsHeldBy(BatchImage index) => related.Add(index);

    /// <summary>Leaves the image to the next try.</summary>
    public void Fail() => failed = true;

    /// <summary>
    /// Takes a step for several images at the same time. If it fails for one image, only that image fails.
    /// </summary>
    public static async Task EachAsync(
        IEnumerable<BatchImage> images,
        Func<BatchImage, Task> step,
        Log log,
        CancellationToken cancellation
    )
    {
        using var turn = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(images.Select(each => OneAsync(each, step, turn, log, cancellation))).ConfigureAwait(false);
    }

    private static async Task OneAsync(
        BatchImage one,
        Func<BatchImage, Task> step,
        SemaphoreSlim turn,
        Log log,
        CancellationToken cancellation
    )
    {
        await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            cancellation.ThrowIfCancellationRequested();
            await step(one).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            one.Fail();
            log.Warning("The deadline came first; the image is left to the next try.", ("image", one.Image.ToString()));
        }
        catch (Exception failure)
        {
            one.Fail();
            log.Error("The image failed and is left to the next try.", failure, ("image", one.Image.ToString()));
        }
        finally
        {
            turn.Release();
        }
    }
}
