using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws.S3;

/// <summary>A checksum of content as S3 names it: <c>x-amz-checksum-crc32</c> and its Base64 value.</summary>
internal sealed record Checksum(string Header, string Value);

/// <summary>
/// The content of a request. Its transfer coding (<c>aws-chunked</c>) is undone and every digest sent with it is
/// verified.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
/// </summary>
internal sealed record Payload(byte[] Content, Checksum? Checksum)
{
    private const string ChecksumPrefix = "x-amz-checksum-";
    private const string ChecksumType = "x-amz-checksum-type";
    private const string ChecksumMode = "x-amz-checksum-mode";

    private static readonly Dictionary<string, Func<byte[], byte[]>> Algorithms = new(StringComparer.OrdinalIgnoreCase)
    {
        [ChecksumPrefix + "crc32"] = content => Crc.Crc32.Compute(content),
        [ChecksumPrefix + "crc32c"] = content => Crc.Crc32C.Compute(content),
        [ChecksumPrefix + "crc64nvme"] = content => Crc.Crc64Nvme.Compute(content),
        [ChecksumPrefix + "sha1"] = Sha1,
        [ChecksumPrefix + "sha256"] = SHA256.HashData,
    };

    public static Payload Read(LocalCall call)
    {
        var declared = call.Headers["x-amz-content-sha256"].ToString();
        var fields = call.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        byte[] content;
        if (declared.StartsWith("STREAMING-", StringComparison.Ordinal))
        {
            content = ReadChunks(call.Body, fields);
            if (call.Headers["x-amz-decoded-content-length"] != content.Length.ToString(CultureInfo.InvariantCulture))
            {
                throw S3Error.IncompleteBody();
            }
        }
        else
        {
            content = call.Body;
            if (
                declared is not ("UNSIGNED-PAYLOAD" or "")
                && !declared.Equals(Convert.ToHexString(SHA256.HashData(content)), StringComparison.OrdinalIgnoreCase)
            )
            {
                throw S3Error.BodyHashMismatch();
            }
        }

        VerifyMd5(call.Headers, content);
        return new Payload(content, VerifyChecksum(fields, content));
    }

    /// <summary>
    /// Undoes <c>aws-chunked</c>: chunks of <c>size[;chunk-signature=…]\r\n bytes \r\n</c>, the last of size 0, then
    /// trailing fields.
    /// </summary>
    private static byte[] ReadChunks(byte[] body, Dictionary<string, string> fields)
    {
        using var content = new MemoryStream();
        var rest = body.AsSpan();
        while (true)
        {
            var line = ReadLine(ref rest);
            var end = line.IndexOf((byte)';');
            if (
                !Utf8Parser.TryParse(end < 0 ? line : line[..end], out int size, out var used, 'x')
                || used == 0
                || size < 0
                || size > rest.Length
            )
            {
                throw S3Error.IncompleteBody();
            }

            if (size == 0)
            {
                break;
            }

            content.Write(rest[..size]);
            rest = rest[size..];
            if (!ReadLine(ref rest).IsEmpty)
            {
                throw S3Error.IncompleteBody();
            }
        }

        while (!rest.IsEmpty && ReadLine(ref rest) is { IsEmpty: false } trailer)
        {
            var parts = Encoding.ASCII.GetString(trailer).Split(':', 2);
            fields[parts[0]] = parts[^1].Trim();
        }

        return content.ToArray();
    }

    private static Span<byte> ReadLine(ref Span<byte> rest)
    {
        var end = rest.IndexOf("\r\n"u8);
        if (end < 0)
        {
            throw S3Error.IncompleteBody();
        }

        var line = rest[..end];
        rest = rest[(end + 2)..];
        return line;
    }

    private static void VerifyMd5(IHeaderDictionary headers, byte[] content)
    {
        var declared = headers.ContentMD5.ToString();
        if (declared.Length == 0)
        {
            return;
        }

        var expected = new byte[16];
        if (!Convert.TryFromBase64String(declared, expected, out var length) || length != expected.Length)
        {
            throw S3Error.InvalidDigest();
        }

        if (!expected.AsSpan().SequenceEqual(Md5(content)))
        {
            throw S3Error.BadDigest("Content-MD5");
        }
    }

    private static Checksum? VerifyChecksum(Dictionary<string, string> fields, byte[] content)
    {
        Checksum? checksum = null;
        foreach (
            var (name, value) in fields.Where(f => f.Key.StartsWith(ChecksumPrefix, StringComparison.OrdinalIgnoreCase))
        )
        {
            if (name.ToLowerInvariant() is ChecksumType or ChecksumMode)
            {
                continue;
            }

            if (!Algorithms.TryGetValue(name, out var compute))
            {
                throw S3Error.Unknown($"The checksum {name}");
            }

            checksum = new Checksum(name.ToLowerInvariant(), value);
            if (value != Convert.ToBase64String(compute(content)))
            {
                throw S3Error.BadDigest(name[ChecksumPrefix.Length..].ToUpperInvariant());
            }
        }

        return checksum;
    }

#pragma warning disable CA5350, CA5351 // S3's protocol uses these digests to detect transfer errors.
    public static byte[] Md5(byte[] content) => MD5.HashData(content);

    private static byte[] Sha1(byte[] content) => SHA1.HashData(content);
#pragma warning restore CA5350, CA5351
}
