using System.Text.Json;

namespace EcrGuard.Core.Documents;

/// <summary>
/// Says why a text is no JSON, for its author. The reader's own messages about an empty or unfinished text speak of its
/// buffers.
/// </summary>
public static class JsonSyntax
{
    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    /// <summary>The text behind its byte order mark, if it has one.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) =>
        utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;

    /// <param name="unreadable">The error that ended the reading.</param>
    /// <param name="options">The options of the reading.</param>
    public static PolicyProblem Problem(
        ReadOnlySpan<byte> utf8,
        JsonException unreadable,
        JsonReaderOptions options = default
    )
    {
        var end = PlaceOf(utf8, utf8.TrimEnd(WhiteSpace).Length);
        return end == new Place(1, 1) ? Malformed(end, "The file is empty.")
            : IsBeginning(utf8, options) ? Malformed(end, $"The JSON ends before it is complete, at {end}.")
            : NotJson(utf8, unreadable);
    }

    /// <summary>In our own words: the reader's messages speak of its settings, and may quote the whole rest.</summary>
    private static PolicyProblem NotJson(ReadOnlySpan<byte> utf8, JsonException unreadable)
    {
        var offset = OffsetOf(utf8, unreadable);
        var message = unreadable.Message;
        bool Says(string words) => message.Contains(words, StringComparison.Ordinal);
        System.Text.Rune.DecodeFromUtf8(utf8[offset..], out var rune, out _);
        var found = $"found '{Images.Phrase.Clip(rune.ToString(), 2)}'";
        var why =
            Says("maximum configured depth") ? "it has too many levels of objects and lists"
            : Says("trailing comma") ? "a comma stands before a closing bracket"
            : Says("after a single JSON value") ? $"{found} behind the end of the document"
            : rune.Value == '/' ? "a comment stands here"
            : Says("after a property name") ? $"{found} where ':' must stand"
            : Says("start of a property name") ? $"{found} where a name in double quotes must stand"
            : Says("after a value") ? $"{found} where ',' or a closing bracket must stand"
            : Says("start of a value") ? $"{found} where a value must stand"
            : Says("escapable") || Says("hex digit") ? $"{found} behind a '\\' in a text, where it means nothing"
            : Says("within a JSON string") ? $"a text has {Control(rune)}, which must be escaped"
            : $"{found}, which does not fit here";
        return Malformed(PlaceOf(utf8, offset), $"The document cannot be read as JSON: {why}.");
    }

    private static string Control(System.Text.Rune rune) =>
        rune.Value switch
        {
            '\n' or '\r' => "a line end",
            '\t' => "a tab",
            _ => "a control character",
        };

    /// <summary>Where a text is no UTF-8; null where all of it is.</summary>
    public static PolicyProblem? NotUtf8(ReadOnlySpan<byte> utf8) =>
        System.Text.Unicode.Utf8.IsValid(utf8)
            ? null
            : Malformed(PlaceOf(utf8, FirstInvalid(utf8)), "The document is not UTF-8 here; save it as UTF-8.");

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        var offset = 0;
        while (
            System.Text.Rune.DecodeFromUtf8(utf8[offset..], out _, out var length)
            == System.Buffers.OperationStatus.Done
        )
            offset += length;
        return offset;
    }

    internal static PolicyProblem Malformed(Place place, string message) =>
        new(place.Line, place.Column, "$", message, ProblemKind.Malformed);

    /// <summary>Whether the text could become JSON if it went on.</summary>
    private static bool IsBeginning(ReadOnlySpan<byte> utf8, JsonReaderOptions options)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(options));
        try
        {
            while (reader.Read())
            {
                // Reads to the end, or to the error.
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static Place PlaceOf(ReadOnlySpan<byte> utf8, int offset)
    {
        var before = utf8[..offset];
        var column = 1;
        foreach (var one in before[(before.LastIndexOf((byte)'\n') + 1)..])
            column += (one & 0xC0) != 0x80 ? 1 : 0;
        return new Place(before.Count((byte)'\n') + 1, column);
    }

    private static int OffsetOf(ReadOnlySpan<byte> utf8, JsonException unreadable)
    {
        var offset = 0;
        for (
            var line = unreadable.LineNumber ?? 0;
            line > 0 && utf8[offset..].IndexOf((byte)'\n') is >= 0 and var end;
            line--
        )
            offset += end + 1;
        return (int)Math.Min(offset + (unreadable.BytePositionInLine ?? 0), utf8.Length);
    }
}
