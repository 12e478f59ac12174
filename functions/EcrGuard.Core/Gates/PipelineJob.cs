using System.Globalization;
using System.Text.Json;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>
/// What an invoke action of AWS CodePipeline asks about (AWS CodePipeline User Guide, "AWS Lambda action reference"):
/// images in its user parameters, or the files that build actions leave in its artifacts.
/// </summary>
/// <param name="Images">Empty: those of the artifacts.</param>
/// <param name="IgnoresOthers">Whether images of other registries pass; null: as EcrGuard is deployed.</param>
public sealed record PipelineJob(IReadOnlyList<NamedImage> Images, bool? IgnoresOthers)
{
    /// <summary>The files that name images (CodePipeline User Guide, "Image definitions file reference").</summary>
    public static IReadOnlyList<string> Files { get; } = ["imagedefinitions.json", "imageDetail.json"];

    /// <summary>Of a file in an artifact, in bytes.</summary>
    public const int MaxFile = 1_000_000;

    /// <summary>How long an action of CodePipeline waits.</summary>
    private static readonly TimeSpan AsksFor = TimeSpan.FromMinutes(55);

    private const string Right =
        "The user parameters must be an image, or JSON such as "
        + "{\"images\": [\"shop/web:1.0\"], \"others\": \"ignore\"}.";

    /// <param name="userParameters">The action's UserParameters; null or empty: none.</param>
    /// <exception cref="UnclearDeploymentException">They are wrong; a sentence.</exception>
    public static PipelineJob Read(string? userParameters)
    {
        var text = userParameters?.Trim() ?? "";
        if (text.Length == 0)
            return new PipelineJob([], null);
        if (!text.StartsWith('{'))
            return new PipelineJob([Image(text, "UserParameters")], null);
        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement.EnumerateObject().Select(one => KeyValuePair.Create(one.Name, one.Value)));
        }
        catch (JsonException)
        {
            throw new UnclearDeploymentException($"The user parameters are no JSON. {Right}");
        }
    }

    /// <summary>The images that a file of an artifact names.</summary>
    /// <exception cref="UnclearDeploymentException">It names none, or is not what its name says.</exception>
    public static IReadOnlyList<NamedImage> OfFile(string artifact, string file, ReadOnlyMemory<byte> content)
    {
        var place = $"{Phrase.Clip(artifact, 100)}/{file}";
        try
        {
            using var document = JsonDocument.Parse(content);
            var images = DeploymentDocument
                .Images(document.RootElement)
                ?.Take(DeploymentDocument.MaxImages + 1)
                .ToList();
            return images is { Count: > 0 }
                ? [.. images.Select(image => image with { Place = $"{place}: {image.Place}" })]
                : throw new UnclearDeploymentException($"{place} names no image.");
        }
        catch (JsonException)
        {
            throw new UnclearDeploymentException($"{place} is no JSON.");
        }
    }

    /// <summary>The token with which CodePipeline asks again. EcrGuard reads from it since when it is asked.</summary>
    public static string Token(DateTimeOffset since) =>
        since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether to ask once more.</summary>
    /// <param name="token">Made by <see cref="Token"/>; null for the first time.</param>
    /// <param name="since">Since when it is asked.</param>
    public static bool MayWait(string? token, DateTimeOffset now, out DateTimeOffset since)
    {
        since = now;
        if (token is null)
            return true;
        if (
            !long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || seconds > 1L << 36
        )
            return false;
        since = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return now - since < AsksFor;
    }

    /// <summary>
    /// The same without a job, as the rule LambdaInvoke of a stage's condition may ask: its parameters are the event,
    /// or stand under <c>UserParameters</c>.
    /// </summary>
    /// <exception cref="UnclearDeploymentException">They name no image, or are wrong; a sentence.</exception>
    public static PipelineJob OfRule(IReadOnlyDictionary<string, JsonElement> parameters)
    {
        var job = parameters.TryGetValue("UserParameters", out var inside)
            ? Read(inside.ValueKind == JsonValueKind.String ? inside.GetString() : inside.GetRawText())
            : Read(parameters.Where(one => one.Key is "image" or "images" or "others"));
        return job.Images.Count > 0
            ? job
            : throw new UnclearDeploymentException($"The event names no job of CodePipeline and no image. {Right}");
    }

    private static PipelineJob Read(IEnumerable<KeyValuePair<string, JsonElement>> parameters)
    {
        var images = new List<NamedImage>();
        bool? ignores = null;
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "image":
                    images.Add(Image(value, "UserParameters.image"));
                    break;
                case "images" when value.ValueKind == JsonValueKind.Array:
                    images.AddRange(
                        value
                            .EnumerateArray()
                            .Take(DeploymentDocument.MaxImages + 1)
                            .Select((image, at) => Image(image, $"UserParameters.images[{at}]"))
                    );
                    break;
                case "others" when value.ValueKind == JsonValueKind.String:
                    ignores = value.GetString() switch
                    {
                        "deny" => false,
                        "ignore" => true,
                        var other => throw new UnclearDeploymentException(
                            $"The user parameter others is '{Phrase.Clip(other, 40)}'; it must be deny or ignore."
                        ),
                    };
                    break;
                default:
                    throw new UnclearDeploymentException(
                        $"The user parameter '{Phrase.Clip(name, 40)}' is not known or not of its kind. {Right}"
                    );
            }
        }
        return new PipelineJob(images, ignores);
    }

    private static NamedImage Image(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.String
            ? Image(value.GetString()!, place)
            : throw new UnclearDeploymentException($"{place} is no text. {Right}");

    // A person names images of this registry without it.
    private static NamedImage Image(string text, string place) =>
        ImagePlaces.Named(text, place) with
        {
            MeansOwnRegistry = true,
        };
}
