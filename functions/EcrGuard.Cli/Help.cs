using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace EcrGuard.Cli;

/// <summary>Help for a wrong command line.</summary>
internal static class Help
{
    /// <summary>How many letters may be wrong in a misspelt word.</summary>
    private const int MostWrong = 2;

    /// <summary>
    /// How to get the help of the command that was called, as far as the command line was understood.
    /// </summary>
    public static string Of(ParseResult parsed) => $"{string.Join(' ', Called(parsed).Reverse().Select(Name))} --help";

    /// <summary>"Did you mean 'lint'?"; null if no known word is close to the unknown one.</summary>
    public static string? Meant(ParseResult parsed)
    {
        // An argument that is a list of images also takes a misspelt option.
        var taken = parsed.Tokens.Where(token => token.Type == TokenType.Argument && token.Value.StartsWith("--"));
        if (parsed.UnmatchedTokens.Concat(taken.Select(token => token.Value)).FirstOrDefault() is not { } word)
            return
                parsed.Errors.Select(error => error.SymbolResult).OfType<OptionResult>().FirstOrDefault() is { } option
                && option.Tokens is [var value, ..]
                ? Nearest(value.Value, option.Option.GetCompletions(CompletionContext.Empty).Select(one => one.Label))
                : null;
        var known = Called(parsed)
            .SelectMany(command => command.Options.Select(option => option.Name))
            .Concat(parsed.CommandResult.Command.Subcommands.Select(command => command.Name))
            .Where(name => name.StartsWith('-') == word.StartsWith('-'));
        return Nearest(word, known);
    }

    private static string? Nearest(string word, IEnumerable<string> known)
    {
        var near = known.Select(name => (Name: name, Wrong: Distance(word, name))).OrderBy(one => one.Wrong);
        return near.FirstOrDefault() is { Name: { } name, Wrong: <= MostWrong } ? $"Did you mean '{name}'?" : null;
    }

    /// <summary>The command that was called and its parent commands, the innermost first.</summary>
    private static IEnumerable<Command> Called(ParseResult parsed)
    {
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            yield return command.Command;
    }

    private static string Name(Command command) => command is RootCommand ? "ecrguard" : command.Name;

    /// <summary>How many letters must be added, removed or changed to get the other word (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var before = Enumerable.Range(0, other.Length + 1).ToArray();
        foreach (var (letter, at) in one.Select((letter, at) => (letter, at)))
        {
            var row = new int[other.Length + 1];
            row[0] = at + 1;
            for (var j = 0; j < other.Length; j++)
                row[j + 1] = Math.Min(Math.Min(row[j], before[j + 1]) + 1, before[j] + (letter == other[j] ? 0 : 1));
            before = row;
        }
        return before[^1];
    }
}
