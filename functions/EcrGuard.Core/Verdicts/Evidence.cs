using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// What the verdict of an image of one platform rests on, the policy aside: read once, it can be judged by any.
/// </summary>
/// <param name="Scan">Its findings say since when there has been a fix.</param>
/// <param name="Before">What the ledger holds; null where it holds nothing, or is not read.</param>
public sealed record Evidence(ImageFacts Image, ScanFacts Scan, Judge.Before? Before)
{
    /// <summary>What is awaited of the scanner after this scan; null where nothing is known of that.</summary>
    public Settling? Settling { get; init; }
}
