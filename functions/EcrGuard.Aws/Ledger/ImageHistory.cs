using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger holds of an image's past. It only reads: explaining an image changes nothing.</summary>
public sealed class ImageHistory(LedgerTable table)
{
    /// <summary>Every change of an image's status, oldest first.</summary>
    public async Task<IReadOnlyList<StatusChange>> ChangesAsync(ImageId image, CancellationToken cancellation)
    {
        var begin = Keys.Histories(image.Digest);
        var changes = new List<StatusChange>();
        await foreach (
            var item in table
                .BeginningAsync(LedgerTable.Key(image.Repository, begin), cancellation)
                .ConfigureAwait(false)
        )
        {
            changes.Add(
                new StatusChange(
                    Keys.Time(item[Keys.Sort].S[begin.Length..].Split('#')[0]),
                    item["from"].S,
                    item["status"].S,
                    item["policyVersion"].S,
                    StoredForms.Reasons.Read(item["reasons"].S)
                )
            );
        }
        return changes;
    }

    /// <summary>What was written to an image, oldest first. It reads all writes to the repository.</summary>
    public async Task<IReadOnlyList<ImageWrite>> WritesAsync(ImageId image, CancellationToken cancellation)
    {
        var writes = new List<ImageWrite>();
        var its = table.BeginningAsync(
            LedgerTable.Key(image.Repository, Keys.Write("")),
            cancellation,
            "#image = :image",
            new() { [":image"] = new(image.Arn) }
        );
        await foreach (var item in its.ConfigureAwait(false))
        {
            writes.Add(
                new ImageWrite(
                    Keys.Time(item["intendedAt"].S),
                    item["change"].S,
                    item.GetValueOrDefault("tag")?.S,
                    item["outcome"].S
                )
            );
        }
        return writes;
    }
}
