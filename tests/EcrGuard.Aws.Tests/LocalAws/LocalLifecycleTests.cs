using System.Text.Json;
using Amazon.ECR;
using Amazon.ECR.Model;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalLifecycleTests
{
    private const string Repository = "pay/api";

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly string KeepOne = Policy(
        """{"rulePriority":1,"description":"Keep one","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}"""
    );

    private static readonly Dictionary<string, JsonElement> Documented = Load();

    public static TheoryData<string> DocumentedIds => [.. Documented.Keys];

    [Theory]
    [MemberData(nameof(DocumentedIds))]
    public async Task A_preview_shows_what_is_documented(string id)
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var expected = Fill(aws, Documented[id]);
        var policy = Documented[id].GetProperty("policy").GetRawText();

        await ecr.StartLifecyclePolicyPreviewAsync(
            new StartLifecyclePolicyPreviewRequest { RepositoryName = Repository, LifecyclePolicyText = policy }
        );

        var preview = await EndedAsync(ecr);
        var taken = expected.Where(e => e.Outcome != "Keep").ToList();
        Assert.Equal(
            taken
                .Select(e =>
                    (
                        e.Digest,
                        e.Outcome == "Expire" ? "EXPIRE" : "TRANSITION",
                        e.Outcome == "Expire" ? null : "ARCHIVE",
                        e.Rule
                    )
                )
                .Order(),
            preview
                .PreviewResults.Select(r =>
                    (r.ImageDigest, r.Action.Type.Value, r.Action.TargetStorageClass?.Value, r.AppliedRulePriority)
                )
                .Order()
        );
        Assert.Equal(taken.Count(e => e.Outcome == "Expire"), preview.Summary.ExpiringImageTotalCount);
        Assert.Equal(
            taken.Count(e => e.Outcome == "Archive"),
            preview.Summary.TransitioningImageTotalCounts?.Single().ImageTotalCount ?? 0
        );
    }

    [Theory]
    [MemberData(nameof(DocumentedIds))]
    public async Task Carrying_a_policy_out_leaves_what_is_documented(string id)
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var expected = Fill(aws, Documented[id]);
        await ecr.PutLifecyclePolicyAsync(
            new PutLifecyclePolicyRequest
            {
                RepositoryName = Repository,
                LifecyclePolicyText = Documented[id].GetProperty("policy").GetRawText(),
            }
        );

        var taken = aws.Ecr.RunLifecycle(Now);

        Assert.Equal(
            expected.Where(e => e.Outcome != "Keep").Select(e => (e.Digest, e.Rule)).Order(),
            taken.Select(t => (t.Digest, (int?)t.RulePriority)).Order()
        );
        var any = new DescribeImagesFilter { ImageStatus = ImageStatusFilter.ANY };
        var left =
            (
                await ecr.DescribeImagesAsync(new DescribeImagesRequest { RepositoryName = Repository, Filter = any })
            ).ImageDetails
            ?? [];
        Assert.Equal(
            expected
                .Where(e => e.Outcome != "Expire")
                .Select(e => (e.Digest, e.Outcome == "Archive" || e.WasArchived ? "ARCHIVED" : "ACTIVE"))
                .Order(),
            left.Select(i => (i.ImageDigest, i.ImageStatus.Value)).Order()
        );
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task A_preview_takes_a_while_and_there_is_one_at_a_time()
    {
        await using var aws = await StartAsync(new LocalAwsOptions { LifecyclePreviewPolls = 3 });
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("old"), "v1", Now.AddDays(-2));
        aws.Ecr.Push(Repository, Manifest.Image("new"), "v2", Now.AddDays(-1));
        var get = new GetLifecyclePolicyPreviewRequest { RepositoryName = Repository };
        var start = new StartLifecyclePolicyPreviewRequest
        {
            RepositoryName = Repository,
            LifecyclePolicyText = KeepOne,
        };

        await Assert.ThrowsAsync<LifecyclePolicyPreviewNotFoundException>(() =>
            ecr.GetLifecyclePolicyPreviewAsync(get)
        );
        Assert.Equal(
            ("IN_PROGRESS", KeepOne),
            await ecr.StartLifecyclePolicyPreviewAsync(start) is var started
                ? (started.Status.Value, started.LifecyclePolicyText)
                : default
        );
        var first = await ecr.GetLifecyclePolicyPreviewAsync(get);
        Assert.Equal(
            ("IN_PROGRESS", 0, (int?)null),
            (first.Status.Value, first.PreviewResults.Count, first.Summary.ExpiringImageTotalCount)
        );
        await Assert.ThrowsAsync<LifecyclePolicyPreviewInProgressException>(() =>
            ecr.StartLifecyclePolicyPreviewAsync(start)
        );
        await ecr.GetLifecyclePolicyPreviewAsync(get);
        var last = await ecr.GetLifecyclePolicyPreviewAsync(get);
        Assert.Equal(
            ("COMPLETE", 1, (int?)1),
            (last.Status.Value, last.PreviewResults.Count, last.Summary.ExpiringImageTotalCount)
        );
        await ecr.StartLifecyclePolicyPreviewAsync(start);
    }

    [Theory]
    [InlineData("FAILED")]
    [InlineData("EXPIRED")]
    public async Task A_preview_may_end_without_results(string end)
    {
        await using var aws = await StartAsync(new LocalAwsOptions { LifecyclePreviewEnd = end });
        using var ecr = aws.EcrClient();
        aws.Ecr.Push(Repository, Manifest.Image("old"), "v1", Now.AddDays(-2));
        aws.Ecr.Push(Repository, Manifest.Image("new"), "v2", Now.AddDays(-1));

        await ecr.StartLifecyclePolicyPreviewAsync(
            new StartLifecyclePolicyPreviewRequest { RepositoryName = Repository, LifecyclePolicyText = KeepOne }
        );

        var preview = await EndedAsync(ecr);
        Assert.Equal((end, 0), (preview.Status.Value, preview.PreviewResults.Count));
    }

    [Fact]
    public async Task A_preview_comes_in_pages_of_a_hundred_with_the_counts_of_all()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        for (var i = 0; i < 251; i++)
        {
            aws.Ecr.Push(Repository, Manifest.Image($"image {i}"), i % 2 == 0 ? null : $"v{i}", Now.AddDays(-300 + i));
        }

        await ecr.StartLifecyclePolicyPreviewAsync(
            new StartLifecyclePolicyPreviewRequest { RepositoryName = Repository, LifecyclePolicyText = KeepOne }
        );
        Assert.Equal(250, (await EndedAsync(ecr)).Summary.ExpiringImageTotalCount);

        var pages = new List<int>();
        await foreach (
            var page in ecr
                .Paginators.GetLifecyclePolicyPreview(
                    new GetLifecyclePolicyPreviewRequest { RepositoryName = Repository }
                )
                .Responses
        )
        {
            pages.Add(page.PreviewResults.Count);
        }

        Assert.Equal([100, 100, 50], pages);
        var untagged = new GetLifecyclePolicyPreviewRequest
        {
            RepositoryName = Repository,
            MaxResults = 100,
            Filter = new LifecyclePolicyPreviewFilter { TagStatus = TagStatus.UNTAGGED },
        };
        Assert.All((await ecr.GetLifecyclePolicyPreviewAsync(untagged)).PreviewResults, r => Assert.Null(r.ImageTags));
        var one = new GetLifecyclePolicyPreviewRequest
        {
            RepositoryName = Repository,
            ImageIds = [new ImageIdentifier { ImageTag = "v1" }, new ImageIdentifier { ImageTag = "none" }],
        };
        var shown = Assert.Single((await ecr.GetLifecyclePolicyPreviewAsync(one)).PreviewResults);
        Assert.Equal(
            ("v1", Now.AddDays(-299).UtcDateTime, "STANDARD"),
            (shown.ImageTags.Single(), shown.ImagePushedAt, shown.StorageClass.Value)
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.GetLifecyclePolicyPreviewAsync(
                new GetLifecyclePolicyPreviewRequest { RepositoryName = Repository, MaxResults = 101 }
            )
        );
    }

    [Fact]
    public async Task A_preview_without_a_policy_is_of_the_repositorys_own()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        var start = new StartLifecyclePolicyPreviewRequest { RepositoryName = Repository };

        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() => ecr.StartLifecyclePolicyPreviewAsync(start));
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            ecr.StartLifecyclePolicyPreviewAsync(
                new StartLifecyclePolicyPreviewRequest
                {
                    RepositoryName = Repository,
                    LifecyclePolicyText = KeepOne.Replace("any", "all", StringComparison.Ordinal),
                }
            )
        );
        await ecr.PutLifecyclePolicyAsync(
            new PutLifecyclePolicyRequest { RepositoryName = Repository, LifecyclePolicyText = KeepOne }
        );
        Assert.Equal(KeepOne, (await ecr.StartLifecyclePolicyPreviewAsync(start)).LifecyclePolicyText);
    }

    [Fact]
    public async Task A_policy_tells_when_it_was_last_carried_out_until_it_is_deleted()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        using var ecr = aws.EcrClient();
        await ecr.PutLifecyclePolicyAsync(
            new PutLifecyclePolicyRequest { RepositoryName = Repository, LifecyclePolicyText = KeepOne }
        );
        var get = new GetLifecyclePolicyRequest { RepositoryName = Repository };

        Assert.Null((await ecr.GetLifecyclePolicyAsync(get)).LastEvaluatedAt);
        aws.Ecr.RunLifecycle(Now);
        Assert.Equal(Now.UtcDateTime, (await ecr.GetLifecyclePolicyAsync(get)).LastEvaluatedAt);

        var deleted = await ecr.DeleteLifecyclePolicyAsync(
            new DeleteLifecyclePolicyRequest { RepositoryName = Repository }
        );
        Assert.Equal((KeepOne, Now.UtcDateTime), (deleted.LifecyclePolicyText, deleted.LastEvaluatedAt));
        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() => ecr.GetLifecyclePolicyAsync(get));
        await Assert.ThrowsAsync<LifecyclePolicyNotFoundException>(() =>
            ecr.DeleteLifecyclePolicyAsync(new DeleteLifecyclePolicyRequest { RepositoryName = Repository })
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whether_what_a_policy_takes_is_announced_is_a_choice(bool sends)
    {
        await using var aws = await StartAsync(new LocalAwsOptions { LifecycleSendsEvents = sends });
        aws.Ecr.CreateRepository(
            "own",
            lifecyclePolicy: Policy(
                """{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}""",
                """{"rulePriority":2,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"transition","targetStorageClass":"archive"}}"""
            )
        );
        var expired = aws.Ecr.Push("own", Manifest.Image("untagged"), pushedAt: Now.AddDays(-2), announce: false);
        var archived = aws.Ecr.Push("own", Manifest.Image("tagged"), "v1", Now.AddDays(-2), announce: false);

        Assert.Equal(
            [(expired, false), (archived, true)],
            aws.Ecr.RunLifecycle(Now).Select(t => (t.Digest, t.Archived))
        );

        var actions = aws
            .Events.Select(e => JsonDocument.Parse(e).RootElement.GetProperty("detail"))
            .Select(d => (d.GetProperty("image-digest").GetString(), d.GetProperty("action-type").GetString()));
        Assert.Equal(
            sends ? [(expired, "DELETE"), (archived, "UPDATE_STORAGE_CLASS")] : [],
            actions.OrderBy(a => a.Item2)
        );
    }

    [Fact]
    public async Task A_child_goes_only_with_its_index_and_a_referrer_with_its_subject()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        var (amd, arm, other) = (Manifest.Image("amd64"), Manifest.Image("arm64"), Manifest.Image("other"));
        var kept = aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", amd)]), "kept", Now.AddDays(-9));
        var gone = aws.Ecr.Push(
            Repository,
            Manifest.Index([("linux/arm64", arm), ("linux/amd64", amd)]),
            "gone-1",
            Now.AddDays(-9)
        );
        aws.Ecr.Push(Repository, other, "gone-2", Now.AddDays(-9));
        var signature = aws.Ecr.Push(Repository, Manifest.Referrer(other.Digest), pushedAt: Now.AddDays(-9));
        var signatureOfKept = aws.Ecr.Push(Repository, Manifest.Referrer(kept), pushedAt: Now.AddDays(-9));
        var policy = Policy(
            """{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["gone*"],"countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}""",
            """{"rulePriority":2,"selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{"type":"expire"}}"""
        );

        var taken = aws.Ecr.PreviewLifecycle(Repository, policy, Now).ToDictionary(t => t.Digest, t => t.RulePriority);

        Assert.Equal(
            new Dictionary<string, int>
            {
                [gone] = 1,
                [arm.Digest] = 2,
                [other.Digest] = 1,
                [signature] = 1,
            },
            taken
        );
        Assert.DoesNotContain(signatureOfKept, taken.Keys);
    }

    /// <summary>
    /// Questions that the documentation leaves open, one repository each: the images that go by the more likely reading
    /// and by the other one.
    /// </summary>
    [Theory]
    [InlineData("children occupy places", "old", "")]
    [InlineData("referrers occupy places", "", "old signature")]
    [InlineData("shields across storage classes", "archived", "")]
    [InlineData("a restore counts as a push", "pushed", "restored")]
    [InlineData("calendar days", "yesterday", "")]
    public async Task Where_the_documentation_is_silent_there_is_a_choice(string what, string likelier, string other)
    {
        foreach (var (isOther, expected) in new[] { (false, likelier), (true, other) })
        {
            var reading = new LifecycleReading();
            await using var aws = await StartAsync(
                new LocalAwsOptions
                {
                    Lifecycle = !isOther
                        ? reading
                        : what switch
                        {
                            "children occupy places" => reading with { SelectsChildren = false },
                            "referrers occupy places" => reading with { SelectsReferrers = true },
                            "shields across storage classes" => reading with { ShieldsAcrossStorageClasses = true },
                            "a restore counts as a push" => reading with { RestoreCountsAsPush = false },
                            _ => reading with { CountsCalendarDays = true },
                        },
                }
            );
            var names = new Dictionary<string, string>();
            var policy = Arrange(aws, what, names);

            var taken = aws.Ecr.PreviewLifecycle(Repository, policy, Now).Select(t => names[t.Digest]).Order();

            Assert.Equal((isOther, expected), (isOther, string.Join(' ', taken)));
        }
    }

    [Fact]
    public async Task A_hundred_thousand_images_are_previewed_and_expired_in_seconds()
    {
        await using var aws = await StartAsync(new LocalAwsOptions());
        aws.Ecr.CreateRepository("big", lifecyclePolicy: KeepOne);
        for (var i = 0; i < 100_000; i++)
        {
            aws.Ecr.Push("big", Manifest.Image($"image {i}"), $"v{i}", Now.AddMinutes(-200_000 + i), announce: false);
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        var taken = aws.Ecr.RunLifecycle(Now);

        TestContext.Current.TestOutputHelper?.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s");
        Assert.Equal(99_999, taken.Count);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    private static string Arrange(LocalAwsServer aws, string what, Dictionary<string, string> names)
    {
        const string expire = """{"type":"expire"}""";
        var keepTwo = Policy(
            $$"""{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{{expire}} }"""
        );
        switch (what)
        {
            case "children occupy places":
                Push("old", 9);
                var child = Manifest.Image("child");
                names[child.Digest] = "child";
                names[aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", child)]), "index", Now.AddDays(-2))] =
                    "index";
                return keepTwo;
            case "referrers occupy places":
                var old = Push("old", 9);
                names[aws.Ecr.Push(Repository, Manifest.Referrer(old), pushedAt: Now.AddDays(-8))] = "signature";
                Push("new", 1);
                return keepTwo;
            case "shields across storage classes":
                aws.Ecr.Archive(Repository, Push("archived", 500), Now.AddDays(-400));
                return Policy(
                    $$"""{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{{expire}} }""",
                    $$"""{"rulePriority":2,"selection":{"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":90},"action":{{expire}} }"""
                );
            case "a restore counts as a push":
                var restored = Push("restored", 30);
                aws.Ecr.Archive(Repository, restored, Now.AddDays(-20));
                aws.Ecr.Restore(Repository, restored, Now.AddDays(-1));
                Push("pushed", 10);
                return keepTwo.Replace("2}", "1}", StringComparison.Ordinal);
            default:
                Push("yesterday", 1.25);
                return Policy(
                    $$"""{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":1},"action":{{expire}} }"""
                );
        }

        string Push(string name, double daysAgo)
        {
            var digest = aws.Ecr.Push(Repository, Manifest.Image(name), name, Now.AddDays(-daysAgo));
            names[digest] = name;
            return digest;
        }
    }

    private static string Policy(params string[] rules) => $$"""{ "rules": [ {{string.Join(',', rules)}} ] }""";

    private static async Task<LocalAwsServer> StartAsync(LocalAwsOptions options)
    {
        var aws = await LocalAwsServer.StartAsync(options with { TimeProvider = new FakeTimeProvider(Now) });
        aws.Ecr.CreateRepository(Repository);
        return aws;
    }

    private static async Task<GetLifecyclePolicyPreviewResponse> EndedAsync(AmazonECRClient ecr)
    {
        GetLifecyclePolicyPreviewResponse preview;
        do
        {
            preview = await ecr.GetLifecyclePolicyPreviewAsync(
                new GetLifecyclePolicyPreviewRequest { RepositoryName = Repository }
            );
        } while (preview.Status == LifecyclePolicyPreviewStatus.IN_PROGRESS);
        return preview;
    }

    private static List<(string Digest, string Outcome, int? Rule, bool WasArchived)> Fill(
        LocalAwsServer aws,
        JsonElement example
    )
    {
        var expected = new List<(string, string, int?, bool)>();
        foreach (var image in example.GetProperty("images").EnumerateArray())
        {
            var digest = "";
            var manifest = Manifest.Image(image.GetProperty("name").GetString()!);
            foreach (var tag in image.GetProperty("tags").EnumerateArray().Select(t => t.GetString()).DefaultIfEmpty())
            {
                digest = aws.Ecr.Push(Repository, manifest, tag, Ago("pushedDaysAgo"));
            }

            if (Ago("pulledDaysAgo") is { } pulled)
            {
                aws.Ecr.Pull(Repository, digest, pulled);
            }

            if ((Ago("archivedDaysAgo") ?? Ago("activatedDaysAgo")) is { } archived)
            {
                aws.Ecr.Archive(Repository, digest, archived);
            }

            if (Ago("activatedDaysAgo") is { } activated)
            {
                aws.Ecr.Restore(Repository, digest, activated);
            }

            var result = image.GetProperty("expected");
            int? rule = result.TryGetProperty("rule", out var number) ? number.GetInt32() : null;
            expected.Add(
                (
                    digest,
                    result.GetProperty("outcome").GetString()!,
                    rule,
                    image.TryGetProperty("storage", out var storage) && storage.GetString() == "Archived"
                )
            );

            DateTimeOffset? Ago(string name) =>
                image.TryGetProperty(name, out var days) ? Now.AddDays(-days.GetDouble()) : null;
        }

        return expected;
    }

    private static Dictionary<string, JsonElement> Load()
    {
        using var cases = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "LocalAws", "documented-cases.json"))
        );
        return cases.RootElement.EnumerateArray().ToDictionary(e => e.GetProperty("id").GetString()!, e => e.Clone());
    }
}
