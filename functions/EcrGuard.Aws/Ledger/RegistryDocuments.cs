using Amazon.DynamoDBv2.Model;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Documents of the whole registry, each under the name of its form. Each has a revision, so that a store over somebody
/// else's is refused.
/// </summary>
public sealed class RegistryDocuments(LedgerTable table)
{
    private const string Document = "document";

    /// <summary>Reads a document; null, with revision 0, if there is none.</summary>
    /// <param name="form">The form, whose name is also the document's.</param>
    public async Task<(T? Value, long Revision)> FindAsync<T>(StoredForm<T> form, CancellationToken cancellation)
        where T : class
    {
        var item = await table.FindAsync(table.Key(form.Name), cancellation).ConfigureAwait(false);
        return item is null ? (null, 0) : (form.Read(item[Document].S), LedgerTable.Number(item[LedgerTable.Revision]));
    }

    /// <summary>Stores a document over the revision that was read (0: none).</summary>
    /// <returns>False if somebody else stored in between.</returns>
    public Task<bool> StoreAsync<T>(StoredForm<T> form, T value, long revision, CancellationToken cancellation) =>
        table.PutAsync(
            new Dictionary<string, AttributeValue>(table.Key(form.Name)) { [Document] = new(form.Write(value)) },
            revision,
            cancellation
        );
}
