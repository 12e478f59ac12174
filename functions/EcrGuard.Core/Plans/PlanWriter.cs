using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Plans;

/// <summary>Writes plans: the same plan always gives the same bytes.</summary>
public static class PlanWriter
{
    internal const int Version = 1;

    /// <summary>What a plan says of every image that goes. No other image is in a plan.</summary>
    internal const string NotInUse = "not in use";

    internal const string PutPolicyKind = "put-policy";

    /// <summary>The members that are for reviewers only.</summary>
    internal const string Used = "used",
        Today = "today";

    /// <param name="indented">Whether it is for people; otherwise without white space.</param>
    /// <param name="review">Whether it names each image in use, and each that a policy would take today, and not just
    ///     the first ones (<see cref="Plan.Bounded"/>), which the id covers.</param>
    public static byte[] Write(Plan plan, bool indented, bool review = false) =>
        Write(review ? plan : plan.Bounded(), plan.Id, indented);

    internal static string IdOf(Plan plan) => PolicyReader.VersionOf(Write(plan.Bounded(), "", indented: false));

    /// <summary>The word in a plan's JSON.</summary>
    public static string Word(this RemovalKind kind) =>
        kind switch
        {
            RemovalKind.Delete => "delete",
            RemovalKind.Archive => "archive",
        };

    private static byte[] Write(Plan plan, string id, bool indented)
    {
        var buffer = new ArrayBufferWriter<byte>();
        // It is a file, not a page: quotes stay quotes.
        using (
            var json = new Utf8JsonWriter(
                buffer,
                new JsonWriterOptions
                {
                    Indented = indented,
                    NewLine = "\n",
                    Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        )
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("planId", id);
            json.WriteString("createdAt", plan.CreatedAt.ToUniversalTime());
            json.WriteString("account", plan.Account);
            json.WriteString("region", plan.Region);
            json.WriteString("policyVersion", plan.PolicyVersion);
            WriteTexts(json, "unread", plan.Unread);
            json.WriteStartArray("repositories");
            foreach (var repository in plan.Repositories)
                WriteRepository(json, repository);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteRepository(Utf8JsonWriter json, PlannedRepository repository)
    {
        json.WriteStartObject();
        json.WriteString("repository", repository.Name);
        json.WriteNumber("images", repository.Images);
        json.WriteNumber("inUse", repository.InUse);
        json.WriteNumber("keeps", repository.Keeps);
        json.WriteStartArray("items");
        foreach (var item in repository.Items)
        {
            json.WriteStartObject();
            json.WriteString("kind", item.Word);
            if (item is PutPolicy put)
                WritePut(json, put);
            else if (item is Removal removal)
                WriteImages(json, "images", removal.Images);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteTexts(json, "notes", repository.Notes);
        if (repository.Used.Count > 0)
            WriteUsed(json, repository.Used);
        json.WriteEndObject();
    }

    private static void WriteUsed(Utf8JsonWriter json, IReadOnlyList<UsedImage> used)
    {
        json.WriteStartArray(Used);
        foreach (var image in used)
        {
            json.WriteStartObject();
            json.WriteString("digest", image.Digest.ToString());
            WriteTexts(json, "tags", image.Tags);
            json.WriteString("why", image.Why);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePut(Utf8JsonWriter json, PutPolicy put)
    {
        json.WriteString("policy", put.Policy);
        json.WriteString("replaces", put.Replaces);
        json.WriteNumber("expires", put.Expires);
        json.WriteNumber("archives", put.Archives);
        json.WriteNumber("freedBytes", put.FreedBytes);
        json.WriteString("why", put.Why);
        if (put.Today.Count > 0)
            WriteImages(json, Today, put.Today);
    }

    private static void WriteImages(Utf8JsonWriter json, string name, IReadOnlyList<PlannedImage> images)
    {
        json.WriteStartArray(name);
        foreach (var image in images)
        {
            json.WriteStartObject();
            json.WriteString("digest", image.Digest.ToString());
            WriteTexts(json, "tags", image.Tags);
            if (image.Bytes is { } bytes)
                json.WriteNumber("bytes", bytes);
            else
                json.WriteNull("bytes");
            if (image.PushedAt is { } pushedAt)
                json.WriteString("pushedAt", pushedAt.ToUniversalTime());
            else
                json.WriteNull("pushedAt");
            json.WriteString("why", image.Why);
            json.WriteString("usage", NotInUse);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
