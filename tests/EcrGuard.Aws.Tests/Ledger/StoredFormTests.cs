using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Amazon.DynamoDBv2.Model;
using Amazon.S3.Model;
using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Flow;
using EcrGuard.Lambda.Flow.Plans;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.Lambda.Functions;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Everything stored has the version of its form. <c>stored/</c> keeps a sample of each form, with every field. A form
/// that changes gets a new version and a new sample, and EcrGuard still reads what an older one stored.
/// </summary>
public sealed class StoredFormTests
{
    private sealed record Kind(string File, int Version, JsonTypeInfo Type, Func<string, string> Again);

    private static readonly IReadOnlyList<Kind> Kinds =
    [
        Of("record", StoredForms.Record),
        Of("reasons", StoredForms.Reasons),
        Of("clock", StoredForms.Grace),
        Of("forced-approval", StoredForms.ForcedApproval),
        Of("quarantine", StoredForms.Quarantine),
        Of("findings", StoredForms.Findings),
        Of("usage", StoredForms.Usage),
        Of("deployment", StoredForms.Deployment),
        Of("drift", StoredForms.Drift),
        Of("sweep", StoredForms.Sweep),
        Of("history", StoredForms.History),
        Of("settings", StoredForms.Settings),
        Of("removed", StoredForms.Removed),
        Of("week", StoredForms.Week(IsoWeek.Parse("2026-W47"))),
        Of("backfill-state", BackfillState.Form),
        Of("sweep-state", SweepState.Form),
        Of("sweep-lease", SweepLeaseState.Form),
        Of("apply-lease", ApplyLease.Form),
        Of("summary-state", SummaryState.Form),
        Of("watch-state", WatchState.Form),
    ];

    public static TheoryData<string> Files => [.. Kinds.Select(kind => kind.File)];

    private static Kind Of<T>(string file, StoredForm<T> form) =>
        new(file, form.Version, form.Type, text => form.Write(form.Read(text)));

    [Theory]
    [MemberData(nameof(Files))]
    public void A_form_that_changes_gets_another_version(string file)
    {
        var kind = Kinds.Single(kind => kind.File == file);
        var now = Readable(kind.Again(Sample(kind)));
        var path = Folder($"{file}.v{kind.Version}.json");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("ECRGUARD_APPROVE") == "1")
            File.WriteAllText(path, now);
        Assert.True(File.Exists(path), $"There is no sample {path}; ECRGUARD_APPROVE=1 writes it.");
        Assert.True(
            now == File.ReadAllText(path).ReplaceLineEndings("\n"),
            $"The form of '{file}' is no longer that of version {kind.Version}, in which it stands in ledgers. "
                + $"Raise the version, and read the older one too. It is now:\n{now}"
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_an_older_EcrGuard_stored_is_read(string file)
    {
        var kind = Kinds.Single(kind => kind.File == file);
        var samples = Directory.GetFiles(Folder(""), $"{file}.v*.json");
        Assert.Equal(kind.Version, samples.Length);
        Assert.All(samples, sample => Assert.NotEmpty(kind.Again(File.ReadAllText(sample))));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_a_newer_EcrGuard_stored_is_refused_by_its_version(string file)
    {
        var kind = Kinds.Single(kind => kind.File == file);
        var newer = JsonSerializer.Serialize(new { version = kind.Version + 1, value = new { unheardOf = 1 } });
        var refused = Assert.Throws<StoredVersionException>(() => kind.Again(newer));
        Assert.Contains(
            $"has the version {kind.Version + 1}; this EcrGuard reads versions up to {kind.Version}.",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"value":[]}""")]
    [InlineData("""{"version":"1","value":[]}""")]
    [InlineData("""{"version":0,"value":[]}""")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":1,"value":null}""")]
    [InlineData("""{"version":1,"value":[],"more":1}""")]
    public void What_has_no_version_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => StoredForms.Drift.Read(text));

    [Fact]
    public async Task A_record_of_a_newer_version_is_no_yes()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1");
        Assert.Equal(200, (await fixture.Functions.AskAsync($"{Repository}:1")).HttpStatus);
        var item = fixture.Item(digest);
        await fixture
            .Functions.Part<Amazon.DynamoDBv2.IAmazonDynamoDB>()
            .UpdateItemAsync(
                new UpdateItemRequest
                {
                    TableName = Table,
                    Key = new() { ["pk"] = new($"{item["pk"]}"), ["sk"] = new($"{item["sk"]}") },
                    UpdateExpression = "SET #record = :record",
                    ExpressionAttributeNames = new() { ["#record"] = "record" },
                    ExpressionAttributeValues = new() { [":record"] = new("""{"version":99,"value":{}}""") },
                }
            );

