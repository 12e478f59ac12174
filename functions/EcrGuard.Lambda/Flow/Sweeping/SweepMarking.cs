using EcrGuard.Aws.Actions;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;
using EcrGuard.Lambda.Flow.Baselines;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Sweeping;

/// <summary>
/// The marking of a sweep. It begins by cleaning up after earlier ones, and ends by deleting its own manifest.
/// </summary>
public sealed class SweepMarking(
    SweepTags tags,
    TagRemover tagRemover,
    LifecycleRepairs lifecycle,
    EffectivePolicy policy,
    Log log
)
{
    /// <summary>
    /// Begins the marking. First it deletes the manifests that tags were moved to by functions that ended before they
    /// could delete them.
    /// </summary>
    /// <returns>The contents, including those of the manifests that stay.</returns>
    public async Task<(RepositoryContents Contents, IReadOnlyList<string> Undone)> BeginAsync(
        RepositoryContents contents,
        CancellationToken cancellation
    )
    {
        var (stay, undone) = (new List<ImageFacts>(), new List<string>());
        foreach (var manifest in contents.RemovalManifests)
        {
            var why = await OrWhyAsync(
                    async () =>
                        await tagRemover.DeleteAsync(manifest.Id, cancellation).ConfigureAwait(false) is { } refusal
                            ? [refusal]
                            : [],
                    cancellation
                )
                .ConfigureAwait(false);
            undone.AddRange(why);
            if (why.Count > 0)
                stay.Add(manifest);
        }
        contents = contents with { RemovalManifests = stay };
        tagRemover.BeginSweep(contents);
        return (contents, undone);
    }

    /// <summary>Which images must be shielded.</summary>
    public async Task<(IReadOnlyDictionary<Digest, ImageUsage> Shields, IReadOnlyList<string> Undone)> ShieldsAsync(
        SweepFacts facts,
        CancellationToken cancellation
    )
    {
        var puts = await lifecycle
            .IsAboutToPutAsync(
                facts.Repository,
                facts.KnownRepository(wrote: false),
                facts.Contents,
                facts.Usages,
                cancellation
            )
            .ConfigureAwait(false);
        var shields = Shields.Of(facts.Policy, facts.Contents, facts.Usages, facts.Now, puts);
        var told = shields.Withheld is not null && policy.MayMark(facts.Repository);
        return (shields.Usages, told ? [shields.Withheld!] : []);
    }

    /// <summary>Shields the artifacts, and deletes the manifests that this sweep moved tags to.</summary>
    /// <returns>What could not be done, and whether tags had to be written.</returns>
    public async Task<(IReadOnlyList<string> Undone, bool Wrote)> EndAsync(
        SweepFacts facts,
        IReadOnlyDictionary<Digest, ImageUsage> shields,
        CancellationToken cancellation
    )
    {
        var (artifacts, wrote) = await tags.ShieldArtifactsAsync(facts, shields, cancellation).ConfigureAwait(false);
        var left = await OrWhyAsync(() => tagRemover.EndAsync(facts.Repository, cancellation), cancellation)
            .ConfigureAwait(false);
        return ([.. artifacts, .. left], wrote);
    }

    private Task<IReadOnlyList<string>> OrWhyAsync(
        Func<Task<IReadOnlyList<string>>> act,
        CancellationToken cancellation
    ) => Attempt.OrWhyAsync(log, "what tags were moved to", act, cancellation);
}
