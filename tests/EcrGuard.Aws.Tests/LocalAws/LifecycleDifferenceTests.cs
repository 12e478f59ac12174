using System.Text;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;
using Manifest = EcrGuard.LocalAws.Ecr.Manifest;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>
/// Compares two evaluators of lifecycle policies over random repositories and policies: the product's and the local
/// ECR's. They were written separately from the same documentation, with open questions answered as in
/// <c>LifecycleAssumptions</c>. A difference is an error in one of them, and the documentation says in which one.
/// </summary>
public sealed class LifecycleDifferenceTests
{
    private const int Repositories = 3_000;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Ages on both sides of the rules' limits, and on the limits. Some are repeated to make them more frequent.
    /// </summary>
    private static readonly double[] Ages = [0, 0.5, 1, 1, 2, 2.5, 3, 5, 8, 90, 90.5, 100, 120, 200];

    private static readonly string[] Tags = ["a1", "a2", "b1", "b-a", "ab", "prod-1", "prod", "x"];

    private static readonly string[] Lists =
    [
        """ "tagPatternList":["a*"] """,
        """ "tagPatternList":["*a*"] """,
        """ "tagPatternList":["*1","a*"] """,
        """ "tagPatternList":["prod"] """,
        """ "tagPatternList":["*-*","b*"] """,
        """ "tagPatternList":["*"] """,
        """ "tagPrefixList":["a"] """,
        """ "tagPrefixList":["prod","x"] """,
        """ "tagPatternList":["*a*b*1*2*3*"] """,
    ];

    /// <summary>
    /// Other answers to the questions that the documentation leaves open. The comparison must notice each of them.
    /// </summary>
    private static readonly Dictionary<string, LifecycleReading> OtherReadings = new()
    {
        ["children are not selected"] = new LifecycleReading { SelectsChildren = false },
        ["referrers are selected"] = new LifecycleReading { SelectsReferrers = true },
        ["rules shield across storage classes"] = new LifecycleReading { ShieldsAcrossStorageClasses = true },
        ["a restore is no push"] = new LifecycleReading { RestoreCountsAsPush = false },
        ["days of the calendar"] = new LifecycleReading { CountsCalendarDays = true },
        ["the later push is the younger"] = new LifecycleReading { Ties = LifecycleTies.LaterPushIsYounger },
    };

    public static TheoryData<string> OtherReadingNames => [.. OtherReadings.Keys];

    [Fact]
    public async Task Both_evaluators_agree()
    {
        var (accepted, taken, differences) = await CompareAsync(new LifecycleReading(), Repositories);

        TestContext.Current.TestOutputHelper?.WriteLine($"{accepted} policies accepted, {taken} images taken");
        Assert.Empty(differences);
        Assert.InRange(accepted, Repositories / 2, Repositories - 1);
        Assert.InRange(taken, Repositories / 2, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(OtherReadingNames))]
    public async Task Another_reading_is_noticed(string reading) =>
        Assert.NotEmpty((await CompareAsync(OtherReadings[reading], Repositories / 6)).Differences);

    private static async Task<(int Accepted, int Taken, IReadOnlyList<string> Differences)> CompareAsync(
        LifecycleReading localReading,
        int repositories
    )
    {
        await using var aws = await LocalAwsServer.StartAsync(
            new LocalAwsOptions { TimeProvider = new FakeTimeProvider(Now), Lifecycle = localReading }
        );
        var (accepted, taken) = (0, 0);
        var differences = new List<string>();
        for (var seed = 0; seed < repositories; seed++)
        {
            var random = new Random(seed);
            var repository = $"repository-{seed}";
            aws.Ecr.CreateRepository(repository);
            var images = Fill(aws.Ecr, repository, random);
            var policy = Policy(random);

            var reading = LifecyclePolicy.Read(Encoding.UTF8.GetBytes(policy));
            IReadOnlyList<TakenByLifecycle> local = [];
            var refusal = Record.Exception(() => local = aws.Ecr.PreviewLifecycle(repository, policy, Now));
            if (reading.Policy is null != refusal is not null)
                differences.Add(
                    $"{seed}: {policy}\nProduct: "
                        + $"{string.Join(' ', reading.Problems.Select(p => p.Message))}\nLocal ECR: "
                        + $"{refusal?.Message}"
                );
            if (reading.Policy is not { } read)
                continue;
            accepted++;
            var decided = LifecycleEvaluator
                .Evaluate(read, images, Now)
                .Where(d => d.Outcome != LifecycleOutcome.Keep)
                .ToList();
            taken += decided.Count;
            var product = Lines(
                decided.Select(d =>
                    (d.Image.Digest.ToString(), d.Rule!.Priority, d.Outcome == LifecycleOutcome.Archive)
                )
            );
            var ecr = Lines(local.Select(t => (t.Digest, t.RulePriority, t.Archived)));
            if (product != ecr)
                differences.Add($"{seed}: {policy}\nProduct:\n{product}\nLocal ECR:\n{ecr}");
        }

        return (accepted, taken, differences);
    }

    private static string Lines(IEnumerable<(string Digest, int Rule, bool Archived)> taken) =>
        string.Join('\n', taken.Order().Select(t => $"{t.Digest} {t.Rule} {(t.Archived ? "archived" : "expired")}"));

