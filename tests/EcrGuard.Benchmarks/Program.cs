using EcrGuard.Benchmarks;

// dotnet run -c Release --project tests/EcrGuard.Benchmarks [-- NAME...]: measures and prints one table; ends with 1 where a limit is broken.
(string Name, Func<Task<IReadOnlyList<Figure>>> MeasureAsync)[] measurements =
[
    ("judging", Judging.RunAsync),
    ("basic-findings", () => Memory.FindingsAsync(enhanced: false, 10_000)),
    ("enhanced-findings", () => Memory.FindingsAsync(enhanced: true, 10_000)),
    ("tags", () => Memory.TagsAsync(1_000)),
    ("one-repository", () => Fleet.OneRepositoryAsync(100_000)),
    ("interrupted", () => Fleet.InterruptedAsync(40, 50)),
    ("throttled", () => Fleet.ThrottledAsync(40, 50, 100)),
    ("fleet", () => Fleet.WholeAsync(1_000, 100)),
    ("start-up", StartUp.RunAsync),
];

if (args.FirstOrDefault(arg => measurements.All(m => m.Name != arg)) is { } unknown)
{
    Console.Error.WriteLine($"There is no measurement '{unknown}': {string.Join(", ", measurements.Select(m => m.Name))}.");
    return 64;
}

var figures = new List<Figure>();
foreach (var (name, measureAsync) in measurements.Where(m => args.Length == 0 || args.Contains(m.Name)))
{
    Console.Error.WriteLine($"measuring {name} ...");
    figures.AddRange(await measureAsync());
}
Figure.Print(figures, Console.Out);
return figures.Any(figure => figure.IsTooMuch) ? 1 : 0;
