using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>
/// Whether an image is in use. An image of unknown use is protected like one in use, but no tag is written for it.
/// </summary>
public enum UseState
{
    Unknown,
    InUse,
    NotInUse,
}

/// <summary>Whether one image is in use, and why.</summary>
/// <param name="Why">Sentences, the strongest first; empty for an image that is not in use.</param>
/// <param name="By">Who refers to it, to its index or to its children; empty where only a pull says so.</param>
public sealed record ImageUsage(UseState Use, IReadOnlyList<string> Why, IReadOnlyList<Consumer> By)
{
    /// <summary>The tags by which it, its indexes and its children are referred to now, each with who does.</summary>
    public IReadOnlyDictionary<string, string> NamedTags { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// False for an image that is only in reserve for rollbacks: it was in use, and is kept as if it were.
    /// </summary>
    public bool SeenNow { get; init; } = true;

    /// <summary>
    /// Whether it is in use at this moment. Reports of running images rest on this; whether an image may go rests on
    /// <see cref="Use"/>.
    /// </summary>
    public UseState Now => Use == UseState.InUse && !SeenNow ? UseState.NotInUse : Use;

    public static ImageUsage None { get; } = new(UseState.NotInUse, [], []);

    public static ImageUsage Unknown { get; } =
        NotKnown("What runs is not known: no consumer was read in the last day.");

    /// <param name="why">A sentence.</param>
    public static ImageUsage NotKnown(string why) => new(UseState.Unknown, [why], []);

    /// <summary>A sentence, and after it the strongest reason, if there is one.</summary>
    public string Explain(string sentence) => string.Join(' ', Why.Take(1).Prepend(sentence));

    /// <summary>The use of an image that <paramref name="usages"/> does not hold is not known.</summary>
    public static ImageUsage Of(IReadOnlyDictionary<Digest, ImageUsage> usages, Digest digest) =>
        usages.GetValueOrDefault(digest) ?? Unknown;
}
