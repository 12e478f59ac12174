using System.Diagnostics.CodeAnalysis;

namespace EcrGuard.Core.Images;

/// <summary>
/// One repository of one registry. Account and region are part of every key, so that two accounts never collide.
/// </summary>
/// <param name="Account">Twelve digits.</param>
/// <param name="Region">For example <c>eu-central-1</c>.</param>
/// <param name="Name">The plain name, slashes included, for example <c>payments/api</c>.</param>
public sealed record RepositoryId(string Account, string Region, string Name)
{
    /// <summary>The AWS partition that the region belongs to.</summary>
    public string Partition => PartitionOf(Region);

    public string Arn => $"arn:{Partition}:ecr:{Region}:{Account}:repository/{Name}";

    /// <summary>The name for <c>docker pull</c>.</summary>
    public string Uri => $"{HostOf(Account, Region)}/{Name}";

    /// <summary>The AWS partition of a region, by its prefix (partitions.json of the AWS SDKs).</summary>
    public static string PartitionOf(string region) => PartitionOfRegion(region).Partition;

    /// <summary>Whether AWS has such a partition.</summary>
    public static bool IsPartition(string partition) =>
        partition == Commercial.Partition || Partitions.Any(p => p.Partition == partition);

    /// <summary>Whether the hosts of one of AWS's partitions have this ending.</summary>
    internal static bool IsDnsSuffix(string suffix) =>
        suffix == Commercial.DnsSuffix || Partitions.Any(p => p.DnsSuffix == suffix);

    /// <summary>The host name of a private registry.</summary>
    internal static string HostOf(string account, string region) =>
        $"{account}.dkr.ecr.{region}.{PartitionOfRegion(region).DnsSuffix}";

    private static readonly (string RegionPrefix, string Partition, string DnsSuffix) Commercial = (
        "",
        "aws",
        "amazonaws.com"
    );

    private static readonly (string RegionPrefix, string Partition, string DnsSuffix)[] Partitions =
    [
        ("cn-", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-", "aws-us-gov", "amazonaws.com"),
        ("eusc-", "aws-eusc", "amazonaws.eu"),
        ("us-iso-", "aws-iso", "c2s.ic.gov"),
        ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
        ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
        ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ];

    private static (string RegionPrefix, string Partition, string DnsSuffix) PartitionOfRegion(string region)
    {
        foreach (var partition in Partitions)
        {
            if (region.StartsWith(partition.RegionPrefix, StringComparison.Ordinal))
                return partition;
        }
        return Commercial;
    }

    /// <summary>
    /// Reads a repository ARN, or an image ARN with its digest (Inspector's resource id: the repository's ARN, <c>/</c>
    /// and the digest). Partition and region must agree, so that <see cref="Arn"/> gives the text that was read.
    /// </summary>
    public static bool TryParseArn(string? arn, [NotNullWhen(true)] out RepositoryId? repository, out Digest? digest)
    {
        repository = null;
        digest = null;
        if (
            (arn ?? "").Split(':', 6) is not ["arn", var partition, "ecr", var region, var account, var resource]
            || !IsRegion(region)
            || partition != PartitionOf(region)
            || !IsAccount(account)
            || !resource.StartsWith("repository/", StringComparison.Ordinal)
        )
            return false;

        var name = resource["repository/".Length..];
        Digest? image = null;
        if (name.IndexOf("/sha256:", StringComparison.Ordinal) is >= 0 and var at)
        {
            if (!Digest.TryParse(name[(at + 1)..], out image))
                return false;
            name = name[..at];
        }
        if (!IsName(name))
            return false;
        (repository, digest) = (new RepositoryId(account, region, name), image);
        return true;
    }

    /// <summary>Twelve digits.</summary>
    internal static bool IsAccount(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);

    /// <summary>Has the form of a region, known or not: <c>eu-central-1</c>.</summary>
    internal static bool IsRegion(string text) =>
        text.Split('-') is { Length: >= 3 } words
        && words.All(w => w.Length > 0 && w.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));

    /// <summary>
    /// Whether ECR would accept the name: 2 to 256 characters, lower-case words joined by <c>. _ __ -</c>, in folders
    /// (ECR API, CreateRepository).
    /// </summary>
    public static bool IsName([NotNullWhen(true)] string? name)
    {
        if (name is not { Length: >= 2 and <= 256 })
            return false;
        var separators = 0;
        var last = '/';
        foreach (var c in name)
        {
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                separators = 0;
            }
            else
            {
                // '.', '_' once or twice, any number of '-'; a separator must stand between two alphanumeric
                // characters.
                var again = separators > 0;
                var fits = c switch
                {
                    '/' or '.' => !again,
                    '_' => !again || (separators == 1 && last == '_'),
                    '-' => !again || last == '-',
                    _ => false,
                };
                if (!fits || (last == '/' && !again))
                    return false;
                separators++;
            }
            last = c;
        }
        return separators == 0;
    }

    public override string ToString() => Name;
}

/// <summary>One image of one repository.</summary>
public sealed record ImageId(RepositoryId Repository, Digest Digest)
{
    /// <summary>Inspector's resource id of the image.</summary>
    public string Arn => $"{Repository.Arn}/{Digest}";

    public override string ToString() => $"{Repository.Name}@{Digest}";
}
