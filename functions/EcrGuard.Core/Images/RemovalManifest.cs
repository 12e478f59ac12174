using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.Core.Images;

/// <summary>
/// A manifest to throw away. EcrGuard moves its own tags to it, which takes them off their images, and deletes it by
/// digest. Its tags go with it, and no other image is touched. Each run has its own manifest, so that nobody deletes
/// one to which another run has just moved a tag. It has neither <c>artifactType</c> nor <c>subject</c>: ECR was seen
/// to refuse them.
/// </summary>
/// <param name="Text">The bytes that are put.</param>
public sealed record RemovalManifest(string Text)
{
    /// <summary>ECR's <c>artifactMediaType</c> for it.</summary>
    public const string ConfigType = "application/vnd.ecrguard.tag-removal.config.v1+json";

    /// <summary>The type of its one layer, which is no file system.</summary>
    public const string LayerType = "application/vnd.ecrguard.tag-removal.layer.v1+json";

    /// <summary>A manifest holds at most 1000 tags (ECR service quotas).</summary>
    public const int MaxTags = 900;

    private const string End = "\"}}";

    private static readonly string Start =
        $$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.OciManifest}}","config":{{Described(ConfigType, Config)}},"""
        + $$"""
            "layers":[{{Described(LayerType, Layer)}}],"annotations":{"ecrguard.run":
            """
        + "\"";

    /// <summary>The config's bytes, the same for all.</summary>
    public static ReadOnlySpan<byte> Config =>
        """{"about":"EcrGuard moves tags of its own here to take them off images, and deletes this."}"""u8;

    /// <summary>The layer's bytes, the same for all.</summary>
    public static ReadOnlySpan<byte> Layer => "{}\n"u8;

    public Digest Digest { get; } = DigestOf(Encoding.UTF8.GetBytes(Text));

    /// <param name="run">Letters and digits that no other run has.</param>
    public static RemovalManifest Of(string run) => new(Start + run + End);

    /// <summary>Whether a manifest is exactly such a one, so that nothing else is taken for it.</summary>
    public static bool Is(string text) =>
        text.Length > Start.Length + End.Length
        && text.StartsWith(Start, StringComparison.Ordinal)
        && text.EndsWith(End, StringComparison.Ordinal)
        && text[Start.Length..^End.Length].All(char.IsAsciiLetterOrDigit);

    public static Digest DigestOf(ReadOnlySpan<byte> blob) =>
        Digest.Parse($"sha256:{Convert.ToHexStringLower(SHA256.HashData(blob))}");

    private static string Described(string type, ReadOnlySpan<byte> blob) =>
        $$"""{"mediaType":"{{type}}","digest":"{{DigestOf(blob)}}","size":{{blob.Length}}}""";
}
