using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EcrGuard.Core.Policy;
using EcrGuard.Tests;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>
/// The schema that editors use and the reader that decides agree on everything that a schema can check.
/// </summary>
public sealed class PolicySchemaTests
{
    /// <summary>Documents with faults that no schema can see, each with the reason.</summary>
    private static readonly string[] BeyondASchema =
    [
        "duplicate-ids.jsonc", // two places
        "duplicate-keys.jsonc", // a schema sees the members after they were read
        "lifecycle-together.jsonc", // several rules
        "unreachable.jsonc", // several entries
        "waivers.jsonc", // the calendar, and criteria that together take everything
        "half-a-character.jsonc", // the text as it is written
    ];

    /// <summary>
    /// Parts of the reader's messages for the same faults, for those that come from a change of a good document.
    /// </summary>
    private static readonly string[] BeyondASchemaInWords =
    [
        "is that of the rule at",
        "is that of the waiver at",
        "must have the highest rulePriority",
        "ECR allows one rule",
        "Never used",
        "excuses more than one vulnerability",
        "The waiver ended",
        "The waiver ends in",
    ];

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly JsonSchema Schema = new(JsonNode.Parse(File.ReadAllBytes(Documents.Schema))!);

    public static TheoryData<string> Good => Documents.GoodNames;
    public static TheoryData<string> Bad => Documents.BadNames;

    [Theory]
    [MemberData(nameof(Good))]
    public void The_schema_accepts_a_good_document(string name) =>
        Assert.True(Schema.Accepts(Parse(Documents.Read(name))));

    [Theory]
    [MemberData(nameof(Bad))]
    public void The_schema_refuses_a_bad_document_unless_its_fault_is_beyond_a_schema(string name)
    {
        JsonNode? document;
        try
        {
            document = Parse(Documents.Read(name));
        }
        catch (JsonException)
        {
            Assert.Matches(
                "^The (document cannot be read as JSON|JSON ends before it is complete)",
                Assert.Single(PolicyReader.Read(Documents.Read(name), Documents.Now).Problems).Message
            );
            return;
        }

        if (BeyondASchema.Contains(name))
            Assert.Null(PolicyReader.Read(Documents.Read(name), Documents.Now).Policy);
        else
            Assert.False(Schema.Accepts(document));
    }

    [Fact]
    public void Schema_and_reader_agree_on_every_small_change_of_a_good_document()
    {
        var differences = new List<string>();
        var (accepted, refused) = (0, 0);
        foreach (var (change, document) in Changes(Parse(Documents.Read("everything.jsonc"))!))
        {
            var problems = PolicyReader.Read(Encoding.UTF8.GetBytes(document.ToJsonString()), Documents.Now).Problems;
            var reads = problems.All(problem =>
                BeyondASchemaInWords.Any(words => problem.Message.Contains(words, StringComparison.Ordinal))
            );
            var accepts = Schema.Accepts(document);
            (accepted, refused) = (accepted + (accepts ? 1 : 0), refused + (accepts ? 0 : 1));
            if (reads != accepts)
                differences.Add(
                    $"{change}: the schema {(accepts ? "accepts" : "refuses")}, the reader says: "
                        + $"{string.Join(" | ", problems.Select(problem => problem.Message))}"
                );
        }

        Assert.Empty(differences);
        Assert.InRange(accepted, 200, int.MaxValue);
        Assert.InRange(refused, 2000, int.MaxValue);
    }

    [Fact]
    public void Every_key_of_the_schema_has_a_description()
    {
        static IEnumerable<string> Silent(JsonNode? node, string path) =>
            node switch
            {
                JsonObject o => o.SelectMany(member =>
                    member.Key == "properties" && o.ContainsKey("additionalProperties")
                        ? member
                            .Value!.AsObject()
                            .SelectMany(p =>
                                Silent(p.Value, $"{path}.{p.Key}")
                                    .Concat(
                                        p.Value!["description"] is null && p.Value["$ref"] is null
                                            ? [$"{path}.{p.Key}"]
                                            : []
                                    )
                            )
                        : Silent(member.Value, $"{path}.{member.Key}")
                ),
                JsonArray a => a.SelectMany(item => Silent(item, path)),
                _ => [],
            };

        Assert.Empty(Silent(JsonNode.Parse(File.ReadAllBytes(Documents.Schema)), "$"));
    }

