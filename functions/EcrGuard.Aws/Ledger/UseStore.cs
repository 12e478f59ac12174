using System.IO.Compression;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Ledger;

/// <summary>
/// The last reading of what uses images, gzipped in S3. It is read once a day, and every repository that is swept asks
/// for it.
/// </summary>
public sealed class UseStore(IAmazonS3 s3, Settings settings)
{
    private const string Key = "use/latest.json.gz";

    /// <summary>Keeps a reading in place of the one before.</summary>
    public async Task KeepAsync(UsageReading use, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        await using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(StoredForms.Usage.WriteUtf8(use), cancellation).ConfigureAwait(false);
        body.Position = 0;
        await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = Key,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = "application/gzip",
                },
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>The reading that was last kept; null if there is none yet. It says itself how old it is.</summary>
    public async Task<UsageReading?> LatestAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await s3.GetObjectAsync(settings.Bucket, Key, cancellation).ConfigureAwait(false);
            await using var gzip = new GZipStream(answer.ResponseStream, CompressionMode.Decompress);
            using var json = new MemoryStream();
            await gzip.CopyToAsync(json, cancellation).ConfigureAwait(false);
            return StoredForms.Usage.Read(json.GetBuffer().AsSpan(0, (int)json.Length));
        }
        catch (AmazonS3Exception gone) when (gone.ErrorCode == "NoSuchKey")
        {
            return null;
        }
    }
}
