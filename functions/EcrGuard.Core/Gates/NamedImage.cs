using System.Diagnostics.CodeAnalysis;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>An image that is about to be deployed, as a document names it.</summary>
/// <param name="Text">As the document writes it; null where it is known only during the deployment.</param>
/// <param name="Place">For example <c>services.web.image</c>.</param>
/// <param name="Problem">Why nobody can ask about it, a sentence; null where its text is enough.</param>
public sealed record NamedImage(string? Text, string Place, string? Problem = null)
{
    /// <summary>
    /// Whether a text without a registry means the registry that is asked, as a person means it. A document that names
    /// no registry means Docker Hub, as containerd and Docker read it.
    /// </summary>
    public bool MeansOwnRegistry { get; init; }

    /// <summary>The file that names the images in its place, from the document's folder; null: none.</summary>
    public string? InFile { get; init; }

    /// <summary>
    /// Whether it surely lies in another registry than a private one of ECR. What is not a well-formed name, such as a
    /// placeholder, lies nowhere.
    /// </summary>
    public bool IsOthers =>
        Problem is null
        && Text is { } text
        && WellFormedName.Is(text)
        // A registry alone is no name: what puts it together with one is not known.
        && !(ImageReference.MayBeRegistry(text) && !text.Contains('/'))
        && (Host(text) is { } host ? !ImageReference.MayBeRegistry(host) : !MeansOwnRegistry);

    internal bool HasHost => Text is { } text && Host(text) is not null;

    /// <summary>The question to EcrGuard. An image without tag and digest is deployed as <c>latest</c>.</summary>
    /// <param name="question">Null where it cannot be asked about.</param>
    /// <param name="problem">A sentence; null where it can be asked about.</param>
    public bool TryAsk([NotNullWhen(true)] out string? question, [NotNullWhen(false)] out string? problem)
    {
        problem = Problem;
        question = null;
        if (problem is null && !MeansOwnRegistry && Host(Text!) is null)
            problem =
                $"'{Phrase.Clip(Text, 200)}' is no name of an image, such as "
                + "'<account>.dkr.ecr.<region>.amazonaws.com/repository:tag'.";
        if (problem is not null)
            return false;
        var named = WellFormedName.HasTagOrDigest(Text!) ? Text! : $"{Text}:latest";
        if (!ImageReference.TryParse(named, out var image, out problem))
            return false;
        question = image.ToString();
        return true;
    }

    /// <summary>The part before the first slash, where it can only be a host.</summary>
    private static string? Host(string text) =>
        text.Split('/', 2) is [var first, _] && (first.Contains('.') || first.Contains(':') || first == "localhost")
            ? first
            : null;
}
