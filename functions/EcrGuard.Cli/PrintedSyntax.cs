using System.Text.Json;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli;

/// <summary>
/// Makes sure that what a tool printed is JSON that can be read in only one way. If two members have the same name,
/// readers take the last one and do not say so. A text with half of a character cannot be written anywhere.
/// </summary>
internal ref struct PrintedSyntax
{
    private readonly FileInfo _file;
    private Utf8JsonReader _reader;
    private int _document;

    private PrintedSyntax(FileInfo file, ReadOnlySpan<byte> utf8)
    {
        _file = file;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true });
    }

    /// <exception cref="JsonException">The text is not JSON, or is several documents and one of them is not
    ///     JSON.</exception>
    /// <exception cref="UnusableFileException">The text is not UTF-8, or has two members with one name, or half of a
    ///     character.</exception>
    public static void Check(FileInfo file, ReadOnlySpan<byte> utf8)
    {
        if (JsonSyntax.NotUtf8(utf8) is { } problem)
            throw new UnusableFileException(problem.ToString(file.ToString()));
        var syntax = new PrintedSyntax(file, utf8);
        while (syntax._reader.Read())
        {
            syntax._document++;
            syntax.Value(null);
        }
    }

    /// <summary>The place of a value. It is written out only if something is wrong with the value.</summary>
    private sealed record Step(Step? Before, string? Key, int Index)
    {
        public override string ToString() =>
            Key is null ? $"{Before}[{Index}]"
            : Before is null ? Phrase.Clip(Key, 80)
            : $"{Before}.{Phrase.Clip(Key, 80)}";
    }

    private void Value(Step? at)
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
            {
                var key = Text(at, "a name");
                var member = new Step(at, key, 0);
                if (!seen.Add(key))
                    throw Wrong($"{member} stands twice in one object; which of the two is meant cannot be told");
                _reader.Read();
                Value(member);
            }
        }
        else if (_reader.TokenType == JsonTokenType.StartArray)
        {
            for (var index = 0; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; index++)
                Value(new Step(at, null, index));
        }
        else if (_reader is { TokenType: JsonTokenType.String, ValueIsEscaped: true })
        {
            Text(at, "a text");
        }
    }

    private string Text(Step? at, string what)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            var raw = Phrase.Clip(System.Text.Encoding.UTF8.GetString(_reader.ValueSpan), 80);
            throw Wrong(
                $"{(at is null ? "the value" : at)} {(what == "a name" ? "has a member" : "is")} \"{raw}\"; it must be "
                    + $"{what} of whole characters, and this has half of a surrogate pair"
            );
        }
    }

    private readonly UnusableFileException Wrong(string how) =>
        new($"{_file}: {how}{(_document > 1 ? $" (on its page {_document})" : "")}.");
}
