using System.Globalization;
using System.Text;

namespace EcrGuard.Core.Images;

/// <summary>Text from strangers, made safe to print.</summary>
public static class Phrase
{
    /// <summary>
    /// At most <paramref name="length"/> UTF-16 units and an ellipsis, so that no input floods a message. Control
    /// characters, line and paragraph separators, marks that change the direction of writing, and halves of surrogate
    /// pairs are replaced, so that no input forges a message and the message can be encoded.
    /// </summary>
    public static string Clip(string? text, int length)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        // Not between the halves of a pair.
        var end =
            text.Length <= length ? text.Length
            : length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1
            : length;
        if (end == text.Length && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var clean = new StringBuilder(end + 1);
        // EnumerateRunes gives U+FFFD for half a pair.
        foreach (var rune in text.AsSpan(0, end).EnumerateRunes())
            clean.Append(IsSafe(rune) ? rune : Rune.ReplacementChar);
        return (end < text.Length ? clean.Append('…') : clean).ToString();
    }

    /// <summary>"2026-11-30 17:05 UTC".</summary>
    public static string Moment(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>"1 image", "2 images".</summary>
    public static string Count(int number, string noun) => Count(number, noun, noun + "s");

    /// <summary>"1 repository", "2 repositories".</summary>
    public static string Count(int number, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? one : many)}");

    /// <summary>
    /// "90 seconds", "5 minutes", "30 hours": in the largest unit of which there are at least two. Never below 0.
    /// </summary>
    public static string Took(TimeSpan span) =>
        span < TimeSpan.FromMinutes(2) ? Count(Math.Max(0, (int)span.TotalSeconds), "second")
        : span < TimeSpan.FromHours(2) ? Count((int)span.TotalMinutes, "minute")
        : Count((int)span.TotalHours, "hour");

    /// <summary>"a, b and 3 more".</summary>
    /// <param name="most">How many are named.</param>
    public static string Some(IReadOnlyCollection<string> words, int most) =>
        string.Join(", ", words.Take(most))
        + (words.Count > most ? string.Create(CultureInfo.InvariantCulture, $" and {words.Count - most} more") : "");

    private static bool IsSafe(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && rune.Value is not ((>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C);
}
