using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Plans;

/// <summary>What is taken from a repository.</summary>
/// <param name="Images">All images that it has.</param>
/// <param name="Count">How many of them are deleted or archived.</param>
/// <param name="Keeps">How many images are left that stand for themselves. Children of an index, signatures and
///     archived images do not.</param>
public sealed record Removed(string Repository, int Images, int Count, int Keeps)
{
    public static Removed Of(RepositoryContents contents, IReadOnlySet<Digest> taken) =>
        new(
            contents.Repository.Name,
            contents.Images.Count,
            contents.Images.Count(image => taken.Contains(image.Id.Digest)),
            Standing(contents).Count(image => !taken.Contains(image.Id.Digest))
        );

    /// <summary>The images that stand for themselves.</summary>
    public static IEnumerable<ImageFacts> Standing(RepositoryContents contents)
    {
        var children = contents.Children.Values.SelectMany(its => its).Select(child => child.Digest).ToHashSet();
        return contents.Images.Where(image =>
            image is { Kind: ImageKind.Image or ImageKind.Index, Storage: StorageStatus.Active }
            && !children.Contains(image.Id.Digest)
        );
    }
}

/// <summary>
/// Checks a plan against the policy's ceilings. A plan that breaks one is refused whole: if it takes too much, the last
/// image is seldom what is wrong with it.
/// </summary>
public static class Ceiling
{
    /// <returns>A sentence with the numbers for each broken ceiling; empty where there is none.</returns>
    public static IReadOnlyList<string> Broken(IReadOnlyCollection<Removed> plan, Ceilings ceilings)
    {
        var broken = new List<string>();
        var all = plan.Sum(repository => (long)repository.Count);
        if (all > ceilings.Images)
            broken.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The plan takes {all} images; the policy allows {ceilings.Images} (ceilings.images)."
                )
            );
        foreach (var repository in plan.Where(repository => repository.Count > 0))
        {
            if (100L * repository.Count > (long)ceilings.Percent * repository.Images)
                broken.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The plan takes {repository.Count} of the {repository.Images} images of "
                            + $"{repository.Repository} ({Percent(repository)} %); the policy allows "
                            + $"{ceilings.Percent} % (ceilings.percent)."
                    )
                );
            if (repository.Keeps < ceilings.KeepPerRepository)
                broken.Add(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The plan leaves {Phrase.Count(repository.Keeps, "image")} of {repository.Repository}; "
                            + $"the policy keeps {ceilings.KeepPerRepository} (ceilings.keepPerRepository)."
                    )
                );
        }
        return broken;
    }

    /// <summary>Rounded up, so that a number over the ceiling is printed as such.</summary>
    private static string Percent(Removed repository) =>
        repository.Images == 0
            ? "more than 100"
            : (Math.Ceiling(1000m * repository.Count / repository.Images) / 10).ToString(
                "0.#",
                CultureInfo.InvariantCulture
            );
}
