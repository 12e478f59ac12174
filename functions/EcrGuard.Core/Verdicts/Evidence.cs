using EcrGuard.Core.Images;

namespace EcrGuard.Core.Verdicts;

/// <summary>
/// What the verdict of an image of one platform rests on, besides the policy. It is read once, and any policy can judge
/// it.
/// </summary>
/// <param name="Scan">Its findings say since when a fix has existed.</param>
/// <param name="Before">What the ledger holds; null where it holds nothing or is not read.</param>
public sealed record Evidence(ImageFacts Image, ScanFacts Scan, Judge.Before? Before)
{
    /// <summary>The hash of the findings as the scanner listed them; null where it was not asked for.</summary>
    public string? ListedHash { get; init; }

    /// <summary>Whether the stored findings were not read, because the scanner lists the same as before.</summary>
    public bool IsUnchanged { get; init; }

    /// <summary>What the scanner still has to list after this scan; null where that is not known.</summary>
    public Settling? Settling { get; init; }
}
