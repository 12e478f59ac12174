using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws.S3;

/// <summary>
/// S3 in memory, over its REST protocol. The bucket is in the path or in the host name (<c>bucket.localhost</c>). There
/// are no versions and no multipart uploads. Every call is atomic.
/// </summary>
public sealed class LocalS3 : ILocalService
{
    private const int MaxKeyBytes = 1024;
    private const int MaxKeys = 1000;
    private const string MetadataPrefix = "x-amz-meta-";

    internal static readonly XNamespace Xml = "http://s3.amazonaws.com/doc/2006-03-01/";

    /// <summary>
    /// The query parameters that an operation knows. <c>x-id</c> is always allowed: every SDK adds it and no server
    /// reads it.
    /// </summary>
    private static readonly Dictionary<string, string[]> KnownQuery = new()
    {
        ["ListObjectsV2"] =
        [
            "list-type",
            "prefix",
            "delimiter",
            "continuation-token",
            "start-after",
            "max-keys",
            "encoding-type",
            "fetch-owner",
        ],
        ["DeleteObjects"] = ["delete"],
    };

    /// <summary>Headers that change what an operation does, and that this server does not support.</summary>
    private static readonly string[] Refused =
    [
        "x-amz-copy-source",
        "x-amz-website-redirect-location",
        "x-amz-object-lock-mode",
        "x-amz-tagging",
        "x-amz-storage-class",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-write-offset-bytes",
        "x-amz-grant-read",
    ];

    private static readonly string[] KeptHeaders = ["Cache-Control", "Content-Disposition", "Content-Language"];

    private readonly Lock gate = new();
    private readonly LocalAwsOptions options;
    private readonly SortedDictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    internal LocalS3(LocalAwsOptions options) => this.options = options;

    string ILocalService.SigningName => "s3";

    /// <exception cref="ArgumentException">The bucket exists.</exception>
    public void CreateBucket(string bucket)
    {
        lock (gate)
        {
            buckets.Add(bucket, new Bucket());
        }
    }

    /// <summary>The keys of a bucket that begin with <paramref name="prefix"/>, in S3's order.</summary>
    /// <exception cref="KeyNotFoundException">No such bucket.</exception>
    public IReadOnlyList<string> Keys(string bucket, string prefix = "")
    {
        lock (gate)
        {
            return [.. buckets[bucket].Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];
        }
    }

    /// <summary>An object; null if there is none.</summary>
    /// <exception cref="KeyNotFoundException">No such bucket.</exception>
    public S3Object? Find(string bucket, string key)
    {
        lock (gate)
        {
            return buckets[bucket][key];
        }
    }

    bool ILocalService.LooksLikeMine(LocalCall call) =>
        call.Headers.ContainsKey("x-amz-content-sha256") && !call.Headers.ContainsKey("X-Amz-Target");

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var (bucket, key) = Address(call);
        var name = (call.Method, key) switch
        {
            ("PUT", "") => "CreateBucket",
            ("HEAD", "") => "HeadBucket",
            ("GET", "") when call.Query["list-type"] == "2" => "ListObjectsV2",
            ("POST", "") when call.Query.ContainsKey("delete") => "DeleteObjects",
            ("PUT", _) => "PutObject",
            ("GET", not "") => "GetObject",
            ("HEAD", _) => "HeadObject",
            ("DELETE", not "") => "DeleteObject",
            _ => throw S3Error.Unknown($"{call.Method} {call.Path}{QueryOf(call)}"),
        };
        var known = KnownQuery.GetValueOrDefault(name, []);
        if (
            bucket.Length == 0
            || call.Query.Keys.Any(q => q != "x-id" && !known.Contains(q))
            || Refused.FirstOrDefault(call.Headers.ContainsKey) is not null
        )
        {
            var headers = string.Join(' ', Refused.Where(call.Headers.ContainsKey));
            throw S3Error.Unknown($"{name} with {call.Path}{QueryOf(call)} {headers}".TrimEnd());
        }

