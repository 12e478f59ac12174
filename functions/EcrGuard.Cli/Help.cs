using System.CommandLine;
using System.CommandLine.Parsing;

namespace EcrGuard.Cli;

/// <summary>What helps with a wrong command line.</summary>
internal static class Help
{
    /// <summary>Letters that may be wrong in a word that was meant.</summary>
    private const int MostWrong = 2;

    /// <summary>The help of the command that was called, as far as it was understood.</summary>
    public static string Of(ParseResult parsed) => $"{string.Join(' ', Called(parsed).Reverse().Select(Name))} --help";

    /// <summary>"Did you mean 'lint'?"; null where no word is near one that is not known.</summary>
    public static string? Meant(ParseResult parsed)
    {
        // A list of images takes a misspelt option, too.
        var taken = parsed.Tokens.Where(token => token.Type == TokenType.Argument && token.Value.StartsWith("--"));
        if (parsed.UnmatchedTokens.Concat(taken.Select(token => token.Value)).FirstOrDefault() is not { } word)
            return null;
        var known = Called(parsed)
            .SelectMany(command => command.Options.Select(option => option.Name))
            .Concat(parsed.CommandResult.Command.Subcommands.Select(command => command.Name))
            .Where(name => name.StartsWith('-') == word.StartsWith('-'));
        var near = known.Select(name => (Name: name, Wrong: Distance(word, name))).OrderBy(one => one.Wrong);
        return near.FirstOrDefault() is { Name: { } name, Wrong: <= MostWrong } ? $"Did you mean '{name}'?" : null;
    }

    /// <summary>The command that was called and those that it stands in, the innermost first.</summary>
    private static IEnumerable<Command> Called(ParseResult parsed)
    {
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            yield return command.Command;
    }

    private static string Name(Command command) => command is RootCommand ? "ecrguard" : command.Name;

    /// <summary>How many letters one must put in, take out or change (Levenshtein).</summary>
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
