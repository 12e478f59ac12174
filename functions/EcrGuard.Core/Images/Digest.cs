using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EcrGuard.Core.Images;

/// <summary>
/// The SHA-256 digest of a manifest, <c>sha256:</c> and 64 lower-case hexadecimal characters. It is what an image
/// <em>is</em>, whatever its tags say.
/// </summary>
public sealed record Digest : IComparable<Digest>
{
    private const string Prefix = "sha256:";

    private static readonly System.Buffers.SearchValues<char> LowerHex = System.Buffers.SearchValues.Create(
        "0123456789abcdef"
    );

    /// <summary>
    /// Its 32 bytes. There may be a hundred thousand digests, and as text each would take four times as much.
    /// </summary>
    private readonly ulong _first,
        _second,
        _third,
        _fourth;

    private Digest(ReadOnlySpan<char> hex) =>
        (_first, _second, _third, _fourth) = (Part(hex, 0), Part(hex, 1), Part(hex, 2), Part(hex, 3));

    /// <summary>The 64 hexadecimal characters, without the algorithm.</summary>
    public string Hex =>
        string.Create(CultureInfo.InvariantCulture, $"{_first:x16}{_second:x16}{_third:x16}{_fourth:x16}");

    /// <summary>The first twelve characters, for people.</summary>
    public string Abbreviated => Hex[..12];

    /// <summary>Reads <c>sha256:…</c>. Anything else is no digest in ECR, upper case included.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Digest? digest)
    {
        digest =
            text is { Length: 71 }
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && IsLowerHex(text.AsSpan(Prefix.Length))
                ? new Digest(text.AsSpan(Prefix.Length))
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

    /// <summary>In the order of their texts.</summary>
    public int CompareTo(Digest? other)
    {
        if (other is null)
            return 1;
        var order = _first.CompareTo(other._first);
        if (order == 0)
            order = _second.CompareTo(other._second);
        if (order == 0)
            order = _third.CompareTo(other._third);
        return order == 0 ? _fourth.CompareTo(other._fourth) : order;
    }

    public bool Equals(Digest? other) =>
        other is not null
        && _first == other._first
        && _second == other._second
        && _third == other._third
        && _fourth == other._fourth;

    /// <summary>Seeded, since whoever pushes an image can choose its digest to some degree.</summary>
    public override int GetHashCode() => HashCode.Combine(_first, _second, _third, _fourth);

    public override string ToString() => Prefix + Hex;

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    private static ulong Part(ReadOnlySpan<char> hex, int part) =>
        ulong.Parse(hex.Slice(part * 16, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static bool IsLowerHex(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(LowerHex) < 0;
}
