using System.Globalization;
using System.Numerics;

namespace EcrGuard.LocalAws.DynamoDb;

/// <summary>
/// A DynamoDB number: exact decimal, up to 38 significant digits, magnitude 1E-130 to 9.99…E+125, or zero. Numbers of
/// the same value are equal, however they are written.
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
/// </summary>
internal readonly record struct DynamoNumber : IComparable<DynamoNumber>
{
    private const int MaxDigits = 38;
    private const int MaxExponent = 125;
    private const int MinExponent = -130;

    private readonly BigInteger coefficient;
    private readonly int exponent;

    /// <summary>
    /// The number <paramref name="coefficient"/> × 10^<paramref name="exponent"/>, kept without trailing zeros.
    /// </summary>
    private DynamoNumber(BigInteger coefficient, int exponent)
    {
        if (coefficient.IsZero)
        {
            return;
        }

        var digits = BigInteger.Abs(coefficient).ToString(CultureInfo.InvariantCulture);
        var significant = digits.TrimEnd('0').Length;
        var zeros = digits.Length - significant;
        this.coefficient = coefficient / BigInteger.Pow(10, zeros);
        this.exponent = exponent + zeros;
        Digits = significant;

        var magnitude = exponent + digits.Length - 1;
        if (magnitude > MaxExponent)
        {
            throw DynamoDbError.Validation(
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            );
        }

        if (magnitude < MinExponent)
        {
            throw DynamoDbError.Validation(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range"
            );
        }

        if (significant > MaxDigits)
        {
            throw DynamoDbError.Validation("Attempting to store more than 38 significant digits in a Number");
        }
    }

    /// <summary>Significant digits; 0 for zero.</summary>
    public int Digits { get; }

    /// <summary>
    /// Bytes that count towards the size of an item: one per two significant digits, one more, and one for a minus
    /// sign.
    /// </summary>
    public int Size => 1 + ((Digits + 1) / 2) + (coefficient.Sign < 0 ? 1 : 0);

    public static DynamoNumber operator +(DynamoNumber left, DynamoNumber right)
    {
        var (x, y, exponent) = Align(left, right);
        return new DynamoNumber(x + y, exponent);
    }

    public static DynamoNumber operator -(DynamoNumber left, DynamoNumber right)
    {
        var (x, y, exponent) = Align(left, right);
        return new DynamoNumber(x - y, exponent);
    }

    public static implicit operator DynamoNumber(int value) => new(value, 0);

    public static DynamoNumber Parse(string text)
    {
        var mark = text.AsSpan().IndexOfAny('e', 'E');
        var mantissa = mark < 0 ? text : text[..mark];
        var power = 0;
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : mantissa.Remove(point, 1);
        if (
            !BigInteger.TryParse(
                digits,
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var coefficient
            )
            || (
                mark >= 0
                && !int.TryParse(
                    text[(mark + 1)..],
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out power
                )
            )
        )
        {
            throw DynamoDbError.Validation($"The parameter cannot be converted to a numeric value: {text}");
        }

        var decimals = point < 0 ? 0 : mantissa.Length - point - 1;
        return new DynamoNumber(coefficient, Math.Clamp(power, -10_000, 10_000) - decimals);
    }

    public int CompareTo(DynamoNumber other)
    {
        var (x, y, _) = Align(this, other);
        return x.CompareTo(y);
    }

    /// <summary>The plain decimal form that DynamoDB returns: no exponent, no leading or trailing zeros.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(coefficient).ToString(CultureInfo.InvariantCulture);
        if (exponent >= 0)
        {
            digits += new string('0', exponent);
        }
        else
        {
            digits = digits.PadLeft(1 - exponent, '0');
            digits = digits.Insert(digits.Length + exponent, ".");
        }

        return coefficient.Sign < 0 ? "-" + digits : digits;
    }

    private static (BigInteger Left, BigInteger Right, int Exponent) Align(DynamoNumber left, DynamoNumber right)
    {
        var exponent = Math.Min(left.exponent, right.exponent);
        return (Scale(left), Scale(right), exponent);

        BigInteger Scale(DynamoNumber number) => number.coefficient * BigInteger.Pow(10, number.exponent - exponent);
    }
}
