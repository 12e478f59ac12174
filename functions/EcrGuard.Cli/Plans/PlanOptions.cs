using System.CommandLine;
using EcrGuard.Core.Policy;

namespace EcrGuard.Cli.Plans;

/// <summary>The options of <c>plan</c> and <c>apply</c>.</summary>
internal static class PlanOptions
{
    public static Option<FileInfo?> Policy(string description) => new("--policy") { Description = description };

    public static Option<Glob> Repositories() => new("--repository")
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
}
