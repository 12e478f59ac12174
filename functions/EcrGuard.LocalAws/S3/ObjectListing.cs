using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws.S3;

/// <summary>A ListObjectsV2 request. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html</summary>
internal sealed record ObjectListing(
    string Prefix,
    string Delimiter,
    string StartAfter,
    string? Token,
    int MaxKeys,
    bool IsEscaped
)
{
    private const int PageSize = 1000;
    private static readonly XNamespace Xml = LocalS3.Xml;

    public static ObjectListing Read(IQueryCollection query)
    {
        var text = query["max-keys"].ToString();
        var max = PageSize;
        if (text.Length > 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out max))
        {
            throw S3Error.InvalidArgument("Provided max-keys not an integer or within integer range");
        }

        return new ObjectListing(
            query["prefix"].ToString(),
            query["delimiter"].ToString(),
            query["start-after"].ToString(),
            query.TryGetValue("continuation-token", out var token) ? token.ToString() : null,
            Math.Min(max, PageSize),
            query["encoding-type"] == "url"
        );
    }

    public LocalAnswer List(string name, Bucket bucket)
    {
        var after = Token is null ? StartAfter : ReadToken(Token);
        var entries = new List<XElement>();
        var prefixes = new List<string>();
        var last = after;
        var isTruncated = false;
        foreach (
            var (key, stored) in bucket
                .From(Utf8Order.Compare(after, Prefix) > 0 ? after : Prefix)
                .TakeWhile(e => e.Key.StartsWith(Prefix, StringComparison.Ordinal))
        )
        {
            // A common prefix is one entry. A page that ends with it covers all keys under it.
            var common = CommonPrefix(key);
            if (
                Utf8Order.Compare(key, after) <= 0
                || (common is not null && (common == after || prefixes.LastOrDefault() == common))
            )
            {
                continue;
            }

            if (entries.Count + prefixes.Count == MaxKeys)
            {
                isTruncated = MaxKeys > 0;
                break;
            }

            last = common ?? key;
            if (common is null)
            {
                entries.Add(Describe(key, stored));
            }
            else
            {
                prefixes.Add(common);
            }
        }

        return LocalS3.Send(
            200,
            new XElement(
                Xml + "ListBucketResult",
                Element("Name", name),
                Element("Prefix", Escape(Prefix)),
                Element("MaxKeys", MaxKeys),
                Delimiter.Length == 0 ? null : Element("Delimiter", Escape(Delimiter)),
                StartAfter.Length == 0 ? null : Element("StartAfter", Escape(StartAfter)),
                IsEscaped ? Element("EncodingType", "url") : null,
                Element("KeyCount", entries.Count + prefixes.Count),
                Element("IsTruncated", isTruncated),
                Token is null ? null : Element("ContinuationToken", Token),
                isTruncated
                    ? Element("NextContinuationToken", Convert.ToBase64String(Encoding.UTF8.GetBytes(last)))
                    : null,
                entries,
                prefixes.Select(p => new XElement(Xml + "CommonPrefixes", Element("Prefix", Escape(p))))
            )
        );
    }

    private static XElement Element(string name, object value) => new(Xml + name, value);

    private static string ReadToken(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(token));
        }
        catch (FormatException)
        {
            throw S3Error.InvalidArgument("The continuation token provided is incorrect");
        }
    }

    private string? CommonPrefix(string key)
    {
        var end = Delimiter.Length == 0 ? -1 : key.IndexOf(Delimiter, Prefix.Length, StringComparison.Ordinal);
        return end < 0 ? null : key[..(end + Delimiter.Length)];
    }

    private XElement Describe(string key, S3Object stored) =>
        new(
            Xml + "Contents",
            Element("Key", Escape(key)),
            Element(
                "LastModified",
                stored.LastModified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)
            ),
            Element("ETag", stored.ETag),
            Element("Size", stored.Content.Length),
            Element("StorageClass", "STANDARD")
        );

    private string Escape(string text) =>
        IsEscaped ? Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal) : text;
}
