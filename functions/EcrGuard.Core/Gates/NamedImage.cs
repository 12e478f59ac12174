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
    /// Whether it lies in another registry than a private one of ECR. A document that names no registry means Docker
    /// Hub, as containerd and Docker read it.
    /// </summary>
    public bool IsOthers =>
        Problem is null && Text is { } text && !(Host(text) is { } host && ImageReference.IsRegistry(host));

    /// <summary>The question to EcrGuard. An image without tag and digest is deployed as <c>latest</c>.</summary>
    /// <param name="question">Null where it cannot be asked about.</param>
    /// <param name="problem">A sentence; null where it can be asked about.</param>
    public bool TryAsk([NotNullWhen(true)] out string? question, [NotNullWhen(false)] out string? problem)
    {
        problem = Problem;
        question = null;
        if (problem is not null)
            return false;
        var named = Text!.Contains('@') || Text.LastIndexOf(':') > Text.LastIndexOf('/') ? Text : $"{Text}:latest";
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
