using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds for one image.</summary>
/// <param name="Record">The record, with the current values of <see cref="ImageRecord.CouldNotMark"/>, <see
///     cref="ImageRecord.Grace"/>, <see cref="ImageRecord.Forced"/>, <see cref="ImageRecord.Gone"/> and <see
///     cref="ImageRecord.ScanningChanged"/>.</param>
/// <param name="Revision">Counts the stores. A store over a revision that is no longer the current one is
///     refused.</param>
/// <param name="FactsAt">When the facts were read that the entry rests on: the facts of the verdict, or the facts that
///     said that the image is gone.</param>
/// <param name="OpenAlert">The id of an alert that is not yet published, or not yet known to be published.</param>
/// <param name="OpenWrites">Intents without an outcome: the function died between the two.</param>
/// <param name="IntendedTags">Every tag that EcrGuard ever meant to write on this image.</param>
/// <param name="Open">Something that follows from the verdict (tags, indexes, an alert) is not known to be done. If the
///     same event is delivered again, it must not count as old.</param>
public sealed record LedgerEntry(
    ImageRecord Record,
    long Revision,
    DateTimeOffset FactsAt,
    string? OpenAlert,
    IReadOnlyList<string> OpenWrites,
    IReadOnlyList<string> IntendedTags,
    bool Open
)
{
    /// <summary>Null if the image was never taken out of reach or released.</summary>
    public Quarantine? Quarantine { get; init; }

    /// <summary>Counts the stores of <see cref="Quarantine"/>; 0 if there are none yet.</summary>
    public long QuarantineRevision { get; init; }

    /// <summary>The tags of EcrGuard's own that consumers use to refer to the image.</summary>
    public IReadOnlyList<NamedTag> Named { get; init; } = [];

    /// <summary>The same tags, each with a consumer that uses it. If there are several, the first is enough.</summary>
    public IReadOnlyDictionary<string, string> NamedTags =>
        Named.DistinctBy(named => named.Tag).ToDictionary(named => named.Tag, named => named.By);

    /// <summary>What the ledger holds after a record was stored over an entry.</summary>
    /// <param name="before">Null if there was no entry.</param>
    /// <param name="alert">The alert that the changed status opened; null for none.</param>
    public static LedgerEntry After(LedgerEntry? before, ImageRecord record, Alert? alert, bool open)
    {
        var changed = before?.Record.ChangeId != record.ChangeId;
        return new LedgerEntry(
            record,
            (before?.Revision ?? 0) + 1,
            record.Verdict.FactsAt,
            changed ? alert?.Id : before?.OpenAlert,
            before?.OpenWrites ?? [],
            before?.IntendedTags ?? [],
            open
        )
        {
            Quarantine = before?.Quarantine,
            QuarantineRevision = before?.QuarantineRevision ?? 0,
            Named = before?.Named ?? [],
        };
    }

    /// <summary>The names of the attributes of an image's item. Several classes write to it.</summary>
    internal static class Attributes
    {
        public const string Record = "record";
        public const string FactsAt = "factsAt";
        public const string OpenAlert = "openAlert";
        public const string OpenWrites = "openWrites";
        public const string IntendedTags = "intendedTags";
        public const string CouldNotMark = "couldNotMark";
        public const string GoneAt = "goneAt";
        public const string Open = "open";
        public const string Grace = "grace";
        public const string ForcedApproval = "breakGlass";
        public const string Quarantine = "quarantine";
        public const string QuarantineRevision = "quarantineRev";
        public const string NamedTags = "namedTags";
    }

    internal static LedgerEntry Of(Dictionary<string, AttributeValue> item)
    {
        var record = StoredForms.Record.Read(item[Attributes.Record].S) with
        {
            CouldNotMark = Text(Attributes.CouldNotMark),
            Grace = Text(Attributes.Grace) is { } grace ? StoredForms.Grace.Read(grace) : null,
            Forced = Text(Attributes.ForcedApproval) is { } forced ? StoredForms.ForcedApproval.Read(forced) : null,
            Gone = item.ContainsKey(Attributes.GoneAt),
        };
        var entry = new LedgerEntry(
            record,
            LedgerTable.Number(item[LedgerTable.Revision]),
            Keys.Time(item[Attributes.FactsAt].S),
            Text(Attributes.OpenAlert),
            Texts(Attributes.OpenWrites),
            Texts(Attributes.IntendedTags),
            item.ContainsKey(Attributes.Open)
        )
        {
            Named = [.. Texts(Attributes.NamedTags).Select(NamedTag.Of)],
        };
        return Text(Attributes.Quarantine) is not { } quarantine
            ? entry
            : entry with
            {
                Quarantine = StoredForms.Quarantine.Read(quarantine),
                QuarantineRevision = LedgerTable.Number(item[Attributes.QuarantineRevision]),
            };

        string? Text(string name) => item.GetValueOrDefault(name)?.S;

        IReadOnlyList<string> Texts(string name) => item.GetValueOrDefault(name)?.SS ?? [];
    }
}

/// <summary>The outcome of a store.</summary>
public enum Stored
{
    Yes,

    /// <summary>The stored verdict rests on facts that are as new or newer, so ours is not needed.</summary>
    Superseded,

    /// <summary>Somebody stored in between: the caller must read again and decide what changed.</summary>
    Contended,
}
