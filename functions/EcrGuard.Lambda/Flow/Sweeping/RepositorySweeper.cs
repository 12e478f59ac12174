using Amazon.Lambda.Core;
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
    public async Task RunAsync(
        RepositoryId repository,
        DateTimeOffset startedAt,
        ILambdaContext context,
        Action<int, int> counted,
        CancellationToken cancellation
    )
    {
        var (known, contents) = await reader.ContentsAsync(repository, cancellation).ConfigureAwait(false);
        if (contents is null)
        {
            await departed.ForgetAsync(repository, known, cancellation).ConfigureAwait(false);
            return;
        }
        var (cleared, uncleared) = await marking.BeginAsync(contents, cancellation).ConfigureAwait(false);
        var facts = await reader.ReadAsync(cleared, known, cancellation).ConfigureAwait(false);
        var left = await departed.NoteAsync(facts, cancellation).ConfigureAwait(false);
        var (shields, withheld) = await marking.ShieldsAsync(facts, cancellation).ConfigureAwait(false);
        var swept = await ImagesAsync(facts, shields, context, counted, cancellation).ConfigureAwait(false);
        var unmarked = await marking.EndAsync(facts, shields, cancellation).ConfigureAwait(false);
        var unheld = await quarantines
            .RunAsync(facts.Contents, facts.Use, swept.Blocked, cancellation)
            .ConfigureAwait(false);
        var warnings = await settings.WarningsAsync(facts, cancellation).ConfigureAwait(false);
        var (found, unset) = await settings.RunAsync(facts, cancellation).ConfigureAwait(false);
        var all = swept with
        {
            Undone =
            [
                .. Archived(swept.Archived),
                .. uncleared,
                .. facts.NotUnderstood,
                .. withheld,
                .. swept.Undone,
                .. unmarked,
                .. unheld,
                .. warnings,
                .. unset,
            ],
        };
        await notes.StoreAsync(facts, all, left, found, startedAt, cancellation).ConfigureAwait(false);
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
