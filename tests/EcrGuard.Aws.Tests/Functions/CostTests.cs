using System.Globalization;
using EcrGuard.Lambda.Flow.Sweeping;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// The calls that are made are those that <c>functions/README.md</c> counts for everything that happens in a month.
/// </summary>
public sealed class CostTests
{
    private static readonly string[] Scanners = ["basic", "enhanced"];

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task The_page_counts_a_quiet_day_as_it_is_swept()
    {
        var (registry, run) = (new Dictionary<string, Calls>(), new Dictionary<string, Calls>());
        var (repository, image) = (new Dictionary<string, Calls>(), new Dictionary<string, Calls>());
        // Twice as many are two runs of so many.
        const int one = SweepListing.BatchSize / 2 + 1;
        foreach (var scanner in Scanners)
        {
            var small = await SweepAsync(scanner, repositories: 2, images: 3);
            image[scanner] = (await SweepAsync(scanner, repositories: 2, images: 6) - small) / 6;
            repository[scanner] =
                (await SweepAsync(scanner, repositories: 4, images: 3) - small) / 2 - image[scanner] * 3;
            run[scanner] =
                await SweepAsync(scanner, 2 * one, images: 1)
                - await SweepAsync(scanner, one, images: 1)
                - repository[scanner] * one
                - image[scanner] * one;
            registry[scanner] = small - run[scanner] - repository[scanner] * 2 - image[scanner] * 6;
        }
        Assert.Multiple(
            () => AssertRow("the daily sweep", registry),
            () => AssertRow("… for each 25 repositories", run),
            () => AssertRow("… for each repository", repository),
            () => AssertRow("… for each image", image)
        );
    }

    [Fact]
    public async Task The_page_counts_an_image_from_its_push_to_its_verdict_and_a_question_about_it()
    {
        var (pushed, asked) = (new Dictionary<string, Calls>(), new Dictionary<string, Calls>());
        foreach (var scanner in Scanners)
        {
            await using var fixture = await StartAsync(scanner);
            await JudgedAsync(fixture, scanner, "warm");
            fixture.Aws.Requests.Take();
            await JudgedAsync(fixture, scanner, "1");
            pushed[scanner] = Calls.Of(fixture.Aws.Requests.Take());
            await fixture.Functions.AskAsync($"{GuardFixture.Repository}:1");
            asked[scanner] = Calls.Of(fixture.Aws.Requests.Take());
        }
        Assert.Multiple(
            () => AssertRow("a push, and its scan", pushed),
            () => AssertRow("a question of a pipeline", asked)
        );
    }

    [Fact]
    public async Task The_page_counts_the_ticks_and_the_weekly_summary()
    {
        await using var fixture = await StartAsync("basic");
        await fixture.Functions.BackfillAsync();
        await fixture.Functions.SummaryAsync("2026-W45");
        await TakeAsync("a tick of Backfill", () => fixture.Functions.BackfillAsync());
        await TakeAsync("the weekly summary", () => fixture.Functions.SummaryAsync());

        async Task TakeAsync(string what, Func<Task> tick)
        {
            fixture.Aws.Requests.Take();
            await tick();
            var calls = Calls.Of(fixture.Aws.Requests.Take());
            AssertRow(what, Scanners.ToDictionary(scanner => scanner, _ => calls));
        }
    }

    private static async Task<GuardFixture> StartAsync(string scanner)
    {
        var fixture = await GuardFixture.StartAsync();
        if (scanner == "enhanced")
            fixture.Aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        return fixture;
    }

    /// <summary>The calls of the second day on which nothing happened.</summary>
    private static async Task<Calls> SweepAsync(string scanner, int repositories, int images)
    {
        await using var fixture = await StartAsync(scanner);
        for (var r = 1; r < repositories; r++)
            fixture.Aws.Ecr.CreateRepository($"shop/{r}", scanOnPush: true);
        for (var r = 0; r < repositories; r++)
        {
            for (var i = 0; i < images; i++)
                Scan(fixture, scanner, r == 0 ? GuardFixture.Repository : $"shop/{r}", $"{i}");
        }
        await fixture.Functions.DeliverAllAsync();
        await fixture.Functions.BackfillAsync();
        await fixture.PassAsync(Day);
        await fixture.Functions.SweepAsync();
        await fixture.PassAsync(Day);
        fixture.Aws.Requests.Take();
        await fixture.Functions.SweepAsync();
        return Calls.Of(fixture.Aws.Requests.Take());
    }

    private static async Task JudgedAsync(GuardFixture fixture, string scanner, string tag)
    {
        fixture.Push(tag);
        await fixture.Functions.DeliverAllAsync();
        Scan(fixture, scanner, GuardFixture.Repository, tag);
        await fixture.Functions.DeliverAllAsync();
    }

    /// <summary>Ends the scan of an image. Pushes the image first if it is not there.</summary>
    private static void Scan(GuardFixture fixture, string scanner, string repository, string tag)
    {
        var digest = fixture.Aws.Ecr.DigestOf(repository, tag) ?? fixture.Push(tag, repository);
        if (scanner == "enhanced")
            fixture.Aws.Inspector.CompleteScan(repository, digest, GuardFixture.Low);
        else
            fixture.Aws.Ecr.CompleteScan(repository, digest, GuardFixture.Low);
    }

    /// <summary>
    /// A row has the calls to the ledger, to the bucket, and to the scanners with basic and enhanced scanning.
    /// </summary>
    private static void AssertRow(string what, Dictionary<string, Calls> measured)
    {
        var row = Page()
            .Single(line => line.StartsWith($"| {what} |", StringComparison.Ordinal))
            .Trim('|')
            .Split('|', StringSplitOptions.TrimEntries)
            .Skip(1)
            .Select(cell => double.Parse(cell, CultureInfo.InvariantCulture));
        Assert.Equal(
            [
                Rounded(Math.Max(measured["basic"].Ledger, measured["enhanced"].Ledger)),
                Rounded(Math.Max(measured["basic"].Bucket, measured["enhanced"].Bucket)),
                Rounded(measured["basic"].Scanners),
                Rounded(measured["enhanced"].Scanners),
            ],
            row
        );

        static double Rounded(double calls) => Math.Round(calls, 1);
    }

    private static string[] Page()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "EcrGuard.sln")))
            folder = folder.Parent!;
        return File.ReadAllLines(Path.Combine(folder.FullName, "functions", "README.md"));
    }

    private readonly record struct Calls(double Ledger, double Bucket, double Scanners)
    {
        public static Calls Of(IEnumerable<LoggedRequest> requests)
        {
            // Whoever needs the registry's scanning configuration first reads it, and some need it at the same time.
            var services = requests
                .Where(request => request.Operation != "GetRegistryScanningConfiguration")
                .CountBy(request => request.Service)
                .ToDictionary();
            return new(
                services.GetValueOrDefault("dynamodb"),
                services.GetValueOrDefault("s3"),
                services.GetValueOrDefault("ecr") + services.GetValueOrDefault("inspector2")
            );
        }

        public static Calls operator +(Calls a, Calls b) =>
            new(a.Ledger + b.Ledger, a.Bucket + b.Bucket, a.Scanners + b.Scanners);

        public static Calls operator -(Calls a, Calls b) => a + b * -1;

        public static Calls operator *(Calls a, double times) =>
            new(a.Ledger * times, a.Bucket * times, a.Scanners * times);

        public static Calls operator /(Calls a, double by) => a * (1 / by);
    }
}
