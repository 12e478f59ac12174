using System.Diagnostics.CodeAnalysis;

namespace EcrGuard.Core.Images;

/// <summary>
/// The SHA-256 digest of a manifest, <c>sha256:</c> and 64 lower-case hexadecimal characters: what an image
/// <em>is</em>, whatever its tags say.
/// </summary>
public sealed record Digest : IComparable<Digest>
{
    private const string Prefix = "sha256:";

    private static readonly System.Buffers.SearchValues<char> LowerHex = System.Buffers.SearchValues.Create(
        "0123456789abcdef"
    );

    private Digest(string hex) => Hex = hex;

    /// <summary>The 64 hexadecimal characters, without the algorithm.</summary>
    public string Hex { get; }

    /// <summary>The first twelve characters, for people.</summary>
    public string Abbreviated => Hex[..12];

    /// <summary>Reads <c>sha256:…</c>; anything else, upper case included, is no digest of ECR's.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest =
            text is { Length: 71 }
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && IsLowerHex(text.AsSpan(Prefix.Length))
                ? new Digest(text[Prefix.Length..])
                : null;
        return digest is not null;
    }

    /// <summary>Reads <c>sha256:…</c>.</summary>
    /// <exception cref="FormatException">The text is not a SHA-256 digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest)
            ? digest
            : throw new FormatException(
                $"'{Phrase.Clip(text, 100)}' is not a digest: it must be 'sha256:' and 64 lower-case "
                    + "hexadecimal characters."
            );

    public int CompareTo(Digest? other) => string.CompareOrdinal(Hex, other?.Hex);

    public override string ToString() => Prefix + Hex;

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    private static bool IsLowerHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(LowerHex) < 0;
}