        var (status, body) = await fixture.Deploy().AskAsync($"{Repository}:1");
        Assert.Equal((503, false), (status, body.GetProperty("approved").GetBoolean()));
    }

    [Fact]
    public async Task Findings_of_a_newer_version_are_not_clean()
    {
        await using var fixture = await StartAsync();
        await fixture.ScannedAsync("1", High);
        var s3 = fixture.Functions.Part<Amazon.S3.IAmazonS3>();
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync("""{"version":99,"value":[]}"""u8.ToArray());
        body.Position = 0;
        var key = Assert.Single(fixture.Aws.S3.Keys(Bucket, "findings/"));
        await s3.PutObjectAsync(
            new PutObjectRequest
            {
                BucketName = Bucket,
                Key = key,
                InputStream = body,
            }
        );

        // Another policy decides again from what is stored.
        var other = fixture.Deploy(
            """{ "version": 1, "rules": [ { "id": "no-low", "severity": ["LOW"], "then": "block" } ] }"""
        );
        var (_, answer) = await other.AskAsync($"{Repository}:1");
        Assert.False(answer.GetProperty("approved").GetBoolean());
        Assert.Equal("ERROR", answer.GetProperty("status").GetString());
        Assert.Contains("version 99", answer.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A document with every field of a form, each once.</summary>
    private static string Sample(Kind kind)
    {
        var schema = kind.Type.GetJsonSchemaAsNode(
            new JsonSchemaExporterOptions
            {
                TransformSchemaNode = (context, node) =>
                {
                    if (
                        Word(context.TypeInfo.ElementType) is { } items
                        && context.TypeInfo.Kind == JsonTypeInfoKind.Enumerable
                    )
                        node["items"] = items;
                    return Word(context.TypeInfo.Type) ?? node;
                },
            }
        );
        return new JsonObject { ["version"] = kind.Version, ["value"] = Value(schema, schema) }.ToJsonString();
    }

    /// <summary>What our own converters write; null for every other type.</summary>
    private static JsonObject? Word(Type? type) =>
        type is not null && Sampled(Nullable.GetUnderlyingType(type) ?? type) is { } word
            ? new JsonObject { ["const"] = word }
            : null;

    private static string? Sampled(Type type)
    {
        var digest = $"sha256:{new string('a', 64)}";
        const string arn = "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web";
        return type == typeof(Digest) ? digest
            : type == typeof(ImageId) ? $"{arn}/{digest}"
            : type == typeof(RepositoryId) ? arn
            : type == typeof(IsoWeek) ? "2026-W47"
            : type == typeof(Severity) ? "HIGH"
            : null;
    }

    /// <param name="within">The references that lead here. A type that contains itself ends at the second
    ///     level.</param>
    private static JsonNode? Value(JsonNode schema, JsonNode root, params string[] within)
    {
        var its = schema.AsObject();
        if (its["$ref"]?.ToString() is { } reference)
            return within.Contains(reference) ? null : Value(At(root, reference), root, [.. within, reference]);
        if (its["const"] is { } word)
            return word.DeepClone();
        if (its["enum"] is JsonArray words)
            return words.Last(each => each is not null)!.DeepClone();
        if (its["properties"] is JsonObject properties)
            return new JsonObject(
                properties
                    .Select(each => KeyValuePair.Create(each.Key, Value(each.Value!, root, within)))
                    .Where(each => each.Value is not null)
            );
        if (its["additionalProperties"] is JsonObject values)
            return new JsonObject { ["key"] = Value(values, root, within) };
        if (its["items"] is { } item)
            return Value(item, root, within) is { } one ? new JsonArray(one) : new JsonArray();
        return Types(its["type"]).First(each => each != "null") switch
        {
            "string" when its["format"]?.ToString() == "date-time" => "2026-11-18T12:00:00+00:00",
            "string" => "text",
            "integer" => 7,
            "number" => 0.5,
            "boolean" => true,
            var other => throw new InvalidOperationException($"{other}: {schema}"),
        };
    }

    /// <summary>Where a reference such as <c>#/properties/verdict</c> leads.</summary>
    private static JsonNode At(JsonNode root, string reference) =>
        reference.Split('/').Skip(1).Aggregate(root, (node, name) => node[name]!);

    private static IEnumerable<string> Types(JsonNode? type) =>
        type is JsonArray several ? several.Select(each => each!.ToString()) : [type!.ToString()];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Readable(string json) => JsonNode.Parse(json)!.ToJsonString(Indented) + "\n";

    private static string Folder(string file, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "stored", file);
}
