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
    /// Longer than any reference that ECR could hold: host, 256 of repository, 300 of tag, 71 of digest.
    /// </summary>
    public const int MaxLength = 800;

    private ImageReference() { }

    /// <summary>Null where the reference names no registry: the one asked.</summary>
    public string? Account { get; private init; }
    public string? Region { get; private init; }
    public required string Repository { get; init; }
    public string? Tag { get; private init; }
    public Digest? Digest { get; private init; }

    /// <summary>
    /// Why no image is found by it, a sentence: there is none, or, where it names both a tag and a digest, they are not
    /// one image's any more.
    /// </summary>
    /// <param name="digestIsThere">Whether there is an image of its digest.</param>
    /// <param name="holder">The image that carries its tag; null: none does.</param>
    /// <param name="where">For the sentence, for example "the registry".</param>
    public string Missing(bool digestIsThere, Digest? holder, string where) =>
        !HasMoved(digestIsThere, holder)
            ? $"There is no image {this} in {where}."
            : $"The tag '{Tag}' of {Repository} is elsewhere now: "
                + $"{(holder is null ? "no image carries it" : $"{holder} carries it")}, "
                + $"and {Digest} {(digestIsThere ? "is there without it" : "is gone")}. Name the image by its "
                + "digest alone, or ask about what the tag is on.";

    /// <summary>Whether it names a tag and a digest that are not one image's any more.</summary>
    public bool HasMoved(bool digestIsThere, Digest? holder) =>
        Tag is not null && Digest is not null && (digestIsThere || holder is not null);

    /// <summary>
    /// Reads a reference; <paramref name="problem"/> is a sentence that says what is wrong and what would be right.
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

        var quoted = $"'{Phrase.Clip(text, 200)}'";
        var rest = text;
        Digest? digest = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            if (!Digest.TryParse(rest[(at + 1)..], out digest))
                return $"{quoted}: '{Phrase.Clip(rest[(at + 1)..], 80)}' is not a digest; it must be 'sha256:' and 64 "
                    + "lower-case hexadecimal characters.";
            rest = rest[..at];
        }

        string? account = null,
            region = null;
        if (rest.IndexOf('/') is > 0 and var slash)
        {
            if (TryParseHost(rest[..slash], out account, out region))
                rest = rest[(slash + 1)..];
            else if (IsAnotherHost(rest[..slash]))
                return $"{quoted}: '{Phrase.Clip(rest[..slash], 100)}' is not a private ECR registry "
                    + "('<account>.dkr.ecr.<region>.amazonaws.com').";
        }

        string? tag = null;
        if (rest.LastIndexOf(':') is >= 0 and var colon)
        {
            tag = rest[(colon + 1)..];
            if (!IsTag(tag))
                return $"{quoted}: '{Phrase.Clip(tag, 80)}' is not a tag; a tag has letters, digits, '_', '.' and '-', "
                    + "does not begin with '.' or '-', and has at most 300 characters.";
            rest = rest[..colon];
        }

        if (!RepositoryId.IsName(rest))
            return $"{quoted}: '{Phrase.Clip(rest, 100)}' is not a repository name of ECR's (lower-case letters, "
                + "digits and . _ - between them, folders by '/').";
        if (tag is null && digest is null)
            return $"{quoted} names a repository but no image. {right}";
        reference = new ImageReference
        {
            Account = account,
            Region = region,
            Repository = rest,
            Tag = tag,
            Digest = digest,
        };
        return null;
    }

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
    /// The names that ECR's private registries have: classic, FIPS and dual-stack endpoints, in every partition.
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
    /// Whether a host has the form that ECR's private registries have, letter case aside, in whatever region and
    /// partition of AWS: <c>&lt;account&gt;.dkr.ecr.…</c>.
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
    /// 'my.team/api' is a repository name as well as it could be a host: only what is surely a host is taken for one.
    /// </summary>
    private static bool IsAnotherHost(string first) =>
        first.Contains(':')
        || first.Contains(".dkr.ecr", StringComparison.Ordinal)
        || first.Contains(".dkr-ecr", StringComparison.Ordinal)
        || first.Contains(".amazonaws.", StringComparison.Ordinal)
        || HostEndings.Any(ending => first.EndsWith(ending, StringComparison.Ordinal));

    private static readonly string[] HostEndings = [".io", ".com", ".aws"];
}
