using System.Buffers.Binary;

namespace EcrGuard.LocalAws;

/// <summary>
/// A reflected CRC. It starts with all bits set and inverts the result, like every CRC that AWS uses.
/// </summary>
internal sealed class Crc
{
    private readonly ulong[] table = new ulong[256];
    private readonly ulong mask;
    private readonly int bytes;

    private Crc(ulong reflectedPolynomial, int bytes)
    {
        this.bytes = bytes;
        mask = ulong.MaxValue >> (64 - (8 * bytes));
        for (var i = 0; i < table.Length; i++)
        {
            var entry = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
            {
                entry = (entry & 1) == 0 ? entry >> 1 : (entry >> 1) ^ reflectedPolynomial;
            }

            table[i] = entry;
        }
    }

    public static Crc Crc32 { get; } = new(0xEDB88320, 4);

    public static Crc Crc32C { get; } = new(0x82F63B78, 4);

    public static Crc Crc64Nvme { get; } = new(0x9A6C9329AC4BC9B5, 8);

    /// <summary>The checksum, most significant byte first.</summary>
    public byte[] Compute(ReadOnlySpan<byte> data)
    {
        var result = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(result, Value(data));
        return result[(8 - bytes)..];
    }

    /// <summary>The checksum of a 32-bit CRC as a number.</summary>
    public uint Compute32(ReadOnlySpan<byte> data) => (uint)Value(data);

    private ulong Value(ReadOnlySpan<byte> data)
    {
        var crc = mask;
        foreach (var b in data)
        {
            crc = (crc >> 8) ^ table[(byte)(crc ^ b)];
        }

        return crc ^ mask;
    }
}
