using System.CommandLine;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Judging;

/// <summary>The options of <c>judge</c> that no other command has.</summary>
internal static class JudgeOptions
{
    public const string Json = "json";

    public static Option<FileInfo> Findings() =>
        new("--findings")
        {
            Description =
                "All findings of the image, as 'aws ecr describe-image-scan-findings' (basic or enhanced) or "
                + "'aws inspector2 list-findings' prints them. "
                + "The latter does not tell whether the image is covered: its active findings are taken for a "
                + "complete scan of the moment at which the newest was last seen, and an empty list says "
                + "nothing.",
            Required = true,
        };

    public static Option<FileInfo?> Policy() =>
        new("--policy")
        {
            Description =
                "The policy document; without one, CRITICAL blocks and HIGH warns. Days since a fix are "
                + "counted from now, as at a first verdict.",
        };

    public static Option<FileInfo[]> Vex() =>
        new("--vex")
        {
            Description =
                "An OpenVEX document; may be given several times. Its products name an image by registry, "
                + "repository and digest: where the findings do not say all of it, --image must, as the full "
                + "URI.",
            DefaultValueFactory = _ => [],
        };

    public static Option<ImageReference?> Image() =>
        new("--image")
        {
            Description =
                "REPOSITORY:TAG, for the repositories and tags that rules and waivers name, where the file "
                + "does not say it right; of list-findings it selects the image.",
            CustomParser = result =>
            {
                if (ImageReference.TryParse(result.Tokens[0].Value, out var image, out var problem))
                    return image;
                result.AddError($"--image is wrong: {problem}");
                return null;
            },
        };

    public static Option<string> Format()
    {
        var format = new Option<string>("--format")
        {
            Description = "Text for people or JSON for machines.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", Json);
        return format;
    }
}
