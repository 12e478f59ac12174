using System.Globalization;

namespace EcrGuard.Aws.Tests.Chaos;

/// <summary>Everything at once: EcrGuard keeps its promises whatever fails and whoever writes in between.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Nothing_wrong_is_approved_and_nothing_in_use_is_lost(int seed) =>
        HoldsAsync(new ChaosOptions(seed, Events: 400, Repositories: 20, Enhanced: seed % 2 == 1));

    /// <summary>ECRGUARD_CHAOS is the number of events, or events:seed,seed and so on.</summary>
    [Fact]
    public async Task The_same_holds_for_long()
    {
        var asked = Environment.GetEnvironmentVariable("ECRGUARD_CHAOS");
        Assert.SkipWhen(string.IsNullOrEmpty(asked), "skipped: ECRGUARD_CHAOS is not set; .ci/full sets it");
        var numbers = asked!.Split(':', ',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
        var failures = new List<string>();
        foreach (var seed in numbers is [_] ? [1, 2, 3] : numbers.Skip(1))
        {
            var options = new ChaosOptions(seed, numbers[0], Repositories: 120, Enhanced: seed % 3 != 2);
            await using var run = await ChaosRun.PlayAsync(options);
            Console.WriteLine($"seed {seed}: {run.Figures}");
            failures.AddRange(Told(run));
        }
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine + Environment.NewLine, failures));
    }

    private async Task HoldsAsync(ChaosOptions options)
    {
        await using var run = await ChaosRun.PlayAsync(options);
        output.WriteLine($"seed {options.Seed}: {run.Figures}");
        Assert.True(run.Failures.Count == 0, string.Join(Environment.NewLine + Environment.NewLine, Told(run)));
    }

    /// <summary>One story of each kind of failure, and how many there are.</summary>
    private static IEnumerable<string> Told(ChaosRun run) =>
        run.Failures.Select(kind => $"{kind.Value.Count} times: {kind.Value[0]}");
}
