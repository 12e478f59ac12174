using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>What stands in the ledger for one image.</summary>
/// <param name="Record">The record, with <see cref="ImageRecord.CouldNotMark"/>, <see cref="ImageRecord.Grace"/>,
///     <see cref="ImageRecord.Forced"/>, <see cref="ImageRecord.Gone"/> and <see cref="ImageRecord.ScanningChanged"/>
///     as they are now.</param>
/// <param name="Revision">Counts the stores: a store that saw another one's result is refused.</param>
/// <param name="FactsAt">When the facts were read that the entry rests on: the verdict's, or those that said that the
///     image is gone.</param>
/// <param name="OpenAlert">The id of an alert that was not yet published, or not yet known to be.</param>
/// <param name="OpenWrites">Intents without an outcome: the function died between the two.</param>
/// <param name="IntendedTags">Every tag that EcrGuard ever meant to write on this image.</param>
/// <param name="Open">Something that follows from the verdict (tags, indexes, an alert) is not known to be done: the
///     same event, delivered again, must not be taken for old.</param>
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
    /// <summary>Null where the image was never taken out of reach, nor released.</summary>
    public Quarantine? Quarantine { get; init; }

    /// <summary>Counts the stores of <see cref="Quarantine"/>; 0: none yet.</summary>
    public long QuarantineRevision { get; init; }

    /// <summary>Those of EcrGuard's own tags by which consumers refer to the image.</summary>
    public IReadOnlyList<NamedTag> Named { get; init; } = [];

    /// <summary>The same, each with who does: of several the first is enough.</summary>
    public IReadOnlyDictionary<string, string> NamedTags =>
        Named.DistinctBy(named => named.Tag).ToDictionary(named => named.Tag, named => named.By);

    /// <summary>What stands in the ledger after a record was stored over an entry.</summary>
    /// <param name="before">Null if nothing stood.</param>
    /// <param name="alert">The alert that a changed status opened; null for none.</param>
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

    /// <summary>The names of the attributes of an image's item. Several concerns write to it.</summary>
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

/// <summary>What became of a store.</summary>
public enum Stored
{
    Yes,

    /// <summary>The stored verdict rests on facts that are as new or newer: ours is not needed.</summary>
    Superseded,

    /// <summary>Somebody stored in between: read again and decide what changed.</summary>
    Contended,
}
