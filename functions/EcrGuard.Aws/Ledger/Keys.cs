using System.Globalization;
using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Images;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Use;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// The ledger's keys. Every key has contained account and region from day one, so that one table can serve many of
/// them.
/// </summary>
internal static class Keys
{
    public const string Partition = "pk";
    public const string Sort = "sk";

    /// <summary>The index by status.</summary>
    public const string Index = "byStatus";
    public const string IndexPartition = "gsi1pk";
    public const string IndexSort = "gsi1sk";

    /// <summary>The TTL attribute, in epoch seconds.</summary>
    public const string Expires = "expires";

    /// <summary>
    /// A status of a large account is spread over this many partitions. Each can take 1 000 writes a second.
    /// </summary>
    public const int Shards = 8;

    /// <summary>
    /// In the index, repositories are kept beside the statuses. So are forced approvals, by their end, and writes that
    /// have no outcome yet, by their id.
    /// </summary>
    public const string RepositoryPartition = "REPOSITORY";
    public const string BreakGlassPartition = "BREAKGLASS";
    public const string UnendedPartition = "UNENDED";

    public static string Repository(RepositoryId repository) =>
        $"R#{repository.Account}#{repository.Region}#{repository.Name}";

    /// <summary>The repository that an item belongs to.</summary>
    public static RepositoryId RepositoryOf(Dictionary<string, AttributeValue> item) =>
        item[Partition].S.Split('#', 4) is [_, var account, var region, var name]
            ? new RepositoryId(account, region, name)
            : throw new FormatException($"The ledger holds '{item[Partition].S}' where a repository must be.");

    /// <summary>The partition of what belongs to the whole registry: the backfill's progress, the weeks.</summary>
    public static string Registry(string account, string region) => $"S#{account}#{region}";

    /// <summary>The key of every image begins with this.</summary>
    public const string Images = "I#";

    public static string Image(Digest digest) => Images + digest.Hex;

    /// <summary>The key of every change of an image's status begins with this. The time follows.</summary>
    public static string Histories(Digest digest) => $"H#{digest.Hex}#";

    public static string History(Digest digest, DateTimeOffset at, string id) => $"{Histories(digest)}{Time(at)}#{id}";

    public static string Write(string id) => $"A#{id}";

    /// <summary>
    /// Where the ids of the writes of a moment begin. They sort by time: they begin with its milliseconds (UUID version
    /// 7, RFC 9562).
    /// </summary>
    public static string WriteIds(DateTimeOffset at) =>
        at.ToUnixTimeMilliseconds().ToString("x12", CultureInfo.InvariantCulture);

    public static string BreakGlass(Digest digest, string id) => $"B#{digest.Hex}#{id}";

    /// <summary>The key of every deployment that events told of begins with this.</summary>
    public const string Deployments = "U#";

    /// <summary>Sorts after every key that begins with the same letters.</summary>
    public const string Last = "~";

    public static string Deployment(Digest digest, Consumer by) => $"{Deployments}{digest.Hex}#{by.Kind}#{by.Name}";

    public static string Notice(string id) => $"N#{id}";

    /// <summary>What a plan does to images. The digest follows.</summary>
    public static string PlannedImages(string planId) => $"P#{planId}#";

    /// <summary>
    /// What is removed by the policies that a plan has put in place. Kept beside the documents of the registry. The
    /// repository follows.
    /// </summary>
    public static string TakenBy(string planId) => $"T#{planId}#";

    public static string Edges(Digest child) => $"X#{child.Hex}#";

    public static string Edge(Digest child, Digest index) => Edges(child) + index.Hex;

    /// <summary>What was read of a manifest whose listing does not show what it is. The digest follows.</summary>
    public const string Manifests = "K#";

    public const string RepositoryNote = "D";

    /// <summary>What EcrGuard has written to a repository and what was there before.</summary>
    public const string SettingHistory = "L";

    /// <summary>When the scanning of a repository last changed, as far as EcrGuard has heard.</summary>
    public const string ScanningChange = "S";

    /// <summary>The name of the document that holds a week's numbers.</summary>
    public static string Week(IsoWeek week) => $"W#{week}";

    /// <summary>The item that names the table that the ledger is in, beside the documents of the registry.</summary>
    public const string Table = "TABLE";

    public static string StatusPartition(string account, string region, string status, int shard) =>
        $"{account}#{region}#{status}#{shard}";

    public static string StatusPartition(ImageId image, Status status) =>
        StatusPartition(
            image.Repository.Account,
            image.Repository.Region,
            status.Word(),
            int.Parse(image.Digest.Hex.AsSpan(0, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture) % Shards
        );

    /// <summary>Repositories are few: one shard.</summary>
    public static string StatusPartition(RepositoryId repository) =>
        StatusPartition(repository.Account, repository.Region, RepositoryPartition, 0);

    /// <summary>The digest at the end of an item's sort key.</summary>
    public static Digest DigestAfter(string begin, Dictionary<string, AttributeValue> item) =>
        DigestOf(item[Sort].S[begin.Length..]);

    public static Digest DigestOf(string hex) => Digest.Parse("sha256:" + hex);

    /// <summary>A time as text that sorts in order of time: UTC, always with seven digits of a second.</summary>
    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParseExact(
            text,
            "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time
            : throw new FormatException($"The ledger holds '{text}' where a time must be.");
}
