using System.IO.Compression;
using System.Text;
using System.Text.Json;
using EcrGuard.Aws.Actions;
using EcrGuard.Aws.Ledger;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>What is in the ledger, item by item. Tools of other accounts and people read it, too.</summary>
public sealed class LedgerTests
{
    private const string Partition = $"R#123456789012#eu-central-1#{Repository}";

    [Fact]
    public async Task Every_key_names_account_region_and_repository()
    {
        await using var fixture = await StartAsync();
        var amd64 = Manifest.Image("amd64");
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index([("linux/amd64", amd64)]), "1");
        fixture.Aws.Ecr.CompleteScan(Repository, amd64.Digest, Critical);
        await fixture.Functions.DeliverAllAsync();

        // Beside the repository's items there is one item of the registry. It says in which table the ledger is.
        Assert.All(
            fixture.Aws.DynamoDb.Items(Table),
            item =>
                Assert.Equal(
                    item["sk"]!.GetValue<string>() == "TABLE" ? "S#123456789012#eu-central-1" : Partition,
                    item["pk"]!.GetValue<string>()
                )
        );
        Assert.Equal(["A#", "D", "H#", "I#", "TA", "X#"], Kinds(fixture).Distinct());
        Assert.Equal($"X#{amd64.Digest[7..]}#{index[7..]}", fixture.Items("X#").Single()["sk"]!.GetValue<string>());
        Assert.All(
            fixture.Items("I#"),
            item => Assert.Matches("^123456789012#eu-central-1#BLOCKED#[0-7]$", item["gsi1pk"]!.GetValue<string>())
        );
        Assert.Equal($"{Repository}#{index[7..]}", fixture.Item(index)["gsi1sk"]!.GetValue<string>());
    }

    [Fact]
    public async Task History_and_writes_end_after_400_days_and_what_is_current_does_not()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        Assert.Null(fixture.Item(digest)["expires"]);
        foreach (var item in fixture.Items("H#").Concat(fixture.Items("A#")))
        {
            var ends = DateTimeOffset.FromUnixTimeSeconds(item["expires"]!.GetValue<long>());
            Assert.InRange((ends - fixture.Time.GetUtcNow()).TotalDays, 399.9, 400);
        }

        fixture.Time.Advance(TimeSpan.FromDays(401));
        fixture.Aws.DynamoDb.DeleteExpired();
        Assert.Equal(["D", "I#", "TA"], Kinds(fixture));
    }

    [Fact]
    public async Task A_change_of_status_leaves_a_history_entry_with_its_reasons_and_its_policy()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical, High);
        await fixture.Functions.DeliverAllAsync();
        var history = fixture.Items("H#");
        Assert.Equal(
            [("NEW", "PENDING"), ("PENDING", "BLOCKED")],
            history.Select(h => (h["from"]!.GetValue<string>(), h["status"]!.GetValue<string>()))
        );
        Assert.All(
            history,
            h =>
                Assert.StartsWith($"H#{digest[7..]}#2026-11-18T", h["sk"]!.GetValue<string>(), StringComparison.Ordinal)
        );
        Assert.Contains("CVE-2026-1001", history[1]["reasons"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{64}$", history[1]["policyVersion"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_write_to_ecr_stands_in_the_ledger_before_it_is_made_and_its_outcome_after()
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        var before = "";
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => before = fixture.Items("A#").Single()["outcome"]!.GetValue<string>()) with
            {
                Operation = "PutImage",
            }
        );
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("intended", before);
        var write = Assert.Single(fixture.Items("A#"));
        Assert.Equal(
            ("Add", BlockedTag(digest), "done"),
            (
                write["change"]!.GetValue<string>(),
                write["tag"]!.GetValue<string>(),
                write["outcome"]!.GetValue<string>()
            )
        );
        Assert.EndsWith(digest, write["image"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(
            string.CompareOrdinal(write["intendedAt"]!.GetValue<string>(), write["endedAt"]!.GetValue<string>()) < 0
        );
    }

    [Fact]
    public async Task A_write_that_is_no_longer_wanted_just_before_it_is_superseded()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical);
        fixture.Aws.Ecr.CompleteScan(Repository, digest);
        fixture.Aws.Faults.Add(
            Fault.Meanwhile(() => fixture.Aws.Ecr.DeleteTag(Repository, BlockedTag(digest))) with
            {
                Operation = "DescribeImages",
                From = 2,
            }
        );
        await fixture.Functions.ChangedAsync(fixture.Aws.Events.Take());

        Assert.StartsWith(
            "superseded: ",
            fixture.Items("A#").Single(write => write["change"]!.GetValue<string>() == "Remove")[
                "outcome"
            ]!.GetValue<string>(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_writers_the_one_with_the_newer_facts_wins_whoever_stores_last(bool olderLast)
    {
        await using var fixture = await StartAsync();
        var digest = fixture.Push("1");
        await fixture.Functions.DeliverAllAsync();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        var events = fixture.Aws.Events.Take();
        if (olderLast)
        {
            // The older one has read its facts and is about to store them. Then another instance reads and stores a
            // scan with the fix.
            fixture.Aws.Faults.Add(
                Fault.Meanwhile(() =>
                {
                    fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
                    Task.Run(() => fixture.Deploy().ChangedAsync([.. fixture.Aws.Events.Take()])).Wait();
                }) with
                {
                    Operation = "TransactWriteItems",
                }
            );
            Assert.Empty(await fixture.Functions.ChangedAsync(events));
        }
        else
        {
            Assert.Empty(await fixture.Functions.ChangedAsync(events));
            fixture.Aws.Ecr.CompleteScan(Repository, digest, High);
            await fixture.Functions.DeliverAllAsync();
        }
        await fixture.Functions.DeliverAllAsync();

        Assert.Equal("APPROVED", fixture.Status(digest));
        Assert.Equal(["1"], fixture.Tags(digest));
    }

    [Fact]
    public async Task Ten_thousand_findings_stay_far_from_what_an_item_holds_and_stand_whole_in_the_bucket()
    {
        await using var fixture = await StartAsync();
        var sentence = new string('x', 900);
        await fixture.ScannedAsync(
            "1",
            [
                .. Enumerable
                    .Range(0, 10_000)
                    .Select(i => new LocalFinding(
                        $"CVE-2026-{i:000000}",
                        "CRITICAL",
                        new LocalPackage($"package-{i}-{sentence[..200]}", "1.0", "1.1")
                    )
                    {
                        Description = sentence,
                    }),
            ]
        );

        Assert.All(
            fixture.Aws.DynamoDb.Items(Table),
            item => Assert.InRange(Encoding.UTF8.GetByteCount(item.ToJsonString()), 0, 100_000)
        );
        Assert.Equal(10_000, Findings(fixture, fixture.Aws.S3.Keys(Bucket, "findings/").Single()).GetArrayLength());
    }

    [Fact]
    public async Task Findings_lie_under_their_own_hash_and_are_not_written_again_unless_they_changed()
    {
        await using var fixture = await StartAsync();
        var digest = await fixture.ScannedAsync("1", Critical, High);
        var key = Assert.Single(fixture.Aws.S3.Keys(Bucket));
        var match = System.Text.RegularExpressions.Regex.Match(
            key,
            $"^findings/123456789012/eu-central-1/{Repository}/{digest[7..]}/([0-9a-f]{{64}})\\.json\\.gz$"
        );
        Assert.True(match.Success, key);
        Assert.Equal(
            match.Groups[1].Value,
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Unzipped(fixture, key)))
        );
        Assert.Equal(
            ["CVE-2026-1001", "CVE-2026-2002"],
            Findings(fixture, key)
                .EnumerateArray()
                .Select(f => f.GetProperty("vulnerability").GetString())
                .Order(StringComparer.Ordinal)
        );

        fixture.Aws.Requests.Take();
        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical, High);
        await fixture.Functions.DeliverAllAsync();
        Assert.DoesNotContain(fixture.Aws.Requests, r => r.Operation == "PutObject");

        fixture.Aws.Ecr.CompleteScan(Repository, digest, Critical);
        await fixture.Functions.DeliverAllAsync();
        Assert.Equal(2, fixture.Aws.S3.Keys(Bucket).Count);
    }

    [Fact]
    public async Task What_a_busy_table_leaves_unprocessed_is_asked_for_again()
    {
        await using var fixture = await StartAsync();
        fixture.Aws.DynamoDb.ProcessedPerBatch = 2;
        var platforms = Enumerable.Range(0, 7).Select(i => ($"linux/v{i}", Manifest.Image($"platform {i}"))).ToList();
        var index = fixture.Aws.Ecr.Push(Repository, Manifest.Index(platforms), "1");
        foreach (var (_, image) in platforms)
            fixture.Aws.Ecr.CompleteScan(Repository, image.Digest);
        Assert.Empty(await fixture.WhileTimePassesAsync(fixture.Functions.DeliverAsync()));

        Assert.Equal(7, fixture.Items("X#").Count);
        Assert.Equal("APPROVED", fixture.Status(index));
    }

    private static IEnumerable<string> Kinds(GuardFixture fixture) =>
        fixture
            .Aws.DynamoDb.Items(Table)
            .Select(item => item["sk"]!.GetValue<string>())
            .Select(sk => sk.Length == 1 ? sk : sk[..2])
            .Order(StringComparer.Ordinal);

    private static JsonElement Findings(GuardFixture fixture, string key)
    {
        using var json = JsonDocument.Parse(Unzipped(fixture, key));
        return json.RootElement.GetProperty("value").Clone();
    }

    private static byte[] Unzipped(GuardFixture fixture, string key)
    {
        using var gzip = new GZipStream(
            new MemoryStream(fixture.Aws.S3.Find(Bucket, key)!.Content.ToArray()),
            CompressionMode.Decompress
        );
        using var whole = new MemoryStream();
        gzip.CopyTo(whole);
        return whole.ToArray();
    }

    [Fact]
    public async Task Functions_that_carry_out_orders_take_their_turns_to_write_from_one_place()
    {
        await using var fixture = await StartAsync();
        var ledger = fixture.Functions.Part<WriteRecords>();
        using var one = new WriteRate(0.2, fixture.Time, ledger);
        using var other = new WriteRate(0.2, fixture.Time, ledger);
        using var own = new WriteRate(0.2, fixture.Time);
        await one.WaitAsync(CancellationToken.None);
        var first = fixture.Time.GetUtcNow();
        await own.WaitAsync(CancellationToken.None);

        await fixture.WhileTimePassesAsync(WrittenAsync(other));
        // The clock runs on while the ledger is asked.
        Assert.InRange(fixture.Time.GetUtcNow() - first, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));

        static async Task<bool> WrittenAsync(WriteRate rate)
        {
            await rate.WaitAsync(CancellationToken.None);
            return true;
        }
    }
}
