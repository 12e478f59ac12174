using System.CommandLine;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Lambda.Flow.Backfilling;

namespace EcrGuard.Cli;

/// <summary>Which ledger a command reads: the same options, and the same words about a wrong one, for all.</summary>
/// <param name="table">What it is read for, behind its name; empty: nothing is said.</param>
/// <param name="bucket">The same of the bucket.</param>
/// <param name="isFound">Whether the stack here is looked for where no table is given.</param>
internal sealed class LedgerOptions(string table = "", string bucket = "", bool isFound = false)
{
    private const string Found = " That of EcrGuard's stack here if it is not given.";

    private const string NamedTable = "the ledger with --table (the stack's output Table)";

    public Option<string?> Table { get; } =
        new("--table")
        {
            Description =
                $"The ledger: the stack's output Table.{(table.Length > 0 ? $" {table}" : "")}{(isFound ? Found : "")}",
        };

    public Option<string?> Bucket { get; } =
        new("--bucket") { Description = $"The stack's output Bucket{(bucket.Length > 0 ? $". {bucket}" : ".")}" };

    /// <summary>The ledger that the options name, or else that of the stack here.</summary>
    /// <exception cref="UnusableFileException">There is no such table, or no region.</exception>
    /// <exception cref="Plans.FunctionFailedException">No table is named, and there is no stack here.</exception>
    public async Task<Settings> FindAsync(AwsClients aws, ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(Table) is { } named)
            return await ReadAsync(aws, named, parsed.GetValue(Bucket), cancellation);
        var stack = await DeployedStack.FindAsync(null, NamedTable, cancellation);
        return await ReadAsync(aws, stack.Table, stack.Bucket, cancellation);
    }

    /// <summary>The settings by which what the caller's registry has there is read.</summary>
    /// <param name="table">Null: no ledger is read.</param>
    /// <param name="bucket">Null: nothing of the bucket is read.</param>
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
            // Whatever is in it: that it can be asked at all.
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
