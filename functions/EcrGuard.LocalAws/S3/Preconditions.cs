using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws.S3;

/// <summary>
/// Conditional requests. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
/// </summary>
internal static class Preconditions
{
    /// <summary>
    /// Refuses a write with <c>If-None-Match: *</c> if there is an object, and with <c>If-Match</c> if the object is
    /// another one or missing.
    /// </summary>
    public static void EnsureWrite(IHeaderDictionary headers, S3Object? existing)
    {
        if (headers.IfNoneMatch.ToString() is { Length: > 0 } absent)
        {
            if (absent != "*")
            {
                throw S3Error.Unknown("If-None-Match other than * on a write");
            }

            if (existing is not null)
            {
                throw S3Error.PreconditionFailed();
            }
        }

        if (headers.IfMatch.ToString() is { Length: > 0 } present)
        {
            if (existing is null)
            {
                throw S3Error.NoSuchKey();
            }

            if (!IsSame(present, existing))
            {
                throw S3Error.PreconditionFailed();
            }
        }
    }

    /// <summary>Refuses a read. An entity tag in the request takes precedence over a time.</summary>
    public static void EnsureRead(IHeaderDictionary headers, S3Object found)
    {
        var ifMatch = headers.IfMatch.ToString();
        if (
            ifMatch.Length > 0
                ? !IsSame(ifMatch, found)
                : Time(headers.IfUnmodifiedSince) is { } before && found.LastModified > before
        )
        {
            throw S3Error.PreconditionFailed();
        }

        var ifNoneMatch = headers.IfNoneMatch.ToString();
        if (
            ifNoneMatch.Length > 0
                ? IsSame(ifNoneMatch, found)
                : Time(headers.IfModifiedSince) is { } since && found.LastModified <= since
        )
        {
            throw S3Error.NotModified();
        }
    }

    private static bool IsSame(string tag, S3Object found) => tag == "*" || tag.Trim('"') == found.ETag.Trim('"');

    private static DateTimeOffset? Time(string? header) =>
        DateTimeOffset.TryParseExact(
            header,
            "R",
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal,
            out var time
        )
            ? time
            : null;
}

/// <summary>A range of bytes, both ends included.</summary>
internal readonly record struct ByteRange(int First, int Last)
{
    /// <summary>
    /// Reads a <c>Range</c> header: <c>bytes=0-9</c>, <c>bytes=5-</c>, <c>bytes=-3</c>. Null if there is no header or
    /// it has another form, which S3 ignores.
    /// </summary>
    public static ByteRange? Read(string header, int length)
    {
        const string Unit = "bytes=";
        if (
            !header.StartsWith(Unit, StringComparison.Ordinal)
            || header[Unit.Length..].Split('-') is not [var first, var last]
        )
        {
            return null;
        }

        ByteRange? range = (Number(first), Number(last)) switch
        {
            (null, { } suffix) when first.Length == 0 => new ByteRange(
                Math.Max(0, length - suffix),
                suffix == 0 ? -1 : length - 1
            ),
            ({ } start, null) when last.Length == 0 => new ByteRange(start, length - 1),
            ({ } start, { } end) when start <= end => new ByteRange(start, Math.Min(end, length - 1)),
            _ => null,
        };
        return range is { } given && given.First > given.Last ? throw S3Error.InvalidRange() : range;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
