using System.Text;
using System.Text.Json;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;
using EcrGuard.Lambda.Flow;

namespace EcrGuard.Cli.Asking;

/// <summary>
/// Reads the images that a file deploys. Files are not trusted: a file that is too large, too deep or unclear is
/// refused.
/// </summary>
internal static class DeploymentFile
{
    private const int MaxBytes = 5_000_000;

    /// <returns>At least one image, each with its place in the file.</returns>
    /// <exception cref="UnusableFileException">The file cannot be read, or names no image.</exception>
    public static IReadOnlyList<(NamedImage Image, GatePlace Place)> Read(FileInfo file)
    {
        var text = Encoding.UTF8.GetString(InputFile.Read(file, MaxBytes));
        var documents = Documents(file, text);
        var images = new List<(NamedImage, GatePlace)>();
        foreach (var (document, at) in documents.Select((document, at) => (document, at)))
        {
            // An empty document between two '---', as templates leave behind.
            if (
                document.ValueKind == JsonValueKind.String
                && document.GetString() is "" or "null" or "Null" or "NULL" or "~"
            )
                continue;
            var found =
                DeploymentDocument.Images(document)
                ?? throw new UnusableFileException(
                    $"{file}: {(documents.Count > 1 ? $"its document {at + 1} is" : "it is")} of no known kind; it "
                        + $"must be {DeploymentDocument.Kinds}."
                );
            foreach (var image in found)
            {
                if (images.Count == DeploymentDocument.MaxImages)
                    throw new UnusableFileException(
                        $"{file}: it names more than {DeploymentDocument.MaxImages} images; ask about fewer at once."
                    );
                var before = documents.Count > 1 ? $"document {at + 1}: " : "";
                images.Add((image, new GatePlace(file.ToString(), before + Phrase.Clip(image.Place, 300))));
            }
        }
        return images.Count > 0
            ? images
            : throw new UnusableFileException($"{file}: it names no image, so that there is nothing to ask about.");
    }

    private static IReadOnlyList<JsonElement> Documents(FileInfo file, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new UnusableFileException($"{file}: it is empty; it must name the images that are deployed.");
        try
        {
            if (text.TrimStart() is not ['{' or '[', ..])
                return YamlDocuments.Read(text);
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = YamlDocuments.MaxDepth });
            return [json.RootElement.Clone()];
        }
        catch (JsonException wrong)
        {
            throw new UnusableFileException(
                $"{file}: line {wrong.LineNumber + 1}: it is no JSON: {Phrase.Clip(wrong.Message, 300)}"
            );
        }
        catch (FormatException wrong)
        {
            throw new UnusableFileException($"{file}: {Phrase.Clip(wrong.Message, 400)}");
        }
    }
}
