using System.Globalization;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>The sentences of a plan about what its readers should look at.</summary>
internal static class PlanNotes
{
    /// <summary>More examples in a note help nobody.</summary>
    private const int MaxNamed = 3;

    /// <summary>About the images, and about the policy that is there now.</summary>
    public static IEnumerable<string> OfPresent(RepositoryView view, DateTimeOffset now)
    {
        var unknown = view.Contents.Images.Count(image => view.UsageOf(image.Id.Digest).Use == UseState.Unknown);
        if (unknown > 0)
            yield return $"Whether {Phrase.Count(unknown, "image is", "images are")} in use is not known; "
                + $"{(unknown == 1 ? "it stays" : "they stay")}.";
        if (view.LifecyclePolicy is not { } text)
            yield break;
        var reading = LifecyclePolicy.Read(text);
        if (reading.Policy is not { } present)
        {
            yield return "The present lifecycle policy is in words that EcrGuard does not know: "
                + reading.Problems[0].Message;
            yield break;
        }
        var atRisk = PolicyEffect.Of(present, view.Contents, view.Usages, shielded: false, now).AtRisk;
        if (atRisk.Count > 0)
            yield return "The present lifecycle policy takes "
                + $"{Phrase.Count(atRisk.Count, "image that is", "images that are")} in use or may be: "
                + $"{Named(atRisk.Select(image => image.Image))}.";
    }

    /// <summary>
    /// About artifacts without an image. They stay: EcrGuard does not know whether somebody still reads a signature.
    /// </summary>
    public static IEnumerable<string> OfLeftOver(RepositoryContents contents) =>
        contents.LeftOver() is { Count: > 0 } left
            ?
            [
                $"{Phrase.Count(left.Count, "artifact is", "artifacts are")} left over, whose image is gone: "
                    + $"{Named(left)}.",
            ]
            : [];

    /// <param name="length">The characters of the policy's text.</param>
    public static IEnumerable<string> OfWanted(LifecyclePolicyReading wanted, int length, RepositoryContents contents)
    {
        if (wanted.Policy is not { } policy)
            return [$"The wanted lifecycle policy is one that {wanted.Refusal}: {wanted.Problems[0].Message}"];
        return PolicyLint
            .Of(policy, length, contents)
            .Select(finding =>
            {
                var of = finding.RulePriority is { } rule
                    ? string.Create(CultureInfo.InvariantCulture, $"Rule {rule} of the wanted policy")
                    : "The wanted policy";
                return $"{of} ({finding.Id}): {finding.Message}";
            });
    }

    public static string Named(IEnumerable<ImageFacts> images) =>
        Named([.. images.Select(image => (image.Id.Digest, image.Tags))]);

    public static string Named(IEnumerable<PlannedImage> images) =>
        Named([.. images.Select(image => (image.Digest, image.Tags))]);

    private static string Named(IReadOnlyList<(Digest Digest, IReadOnlyList<string> Tags)> images) =>
        Phrase.Some(
            [
                .. images
                    .OrderBy(image => image.Digest)
                    .Select(image =>
                        image.Tags.Count > 0
                            ? Phrase.Clip(image.Tags.Order(StringComparer.Ordinal).First(), 80)
                            : image.Digest.Abbreviated
                    ),
            ],
            MaxNamed
        );
}
