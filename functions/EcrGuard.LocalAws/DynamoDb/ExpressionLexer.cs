namespace EcrGuard.LocalAws.DynamoDb;

internal enum TokenKind
{
    /// <summary>An attribute's name, a keyword or a function's name.</summary>
    Word,

    /// <summary>A <c>#placeholder</c> for a name.</summary>
    NamePlaceholder,

    /// <summary>A <c>:placeholder</c> for a value.</summary>
    ValuePlaceholder,

    /// <summary>Digits, as in a list index.</summary>
    Number,

    /// <summary>An operator or a bracket.</summary>
    Symbol,

    End,
}

internal readonly record struct Token(TokenKind Kind, string Text, int Start)
{
    public int Stop => Start + (Kind == TokenKind.End ? 0 : Text.Length);
}

/// <summary>Cuts an expression into tokens. The last token is always <see cref="TokenKind.End"/>.</summary>
internal static class ExpressionLexer
{
    public static IReadOnlyList<Token> Read(string kind, string text)
    {
        var tokens = new List<Token>();
        for (var at = 0; at < text.Length; )
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var (type, length) = Next(text.AsSpan(at));
            if (length == 0)
            {
                throw DynamoDbError.Validation(
                    $"Invalid {kind}: Syntax error; token: \"{text[at]}\", near: "
                        + $"\"{text.AsSpan(at, Math.Min(3, text.Length - at))}\""
                );
            }

            tokens.Add(new Token(type, text.Substring(at, length), at));
            at += length;
        }

        tokens.Add(new Token(TokenKind.End, "<EOF>", text.Length));
        return tokens;
    }

    /// <summary>Kind and length of the first token; length 0 if no token starts like this.</summary>
    private static (TokenKind Kind, int Length) Next(ReadOnlySpan<char> text) =>
        text switch
        {
            ['#', ..] => (TokenKind.NamePlaceholder, Placeholder(text)),
            [':', ..] => (TokenKind.ValuePlaceholder, Placeholder(text)),
            ['<', '>' or '=', ..] or ['>', '=', ..] => (TokenKind.Symbol, 2),
            ['=' or '<' or '>' or '(' or ')' or '[' or ']' or ',' or '.' or '+' or '-', ..] => (TokenKind.Symbol, 1),
            [>= '0' and <= '9', ..] => (TokenKind.Number, Run(text, char.IsAsciiDigit)),
            _ when char.IsAsciiLetter(text[0]) || text[0] == '_' => (TokenKind.Word, Run(text, IsWordPart)),
            _ => (TokenKind.Symbol, 0),
        };

    private static int Placeholder(ReadOnlySpan<char> text) =>
        Run(text[1..], IsWordPart) is > 0 and var length ? length + 1 : 0;

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static int Run(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
        {
            length++;
        }

        return length;
    }
}
