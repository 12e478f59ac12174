using Amazon.Lambda.Core;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Quarantines;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>Sweeps one repository, step by step. Each step returns what it could not do.</summary>
public sealed class RepositorySweeper(
    SweepReader reader,
    DepartedImages departed,
    ImageSweep images,
    QuarantineSweep quarantines,
    SettingSweep settings,
    SweepNotes notes,
    SweepMarking marking
)
{
    /// <summary>
    /// How many images are handled in one go. A repository holds up to 100,000 images, and each has several kilobytes
    /// in the ledger.
    /// </summary>
    private const int Chunk = 500;

    /// <param name="startedAt">When the sweep began.</param>
    /// <param name="counted">Gets for each chunk how many images it has and how many were decided again.</param>
    /// <returns>What is to be noted; null if the repository is gone.</returns>
    public async Task<SweptRepositoryNote?> RunAsync(
        RepositoryId repository,
        SharedFacts shared,
        DateTimeOffset startedAt,
        ILambdaContext context,
        Action<int, int> counted,
        CancellationToken cancellation
    )
    {
        var tagging = notes.ResourceTagsAsync(repository, cancellation);
        var (remembered, contents) = await reader.ContentsAsync(repository, shared, cancellation).ConfigureAwait(false);
        var (tags, notRead) = await tagging.ConfigureAwait(false);
        if (contents is null)
        {
            await departed.ForgetAsync(repository, remembered.Known, cancellation).ConfigureAwait(false);
            return null;
        }
        var (cleared, notCleared) = await marking.BeginAsync(contents, cancellation).ConfigureAwait(false);
        var read = await reader.ReadAsync(cleared, remembered, tags, shared, cancellation).ConfigureAwait(false);
        var (left, facts) = await departed.NoteAsync(read, cancellation).ConfigureAwait(false);
        var (shields, notShielded) = await marking.ShieldsAsync(facts, cancellation).ConfigureAwait(false);
        var swept = await ImagesAsync(facts, shields, context, counted, cancellation).ConfigureAwait(false);
        var (notMarked, marked) = await marking.EndAsync(facts, shields, cancellation).ConfigureAwait(false);
        var notQuarantined = await quarantines
            .RunAsync(facts.Contents, facts.Use, swept.Blocked, cancellation)
            .ConfigureAwait(false);
        var wrote = swept.Wrote || marked || swept.Blocked.Count > 0;
        var (held, notSet) = await settings.RunAsync(facts, wrote, cancellation).ConfigureAwait(false);
        IReadOnlyList<string> undone =
        [
            .. Archived(swept.Archived),
            .. notCleared,
            .. notRead,
            .. facts.NotUnderstood,
            .. notShielded,
            .. swept.Undone,
            .. notMarked,
            .. notQuarantined,
            .. settings.Warnings(facts),
            .. notSet,
        ];
        return await notes
            .OfAsync(facts, swept with { Undone = undone }, left, held?.Drift, startedAt, cancellation)
            .ConfigureAwait(false);
    }

    /// <summary>Takes children first, because an index is judged by its children. Artifacts are not judged.</summary>
    private async Task<SweptImages> ImagesAsync(
        SweepFacts facts,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        ILambdaContext context,
        Action<int, int> counted,
        CancellationToken cancellation
    )
    {
        var chunks = facts
            .Contents.Images.Where(image => image.Kind != ImageKind.Artifact)
            .OrderBy(image => image.Kind == ImageKind.Index)
            .Chunk(Chunk);
        var swept = new List<SweptImages>();
        foreach (var chunk in chunks)
        {
            var (part, decided) = await images
                .RunAsync(facts, chunk, shields, context, cancellation)
                .ConfigureAwait(false);
            swept.Add(part);
            counted(chunk.Length, decided);
        }
        return SweptImages.Of(swept);
    }

    /// <summary>One sentence for all of them: a restored ledger may not know hundreds.</summary>
    private static IEnumerable<string> Archived(IReadOnlyList<Digest> digests)
    {
        const int named = 3;
        if (digests.Count == 0)
            return [];
        var more = digests.Count > named ? $" and {digests.Count - named} more" : "";
        return
        [
            $"{Phrase.Count(digests.Count, "image is", "images are")} archived with EcrGuard's blocking tag, and the "
                + $"ledger does not know who archived them: {string.Join(", ", digests.Take(named))}{more}. EcrGuard "
                + "leaves them. Restored by hand (aws ecr update-image-storage-class), they are dealt with as any "
                + "other.",
        ];
    }
}
