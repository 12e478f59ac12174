using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports;

/// <summary>
/// A value that a subscription's filter policy can ask for without reading the message. A message has at most ten,
/// since raw delivery to SQS drops messages with more.
/// </summary>
/// <param name="IsNumber">SNS data type <c>Number</c>; otherwise <c>String</c>.</param>
public sealed record FilterValue(string Name, string Value, bool IsNumber = false)
{
    internal static FilterValue Of(string name, int number) =>
        new(name, number.ToString(CultureInfo.InvariantCulture), IsNumber: true);
}

/// <summary>Subjects of messages.</summary>
internal static class Subjects
{
    /// <summary>
    /// SNS takes fewer than 100 characters, without line breaks or control characters. Its older documents also allow
    /// only ASCII.
    /// </summary>
    public const int MaxLength = 99;

    /// <summary>At most <see cref="MaxLength"/> printable ASCII characters; the end is cut.</summary>
    public static string Fit(string subject)
    {
        var ascii = string.Concat(Phrase.Clip(subject, subject.Length).Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return ascii.Length <= MaxLength ? ascii : string.Concat(ascii.AsSpan(0, MaxLength - 3), "...");
    }
}
