using System.Text.Json;

namespace EcrGuard.Core.Policy;

/// <summary>
/// Why a text is no JSON, for whoever wrote it: of one that is empty or cut off, the reader's own messages speak of its
/// buffers.
/// </summary>
public static class JsonSyntax
{
    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n"u8;

    /// <param name="unreadable">What reading the text ended with.</param>
    /// <param name="options">As it was read.</param>
    public static PolicyProblem Problem(
        ReadOnlySpan<byte> utf8,
        JsonException unreadable,
        JsonReaderOptions options = default
    )
    {
        var end = PlaceOf(utf8, utf8.TrimEnd(WhiteSpace).Length);
        return end == new Place(1, 1) ? Malformed(end, "The file is empty.")
            : IsBeginning(utf8, options) ? Malformed(end, $"The JSON ends before it is complete, at {end}.")
            // The message may quote the whole rest of the document.
            : Malformed(
                PlaceOf(utf8, OffsetOf(utf8, unreadable)),
                "The document cannot be read as JSON: "
                    + $"{Images.Phrase.Clip(unreadable.Message.Split(" LineNumber:")[0], 150)}"
            );
    }

    /// <summary>Where a text stops being UTF-8; null where it does not.</summary>
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

    /// <summary>Whether the text, which is no JSON, could become it by what follows.</summary>
    private static bool IsBeginning(ReadOnlySpan<byte> utf8, JsonReaderOptions options)
    {
        var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(options));
        try
        {
            while (reader.Read())
            {
                // To the end, or to what is wrong.
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