        return new LocalOperation(name, key.Length == 0 ? bucket : $"{bucket}/{key}");
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        var (name, key) = Address(call);
        var payload = Payload.Read(call);
        lock (gate)
        {
            if (operation.Name == "CreateBucket")
            {
                return Create(name);
            }

            var bucket = buckets.GetValueOrDefault(name) ?? throw S3Error.NoSuchBucket();
            return operation.Name switch
            {
                "HeadBucket" => Empty(200) with
                {
                    Headers = new Dictionary<string, string> { ["x-amz-bucket-region"] = options.Region },
                },
                "ListObjectsV2" => ObjectListing.Read(call.Query).List(name, bucket),
                "DeleteObjects" => Delete(bucket, payload),
                "PutObject" => Put(bucket, key, payload, call),
                "GetObject" or "HeadObject" => Get(bucket, key, call),
                _ => Delete(bucket, key),
            };
        }
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(503, "SlowDown", "Please reduce your request rate."),
            Trouble.InternalError => new LocalError(
                500,
                "InternalError",
                "We encountered an internal error. Please try again."
            ),
            Trouble.Unavailable => new LocalError(503, "ServiceUnavailable", "Service is unable to handle request."),
            Trouble.ExpiredCredentials => new LocalError(400, "ExpiredToken", "The provided token has expired."),
            Trouble.MissingAuthentication => new LocalError(403, "AccessDenied", "Access Denied"),
        };

    // Errors are the only documents of S3 without a namespace.
    LocalAnswer ILocalService.Refuse(LocalError error) =>
        Send(
            error.Status,
            new XElement("Error", new XElement("Code", error.Code), new XElement("Message", error.Message))
        );

    internal static LocalAnswer Send(int status, XElement document) =>
        new(
            status,
            "application/xml",
            Encoding.UTF8.GetBytes(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + document.ToString(SaveOptions.DisableFormatting)
            )
        );

    private static LocalAnswer Empty(int status) => new(status, "application/xml", ReadOnlyMemory<byte>.Empty);

    private static string QueryOf(LocalCall call) => QueryString.Create(call.Query).Value ?? "";

    /// <summary>
    /// Bucket and key. The bucket comes from the host name (<c>bucket.localhost</c>) or else from the path. The key is
    /// unescaped; it is empty for the bucket itself.
    /// </summary>
    private static (string Bucket, string Key) Address(LocalCall call)
    {
        var host = new HostString(call.Headers.Host.ToString()).Host;
        var path = call.Path.TrimStart('/');
        if (host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
        {
            return (host[..^".localhost".Length], Uri.UnescapeDataString(call.Path[1..]));
        }

        var end = path.IndexOf('/', StringComparison.Ordinal);
        return end < 0 ? (path, "") : (path[..end], Uri.UnescapeDataString(path[(end + 1)..]));
    }

    private LocalAnswer Create(string name)
    {
        if (
            name.Length is < 3 or > 63
            || name.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '.'))
        )
        {
            throw S3Error.InvalidBucketName();
        }

        if (!buckets.TryAdd(name, new Bucket()))
        {
            throw S3Error.BucketIsYours();
        }

        return Empty(200) with
        {
            Headers = new Dictionary<string, string> { ["Location"] = "/" + name },
        };
    }

    private static LocalAnswer Put(Bucket bucket, string key, Payload payload, LocalCall call)
    {
        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
        {
            throw S3Error.KeyTooLong();
        }

        var existing = bucket[key];
        Preconditions.EnsureWrite(call.Headers, existing);
        var encodings = call
            .Headers.ContentEncoding.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(e => e != "aws-chunked")
            .ToArray();
        var stored = new S3Object(
            payload.Content,
            call.Headers.ContentType.ToString() is { Length: > 0 } type ? type : "binary/octet-stream",
            encodings.Length == 0 ? null : string.Join(',', encodings),
            call.Headers.Where(h => h.Key.StartsWith(MetadataPrefix, StringComparison.OrdinalIgnoreCase))
                .ToDictionary(h => h.Key[MetadataPrefix.Length..].ToLowerInvariant(), h => h.Value.ToString()),
            DateTimeOffset.FromUnixTimeSeconds(call.Now.ToUnixTimeSeconds())
        )
        {
            Checksum = payload.Checksum,
            Kept = KeptHeaders.Where(call.Headers.ContainsKey).ToDictionary(h => h, h => call.Headers[h].ToString()),
        };
        bucket[key] = stored;

        var headers = new Dictionary<string, string> { ["ETag"] = stored.ETag };
        if (stored.Checksum is { } checksum)
        {
            headers[checksum.Header] = checksum.Value;
        }

        return Empty(200) with
        {
            Headers = headers,
        };
    }

    private static LocalAnswer Get(Bucket bucket, string key, LocalCall call)
    {
        var found = bucket[key] ?? throw S3Error.NoSuchKey();
        Preconditions.EnsureRead(call.Headers, found);
        var headers = found.Metadata.ToDictionary(m => MetadataPrefix + m.Key, m => m.Value);
        headers["ETag"] = found.ETag;
        headers["Last-Modified"] = found.LastModified.ToString("R", CultureInfo.InvariantCulture);
        headers["Accept-Ranges"] = "bytes";
        foreach (var (name, value) in found.Kept)
        {
            headers[name] = value;
        }

        if (found.ContentEncoding is { } encoding)
        {
            headers["Content-Encoding"] = encoding;
        }

        if (ByteRange.Read(call.Headers.Range.ToString(), found.Content.Length) is { } range)
        {
            headers["Content-Range"] = $"bytes {range.First}-{range.Last}/{found.Content.Length}";
            return new LocalAnswer(206, found.ContentType, found.Content[range.First..(range.Last + 1)])
            {
                Headers = headers,
            };
        }

        // The checksum is that of the whole object. AWS sends it only with the whole object, and only if the reader
        // says that it verifies it.
        if (found.Checksum is { } checksum && call.Headers["x-amz-checksum-mode"] == "ENABLED")
        {
            headers[checksum.Header] = checksum.Value;
            headers["x-amz-checksum-type"] = "FULL_OBJECT";
        }

        return new LocalAnswer(200, found.ContentType, found.Content) { Headers = headers };
    }

    private static LocalAnswer Delete(Bucket bucket, string key)
    {
        bucket[key] = null;
        return Empty(204);
    }

    private static LocalAnswer Delete(Bucket bucket, Payload payload)
    {
        XElement request;
        try
        {
            using var content = new MemoryStream(payload.Content);
            request = XElement.Load(content);
        }
        catch (XmlException)
        {
            throw S3Error.MalformedXml();
        }

        var keys = request
            .Elements()
            .Where(e => e.Name.LocalName == "Object")
            .Select(o =>
                o.Elements().FirstOrDefault(e => e.Name.LocalName == "Key")?.Value ?? throw S3Error.MalformedXml()
            )
            .ToArray();
        if (keys.Length is 0 or > MaxKeys)
        {
            throw S3Error.MalformedXml();
        }

        foreach (var key in keys)
        {
            bucket[key] = null;
        }

        var isQuiet = request.Elements().Any(e => e.Name.LocalName == "Quiet" && e.Value == "true");
        return Send(
            200,
            new XElement(
                Xml + "DeleteResult",
                isQuiet ? [] : keys.Select(k => new XElement(Xml + "Deleted", new XElement(Xml + "Key", k)))
            )
        );
    }
}
