using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EcrGuard.Core.Images;

/// <summary>
/// Findings as marks of ten bytes each, in base 64: which finding it is, and when it last changed. The ledger holds
/// them where it cannot hold the findings. No findings are null.
/// </summary>
public static class FindingFingerprints
{
    /// <summary>
    /// Bytes of a hash that tells a finding from a thousand others. It fails once in some millions of cases.
    /// </summary>
    private const int HashSize = 4;

    /// <summary>The hash, and when the finding last changed: milliseconds since 1970 in six bytes.</summary>
    private const int MarkSize = HashSize + 6;

    /// <summary>Events and lists may round times differently.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    public static string? Of(IEnumerable<ReportedFinding> findings) => Text(findings.Select(Mark));

    public static int Count(string? marks) => Read(marks).Count;

    /// <summary>Whether a finding is marked, and the mark is as new.</summary>
    public static bool Include(string? marks, ReportedFinding finding)
    {
        if (string.IsNullOrEmpty(marks) || finding.UpdatedAt is null)
            return false;
        var wanted = Mark(finding);
        return Read(marks).Any(mark => mark.Hash == wanted.Hash && mark.At >= wanted.At);
    }

    /// <summary>The marks, with those of more findings; of two marks of one finding the newer.</summary>
    public static string? With(string? marks, IEnumerable<ReportedFinding> findings) =>
        Text(
            Read(marks)
                .Concat(findings.Select(Mark))
                .GroupBy(mark => mark.Hash)
                .Select(same => same.MaxBy(mark => mark.At))
        );

    /// <summary>The marks of findings that are not listed, or only in an older state.</summary>
    public static string? Unlisted(string? marks, IEnumerable<ReportedFinding> listed)
    {
        if (string.IsNullOrEmpty(marks))
            return null;
        var newest = listed
            .Select(Mark)
            .GroupBy(mark => mark.Hash)
            .ToDictionary(same => same.Key, same => same.Max(mark => mark.At));
        var rounding = (long)Rounding.TotalMilliseconds;
        return Text(
            Read(marks).Where(mark => !(newest.TryGetValue(mark.Hash, out var at) && at + rounding >= mark.At))
        );
    }

    /// <summary>The marks whose time passes a test; null stands for an unknown time.</summary>
    public static string? Where(string? marks, Func<DateTimeOffset?, bool> keep) =>
        Text(Read(marks).Where(mark => keep(TimeOf(mark))));

    /// <summary>Whether all of them are among others.</summary>
    public static bool AreAmong(string? marks, string? others) => Read(marks).ToHashSet().IsSubsetOf(Read(others));

    /// <summary>Their times; null stands for an unknown time.</summary>
    public static IEnumerable<DateTimeOffset?> Times(string? marks) => Read(marks).Select(TimeOf);

    private static DateTimeOffset? TimeOf((uint Hash, long At) mark) =>
        mark.At == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(mark.At);

    private static (uint Hash, long At) Mark(ReportedFinding finding)
    {
        var hash = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(finding.Id)));
        // A list gives seconds with a fraction, which may read as slightly before the millisecond of an event.
        return (hash, finding.UpdatedAt is { } at ? (at + (Millisecond / 2)).ToUnixTimeMilliseconds() : 0);
    }

    private static List<(uint Hash, long At)> Read(string? marks)
    {
        var bytes = Convert.FromBase64String(marks ?? "");
        var read = new List<(uint, long)>(bytes.Length / MarkSize);
        Span<byte> time = stackalloc byte[8];
        for (var at = 0; at + MarkSize <= bytes.Length; at += MarkSize)
        {
            bytes.AsSpan(at + HashSize, MarkSize - HashSize).CopyTo(time[2..]);
            read.Add(
                (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at)), BinaryPrimitives.ReadInt64BigEndian(time))
            );
        }
        return read;
    }

    private static string? Text(IEnumerable<(uint Hash, long At)> marks)
    {
        var bytes = new List<byte>();
        Span<byte> mark = stackalloc byte[HashSize + 8];
        foreach (var (hash, at) in marks.Order())
        {
            BinaryPrimitives.WriteUInt32BigEndian(mark, hash);
            BinaryPrimitives.WriteInt64BigEndian(mark[HashSize..], at);
            bytes.AddRange(mark[..HashSize]);
            bytes.AddRange(mark[(HashSize + 2)..]);
        }
        return bytes.Count == 0 ? null : Convert.ToBase64String([.. bytes]);
    }
}
