using System.Diagnostics.CodeAnalysis;

namespace EcrGuard.Core.Images;

/// <summary>One repository of one registry. Account and region are part of every key from day one, so that a second account never collides with the first.</summary>
/// <param name="Account">Twelve digits.</param>
/// <param name="Region">For example <c>eu-central-1</c>.</param>
/// <param name="Name">The plain name, slashes included, for example <c>payments/api</c>.</param>
public sealed record RepositoryId(string Account, string Region, string Name)
{
    /// <summary>The AWS partition that the region belongs to.</summary>
    public string Partition => PartitionOf(Region);

    public string Arn => $"arn:{Partition}:ecr:{Region}:{Account}:repository/{Name}";

    /// <summary>What <c>docker pull</c> calls the repository.</summary>
    public string Uri => $"{Account}.dkr.ecr.{Region}.{(Partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com")}/{Name}";

    /// <summary>The AWS partition of a region, by its prefix (AWS General Reference, "AWS regions and endpoints").</summary>
    public static string PartitionOf(string region) => region switch
    {
        _ when region.StartsWith("cn-", StringComparison.Ordinal) => "aws-cn",
        _ when region.StartsWith("us-gov-", StringComparison.Ordinal) => "aws-us-gov",
        _ when region.StartsWith("us-iso-", StringComparison.Ordinal) => "aws-iso",
        _ when region.StartsWith("us-isob-", StringComparison.Ordinal) => "aws-iso-b",
        _ => "aws",
    };

    /// <summary>
    /// Reads a repository ARN, or an image ARN (Inspector's resource id: the repository's ARN, <c>/</c> and the digest), whose digest is then given too.
    /// </summary>
    public static bool TryParseArn(string? arn, [NotNullWhen(true)] out RepositoryId? repository, out Digest? digest)
    {
        repository = null;
        digest = null;
        var parts = (arn ?? "").Split(':', 6);
        if (parts is not ["arn", _, "ecr", { Length: > 0 } region, { Length: 12 } account, var resource] || !resource.StartsWith("repository/", StringComparison.Ordinal))
            return false;
        var name = resource["repository/".Length..];
        if (name.IndexOf("/sha256:", StringComparison.Ordinal) is >= 0 and var at)
        {
            if (!Digest.TryParse(name[(at + 1)..], out digest))
                return false;
            name = name[..at];
        }
        if (!IsName(name))
            return false;
        repository = new RepositoryId(account, region, name);
        return true;
    }

    /// <summary>Whether ECR would accept the name: 2 to 256 characters, lower-case words joined by <c>. _ __ -</c>, in folders (ECR API, CreateRepository).</summary>
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
                // '.', '_' once or twice, any number of '-'; a separator must stand between two alphanumeric characters.
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
