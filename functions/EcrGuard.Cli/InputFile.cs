using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json;
using EcrGuard.Aws;
using EcrGuard.Core.Policy;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Cli;

/// <summary>
/// Reads everything that a command is given to read: a file, or standard input for <c>-</c>. The text is UTF-8, or
/// UTF-16 with a byte order mark, which is what PowerShell writes when it redirects output.
/// </summary>
internal static class InputFile
{
    private const string StandardInput = "-";

    private static readonly UnicodeEncoding LittleEndian = new(
        bigEndian: false,
        byteOrderMark: false,
        throwOnInvalidBytes: true
    );
    private static readonly UnicodeEncoding BigEndian = new(
        bigEndian: true,
        byteOrderMark: false,
        throwOnInvalidBytes: true
    );

    /// <summary>For messages that quote a value: '+' is not escaped.</summary>
    private static readonly JsonWriterOptions AsWritten = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static bool IsStandardInput(FileInfo file) => file.ToString() == StandardInput;

    /// <summary>The text as UTF-8, without a byte order mark.</summary>
    /// <exception cref="UnusableFileException">The file cannot be read, or is UTF-16 that is cut off.</exception>
    /// <param name="most">The most bytes that the text may have.</param>
    public static byte[] Read(FileInfo file, int most = int.MaxValue)
    {
        var bytes = ReadBytes(file, most);
        try
        {
            return bytes switch
            {
                [0xEF, 0xBB, 0xBF, .. var text] => text,
                [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] => throw new UnusableFileException(
                    $"{file}: it is UTF-32; it must be UTF-8, or UTF-16 with a byte order mark."
                ),
                [0xFF, 0xFE, .. var text] => Encoding.UTF8.GetBytes(LittleEndian.GetString(text)),
                [0xFE, 0xFF, .. var text] => Encoding.UTF8.GetBytes(BigEndian.GetString(text)),
                [_, 0, _, 0, ..] or [0, _, 0, _, ..] => throw new UnusableFileException(
                    $"{file}: it looks like UTF-16 and has no byte order mark; it must be UTF-8, or UTF-16 with one."
                ),
                _ => bytes,
            };
        }
        catch (DecoderFallbackException)
        {
            throw new UnusableFileException(
                $"{file}: it begins as UTF-16 and does not stay so, or is cut off; it must be whole."
            );
        }
    }

