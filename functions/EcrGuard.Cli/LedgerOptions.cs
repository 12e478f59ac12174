using System.CommandLine;
using System.CommandLine.Parsing;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow;

namespace EcrGuard.Cli;

/// <summary>
/// Which ledger a command reads. All commands share these options and the messages about a wrong ledger.
/// </summary>
/// <param name="table">A text after the table's name.</param>
/// <param name="bucket">The same for the bucket; empty: no text.</param>
internal sealed class LedgerOptions(string table = LedgerOptions.Found, string bucket = "")
{
    private const string Found = "Default: the one of the stack in this account and region.";

    private const string NamedTable = "the ledger with --table (the stack's output Table)";

    public Option<string?> Table { get; } =
        new("--table") { Description = $"The ledger: the stack's output Table. {table}" };

    public Option<string?> Bucket { get; } =
        new("--bucket") { Description = $"The stack's output Bucket{(bucket.Length > 0 ? $". {bucket}" : ".")}" };

    /// <summary>Refuses one of the two without the other.</summary>
    public void RequireBoth(CommandResult result)
    {
        if ((result.GetResult(Table) is null) != (result.GetResult(Bucket) is null))
            result.AddError("Give '--table' and '--bucket' together.");
    }

    /// <summary>
    /// The ledger that the options name; otherwise the ledger of the stack in this account and region.
    /// </summary>
    /// <exception cref="UnusableFileException">There is no such table, or no region.</exception>
    /// <exception cref="Plans.FunctionFailedException">No table is named, and there is no stack in this account and
    ///     region.</exception>
    public async Task<Settings> FindAsync(AwsClients aws, ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(Table) is { } named)
            return await ReadAsync(aws, named, parsed.GetValue(Bucket), cancellation);
        var stack = await DeployedStack.FindAsync(null, NamedTable, cancellation);
        return await ReadAsync(aws, stack.Table, stack.Bucket, cancellation);
    }

    /// <summary>The settings to read what the caller's registry has in this ledger.</summary>
    /// <param name="table">Null: no ledger is read.</param>
    /// <param name="bucket">Null: nothing is read from the bucket.</param>
    /// <exception cref="UnusableFileException">There is no such table, or no region.</exception>
    public static async Task<Settings> ReadAsync(
        AwsClients aws,
        string? table,
        string? bucket,
        CancellationToken cancellation
    )
    {
        var (account, region) = await Caller.HomeAsync(aws, cancellation);
        var settings = new Settings
        {
            Account = account,
            Region = region,
            Table = table ?? "",
            Bucket = bucket ?? "",
        };
        if (table is null)
            return settings;
        try
        {
            // The content does not matter: this only checks that the table can be read.
            var ledger = new LedgerTable(aws.Dynamo, settings, TimeProvider.System);
            await new RegistryDocuments(ledger).FindAsync(BackfillState.Form, cancellation);
            return settings;
        }
        catch (ResourceNotFoundException)
        {
            throw new UnusableFileException(
                $"The ledger is '{table}'; it must be a table of {account} in {region}: the stack's output Table."
            );
        }
    }
}
