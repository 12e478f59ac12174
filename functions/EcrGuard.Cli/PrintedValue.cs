using System.Text.Json;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli;

/// <summary>
/// A value in a JSON file that the AWS CLI printed. It has its path in the file, so that messages can say where a
/// problem is. A member that is null counts as absent.
/// </summary>
/// <param name="Path">For example <c>imageDetails[0].imageTags</c>; empty for the whole document.</param>
internal sealed record PrintedValue(FileInfo File, string Path, JsonElement Element)
{
    /// <summary>Reads a whole file. The values can be used while <paramref name="read"/> runs.</summary>
    /// <exception cref="UnusableFileException">The file cannot be read, is not JSON, or is refused by <paramref
    ///     name="read"/>.</exception>
    /// <param name="members">The answer has at least one of these members.</param>
    public static T Read<T>(FileInfo file, IReadOnlyList<string> members, Func<PrintedValue, T> read)
    {
        var utf8 = InputFile.WithoutMarks(InputFile.ReadPrinted(file));
        try
        {
            using var json = InputFile.Json(file, utf8, members);
            return read(new PrintedValue(file, "", json.RootElement));
        }
        catch (JsonException unreadable)
        {
            var pages = new JsonReaderOptions { AllowMultipleValues = true };
            throw new UnusableFileException(JsonSyntax.Problem(utf8, unreadable, pages).ToString(file.ToString()));
        }
    }

    /// <summary>
    /// The member that says that this is one page of several; null if this is everything. The AWS CLI prints the
    /// service's token with --no-paginate and its own token with --max-items.
    /// </summary>
    public string? PageToken() =>
        !string.IsNullOrEmpty(Text("nextToken")) ? "nextToken"
        : !string.IsNullOrEmpty(Text("NextToken")) ? "NextToken"
        : null;

    public bool Has(string name) =>
        Element.ValueKind == JsonValueKind.Object
        && Element.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null;

    /// <exception cref="UnusableFileException">This is not an object.</exception>
    public PrintedValue? Member(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw MustBe("an object");
        return Has(name)
            ? new PrintedValue(File, Path.Length == 0 ? name : $"{Path}.{name}", Element.GetProperty(name))
            : null;
    }

    /// <param name="wanted">What the member must be, for the message: "a list of images".</param>
    /// <returns>Empty if there is no such member.</returns>
    /// <exception cref="UnusableFileException">The member is not a list.</exception>
    public IReadOnlyList<PrintedValue> List(string name, string wanted)
    {
        if (Member(name) is not { } list)
            return [];
        if (list.Element.ValueKind != JsonValueKind.Array)
            throw list.MustBe(wanted);
        return
        [
            .. list.Element.EnumerateArray().Select((item, i) => new PrintedValue(File, $"{list.Path}[{i}]", item)),
        ];
    }

    /// <exception cref="UnusableFileException">The member is not a text.</exception>
    public string? Text(string name) => Member(name)?.Text();

    /// <exception cref="UnusableFileException">This is not a text.</exception>
    public string Text()
    {
        try
        {
            return Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw MustBe("a text");
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped.
            throw MustBe("a text of whole characters");
        }
    }

    /// <exception cref="UnusableFileException">The member is not a number.</exception>
    public double? Number(string name) =>
        Member(name) is not { } value ? null
        : value.Element.ValueKind == JsonValueKind.Number ? value.Element.GetDouble()
        : throw value.MustBe("a number");

    /// <summary>The members of an object that holds numbers.</summary>
    /// <param name="known">The names that are allowed. A member that is 0 may have any name.</param>
    /// <exception cref="UnusableFileException">This is not an object, a member has an unknown name, or a value is not a
    ///     whole number from 0.</exception>
    public IReadOnlyList<KeyValuePair<string, int>> Counts(IReadOnlyList<string> known)
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw MustBe("an object of numbers");
        return [.. Element.EnumerateObject().Select(Count)];

        KeyValuePair<string, int> Count(JsonProperty member)
        {
            var value = new PrintedValue(File, $"{Path}.{Core.Images.Phrase.Clip(member.Name, 40)}", member.Value);
            if (
                !(
                    member.Value.ValueKind == JsonValueKind.Number
                    && member.Value.TryGetInt32(out var count)
                    && count >= 0
                )
            )
                throw value.MustBe("a whole number from 0");
            if (count > 0 && !known.Contains(member.Name))
                throw value.Wrong(
                    $"{value.Path} is {count}, and no scanner counts by that name; the names must be "
                        + $"{string.Join(", ", known.SkipLast(1))} and {known[^1]}"
                );
            return KeyValuePair.Create(member.Name, count);
        }
    }

    /// <exception cref="UnusableFileException">The member is not a digest.</exception>
    public Digest? Digest(string name) =>
        Member(name) is not { } value ? null
        : Core.Images.Digest.TryParse(value.Text(), out var digest) ? digest
        : throw value.MustBe("'sha256:' and 64 lower-case hexadecimal characters");

    /// <summary>A time in ISO 8601 or in seconds since 1970, whichever the caller's AWS CLI prints.</summary>
    /// <exception cref="UnusableFileException">The member is not a time.</exception>
    public DateTimeOffset? Time(string name)
    {
        if (Member(name) is not { } value)
            return null;
        if (value.Element.ValueKind == JsonValueKind.String && Times.TryParse(value.Text(), out var time))
            return time;
        if (
            value.Element.ValueKind == JsonValueKind.Number
            && value.Element.GetDouble() is >= 0 and < 253_402_300_800 and var seconds
        )
            return DateTimeOffset.UnixEpoch.AddTicks((long)((decimal)seconds * TimeSpan.TicksPerSecond));
        throw value.MustBe("a time such as \"2026-01-31T00:00:00Z\", or seconds since 1970");
    }

    /// <summary>Says what this is and what it must be.</summary>
    public UnusableFileException MustBe(string wanted) =>
        Wrong($"{Path} is {Core.Images.Phrase.Clip(Element.GetRawText(), 80)}; it must be {wanted}");

    /// <param name="how">The problem, without a full stop.</param>
    public UnusableFileException Wrong(string how) => new($"{File}: {how}.");
}
