using System.CommandLine;
using System.CommandLine.Parsing;
using EcrGuard.Aws;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli;

/// <summary>The arguments and options that several commands share, each described once.</summary>
internal static class SharedOptions
{
    public const string Json = "json";

    public static Argument<ImageReference> Image() =>
        new("IMAGE")
        {
            Description = "By tag, digest or full URI.",
            CustomParser = result => ReadImages(result, "IMAGE")?[0],
        };

    /// <returns>Null if one of them is not an image; that is then an error of the command line.</returns>
    public static ImageReference[]? ReadImages(ArgumentResult result, string name)
    {
        var images = new List<ImageReference>();
        foreach (var token in result.Tokens)
        {
            if (token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"Unknown option '{token.Value}'.");
                return null;
            }
            if (ImageReference.TryParse(token.Value, out var image, out var problem))
                images.Add(image);
            else
                result.AddError($"{name} is wrong: {problem}");
        }
        return images.Count == result.Tokens.Count ? [.. images] : null;
    }

    public static Option<Glob> Repositories() =>
        new("--repository")
        {
            Description = "Only the repositories whose name matches: * any characters (also /), ? one.",
            DefaultValueFactory = _ => Glob.Parse("*"),
            CustomParser = result =>
            {
                if (Glob.TryParse(result.Tokens[0].Value, out var problem) is { } glob)
                    return glob;
                result.AddError($"--repository is '{result.Tokens[0].Value}'; it {problem}.");
                return null;
            },
        };

    public static Option<FileInfo?> Policy(string description) => new("--policy") { Description = description };

    /// <param name="output">The output of the stack that names the function.</param>
    public static Option<string?> Function(string output) =>
        new("--function")
        {
            Description =
                $"The deployed function: the stack's output {output}. Default: that of the stack in this account and "
                + "region.",
        };

    /// <param name="problem">What is wrong with a reason, as a sentence; null: nothing.</param>
    public static Option<string> Reason(string description, Func<string, string?> problem)
    {
        var reason = new Option<string>("--reason") { Description = description, Required = true };
        reason.Validators.Add(result =>
        {
            if (result.Tokens is [var text, ..] && problem(text.Value) is { } why)
                result.AddError($"--reason is wrong: {why}");
        });
        return reason;
    }

    /// <summary>The reason of an order to a function.</summary>
    public static Option<string> Reason(string description) =>
        Reason(description, reason => string.IsNullOrWhiteSpace(reason) ? "It is empty; say why." : null);

    /// <exception cref="UnusableFileException">The folder is not there and cannot be made.</exception>
    public static void Make(DirectoryInfo folder)
    {
        try
        {
            folder.Create();
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"--out is '{folder}'; it cannot be written: {ErrorText.Of(wrong)}");
        }
    }

    public static Option<string> TextOrJson() => Format("Text for people or JSON for machines.", "text");

    public static Option<string> TableOrJson() => Format("A table for people or JSON for machines.", "table");

    public static Option<DateTimeOffset?> Now() =>
        new("--now")
        {
            Description = "The time to evaluate for, for example 2026-01-31T00:00:00Z. Default: now.",
            CustomParser = result =>
            {
                if (Times.TryParseIso(result.Tokens[0].Value, out var now))
                    return now;
                result.AddError(
                    $"--now is '{result.Tokens[0].Value}'; it must be a time such as 2026-01-31T00:00:00Z."
                );
                return null;
            },
        };

    public static Option<TimeSpan?> Duration(string name, string description) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (Times.TryParseDuration(result.Tokens[0].Value, out var duration))
                    return duration;
                result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be a time such as 90s, 15m or 2h.");
                return null;
            },
        };

    private static Option<string> Format(string description, string people)
    {
        var format = new Option<string>("--format") { Description = description, DefaultValueFactory = _ => people };
        format.AcceptOnlyFromAmong(people, Json);
        return format;
    }
}
