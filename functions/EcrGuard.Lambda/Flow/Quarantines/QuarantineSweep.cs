using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Quarantines;

/// <summary>Takes the images of a repository out of reach, or puts them back, if that is due.</summary>
public sealed class QuarantineSweep(
    QuarantineEnforcer enforcer,
    QuarantinePlanner planner,
    ImageRecords images,
    EffectivePolicy policy,
    Log log
)
{
    /// <param name="use">What runs, as the sweep has read it. An image that is or may be in use by this reading is not
    ///     checked again.</param>
    /// <param name="candidates">The images that are blocked, or that EcrGuard has taken out of reach.</param>
    /// <returns>A sentence for each image that should be out of reach or back in reach and is not.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(
        RepositoryContents contents,
        UsageReading? use,
        IReadOnlyList<Digest> candidates,
        CancellationToken cancellation
    )
    {
        if (candidates.Count == 0)
            return [];
        var undone = new List<string>();
        var usages = planner.UsagesOf(use, contents);
        var reader = planner.Reader().With(contents, use);
        foreach (var chunk in candidates.Chunk(LedgerTable.ReadBatch))
        {
            var entries = await images.FindAsync(contents.Repository, chunk, cancellation).ConfigureAwait(false);
            foreach (var entry in entries.Values.OrderBy(entry => entry.Record.Verdict.Image.Digest))
            {
                var usage = usages.GetValueOrDefault(entry.Record.Verdict.Image.Digest);
                if (Concerns(entry, usage))
                    undone.AddRange(await OrWhyAsync(entry, usage, reader, cancellation).ConfigureAwait(false));
            }
        }
        return undone;
    }

    /// <summary>Whether an image needs a step. An image that is in reach and may be in use stays in reach.</summary>
    private bool Concerns(LedgerEntry entry, ImageUsage? usage) =>
        policy.MayQuarantine(entry.Record, entry.Quarantine)
        && (entry.Quarantine is { State: not QuarantineState.Ended } || usage?.Use is UseState.NotInUse);

    private async Task<IReadOnlyList<string>> OrWhyAsync(
        LedgerEntry entry,
        ImageUsage? usage,
        RepositoryUseReader reader,
        CancellationToken cancellation
    )
    {
        var image = entry.Record.Verdict.Image;
        try
        {
            if (await enforcer.HoldAsync(entry, reader, cancellation).ConfigureAwait(false) is { } why)
                return [$"{image.Digest}: {why}"];
            return await IsHeldInUseAsync(entry, usage, cancellation).ConfigureAwait(false)
                ?
                [
                    usage!.Explain($"{image.Digest} is out of reach and in use: what starts anew cannot pull it.")
                        + " A fixed image or 'ecrguard release' helps.",
                ]
                : [];
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            log.Error(
                "The quarantine of an image failed; the next sweep tries again.",
                failure,
                ("image", image.ToString())
            );
            return [$"{image.Digest}: its quarantine failed; the log says why."];
        }
    }

    /// <summary>Whether an image was out of reach while something used it, and still is.</summary>
    private async Task<bool> IsHeldInUseAsync(LedgerEntry entry, ImageUsage? usage, CancellationToken cancellation) =>
        entry.Quarantine is { State: QuarantineState.Held }
        && usage is { Now: UseState.InUse }
        && await images.FindAsync(entry.Record.Verdict.Image, cancellation).ConfigureAwait(false)
            is { Quarantine.State: QuarantineState.Held };
}
