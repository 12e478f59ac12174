using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow.Deciding;

/// <summary>Why an image is judged now.</summary>
/// <param name="News">The events that led to the decision, oldest first; empty if no event did.</param>
public sealed record DecisionTrigger(IReadOnlyList<ImageEvent> News)
{
    /// <summary>No event led to it.</summary>
    public static DecisionTrigger NoEvent { get; } = new([]);

    /// <summary>False while images from before EcrGuard are judged for the first time.</summary>
    public bool Alerting { get; init; } = true;

    /// <summary>The index with which the image is judged; null if the image is judged on its own.</summary>
    public Digest? Index { get; init; }

    /// <summary>The scanner that the latest event came from.</summary>
    public Scanner Scanner => News.LastOrDefault(each => each.Scanner != Scanner.Unknown)?.Scanner ?? Scanner.Unknown;

    /// <summary>Whether an event tells of findings that a record does not know yet.</summary>
    public bool TellsMoreThan(ImageRecord record, DateTimeOffset now) =>
        News.Any(each => each.TellsOfFindings && !(record.Settling ?? Settling.Nothing).Knows(each, now));
}
