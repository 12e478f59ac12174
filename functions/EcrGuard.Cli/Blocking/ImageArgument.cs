using System.CommandLine;
using System.CommandLine.Parsing;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Blocking;

/// <summary>Images as they are named on a command line.</summary>
internal static class ImageArgument
{
    public static Argument<ImageReference> One() =>
        new("IMAGE")
        {
            Description = "By tag, digest or full URI.",
            CustomParser = result => Read(result, "IMAGE")?[0],
        };

    /// <returns>Null where one is none, which is then an error of the command line.</returns>
    public static ImageReference[]? Read(ArgumentResult result, string name)
    {
        var images = new List<ImageReference>();
        foreach (var token in result.Tokens)
        {
            if (ImageReference.TryParse(token.Value, out var image, out var problem))
                images.Add(image);
            else
                result.AddError($"{name} is wrong: {problem}");
        }
        return images.Count == result.Tokens.Count ? [.. images] : null;
    }
}
