using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// How a kind of document is stored: its JSON after the version of its form, as <c>{"version":1,"value":…}</c>. Whoever
/// changes the form raises the version, and still reads the older ones.
/// </summary>
/// <param name="Name">What messages call it. For a document of the registry, this is the document's name.</param>
/// <param name="Version">The version that is written. Every version up to it can be read.</param>
public sealed record StoredForm<T>(string Name, int Version, JsonTypeInfo<T> Type)
{
    public string Write(T value) => Encoding.UTF8.GetString(WriteUtf8(value));

    public byte[] WriteUtf8(T value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Type.Options.Encoder }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WritePropertyName("value");
            JsonSerializer.Serialize(json, value, Type);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <exception cref="StoredVersionException">A newer EcrGuard wrote it.</exception>
    /// <exception cref="JsonException">It is not something that EcrGuard wrote.</exception>
    public T Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="Read(string)"/>
    public T Read(ReadOnlySpan<byte> utf8)
    {
        var json = new Utf8JsonReader(utf8);
        Expect(json.Read() && json.TokenType == JsonTokenType.StartObject);
        Expect(Named(ref json, "version") && json.TokenType == JsonTokenType.Number);
        if (!json.TryGetInt32(out var version) || version > Version)
            throw new StoredVersionException(Name, Encoding.UTF8.GetString(json.ValueSpan), Version);
        Expect(version > 0 && Named(ref json, "value"));
        var value = JsonSerializer.Deserialize(ref json, Type);
        Expect(value is not null && json.Read() && json.TokenType == JsonTokenType.EndObject && !json.Read());
        return value!;
    }

    private static bool Named(ref Utf8JsonReader json, string name) =>
        json.Read() && json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals(name) && json.Read();

    private void Expect(bool so)
    {
        if (!so)
            throw new JsonException($"What is stored as {Name} must be an object of 'version' and 'value'.");
    }
}

/// <summary>
/// Something stored has a version that this EcrGuard does not know. What it says is unknown, so nothing follows from
/// it.
/// </summary>
public sealed class StoredVersionException(string name, string version, int known)
    : Exception(
        string.Create(
            CultureInfo.InvariantCulture,
            $"What is stored as {name} has the version {version}; this EcrGuard reads versions up to {known}. A newer "
                + $"EcrGuard wrote it: deploy that one again."
        )
    );

/// <summary>
/// The forms of what the ledger and its bucket hold. Functions have their own forms for what they keep.
/// </summary>
public static class StoredForms
{
    /// <summary>The numbers of a week, a document of the registry.</summary>
    public static StoredForm<WeekRollUp> Week(IsoWeek week) => new(Keys.Week(week), 1, WeekRollUp.Json);

    internal static readonly StoredForm<ImageRecord> Record = new(
        "an image's record",
        2,
        LedgerJson.Default.ImageRecord
    );
    internal static readonly StoredForm<IReadOnlyList<Reason>> Reasons = new(
        "a change's reasons",
        1,
        LedgerJson.Default.IReadOnlyListReason
    );
    internal static readonly StoredForm<Grace> Grace = new("an image's clock", 1, LedgerJson.Default.Grace);
    internal static readonly StoredForm<ForcedApproval> ForcedApproval = new(
        "a forced approval",
        1,
        LedgerJson.Default.ForcedApproval
    );
    internal static readonly StoredForm<Quarantine> Quarantine = new("a quarantine", 1, LedgerJson.Default.Quarantine);
    internal static readonly StoredForm<IReadOnlyList<Finding>> Findings = new(
        "an image's findings",
        1,
        LedgerJson.Default.IReadOnlyListFinding
    );
    internal static readonly StoredForm<UsageReading> Usage = new("what runs", 2, LedgerJson.Default.UsageReading);
    internal static readonly StoredForm<ConsumerReference> Deployment = new(
        "a deployment",
        2,
        LedgerJson.Default.ConsumerReference
    );
    internal static readonly StoredForm<IReadOnlyList<string>> Drift = new(
        "a repository's drift",
        1,
        LedgerJson.Default.IReadOnlyListString
    );
    internal static readonly StoredForm<RepositorySweep> Sweep = new(
        "a repository's sweep",
        2,
        LedgerJson.Default.RepositorySweep
    );
    internal static readonly StoredForm<RepositoryHistory> History = new(
        "a repository's history",
        2,
        LedgerJson.Default.RepositoryHistory
    );
    internal static readonly StoredForm<SettingHistory> Settings = new(
        "a repository's settings",
        1,
        LedgerJson.Default.SettingHistory
    );
    internal static readonly StoredForm<Removed> Removed = new("what a plan takes", 1, LedgerJson.Default.Removed);
}