    private static List<LifecycleImage> Fill(LocalEcr ecr, string repository, Random random)
    {
        var images = new Dictionary<string, LifecycleImage>();
        var manifests = new List<Manifest>();
        for (var i = random.Next(12); i >= 0; i--)
        {
            var manifest = random.Next(6) switch
            {
                0 when manifests.Count > 0 => Manifest.Index([
                    .. Enumerable.Range(0, 2).Select(_ => ("linux/amd64", Any(manifests))),
                ]),
                1 when manifests.Count > 0 => Manifest.Referrer(Any(manifests).Digest, $"application/{i}"),
                2 when i % 4 == 0 => Manifest.Referrer(Manifest.Image("elsewhere").Digest, $"application/{i}"),
                _ => Manifest.Image($"{repository} {i}"),
            };
            if (images.ContainsKey(manifest.Digest))
                continue;
            manifests.Add(manifest);
            images.Add(manifest.Digest, Push(manifest));
        }
        return [.. images.Values];

        LifecycleImage Push(Manifest manifest)
        {
            var pushed = Now.AddDays(-Ages[random.Next(Ages.Length)]);
            var tags = Enumerable
                .Range(0, random.Next(4))
                .Select(_ => Tags[random.Next(Tags.Length)])
                .Distinct()
                .ToList();
            foreach (var tag in tags.DefaultIfEmpty(null))
            {
                ecr.Push(repository, manifest, tag, pushed, announce: false);
                if (tag is not null)
                    Take(tag);
            }
            var image = new LifecycleImage
            {
                Digest = Digest.Parse(manifest.Digest),
                Tags = tags,
                Storage = StorageStatus.Active,
                PushedAt = pushed,
                Children = [.. manifest.Children.Select(c => Digest.Parse(c.Digest))],
                Subject = SubjectOf(manifest) is { } subject ? Digest.Parse(subject) : null,
            };
            if (random.Next(3) == 0)
                ecr.Pull(
                    repository,
                    manifest.Digest,
                    (image = image with { LastPulledAt = Since(pushed) }).LastPulledAt
                );
            if (random.Next(3) == 0)
                ecr.Archive(
                    repository,
                    manifest.Digest,
                    (
                        image = image with { Storage = StorageStatus.Archived, LastArchivedAt = Since(pushed) }
                    ).LastArchivedAt
                );
            if (image.LastArchivedAt is { } archived && random.Next(2) == 0)
                ecr.Restore(
                    repository,
                    manifest.Digest,
                    (
                        image = image with { Storage = StorageStatus.Active, LastActivatedAt = Since(archived) }
                    ).LastActivatedAt
                );
            return image;
        }

        // A tag moves to the last image that is pushed with it.
        void Take(string tag)
        {
            foreach (var (digest, holder) in images.Where(i => i.Value.Tags.Contains(tag)).ToList())
                images[digest] = holder with { Tags = [.. holder.Tags.Where(t => t != tag)] };
        }

        DateTimeOffset Since(DateTimeOffset from) =>
            random.Next(4) == 0 ? Now : Now - (Now - from) * random.NextDouble();

        Manifest Any(List<Manifest> among) => among[random.Next(among.Count)];
    }

    private static string? SubjectOf(Manifest manifest)
    {
        using var document = System.Text.Json.JsonDocument.Parse(manifest.Text);
        return document.RootElement.TryGetProperty("subject", out var subject)
            ? subject.GetProperty("digest").GetString()
            : null;
    }

    /// <summary>A policy that ECR accepts in most cases.</summary>
    private static string Policy(Random random)
    {
        var priorities = Enumerable.Range(1, 20).ToArray();
        random.Shuffle(priorities);
        var rules = new List<string>();
        var count = random.Next(1, 6);
        var last = random.Next(3) > 0 ? 30 : 0;
        for (var i = 0; i < count; i++)
            rules.Add(Rule(priorities[i], random.Next(8) == 0 ? "untagged" : "tagged", archive: random.Next(4) == 0));
        if (last > 0)
            rules.Add(Rule(last, random.Next(2) == 0 ? "any" : "untagged", archive: false));
        if (random.Next(2) == 0)
            rules.Add(Rule(31, "any", archive: true));
        return $$"""{"rules":[{{string.Join(',', rules)}}]}""";

        string Rule(int priority, string tagStatus, bool archive)
        {
            var tags =
                tagStatus == "tagged"
                    ? $",{Lists[random.Next(random.Next(9) == 0 ? Lists.Length : Lists.Length - 1)]}"
                    : "";
            var days = new[] { 1, 2, 3, 5, 90 }[random.Next(5)];
            var (storage, type, unit, number, action) = archive
                ? (
                    """ "storageClass":"archive", """,
                    "sinceImageTransitioned",
                    ""","countUnit":"days" """,
                    random.Next(9) == 0 ? days : 90,
                    """{"type":"expire"}"""
                )
                : random.Next(4) switch
                {
                    0 => ("", "imageCountMoreThan", "", random.Next(1, 4), Either()),
                    1 => (
                        "",
                        "sinceImagePulled",
                        ""","countUnit":"days" """,
                        days,
                        random.Next(9) == 0 ? Either() : """{"type":"transition","targetStorageClass":"archive"}"""
                    ),
                    _ => (
                        """ "storageClass":"standard", """,
                        "sinceImagePushed",
                        ""","countUnit":"days" """,
                        days,
                        Either()
                    ),
                };
            return $$"""{"rulePriority":{{priority}},"selection":{"tagStatus":"{{tagStatus}}"{{tags}},{{storage}}"countType":"{{type}}"{{unit}},"countNumber":{{number}}},"action":{{action}}}""";
        }

        string Either() =>
            random.Next(2) == 0 ? """{"type":"expire"}""" : """{"type":"transition","targetStorageClass":"archive"}""";
    }
}
