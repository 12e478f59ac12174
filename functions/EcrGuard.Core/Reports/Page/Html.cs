using System.Text;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Page;

/// <summary>
/// Writes HTML. Everything from outside goes through <see cref="Text"/>, which escapes it. It counts what is written,
/// so that a list ends before the page becomes too large.
/// </summary>
internal sealed class Html
{
    /// <summary>
    /// Of UTF-8. No list goes on beyond it. What follows the last list takes less than the rest of 5 MB.
    /// </summary>
    public const int MaxBytes = 4_000_000;

    private readonly StringBuilder _html = new();

    public long Bytes { get; private set; }

    public bool IsFull => Bytes > MaxBytes;

    /// <summary>Markup of our own.</summary>
    public Html Raw(string markup)
    {
        _html.Append(markup);
        Bytes += Encoding.UTF8.GetByteCount(markup);
        return this;
    }

    /// <summary>Text from anywhere, escaped.</summary>
    public Html Text(string? text) => Raw(Escape(text));

    /// <summary>An element with text inside.</summary>
    public Html Tag(string name, string? text, string attributes = "") =>
        Raw($"<{name}{(attributes.Length == 0 ? "" : " " + attributes)}>").Text(text).Raw($"</{name}>");

    /// <summary>A link that sends no referrer.</summary>
    public Html Link(string? address, string text) =>
        address is null ? Text(text) : Raw($"<a href=\"{Escape(address)}\" rel=\"noreferrer\">").Text(text).Raw("</a>");

    public override string ToString() => _html.ToString();

    /// <summary>For text and for attributes in quotation marks.</summary>
    public static string Escape(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var clean = text.Contains('\n', StringComparison.Ordinal)
            ? string.Join('\n', text.Split('\n').Select(line => Phrase.Clip(line, line.Length)))
            : Phrase.Clip(text, text.Length);
        if (clean.AsSpan().IndexOfAny("&<>\"'") < 0)
            return clean;
        return clean
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("\"", "&quot;", StringComparison.Ordinal)
            .Replace("'", "&#39;", StringComparison.Ordinal);
    }
}
