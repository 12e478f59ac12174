using System.CommandLine;
using EcrGuard.Aws;
using EcrGuard.Core.Plans;

namespace EcrGuard.Cli;

/// <summary>
/// How the deployment names its tags: as the options say, else as the environment would tell a function.
/// </summary>
internal sealed class TagOptions
{
    private readonly Option<string?> prefix = Prefixes(
        "--tag-prefix",
        "The deployment's parameter TagPrefix; where it is not given the environment's "
            + Settings.TagPrefix
            + ", else ecrguard.",
        prefix => [prefix]
    );

    private readonly Option<string?> earlier = Prefixes(
        "--earlier-tag-prefixes",
        "The deployment's parameter EarlierTagPrefixes, with commas; where it is not given the environment's "
            + Settings.EarlierTagPrefixes
            + ".",
        Settings.Listed
    );

    public static TagOptions Of(Command command)
    {
        var options = new TagOptions();
        command.Add(options.prefix);
        command.Add(options.earlier);
        return options;
    }

    /// <exception cref="SettingsException">The environment has a wrong one.</exception>
    public OwnTags In(ParseResult parsed) =>
        Settings.TagsFrom(variable =>
            variable switch
            {
                Settings.TagPrefix => parsed.GetValue(prefix),
                Settings.EarlierTagPrefixes => parsed.GetValue(earlier),
                _ => null,
            } ?? Environment.GetEnvironmentVariable(variable)
        );

    private static Option<string?> Prefixes(
        string name,
        string description,
        Func<string, IReadOnlyList<string>> split
    ) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                foreach (var wrong in split(text).Where(prefix => !OwnTags.IsPrefix(prefix)))
                    result.AddError($"{name} is '{text}': '{wrong}' is no prefix; {OwnTags.PrefixForm}.");
                return text;
            },
        };
}
