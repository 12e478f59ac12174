using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// Keeps the full findings, gzipped, in S3 under their own hash. So findings that did not change are not written again,
/// and a record never points at the findings of another.
/// </summary>
public sealed class FindingsStore(IAmazonS3 s3, Settings settings)
{
    /// <summary>
    /// The hash of findings as a scanner lists them, 64 hexadecimal characters. It differs in another bucket: a ledger
    /// that comes to a new one must not take its findings for stored.
    /// </summary>
    public string ListedHash(IReadOnlyList<Finding> listed) =>
        HashOf([.. StoredForms.Findings.WriteUtf8(listed), .. Encoding.UTF8.GetBytes(settings.Bucket)]);

    private static string HashOf(byte[] json) => Convert.ToHexStringLower(SHA256.HashData(json));

    /// <summary>Keeps findings.</summary>
    /// <param name="known">The hash that the record already points at; null for none.</param>
    /// <returns>Their hash, 64 hexadecimal characters.</returns>
    public async Task<string> KeepAsync(
        ImageId image,
        IReadOnlyList<Finding> findings,
        string? known,
        CancellationToken cancellation
    )
    {
        var json = StoredForms.Findings.WriteUtf8(findings);
        var hash = HashOf(json);
        if (hash == known)
            return hash;
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(json, cancellation).ConfigureAwait(false);
        body.Position = 0;
        await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = Key(image, hash),
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = "application/gzip",
                },
                cancellation
            )
            .ConfigureAwait(false);
        return hash;
    }

    /// <summary>Reads findings that were kept; null if they are no longer there.</summary>
    public async Task<IReadOnlyList<Finding>?> FindAsync(ImageId image, string hash, CancellationToken cancellation)
    {
        try
        {
            using var answer = await s3.GetObjectAsync(settings.Bucket, Key(image, hash), cancellation)
                .ConfigureAwait(false);
            await using var gzip = new GZipStream(answer.ResponseStream, CompressionMode.Decompress);
            using var json = new MemoryStream();
            await gzip.CopyToAsync(json, cancellation).ConfigureAwait(false);
            return StoredForms.Findings.Read(json.GetBuffer().AsSpan(0, (int)json.Length));
        }
        catch (AmazonS3Exception gone) when (gone.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }

    private static string Key(ImageId image, string hash) =>
        $"findings/{image.Repository.Account}/{image.Repository.Region}/{image.Repository.Name}/"
        + $"{image.Digest.Hex}/{hash}.json.gz";
}
