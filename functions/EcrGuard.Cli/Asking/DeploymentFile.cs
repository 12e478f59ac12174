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

    /// <summary>What stands around a name, whatever the kind of file.</summary>
    private static readonly char[] Around = [.. " \t\r\"',="];

    /// <summary>What may stand around a name too, or in it: <c>${TAG}</c>.</summary>
    private static readonly char[] Brackets = [.. "{}[]"];

    /// <summary>
    /// The images of all files. A template that another template deploys counts as read if it is one of the files.
    /// </summary>
    /// <param name="notes">Gets a line for each file of several that names no image.</param>
    /// <returns>At least one image, each with its place in its file; none where there is no file.</returns>
    /// <exception cref="UnusableFileException">A file cannot be read, or none names an image.</exception>
    public static IReadOnlyList<(NamedImage Image, GatePlace Place)> Read(
        IReadOnlyList<FileInfo> files,
        TextWriter notes
    )
    {
        var read = files.Select(file => (File: file, Images: Read(file))).ToList();
        var given = files.Where(file => file.ToString() != "-").Select(file => file.FullName).ToHashSet();
        var others = read.SelectMany(one => one.Images.Select(named => OtherFile(one.File, named.Image))).ToHashSet();
        var images = read.SelectMany(one =>
                one.Images.Where(named => OtherFile(one.File, named.Image) is not { } other || !given.Contains(other))
            )
            .ToList();
        foreach (var (file, own) in read)
        {
            if (images.Count == 0)
                throw new UnusableFileException($"{file}: it names no image, so that there is nothing to ask about.");
            if (own.Count == 0 && !others.Contains(file.FullName))
                notes.WriteLine($"Note: {file} names no image.");
        }
        return images;
    }

    /// <summary>The full path of the file that names the images in place of this one; null: none does.</summary>
    private static string? OtherFile(FileInfo file, NamedImage image) =>
        image.InFile is { } path && !path.Contains('\0') ? Path.GetFullPath(path, file.DirectoryName!) : null;

    private static List<(NamedImage Image, GatePlace Place)> Read(FileInfo file)
    {
        var text = Encoding.UTF8.GetString(InputFile.Read(file, MaxBytes));
        var documents = Documents(file, text);
        var images = new List<(NamedImage Image, GatePlace Place)>();
        foreach (var (document, at) in documents.Select((document, at) => (document, at)))
        {
            // An empty document between two '---', as templates leave behind.
            if (
                document.ValueKind == JsonValueKind.String
                && document.GetString() is "" or "null" or "Null" or "NULL" or "~"
            )
                continue;
            var found =
                Images(file, document)
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
        var lines = Lines(text, [.. images.Select(named => named.Image.Text).OfType<string>()]);
        return [.. images.Select(named => (named.Image, named.Place with { Line = LineOf(named.Image.Text) }))];

        int? LineOf(string? name) => name is not null && lines.TryGetValue(name, out var line) ? line : null;
    }

    private static List<NamedImage>? Images(FileInfo file, JsonElement document)
    {
        try
        {
            // One more than the limit is enough to refuse them.
            return DeploymentDocument.Images(document)?.Take(DeploymentDocument.MaxImages + 1).ToList();
        }
        catch (InvalidOperationException)
        {
            // JSON may hold half of a surrogate pair, as \ud800.
            throw new UnusableFileException($"{file}: it holds a text that is no Unicode.");
        }
    }

    /// <summary>The number of the first line that has a name, for each name that a line has.</summary>
    private static Dictionary<string, int> Lines(string text, HashSet<string> names)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (line, at) in text.Split('\n').Select((line, at) => (line, at)))
        {
            var words = line.Split(Around);
            foreach (var name in words.Concat(words.Select(word => word.Trim(Brackets))).Where(names.Contains))
                lines.TryAdd(name, at + 1);
        }
        return lines;
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