    /// <summary>The text of a file that a tool printed.</summary>
    /// <exception cref="UnusableFileException">The file cannot be read, or is empty.</exception>
    public static byte[] ReadPrinted(FileInfo file) =>
        Read(file) is { } utf8 && utf8.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) >= 0
            ? utf8
            : throw new UnusableFileException(
                $"{file}: it is empty. Where there is nothing to print, such as no lifecycle policy or no scan, aws "
                    + "prints an error instead, and the shell leaves the file empty."
            );

    /// <summary>
    /// The text without the byte order marks between documents, which appear when two files were joined.
    /// </summary>
    public static byte[] WithoutMarks(byte[] utf8)
    {
        if (utf8.AsSpan().IndexOf(Encoding.UTF8.Preamble) < 0)
            return utf8;
        var (kept, isText) = (new List<byte>(utf8.Length), false);
        for (var at = 0; at < utf8.Length; at++)
        {
            if (!isText && utf8.AsSpan(at).StartsWith(Encoding.UTF8.Preamble))
            {
                at += Encoding.UTF8.Preamble.Length - 1;
                continue;
            }
            kept.Add(utf8[at]);
            if (isText && utf8[at] == '\\' && at + 1 < utf8.Length)
                kept.Add(utf8[++at]);
            else if (utf8[at] == '"')
                isText = !isText;
        }
        return [.. kept];
    }

    /// <summary>
    /// A policy document as it is deployed. The functions take its bytes as they are, and read only UTF-8. The bytes,
    /// with any byte order mark, are the version of the document.
    /// </summary>
    /// <exception cref="UnusableFileException">The file cannot be read, or no function could read it.</exception>
    public static byte[] ReadPolicy(FileInfo file) =>
        ReadBytes(file) switch
        {
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] or [_, 0, _, 0, ..] or [0, _, 0, _, ..] or [0, 0, ..] =>
                throw new UnusableFileException(
                    $"{file}: it is UTF-16 or UTF-32, or looks like it; the document that is deployed must be UTF-8, "
                        + "since the functions read nothing else."
                ),
            var bytes => bytes,
        };

    /// <summary>The VEX documents in the folder beside a policy document; none for standard input.</summary>
    public static IReadOnlyList<VexFile> VexBeside(FileInfo file) =>
        IsStandardInput(file) ? [] : PolicyFile.Vex(file.FullName);

    /// <summary>
    /// The JSON document in a text. The output of a loop over pages, an array of such pages, and JSON lines are joined
    /// into one document. Lists are appended to each other, and everything else must be the same on each page.
    /// </summary>
    /// <param name="members">An answer has at least one of these members.</param>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    /// <exception cref="UnusableFileException">The pages do not belong together, or one of them can be read in two
    ///     ways.</exception>
    public static JsonDocument Json(FileInfo file, byte[] utf8, IReadOnlyList<string> members)
    {
        PrintedSyntax.Check(file, utf8);
        var documents = Documents(utf8);
        var isList = documents is [{ ValueKind: JsonValueKind.Array }];
        if (
            documents is [{ ValueKind: JsonValueKind.Array } array]
            && array.EnumerateArray().Any()
            && array.EnumerateArray().All(page => page.ValueKind == JsonValueKind.Object)
        )
            documents = [.. array.EnumerateArray()];
        if (
            (documents.Count > 1 || isList)
            && documents.TrueForAll(page => page.ValueKind == JsonValueKind.Object)
            && !documents.Exists(page => members.Any(member => page.TryGetProperty(member, out _)))
        )
        {
            var expected = string.Join(" and no ", members.Select(member => $"\"{member}\""));
            throw new UnusableFileException(
                $"{file}: it has no {expected}, and is a list of parts of an answer; print the whole answer, without "
                    + "--query and without jq."
            );
        }
        // An empty text is not JSON. The reader says where.
        if (documents.Count == 0)
            return JsonDocument.Parse(utf8);
        using var whole = new MemoryStream();
        using (var json = new Utf8JsonWriter(whole, AsWritten))
            Pages.Write(json, file, "", documents);
        return JsonDocument.Parse(whole.ToArray());
    }

    /// <summary>
    /// Says what is wrong if standard input is named twice, because it can be read only once; null if it is not.
    /// </summary>
    public static string? Twice(ParseResult parsed)
    {
        string[] named =
        [
            .. parsed
                .CommandResult.Children.SelectMany(child =>
                    child switch
                    {
                        OptionResult { Option: { } option } given when IsFile(option.ValueType) => given.Tokens.Select(
                            token => (Name: option.Name, token.Value)
                        ),
                        ArgumentResult { Argument: { } argument } given when IsFile(argument.ValueType) =>
                            given.Tokens.Select(token => (argument.Name, token.Value)),
                        _ => [],
                    }
                )
                .Where(given => given.Value == StandardInput)
                .Select(given => given.Name),
        ];
        return named.Length < 2
            ? null
            : $"'-' is standard input, which can be read once; it is given for {string.Join(" and ", named)}.";

        static bool IsFile(Type type) => type == typeof(FileInfo) || type == typeof(FileInfo[]);
    }

    private static byte[] ReadBytes(FileInfo file, int most = int.MaxValue)
    {
        if (IsStandardInput(file))
        {
            using var input = Console.OpenStandardInput();
            return ReadAll(file, input, most);
        }
        if (Directory.Exists(file.FullName))
            throw new UnusableFileException($"{file}: it is a folder; it must be a file.");
        try
        {
            using var content = File.OpenRead(file.FullName);
            return ReadAll(file, content, most);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UnusableFileException($"{file}: there is no such file.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"{file}: {ErrorText.Of(unreadable)}");
        }
    }

    /// <summary>
    /// Reads a stream. A pipe gives its length only at its end, so a text that is too long is refused during reading.
    /// </summary>
    private static byte[] ReadAll(FileInfo file, Stream content, int most)
    {
        using var all = new MemoryStream();
        var buffer = new byte[81_920];
        while (content.Read(buffer) is > 0 and var read)
        {
            if (all.Length + read > most)
                throw new UnusableFileException($"{file}: it has more than {most} bytes; that is more than is read.");
            all.Write(buffer, 0, read);
        }
        return all.ToArray();
    }

    private static List<JsonElement> Documents(byte[] utf8)
    {
        var documents = new List<JsonElement>();
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read())
            documents.Add(JsonElement.ParseValue(ref reader));
        return documents;
    }

    private static class Pages
    {
        /// <summary>A member that SDKs print beside an answer; it differs on each page.</summary>
        private const string Metadata = "ResponseMetadata";

        public static void Write(Utf8JsonWriter json, FileInfo file, string path, List<JsonElement> pages)
        {
            if (pages.Count == 1)
            {
                pages[0].WriteTo(json);
            }
            else if (pages.All(page => page.ValueKind == JsonValueKind.Array))
            {
                json.WriteStartArray();
                foreach (var item in pages.SelectMany(page => page.EnumerateArray()))
                    item.WriteTo(json);
                json.WriteEndArray();
            }
            else if (pages.All(page => page.ValueKind == JsonValueKind.Object))
            {
                json.WriteStartObject();
                foreach (
                    var key in pages
                        .SelectMany(page => page.EnumerateObject())
                        .Select(member => member.Name)
                        .Distinct()
                        .Where(key => key != Metadata)
                )
                    WriteMember(json, file, path, key, pages);
                json.WriteEndObject();
            }
            else if (pages.All(page => JsonElement.DeepEquals(page, pages[0])))
            {
                pages[0].WriteTo(json);
            }
            else
            {
                var other = pages
                    .Select((page, at) => (page, at))
                    .First(page => !JsonElement.DeepEquals(page.page, pages[0]));
                throw new UnusableFileException(
                    $"{file}: {(path.Length == 0 ? "the value" : path)} is {Clip(pages[0])} on its page 1 and "
                        + $"{Clip(other.page)} on page {other.at + 1}; the pages must be those of one answer."
                );
            }
        }

        private static void WriteMember(
            Utf8JsonWriter json,
            FileInfo file,
            string path,
            string key,
            IReadOnlyList<JsonElement> pages
        )
        {
            // A token says that there is another page. The last page has none.
            if (path.Length == 0 && key is "nextToken" or "NextToken")
            {
                if (pages[^1].TryGetProperty(key, out var token))
                {
                    json.WritePropertyName(key);
                    token.WriteTo(json);
                }
                return;
            }
            json.WritePropertyName(key);
            List<JsonElement> values =
            [
                .. pages
                    .Where(page => page.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null)
                    .Select(page => page.GetProperty(key)),
            ];
            if (values.Count == 0)
                json.WriteNullValue();
            else
                Write(json, file, path.Length == 0 ? key : $"{path}.{key}", values);
        }

        private static string Clip(JsonElement value) => Core.Images.Phrase.Clip(value.GetRawText(), 80);
    }

    /// <summary>
    /// Reads a policy document with the VEX documents beside it; without a file, gives the built-in policy.
    /// </summary>
    /// <exception cref="PolicyException">The document is wrong, or a VEX document beside it.</exception>
    public static PolicyDocument LoadPolicy(FileInfo? file)
    {
        if (file is null)
            return PolicyDocument.BuiltIn;
        var reading = PolicyReader.Read(ReadPolicy(file), VexBeside(file), TimeProvider.System.GetUtcNow());
        return reading.Policy is { VexProblems: [] } policy
            ? policy
            : throw new PolicyException(
                string.Join(Environment.NewLine, reading.Problems.Select(problem => problem.ToString(file.ToString())))
            );
    }
}
