using System.Diagnostics;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Benchmarks;

/// <summary>
/// The weekly report of a large registry, from the records of its images to every file: it must grow with the images,
/// and what it keeps must leave room in a function of 512 MB, whose managed heap may take 384 MiB.
/// </summary>
internal static class Summing
{
    /// <summary>The limit for ten times the images: linear, with room for a larger heap. The square is 100.</summary>
    private const double Linear = 15;

    private const double MaxPageMb = 5;

    private const double MaxKeptMib = 300;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 7, 0, 0, TimeSpan.Zero);

    /// <param name="few">A tenth of <paramref name="many"/>.</param>
    public static Task<IReadOnlyList<Figure>> RunAsync(int few, int many)
    {
        // What the runtime compiles is not what is measured.
        Report(Math.Min(few, 1_000));
        var small = Report(few);
        var large = Report(many);
        var what = $"report of {many:#,0} images in {Repositories(many):#,0} repositories";
        return Task.FromResult<IReadOnlyList<Figure>>([
            new Figure(what, large.Time.TotalSeconds, "s"),
            new Figure($"{what}: time, as a multiple of {few:#,0}", large.Time / small.Time, "×", Linear),
            new Figure($"{what}: kept in memory", large.KeptBytes / 1024.0 / 1024, "MiB", MaxKeptMib),
            new Figure($"{what}: its page", large.PageBytes / 1e6, "MB", MaxPageMb),
        ]);
    }

    private static int Repositories(int images) => Math.Max(1, images / 100);

    /// <returns>The time of all, what the builder and the report hold at the end, and the size of the page.</returns>
    private static (TimeSpan Time, long KeptBytes, long PageBytes) Report(int images)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();
        var builder = new SummaryBuilder(
            new SummaryFacts
            {
                Account = "123456789012",
                Region = "eu-central-1",
                Week = IsoWeek.Parse("2026-W47"),
                GeneratedAt = Now,
                Policy = PolicyDocument.BuiltIn,
                Ceiling = EnforcementMode.Mark,
                Repositories = [.. Enumerable.Range(0, Repositories(images)).Select(Name)],
            }
        );
        foreach (var number in Enumerable.Range(0, images))
            builder.Add(Record(number, images));
        var summary = builder.Build();
        var sizes = SummaryForms.Of(summary).ToDictionary(file => file.Name, SizeOf);
        var time = Stopwatch.GetElapsedTime(started);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(builder);
        GC.KeepAlive(summary);
        return (time, kept, sizes[SummaryForms.Page]);
    }

    /// <summary>
    /// Each has two tags, one of them the name of a commit. Every fifth is blocked by three findings, and every
    /// thirtieth is an index of two others.
    /// </summary>
    private static ImageRecord Record(int number, int images)
    {
        var id = new ImageId(
            new RepositoryId("123456789012", "eu-central-1", Name(number % Repositories(images))),
            DigestOf(number)
        );
        var image = new ImageFacts
        {
            Id = id,
            ReadAt = Now,
            Tags = [$"build-{number}", id.Digest.Hex[..40]],
            Kind = ImageKind.Image,
            Storage = StorageStatus.Active,
            PushedAt = Now.AddMinutes(-number % 100_000),
            SizeInBytes = 100_000_000,
        };
        var scan = new ScanFacts
        {
            Scanner = Scanner.Enhanced,
            State = ScanState.Complete,
            Continuous = true,
            CompletedAt = Now.AddHours(-1),
            Findings =
                number % 5 == 0
                    ? Findings.Merge([Blocking(number % 700), Blocking(number % 711), Blocking(number % 723)])
                    : [],
            ReadAt = Now,
        };
        var verdict = Judge.Decide(image, scan, PolicyDocument.BuiltIn, null, Now);
        var record = ImageRecord.Of(image, verdict, null, $"{number}", Now, image.Tags);
        return number % 30 == 0 && number + (2 * Repositories(images)) < images
            ? record with
            {
                Children = [Child(number + Repositories(images)), Child(number + (2 * Repositories(images)))],
            }
            : record;
    }

    private static IndexChild Child(int number) => new(DigestOf(number), "linux/amd64", ImageKind.Image);

    private static Digest DigestOf(int number) => Digest.Parse($"sha256:{number * 2_654_435_761L:x64}");

    private static Finding Blocking(int number) =>
        new()
        {
            Vulnerability = $"CVE-2026-{number}",
            Severity = Severity.Critical,
            Package = $"package-{number % 50}",
            PackageManager = "NPM",
            Occurrences = [new PackageOccurrence("1.0", "1.1", $"/app/package-{number % 50}/package.json", null)],
            Fix = FixAvailability.Yes,
            Exploit = ExploitAvailability.No,
        };

    private static string Name(int number) => $"team-{number % 40}/service-{number}";

    /// <summary>Through a file, as the function does: a table of a million images is too large for memory.</summary>
    private static long SizeOf(SummaryFile file)
    {
        using var written = new FileStream(
            Path.GetTempFileName(),
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 65536,
            FileOptions.DeleteOnClose
        );
        file.Write(written);
        return written.Length;
    }
}
