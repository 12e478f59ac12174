using System.Diagnostics.CodeAnalysis;

namespace EcrGuard.Core.Images;

/// <summary>
/// What a person or a pipeline calls an image: <c>repository:tag</c>, <c>repository@sha256:…</c>, both, or the same
/// behind a registry host (<c>123456789012.dkr.ecr.eu-central-1.amazonaws.com/repository:tag</c>). At least one of tag
/// and digest is there.
/// </summary>
public sealed record ImageReference
{
    /// <summary>
    /// Longer than any reference in ECR: a host, 256 for the repository, 300 for the tag, 71 for the digest.
    /// </summary>
    public const int MaxLength = 800;

    private ImageReference() { }

    /// <summary>Null where the reference names no registry: the registry that is asked is meant.</summary>
    public string? Account { get; private init; }
    public string? Region { get; private init; }
    public required string Repository { get; init; }
    public string? Tag { get; private init; }
    public Digest? Digest { get; private init; }

    /// <summary>
    /// Why no image is found by it, a sentence: there is none, or its tag and its digest name two images by now.
    /// </summary>
    /// <param name="digestIsThere">Whether there is an image of its digest.</param>
    /// <param name="holder">The image that carries its tag; null: none does.</param>
    /// <param name="where">For the sentence, for example "the registry".</param>
    public string Missing(bool digestIsThere, Digest? holder, string where) =>
        !HasMoved(digestIsThere, holder)
            ? $"There is no image {this} in {where}."
            : $"The tag '{Tag}' of {Repository} is not on {Digest}: "
                + $"{(holder is null ? "no image carries it" : $"{holder} carries it")}"
                + $"{(digestIsThere ? "" : $", and there is no image {Digest}")}. Name the digest alone, or the tag "
                + "alone.";

    /// <summary>Whether it names a tag and a digest that belong to two images by now.</summary>
    public bool HasMoved(bool digestIsThere, Digest? holder) =>
        Tag is not null && Digest is not null && (digestIsThere || holder is not null);

    /// <summary>
    /// Reads a reference. <paramref name="problem"/> is a sentence that says what is wrong and what would be right.
    /// </summary>
    public static bool TryParse(
        string? text,
        [NotNullWhen(true)] out ImageReference? reference,
        [NotNullWhen(false)] out string? problem
    )
    {
        reference = null;
        problem = Read(text, out reference);
        return problem is null;
    }

    public override string ToString() =>
        (Account is null ? "" : $"{RepositoryId.HostOf(Account, Region!)}/")
        + Repository
        + (Tag is null ? "" : ":" + Tag)
        + (Digest is null ? "" : "@" + Digest);

    private static string? Read(string? text, out ImageReference? reference)
    {
        const string right = "Name an image as 'repository:tag', 'repository@sha256:…' or the full URI.";
        reference = null;
        if (string.IsNullOrWhiteSpace(text))
            return $"No image is named. {right}";
        if (text.Length > MaxLength)
            return $"The image reference has {text.Length} characters; at most {MaxLength} make sense. {right}";

        var (withoutDigest, digestText) = Cut(text, text.IndexOf('@'));
        var (account, region, path) = CutHost(withoutDigest);
        var (name, tag) = Cut(path, path.LastIndexOf(':'));
        Digest? digest = null;
        var wrong =
            digestText is not null && !Digest.TryParse(digestText, out digest)
                ? $"'{Phrase.Clip(digestText, 80)}' is not a digest; it must be 'sha256:' and 64 lower-case "
                    + "hexadecimal characters."
            : account is null && path.IndexOf('/') is > 0 and var slash && IsAnotherHost(path[..slash])
                ? $"'{Phrase.Clip(path[..slash], 100)}' is not a private ECR registry "
                    + $"('<account>.dkr.ecr.<region>.amazonaws.com'{Decoration(path[..slash])})."
            : tag is not null && !IsTag(tag)
                ? $"'{Phrase.Clip(tag, 80)}' is not a tag; a tag has letters, digits, '_', '.' and '-', does not begin "
                    + "with '.' or '-', and has at most 300 characters."
            : !RepositoryId.IsName(name)
                ? $"'{Phrase.Clip(name, 100)}' is not a repository name of ECR's (lower-case letters, digits and . _ - "
                    + "between them, folders by '/')."
            : null;
        if (wrong is not null)
            return $"'{Phrase.Clip(text, 200)}': {wrong}";
        if (tag is null && digest is null)
            return $"'{Phrase.Clip(text, 200)}' names a repository but no image. {right}";
        reference = new ImageReference
        {
            Account = account,
            Region = region,
            Repository = name,
            Tag = tag,
            Digest = digest,
        };
        return null;
    }

