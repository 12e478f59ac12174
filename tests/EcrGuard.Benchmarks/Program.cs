using EcrGuard.Benchmarks;

// dotnet run -c Release --project tests/EcrGuard.Benchmarks [-- NAME...]: measures and prints one table; ends with 1 if
// a limit is broken or a measurement failed. With --dry, each measurement is made once, as small as possible and
// without limits. This shows that all of them still measure something.
// With "serve REPOSITORIES IMAGES" it serves the registry of "first-sweep" for another tool, and measures nothing.
if (args is ["serve", var served, var each])
    return await Fleet.ServeAsync(int.Parse(served, null), int.Parse(each, null));
var dry = args.Contains("--dry");
(string Name, Func<Task<IReadOnlyList<Figure>>> MeasureAsync)[] measurements =
[
    ("judging", Judging.RunAsync),
    ("evaluating", Evaluating.RunAsync),
    ("summing", () => Summing.RunAsync(100_000, 1_000_000)),
    ("basic-findings", () => Memory.FindingsAsync(enhanced: false, 10_000)),
    ("enhanced-findings", () => Memory.FindingsAsync(enhanced: true, 10_000)),
    ("tags", () => Memory.TagsAsync(1_000)),
    ("one-repository", () => Fleet.OneRepositoryAsync(100_000)),
    ("interrupted", () => Fleet.InterruptedAsync(40, 50)),
    ("throttled", () => Fleet.ThrottledAsync(40, 50, 100)),
    ("small-cve-day", () => CveDay.RunAsync(20, 50)),
    ("cve-day", () => CveDay.RunAsync(1_000, 50)),
    ("small-fleet", () => Fleet.WholeAsync(100, 100)),
    ("small-sweep", () => Fleet.SweptAsync(100, 100)),
    ("sweep", () => Fleet.SweptAsync(1_000, 100)),
    ("first-sweep", () => Fleet.FirstSweptAsync(200, 50)),
    ("fleet", () => Fleet.WholeAsync(1_000, 100)),
    ("applying", () => Applying.RunAsync(200, 50)),
    ("thousand-policies", () => Applying.RunAsync(1_000, 5)),
    ("growth", () => Growth.RunAsync(200, 250, 500, 1_000, 2_000)),
    ("start-up", StartUp.RunAsync),
];

// A day of CVEs takes minutes even with few images, and the evaluators measure no function.
if (dry)
{
    Package.UseBuilt();
    measurements =
    [
        ("summing", () => Summing.RunAsync(10, 100)),
        ("basic-findings", () => Memory.FindingsAsync(enhanced: false, 20)),
        ("enhanced-findings", () => Memory.FindingsAsync(enhanced: true, 20)),
        ("tags", () => Memory.TagsAsync(1_000)),
        ("one-repository", () => Fleet.OneRepositoryAsync(5)),
        ("interrupted", () => Fleet.InterruptedAsync(2, 3)),
        ("throttled", () => Fleet.ThrottledAsync(2, 2, 100)),
        ("sweep", () => Fleet.SweptAsync(2, 2)),
        ("first-sweep", () => Fleet.FirstSweptAsync(2, 2)),
        ("fleet", () => Fleet.WholeAsync(2, 2)),
        ("applying", () => Applying.RunAsync(3, 2)),
        ("growth", () => Growth.RunAsync(2, 1, 3)),
    ];
}

var names = args.Where(arg => arg != "--dry").ToList();
if (names.Find(name => measurements.All(m => m.Name != name)) is { } unknown)
{
    Console.Error.WriteLine(
        $"There is no measurement '{unknown}': {string.Join(", ", measurements.Select(m => m.Name))}."
    );
    return 64;
}

var figures = new List<Figure>();
var failed = false;
foreach (var (name, measureAsync) in measurements.Where(m => names.Count == 0 || names.Contains(m.Name)))
{
    Console.Error.WriteLine($"measuring {name} ...");
    try
    {
        var measured = await measureAsync();
        // A whole run takes long, so the figures so far are useful if it is cut short.
        Figure.Print(measured, Console.Error);
        figures.AddRange(measured);
    }
    catch (FunctionFailedException failure)
    {
        Console.Error.WriteLine($"{name} failed: {failure.Message}");
        failed = true;
    }
}
Figure.Print(figures, Console.Out);
return failed || (!dry && figures.Any(figure => figure.IsTooMuch)) ? 1 : 0;
