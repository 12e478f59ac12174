using System.Globalization;
using System.Text;

namespace EcrGuard.Core.Reports;

/// <summary>
/// Fixed versions of one package, as far as they can be compared. Versions of one line differ only in their last
/// numbers, and the higher one has the fixes of the lower one: 3.0.13 and 3.0.14; 5.2.1-r3 and 5.2.1-r7;
/// 3.0.15-1~deb12u1 and 3.0.16-1~deb12u2. Of another line nothing is known: 1.26.18 may have a fix that 2.0.7 lacks.
/// </summary>
internal static class FixVersion
{
    /// <summary>How many numbers must be equal, besides an epoch.</summary>
    private const int Leading = 2;

    /// <summary>A longer number is a date or a hash, and says nothing.</summary>
    private const int MaxDigits = 9;

    /// <summary>The line of a version, and its place in it.</summary>
    /// <returns>
    /// The line is the version without the numbers in which versions of it differ. The places sort by their characters.
    /// </returns>
    public static (string Line, string Place) Of(string version)
    {
        var (line, place) = (new StringBuilder(), new StringBuilder());
        var numbers = 0;
        for (var at = 0; at < version.Length; )
        {
            if (!char.IsAsciiDigit(version[at]))
            {
                // What stands before a colon is the epoch.
                numbers = version[at] == ':' ? 0 : numbers;
                line.Append(version[at++]);
                continue;
            }
            var end = at;
            while (end < version.Length && char.IsAsciiDigit(version[end]))
                end++;
            var digits = version[at..end];
            // "deb12" and "el9" name a distribution; "u1", "r3" and "p1" count.
            var isName = at > 1 && char.IsAsciiLetter(version[at - 1]) && char.IsAsciiLetter(version[at - 2]);
            if (numbers++ < Leading || isName || digits.Length > MaxDigits)
                line.Append(digits);
            else
            {
                line.Append('\0');
                place.Append(CultureInfo.InvariantCulture, $"{int.Parse(digits, CultureInfo.InvariantCulture):d9}");
            }
            at = end;
        }
        return (line.ToString(), place.ToString());
    }

    /// <param name="versions">Of one line, at least one.</param>
    public static string Highest(IEnumerable<string> versions) =>
        versions.MaxBy(version => Of(version).Place, StringComparer.Ordinal)!;
}