    /// <summary>The text before and behind one character; nothing behind it where it is not there.</summary>
    private static (string Before, string? Behind) Cut(string text, int at) =>
        at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);

    /// <summary>The registry that a host before the first '/' names, and the rest.</summary>
    private static (string? Account, string? Region, string Path) CutHost(string text) =>
        text.IndexOf('/') is > 0 and var slash && TryParseHost(text[..slash], out var account, out var region)
            ? (account, region, text[(slash + 1)..])
            : (null, null, text);

    /// <summary>
    /// Whether ECR would accept the tag: 1 to 300 characters (ECR API, ImageIdentifier) of the distribution
    /// specification's alphabet.
    /// </summary>
    public static bool IsTag([NotNullWhen(true)] string? tag) =>
        tag is { Length: >= 1 and <= 300 }
        && tag[0] is not ('.' or '-')
        && !tag.Any(c =>
            c is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '_' or '.' or '-')
        );

    /// <summary>
    /// The hosts of ECR's private registries: classic, FIPS and dual-stack endpoints, in every partition.
    /// </summary>
    private static bool TryParseHost(
        string host,
        [NotNullWhen(true)] out string? account,
        [NotNullWhen(true)] out string? region
    )
    {
        (account, region) = host.Split('.') switch
        {
            [var a, "dkr", "ecr" or "ecr-fips", var r, ..]
                when host.Replace("ecr-fips", "ecr", StringComparison.Ordinal) == RepositoryId.HostOf(a, r) => (a, r),
            [var a, "dkr-ecr" or "dkr-ecr-fips", var r, "on", "aws"] => (a, r),
            [var a, "dkr-ecr" or "dkr-ecr-fips", var r, "on", "amazonwebservices", "com", "cn"] => (a, r),
            _ => ("", ""),
        };
        if (RepositoryId.IsAccount(account) && RepositoryId.IsRegion(region))
            return true;
        account = region = null;
        return false;
    }

    /// <summary>
    /// Whether a host has the form of a private ECR registry in any region and partition, in any letter case:
    /// <c>&lt;account&gt;.dkr.ecr.…</c>.
    /// </summary>
    internal static bool IsRegistry(string host) =>
        host.ToLowerInvariant().Split('.') switch
        {
            [var account, "dkr", "ecr" or "ecr-fips", _, .. var rest] => RepositoryId.IsAccount(account)
                && RepositoryId.IsDnsSuffix(string.Join('.', rest)),
            [var account, "dkr-ecr" or "dkr-ecr-fips", _, "on", .. var rest] => RepositoryId.IsAccount(account)
                && rest is ["aws"] or ["amazonwebservices", "com", "cn"],
            _ => false,
        };

    /// <summary>
    /// Whether a host may be a private registry of ECR, in any spelling: with a port, or through a VPC's endpoint.
    /// </summary>
    internal static bool MayBeRegistry(string host) =>
        host.Contains("dkr.ecr", StringComparison.OrdinalIgnoreCase)
        || host.Contains("dkr-ecr", StringComparison.OrdinalIgnoreCase);

    /// <summary>What to leave out around a host, for the end of a sentence; empty: nothing.</summary>
    private static string Decoration(string host) =>
        host.Any(char.IsWhiteSpace) ? ", without blanks"
        : host.EndsWith(':') ? ", without a scheme such as https://"
        : host.Contains(':') ? ", without a port"
        : host.EndsWith('.') ? ", without a dot at the end"
        : host.Contains(".vpce.", StringComparison.OrdinalIgnoreCase) ? ", not the name of a VPC endpoint"
        : "";

    /// <summary>
    /// 'my.team/api' may be a repository name or begin with a host. Only what is surely a host counts as one.
    /// </summary>
    private static bool IsAnotherHost(string first) =>
        first.Contains(':')
        || MayBeRegistry(first)
        || first.Contains(".amazonaws.", StringComparison.Ordinal)
        || HostEndings.Any(ending => first.EndsWith(ending, StringComparison.Ordinal));

    private static readonly string[] HostEndings = [".io", ".com", ".aws"];
}
