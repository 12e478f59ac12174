using System.Runtime.CompilerServices;

namespace EcrGuard.Core.Tests.Policy;

/// <summary>The policy documents beside the tests, the shipped one, and its schema.</summary>
internal static class Documents
{
    /// <summary>All tests read on this day, a Monday.</summary>
    public static readonly DateTimeOffset Now = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    private static readonly string Folder = Path.Combine(Beside(), "documents");
    private static readonly string Functions = Path.Combine(Beside(), "../../../functions");

    public static string Shipped => Path.Combine(Functions, "policy.jsonc");
    public static string Schema => Path.Combine(Functions, "policy.schema.json");

    public static IEnumerable<string> Good =>
        Directory.GetFiles(Path.Combine(Folder, "good"), "*.jsonc").Order(StringComparer.Ordinal).Append(Shipped);
    public static IEnumerable<string> Bad =>
        Directory.GetFiles(Path.Combine(Folder, "bad"), "*.jsonc").Order(StringComparer.Ordinal);

    /// <summary>For theories, which show a short name.</summary>
    public static TheoryData<string> GoodNames => [.. Good.Select(file => Path.GetFileName(file))];
    public static TheoryData<string> BadNames => [.. Bad.Select(file => Path.GetFileName(file))];

    public static byte[] Read(string name) =>
        File.ReadAllBytes(Good.Concat(Bad).Single(file => Path.GetFileName(file) == name));

    private static string Beside([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
