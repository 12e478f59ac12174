using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Xunit.v3;

[assembly: EcrGuard.Tests.Timed]
[assembly: AssemblyFixture(typeof(EcrGuard.Tests.SlowestTests))]

namespace EcrGuard.Tests;

/// <summary>Names the ten slowest tests of an assembly when all have run. Linked into every test project.</summary>
public sealed class SlowestTests : IDisposable
{
    private static readonly ConcurrentDictionary<string, long> Started = new();
    private static readonly ConcurrentBag<(TimeSpan Took, string Name)> Ended = [];

    public void Dispose()
    {
        var slowest = Ended.OrderByDescending(test => test.Took).Take(10);
        var lines = slowest.Select(test =>
            string.Create(CultureInfo.InvariantCulture, $"{test.Took.TotalSeconds, 6:0.0} s  {test.Name}")
        );
        TestContext.Current.SendDiagnosticMessage(string.Join('\n', lines.Prepend("The slowest tests:")));
    }

    internal static void Begin(string id) => Started[id] = Stopwatch.GetTimestamp();

    internal static void End(string id, string name)
    {
        if (Started.TryRemove(id, out var began))
            Ended.Add((Stopwatch.GetElapsedTime(began), name));
    }
}

/// <summary>Measures every test of the assembly.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class TimedAttribute : BeforeAfterTestAttribute
{
    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => SlowestTests.Begin(test.UniqueID);

    public override void After(MethodInfo methodUnderTest, IXunitTest test) =>
        SlowestTests.End(test.UniqueID, test.TestDisplayName);
}
