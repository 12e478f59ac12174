using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using Scalar = YamlDotNet.Core.Events.Scalar;

namespace EcrGuard.Lambda.Flow;

/// <summary>
/// Reads YAML as JSON, using only the parser's events. Every scalar becomes a string. Aliases and merge keys are
/// written out. A tagged value (such as CloudFormation's <c>!Sub</c>) becomes an object, because it is no plain value.
/// </summary>
public sealed class YamlDocuments
{
    public const int MaxDepth = 64;

    /// <summary>
    /// The most nodes of all documents together. A node counts each time an alias writes it out: a few lines of aliases
    /// can stand for billions of nodes.
    /// </summary>
    private const int MaxNodes = 200_000;

    private readonly List<ParsingEvent> events;
    private readonly Dictionary<string, int> anchors = [];
    private int nodes;

    private YamlDocuments(List<ParsingEvent> events) => this.events = events;

    /// <exception cref="FormatException">The text is not YAML, or is too deep or too large; the message is a
    ///     sentence.</exception>
    public static IReadOnlyList<JsonElement> Read(string yaml)
    {
        var reader = new YamlDocuments(Events(yaml));
        var documents = new List<JsonElement>();
        for (var at = 0; at < reader.events.Count; at++)
        {
            if (reader.events[at] is not DocumentStart)
                continue;
            reader.anchors.Clear();
            using var bytes = new MemoryStream();
            using (var json = new Utf8JsonWriter(bytes))
                reader.Write(json, at + 1, 0);
            // Merge keys, tags and aliases may nest one level deeper than what is written.
            using var document = JsonDocument.Parse(
                bytes.ToArray(),
                new JsonDocumentOptions { MaxDepth = (2 * MaxDepth) + 2 }
            );
            documents.Add(document.RootElement.Clone());
        }
        return documents;
    }

    private static List<ParsingEvent> Events(string yaml)
    {
        var (events, depth) = (new List<ParsingEvent>(), 0);
        try
        {
            var parser = new Parser(new StringReader(yaml));
            while (parser.MoveNext())
            {
                var current = parser.Current!;
                depth += current.NestingIncrease;
                if (depth > MaxDepth + 2)
                    throw TooDeep(current);
                if (events.Count > MaxNodes * 2)
                    throw TooLarge();
                events.Add(current);
            }
        }
        catch (YamlException wrong)
        {
            throw new FormatException($"line {Line(wrong.Start)}: it is no YAML: {wrong.Message}");
        }
        // The parser has faults of its own, for example where a bracket is not closed.
        catch (Exception fault) when (fault is not FormatException)
        {
            var line = events.Count == 0 ? "1" : Line(events[^1].End);
            throw new FormatException($"behind line {line}: it is no YAML, for example since a bracket is not closed.");
        }
        return events;
    }

    /// <returns>The index after the node.</returns>
    private int Write(Utf8JsonWriter json, int at, int depth)
    {
        if (++nodes > MaxNodes)
            throw TooLarge();
        if (depth > MaxDepth)
            throw TooDeep(events[at]);
        if (events[at] is NodeEvent { Anchor.IsEmpty: false } anchored)
            anchors[anchored.Anchor.Value] = at;
        switch (events[at])
        {
            case AnchorAlias alias:
                Write(json, Target(alias, at), depth + 1);
                return at + 1;
            case NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag } node
                when !tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal):
                json.WriteStartObject();
                json.WritePropertyName(tag.Value);
                var end = WriteValue(json, node, at, depth + 1);
                json.WriteEndObject();
                return end;
            case NodeEvent plain:
                return WriteValue(json, plain, at, depth);
            default:
                throw new FormatException($"line {Line(events[at].Start)}: a value is missing.");
        }
    }

    private int WriteValue(Utf8JsonWriter json, NodeEvent node, int at, int depth)
    {
        switch (node)
        {
            case Scalar scalar:
                json.WriteStringValue(scalar.Value);
                return at + 1;
            case SequenceStart:
                json.WriteStartArray();
                for (at++; events[at] is not SequenceEnd; )
                    at = Write(json, at, depth + 1);
                json.WriteEndArray();
                return at + 1;
            default:
                json.WriteStartObject();
                at = WriteMembers(json, at, depth, []);
                json.WriteEndObject();
                return at;
        }
    }

    /// <param name="written">The keys that are written already: an object's own key takes precedence over a merged
    ///     one.</param>
    private int WriteMembers(Utf8JsonWriter json, int start, int depth, HashSet<string> written)
    {
        if (depth > MaxDepth)
            throw TooDeep(events[start]);
        if (++nodes > MaxNodes)
            throw TooLarge();
        var (merged, own) = (new List<int>(), new HashSet<string>());
        var at = start + 1;
        while (events[at] is not MappingEnd)
        {
            if (events[at] is not Scalar key)
                throw new FormatException(
                    $"line {Line(events[at].Start)}: a key is no plain text. Is it a template that must be rendered "
                        + "first?"
                );
            if (key.Value == "<<")
            {
                merged.Add(at + 1);
                // Anchors inside it are known from here on, although nothing is written yet.
                at = End(at + 1);
            }
            else if (written.Contains(key.Value))
                at = End(at + 1);
            else
            {
                if (!own.Add(key.Value))
                    throw new FormatException(
                        $"line {Line(key.Start)}: the key '{Core.Images.Phrase.Clip(key.Value, 80)}' stands twice."
                    );
                json.WritePropertyName(key.Value);
                at = Write(json, at + 1, depth + 1);
            }
        }
        written.UnionWith(own);
        foreach (var value in merged)
            Merge(json, value, depth + 1, written);
        return at + 1;
    }

    private void Merge(Utf8JsonWriter json, int at, int depth, HashSet<string> written)
    {
        if (depth > MaxDepth)
            throw TooDeep(events[at]);
        switch (events[at])
        {
            case AnchorAlias alias:
                Merge(json, Target(alias, at), depth + 1, written);
                return;
            case MappingStart:
                WriteMembers(json, at, depth, written);
                return;
            case SequenceStart:
                for (at++; events[at] is not SequenceEnd; at = End(at))
                    Merge(json, at, depth + 1, written);
                return;
            default:
                throw new FormatException($"line {Line(events[at].Start)}: '<<' merges a mapping, and this is none.");
        }
    }

    private int Target(AnchorAlias alias, int at) =>
        anchors.TryGetValue(alias.Value.Value, out var target) && End(target) <= at
            ? target
            : throw new FormatException(
                $"line {Line(alias.Start)}: '*{Core.Images.Phrase.Clip(alias.Value.Value, 80)}' names nothing that "
                    + "ends before it."
            );

    /// <summary>The index after the node that begins here. Its anchors are noted.</summary>
    private int End(int at)
    {
        var depth = 0;
        do
        {
            if (events[at] is NodeEvent { Anchor.IsEmpty: false } anchored)
                anchors[anchored.Anchor.Value] = at;
            depth += events[at++].NestingIncrease;
        } while (depth > 0);
        return at;
    }

    private static FormatException TooDeep(ParsingEvent at) =>
        new($"line {Line(at.Start)}: it is nested deeper than {MaxDepth} levels.");

    private static FormatException TooLarge() => new($"it has more than {MaxNodes} values, aliases written out.");

    private static string Line(Mark mark) => mark.Line.ToString(CultureInfo.InvariantCulture);
}
