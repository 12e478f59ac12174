using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>
/// How calls, time and memory grow with the registry: a plan, its apply and the sweep after it, with rates as ECR has
/// them.
/// </summary>
internal static class Growth
{
    private const string First = "first-of-all";

    /// <summary>Runs each size in turn. All repositories of a size hold the same images.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(int images, params IReadOnlyList<int> repositories)
    {
        var figures = new List<Figure>();
        foreach (var count in repositories)
        {
            var measured = await OfAsync(new Fleet.Size(count, images, Findings: 0));
            // The largest takes long, so the figures so far are useful if it is cut short.
            Figure.Print(measured, Console.Error);
            figures.AddRange(measured);
        }
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> OfAsync(Fleet.Size size)
    {
        var package = await Package.WithPolicyAsync("applying", Applying.Policy);
        await using var deployment = await Deployment.StartAsync(new LocalAwsOptions { EcrRates = new EcrRates() });
        var manifests = Enumerable.Range(0, size.Images).Select(i => Manifest.Image($"{i}")).ToList();
        Seed(deployment, First, manifests);
        await using (var backfill = await deployment.StartAsync(package, "BackfillAsync", "mark"))
            Fleet.ExpectWhole(await backfill.InvokeAsync("{}", Fleet.Whole), size with { Repositories = 1 });
        // To judge each image takes minutes for 100,000, and `fleet` measures it. Here the ledger is copied.
        string[] others = [.. Enumerable.Range(1, size.Repositories - 1).Select(r => $"team-{r % 40}/app-{r}")];
        foreach (var name in others)
            Seed(deployment, name, manifests);
        await deployment.CopyLedgerAsync(First, others);

        var what = $"{size.Text}, ECR's rates";
        var applied = await Applying.MeasureAsync(deployment, what, size.Repositories);
        var swept = await Fleet.SweepAsync(deployment, package, "mark", $"sweep of {what}", size, mostCalls: 6);
        return [.. applied, .. swept];
    }

    /// <summary>Nobody uses the images, so none is shielded: a shield costs a tag, and tags take turns.</summary>
    private static void Seed(Deployment deployment, string name, IReadOnlyList<Manifest> manifests)
    {
        var ecr = deployment.Aws.Ecr;
        ecr.CreateRepository(name, scanOnPush: true);
        var pushedAt = DateTimeOffset.UtcNow.AddDays(-400);
        foreach (var (i, manifest) in manifests.Index())
            ecr.CompleteScan(name, ecr.Push(name, manifest, $"1.{i}", pushedAt.AddHours(i), announce: false), []);
        deployment.Aws.Events.Take();
    }
}
