using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace EcrGuard.Core.Documents;

internal enum NodeKind
{
    Object,
    List,
    Text,
    Number,
    Boolean,
    Null,
}

/// <summary>A line and a column, as in <see cref="PolicyProblem"/>.</summary>
internal readonly record struct Place(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>A key of an object, where the key stands, and its value.</summary>
internal sealed record Member(string Key, Place Place, Node Value);

/// <summary>One value of a document and where it begins.</summary>
internal sealed record Node(NodeKind Kind, Place Place, Node? Parent, string? Key, int Index)
{
    /// <summary>A text's characters, or a number or boolean as it is written.</summary>
    public string Text { get; init; } = "";

    /// <summary>Of an object, in the order of the document; keys may repeat.</summary>
    public List<Member> Members { get; } = [];

    /// <summary>Of a list.</summary>
    public List<Node> Items { get; } = [];

    /// <summary>The value under a key; null where there is none or this is no object.</summary>
    public Node? Find(string key) => Members.Find(member => member.Key == key)?.Value;

    /// <summary>Made on request: long keys from strangers must not be copied for every value under them.</summary>
    public string Path =>
        Parent is null ? "$"
        : Key is null ? $"{Parent.Path}[{Index}]"
        : Parent.PathOf(Key);

    public string PathOf(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '$' or '_' or '-')
            ? $"{Path}.{Images.Phrase.Clip(key, 80)}"
            : $"{Path}['{Images.Phrase.Clip(key, 80)}']";

    public void WriteTo(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case NodeKind.Object:
                json.WriteStartObject();
                foreach (var member in Members)
                {
                    json.WritePropertyName(member.Key);
                    member.Value.WriteTo(json);
                }
                json.WriteEndObject();
                break;
            case NodeKind.List:
                json.WriteStartArray();
                foreach (var item in Items)
                    item.WriteTo(json);
                json.WriteEndArray();
                break;
            case NodeKind.Text:
                json.WriteStringValue(Text);
                break;
            case NodeKind.Number when double.IsInteger(double.Parse(Text, CultureInfo.InvariantCulture)):
                // ECR's numbers are whole. 5e1 is 50 to JSON, but may not be to ECR.
                json.WriteNumberValue((long)double.Parse(Text, CultureInfo.InvariantCulture));
                break;
            default:
                json.WriteRawValue(Text);
                break;
        }
    }
}

/// <summary>
/// Reads a JSON document in one pass and keeps the place of everything. Comments and trailing commas are allowed unless
/// it is read strictly. An error of syntax ends the reading, since nothing after it has a certain meaning.
/// </summary>
internal ref struct JsonTree
{
    /// <summary>Far more levels than a policy has. It bounds the recursion below.</summary>
    public const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _utf8;
    private Utf8JsonReader _reader;
    private int _offset;
    private Place _place = new(1, 1);

    private JsonTree(ReadOnlySpan<byte> utf8, JsonReaderOptions options)
    {
        _utf8 = utf8;
        _reader = new Utf8JsonReader(utf8, options);
    }

    /// <param name="strict">Whether comments and trailing commas are refused, as other readers of the document
    ///     do.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8,
        [NotNullWhen(true)] out Node? root,
        [NotNullWhen(false)] out PolicyProblem? problem,
        bool strict = false
    )
    {
        (root, problem) = (null, null);
        var options = new JsonReaderOptions
        {
            AllowTrailingCommas = !strict,
            CommentHandling = strict ? JsonCommentHandling.Disallow : JsonCommentHandling.Skip,
            MaxDepth = MaxDepth,
        };
        var tree = new JsonTree(utf8, options);
        try
        {
            problem = JsonSyntax.NotUtf8(utf8);
            if (problem is null)
                root = tree.ReadDocument();
        }
        catch (JsonException unreadable)
        {
            problem = JsonSyntax.Problem(utf8, unreadable, options);
        }
        catch (InvalidOperationException)
        {
            problem = JsonSyntax.Malformed(
                tree._place,
                "The text has half of a surrogate pair ('\\ud800' to '\\udfff' without its other half); "
                    + "write the character itself."
            );
        }
        return root is not null;
    }

    private Node ReadDocument()
    {
        _reader.Read();
        var root = ReadValue(null, null, 0);
        // The reader refuses all that follows, except comments.
        _reader.Read();
        return root;
    }

    private Node ReadValue(Node? parent, string? key, int index)
    {
        var place = PlaceOf((int)_reader.TokenStartIndex);
        Node Make(NodeKind kind, string text = "") => new(kind, place, parent, key, index) { Text = text };
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = Make(NodeKind.Object);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
                {
                    var namePlace = PlaceOf((int)_reader.TokenStartIndex);
                    var name = _reader.GetString()!;
                    _reader.Read();
                    members.Members.Add(new Member(name, namePlace, ReadValue(members, name, 0)));
                }
                return members;
            case JsonTokenType.StartArray:
                var list = Make(NodeKind.List);
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                    list.Items.Add(ReadValue(list, null, list.Items.Count));
                return list;
            case JsonTokenType.String:
                return Make(NodeKind.Text, _reader.GetString()!);
            case JsonTokenType.Number:
                return Make(NodeKind.Number, System.Text.Encoding.ASCII.GetString(_reader.ValueSpan));
            case JsonTokenType.Null:
                return Make(NodeKind.Null, "null");
            default:
                return Make(NodeKind.Boolean, _reader.GetBoolean() ? "true" : "false");
        }
    }

    /// <summary>The place of a byte; not before the one of the last call.</summary>
    private Place PlaceOf(int offset)
    {
        var (line, column) = _place;
        for (; _offset < offset; _offset++)
        {
            if (_utf8[_offset] == '\n')
                (line, column) = (line + 1, 1);
            else if ((_utf8[_offset] & 0xC0) != 0x80)
                column++;
        }
        return _place = new Place(line, column);
    }
}
