using EcrGuard.Aws.Ledger;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Benchmarks;

/// <summary>
/// How much memory the largest images cost: the whole flow of a function, in a process with no more memory than a
/// function of 512 MB.
/// </summary>
internal static class Memory
{
    private const string Repository = "team/large";

    /// <summary>An image with many findings. Every other one blocks.</summary>
    public static async Task<IReadOnlyList<Figure>> FindingsAsync(bool enhanced, int count)
    {
        await using var deployment = await Deployment.StartAsync();
        var aws = deployment.Aws;
        aws.Ecr.Scanning = enhanced ? ScanningConfiguration.Enhanced : ScanningConfiguration.Basic;
        aws.Ecr.CreateRepository(Repository, scanOnPush: true);
        var digest = aws.Ecr.Push(Repository, Manifest.Image("large"), "1.0");
        aws.Events.Take();
        await using var function = await deployment.StartAsync(
            await Package.ReadyToRunAsync(),
            "OnScanChangedAsync",
            "mark"
        );

        // The second scan finds other fixes. The findings of the first scan are then in memory beside its own.
        foreach (var fixedIn in new[] { "2.0", "2.1" })
        {
            var findings = Enumerable.Range(0, count).Select(i => Finding(i, fixedIn)).ToList();
            if (enhanced)
                aws.Inspector.CompleteScan(Repository, digest, findings);
            else
                aws.Ecr.CompleteScan(Repository, digest, findings);
            // This is the last batch of the events of an enhanced scan, with the scan's own event.
            await Deployment.DeliverAsync(function, aws.Events.Take().TakeLast(100));
        }
        await ExpectBlockedAsync(deployment, digest, blocking: count / 2);
        return
        [
            new Figure(
                $"{(enhanced ? "enhanced" : "basic")} scan of {count:#,0} findings: peak memory",
                function.PeakMiB,
                "MiB",
                Deployment.MemoryMiB
            ),
        ];
    }

    /// <summary>
    /// An image with as many tags as ECR allows, each pushed with an event. Then it is blocked, and there is no room
    /// for another tag.
    /// </summary>
    public static async Task<IReadOnlyList<Figure>> TagsAsync(int count)
    {
        await using var deployment = await Deployment.StartAsync();
        var aws = deployment.Aws;
        aws.Ecr.CreateRepository(Repository, scanOnPush: true);
        var digest = "";
        for (var tag = 0; tag < count; tag++)
            digest = aws.Ecr.Push(Repository, Manifest.Image("large"), $"{tag}");
        var package = await Package.ReadyToRunAsync();

        await using var pushed = await deployment.StartAsync(package, "OnImagePushedAsync", "mark");
        foreach (var batch in aws.Events.Take().Chunk(100))
            await Deployment.DeliverAsync(pushed, batch);
        aws.Ecr.CompleteScan(Repository, digest, [Finding(0, "2.0")]);
        await using var scanned = await deployment.StartAsync(package, "OnScanChangedAsync", "mark");
        await Deployment.DeliverAsync(scanned, aws.Events.Take());

        var record = await ExpectBlockedAsync(deployment, digest, blocking: 1);
        if (record.CouldNotMark is null)
            throw new FunctionFailedException(
                $"The image has {count} tags, and that it could not be marked is not recorded."
            );
        return
        [
            new Figure(
                $"{count:#,0} tags on one image, pushed: peak memory",
                pushed.PeakMiB,
                "MiB",
                Deployment.MemoryMiB
            ),
            new Figure(
                $"{count:#,0} tags on one image, blocked: peak memory",
                scanned.PeakMiB,
                "MiB",
                Deployment.MemoryMiB
            ),
        ];
    }

    public static LocalFinding Finding(int number, string fixedIn) =>
        new(
            $"CVE-2026-{number}",
            number % 2 == 0 ? "CRITICAL" : "MEDIUM",
            new LocalPackage(
                $"package-{number % 700}",
                "1.0",
                fixedIn,
                "NPM",
                $"/app/node_modules/package-{number % 700}/package.json"
            )
        )
        {
            Fix = "YES",
            Exploit = false,
            Epss = 0.05,
            Score = 7.5,
        };

    /// <summary>A figure counts only if the function did its work.</summary>
    private static async Task<ImageRecord> ExpectBlockedAsync(Deployment deployment, string digest, int blocking)
    {
        var image = new ImageId(
            new RepositoryId(deployment.Aws.AccountId, deployment.Aws.Region, Repository),
            Digest.Parse(digest)
        );
        var entry = await new ImageRecords(deployment.Ledger).FindAsync(image, CancellationToken.None);
        return entry?.Record is { Verdict.Status: Status.Blocked } record && record.ReasonCount == blocking
            ? record
            : throw new FunctionFailedException(
                $"{image} should be blocked for {blocking} reasons; the ledger says "
                    + $"{entry?.Record.Verdict.Status.ToString() ?? "nothing"}, for "
                    + $"{entry?.Record.ReasonCount ?? 0}."
            );
    }
}