    [Fact]
    public async Task A_validator_of_others_says_the_same_of_every_document()
    {
        await Tool.RequireAsync("python3's jsonschema", "python3", "-c", "import jsonschema");
        const string script = """
            import json, sys
            from jsonschema import Draft202012Validator
            schema = json.load(open(sys.argv[1], encoding="utf-8"))
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema)
            for line in sys.stdin:
                print(validator.is_valid(json.loads(line)))
            """;
        // Every 25th change, since that validator is slow; Python's '$' matches before a last line end too, ECMA-262's
        // does not.
        var changes = Changes(Parse(Documents.Read("everything.jsonc"))!)
            .Where((change, i) => i % 25 == 0 && !change.Change.EndsWith("\\n\"", StringComparison.Ordinal))
            .Select(change => change.Document);
        JsonNode[] documents =
        [
            .. Documents.Good.Concat(Documents.Bad).Select(File.ReadAllBytes).Select(TryParse).OfType<JsonNode>(),
            .. changes,
        ];

        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo("python3", ["-c", script, Documents.Schema]),
            string.Join('\n', documents.Select(document => document.ToJsonString()))
        );

        Assert.True(exitCode == 0, output);
        Assert.Equal(
            documents.Select(document => Schema.Accepts(document)),
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(bool.Parse)
        );
    }

    /// <summary>
    /// The document with one thing changed: every value replaced by each of these, every member left out, a member
    /// added to every object, every list emptied or doubled.
    /// </summary>
    private static IEnumerable<(string Change, JsonNode Document)> Changes(JsonNode document)
    {
        string[] replacements =
        [
            "null",
            "true",
            "0",
            "-1",
            "1.5",
            "90",
            "5000000000",
            "\"\"",
            "\" \"",
            "\"x\"",
            "\"x\\n\"",
            "\"a b\"",
            "\"*\"",
            "\"[x]\"",
            "\"\\u0085\"",
            "\"days\"",
            "\"any\"",
            "\"tagged\"",
            "\"archive\"",
            "\"standard\"",
            "\"expire\"",
            "\"transition\"",
            "\"sinceImagePulled\"",
            "\"sinceImageTransitioned\"",
            "\"imageCountMoreThan\"",
            "\"arn:aws:iam::123456789012:role/x\\n\"",
            "\"2026-06-20\"",
            "\"2026-06-20\\n\"",
            $"\"{new string('x', 65)}\"",
            $"\"{new string('x', 301)}\"",
            $"\"{new string('x', 501)}\"",
            $"\"{string.Concat(Enumerable.Repeat("🐳", 64))}\"",
            "[]",
            "[\"*\"]",
            "{}",
        ];
        foreach (var place in Places(document, []))
        {
            foreach (var replacement in replacements)
                yield return (
                    $"{string.Join('.', place)} = {replacement}",
                    Edit(place, (parent, step) => Set(parent, step, JsonNode.Parse(replacement)))
                );
            yield return ($"{string.Join('.', place)} left out", Edit(place, Remove));
            yield return (
                $"{string.Join('.', place)} with more",
                Edit(
                    place,
                    (parent, step) =>
                    {
                        var value = Get(parent, step);
                        if (value is JsonObject o)
                            o["surplus"] = 1;
                        else if (value is JsonArray { Count: > 0 } a)
                            a.Add(a[0]!.DeepClone());
                    }
                )
            );
        }

        JsonNode Edit(object[] place, Action<JsonNode, object> change)
        {
            var copy = document.DeepClone();
            change(place[..^1].Aggregate(copy, (node, step) => Get(node, step)!), place[^1]);
            return copy;
        }
    }

    private static IEnumerable<object[]> Places(JsonNode? node, object[] above) =>
        node switch
        {
            JsonObject o => o.SelectMany(member =>
                Places(member.Value, [.. above, member.Key]).Prepend([.. above, member.Key])
            ),
            JsonArray a => a.SelectMany((item, index) => Places(item, [.. above, index]).Prepend([.. above, index])),
            _ => [],
        };

    private static JsonNode? Get(JsonNode node, object step) => step is string key ? node[key] : node[(int)step];

    private static void Set(JsonNode parent, object step, JsonNode? value)
    {
        if (step is string key)
            parent[key] = value;
        else
            parent[(int)step] = value;
    }

    private static void Remove(JsonNode parent, object step)
    {
        if (step is string key)
            parent.AsObject().Remove(key);
        else
            parent.AsArray().RemoveAt((int)step);
    }

    private static JsonNode? Parse(byte[] document) => JsonNode.Parse(document, documentOptions: Lenient);

    /// <summary>
    /// Null if the document is not JSON or cannot be written again, for example because of half a character or a
    /// repeated key.
    /// </summary>
    private static JsonNode? TryParse(byte[] document)
    {
        try
        {
            var node = JsonNode.Parse(document, documentOptions: Lenient with { AllowDuplicateProperties = false });
            node?.ToJsonString();
            return node;
        }
        catch (Exception unreadable)
            when (unreadable is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
