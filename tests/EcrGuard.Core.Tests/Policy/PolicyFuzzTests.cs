using EcrGuard.Core.Documents;
using EcrGuard.Core.Policy;

namespace EcrGuard.Core.Tests.Policy;

public sealed class PolicyFuzzTests
{
    /// <summary>What a JSON reader and the checks behind it could stumble over.</summary>
    private static readonly byte[][] Snippets =
    [
        [.. "\""u8],
        [.. "\\"u8],
        [.. "{"u8],
        [.. "}"u8],
        [.. "["u8],
        [.. "]"u8],
        [.. ","u8],
        [.. ":"u8],
        [.. "//"u8],
        [.. "/*"u8],
        [.. "*/"u8],
        [.. "\r"u8],
        [.. "\n"u8],
        [.. "\0"u8],
        [.. "\\ud800"u8],
        [.. "\\u0000"u8],
        [.. "null"u8],
        [.. "1e999"u8],
        [.. "-0"u8],
        [.. "9999-12-31"u8],
        [.. "0001-01-01"u8],
        [.. "🐳"u8],
        [0xFF],
        [0xC3],
        [0xE2, 0x80, 0xA8],
        [0xEF, 0xBB, 0xBF],
    ];

    [Theory]
    [InlineData("everything.jsonc")]
    [InlineData("policy.jsonc")]
    public void Random_edits_never_throw_and_never_give_a_policy_with_a_malformed_part(string name)
    {
        var original = Documents.Read(name);
        var random = new Random(2026);
        var (good, bad) = (0, 0);
        for (var run = 0; run < 3_000; run++)
        {
            List<byte> document = [.. original];
            for (var edits = random.Next(1, 4); edits > 0; edits--)
                Edit(document, random);

            var reading = PolicyReader.Read(document.ToArray(), Documents.Now);

            var malformed = reading.Problems.Any(problem => problem.Kind == ProblemKind.Malformed);
            Assert.True(malformed == (reading.Policy is null), $"run {run}");
            var lines = document.Count(b => b == '\n') + 1;
            foreach (var problem in reading.Problems)
            {
                Assert.InRange(problem.Line, 1, lines);
                Assert.InRange(problem.Column, 1, document.Count + 1);
                Assert.False(problem.ToString(name).Any(char.IsControl), $"run {run}");
            }
            (good, bad) = (good + (malformed ? 0 : 1), bad + (malformed ? 1 : 0));
        }

        // If the edits only broke the syntax, nothing after the syntax check would be tested.
        Assert.InRange(good, 50, 2_950);
        Assert.InRange(bad, 50, 2_950);
    }

    private static void Edit(List<byte> document, Random random)
    {
        var at = random.Next(document.Count);
        var length = Math.Min(random.Next(1, 20), document.Count - at);
        switch (random.Next(5))
        {
            case 0:
                document[at] = (byte)random.Next(256);
                break;
            case 1:
                document.RemoveRange(at, length);
                break;
            case 2:
                document.InsertRange(at, document.GetRange(at, length));
                break;
            case 3:
                document.InsertRange(at, Snippets[random.Next(Snippets.Length)]);
                break;
            default:
                document[at] ^= (byte)(1 << random.Next(8));
                break;
        }
    }
}
