using System.Globalization;
using System.Text;
using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Reports;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.Cli.Demo;

/// <summary>
/// <c>ecrguard demo</c>: runs an embedded AWS on loopback, the events that it sends, and the real handlers over real
/// network calls. Every step says what is expected. A result that is not as expected gives a non-zero exit code.
/// </summary>
internal sealed class DemoRun
{
    private readonly TextWriter output;
    private readonly LocalAwsServer aws;
    private readonly LocalDeployment guard;
    private readonly List<string> surprises = [];
    private int step;

    private DemoRun(TextWriter output, LocalAwsServer aws, LocalDeployment guard) =>
        (this.output, this.aws, this.guard) = (output, aws, guard);

    /// <returns>0 if everything went as expected.</returns>
    public static async Task<int> RunAsync(DirectoryInfo folder, TextWriter output, CancellationToken cancellation)
    {
        // The template keeps EcrGuard's own reads from counting as pulls. The local AWS has no such exclusions.
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { BatchGetImageRecordsPull = false });
        Estate.Seed(aws);
        using var guard = new LocalDeployment(aws, Policy(), EnforcementMode.Mark, TimeProvider.System);
        var run = new DemoRun(output, aws, guard);
        SharedOptions.Make(folder);
        output.WriteLine(
            $"EcrGuard's demo: a local AWS on {aws.Endpoint}, its events, and the functions as they are deployed."
        );
        output.WriteLine(
            "The policy: CRITICAL blocks, HIGH warns; in payments/* HIGH blocks where an exploit is likely "
                + "or nobody says;"
        );
        output.WriteLine("one finding is waived; blocked images are marked everywhere but in legacy/*.");

        await run.BackfillAsync();
        await run.PushAsync();
        await run.BlockAsync();
        await run.GapsAsync();
        await run.IndexAsync();
        await run.LiftAsync();
        await run.SweepAsync();
        await run.AskAsync();
        await run.SumUpAsync(folder, cancellation);
        return run.End(folder);
    }

    private static PolicyDocument Policy()
    {
        using var resource = typeof(DemoRun).Assembly.GetManifestResourceStream("demo-policy.jsonc")!;
        using var reader = new StreamReader(resource);
        var now = TimeProvider.System.GetUtcNow();
        var text = reader
            .ReadToEnd()
            .Replace(
                "EXPIRES",
                now.AddDays(10).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            );
        var reading = PolicyReader.Read(Encoding.UTF8.GetBytes(text), now);
        return reading.Policy
            ?? throw new InvalidOperationException(
                string.Join(Environment.NewLine, reading.Problems.Select(p => p.ToString("Demo/policy.jsonc")))
            );
    }

    private async Task BackfillAsync()
    {
        Step("First deployment: what is there already is judged, without a storm of alerts");
        var state = await guard.BackfillAsync();
        Say(
            $"{state.Repositories} repositories, {state.Statuses.Total} images: {state.Statuses.Approved} "
                + $"approved, {state.Statuses.Blocked} blocked, {state.Statuses.Unscanned} not scanned"
        );
        Expect(state.DoneAt is not null, "the backfill is done");
        Expect(
            state.Statuses is { Blocked: 1, Approved: 10, Unscanned: 1 },
            "one image is blocked, ten are approved, one was never scanned"
        );
        Expect(Alerts(guard.AlertTopic).Count == 1, "one message tells the end, and no alert was sent");
        await StatusAsync($"{Estate.Ledger}:2.0", "BLOCKED");
        Tags(Estate.Ledger, "2.0");
        Say("  (an immutable repository: a tag of its own for each digest needs no tag to move)");
        Expect(TagsOf(Estate.Ledger, "2.0").Count == 2, "the blocked image carries the tag");
        await DeliverAsync();
        Expect(aws.Ecr.LifecyclePolicyOf(Estate.Shop) is null, "the backfill changes no repository");
    }

    private async Task PushAsync()
    {
        Step("A push: the image is pending, then its scan is clean");
        var digest = aws.Ecr.Push(Estate.Shop, Manifest.Image("shop/web 1.1"), "1.1");
        await DeliverAsync();
        Say($"{Estate.Shop} had no lifecycle policy; now it has the baseline's: untagged images go after 14 days");
        Expect(
            aws.Ecr.LifecyclePolicyOf(Estate.Shop) is not null,
            "a repository without a lifecycle policy got the baseline's"
        );
        await StatusAsync($"{Estate.Shop}:1.1", "PENDING");
        aws.Ecr.CompleteScan(Estate.Shop, digest, Estate.Tar, Estate.Curl);
        await DeliverAsync();
        await StatusAsync($"{Estate.Shop}:1.1", "APPROVED");
    }

    private async Task BlockAsync()
    {
        Step("A push with a critical finding: blocked through a tag, and security hears of it");
        var digest = aws.Ecr.Push(Estate.Shop, Manifest.Image("shop/web 1.2"), "1.2");
        Tags(Estate.Shop, "1.2", "before");
        aws.Ecr.CompleteScan(Estate.Shop, digest, Estate.OpenSsl, Estate.Curl, Estate.Tar);
        var before = Alerts(guard.AlertTopic).Count;
        await DeliverAsync();
        Tags(Estate.Shop, "1.2", "after");
        await StatusAsync($"{Estate.Shop}:1.2", "BLOCKED");
        Expect(
            TagsOf(Estate.Shop, "1.2").Contains($"ecrguard-blocked-{digest["sha256:".Length..]}"),
            "the image carries ecrguard-blocked-<its digest>"
        );
        var alerts = Alerts(guard.AlertTopic).Skip(before).ToList();
        Expect(alerts.Count == 1, "one alert was sent");
        if (alerts is [var (subject, text), ..])
        {
            Say($"the alert: {subject}");
            foreach (var line in text.Split('\n').Take(14))
                Say($"  | {line}");
        }
    }

    private async Task GapsAsync()
    {
        Step("What cannot be judged is not clean");
        var digest = aws.Ecr.Push(Estate.Scratch, Manifest.Image("a static binary on nothing"), "1");
        aws.Ecr.FailScan(
            Estate.Scratch,
            digest,
            "UNSUPPORTED_IMAGE",
            "UnsupportedImageError: The operating system is not supported."
        );
        aws.Ecr.Push(Estate.Legacy, Manifest.Image("the report of today"), "8");
        await DeliverAsync();
        await StatusAsync($"{Estate.Scratch}:1", "UNSUPPORTED");
        await StatusAsync($"{Estate.Legacy}:8", "UNSCANNED");
        Expect(aws.Ecr.LifecyclePolicyOf(Estate.Legacy) is null, "in legacy/* nothing was written");
    }

    private async Task IndexAsync()
    {
        Step("The registry is switched to enhanced scanning; a multi-platform image is judged by its platforms");
        aws.Ecr.Scanning = ScanningConfiguration.Enhanced;
        var (amd64, arm64) = (Manifest.Image("payments/api 3.1 amd64"), Manifest.Image("payments/api 3.1 arm64"));
        aws.Ecr.Push(
            Estate.Api,
            Manifest.Index([("linux/amd64", amd64), ("linux/arm64", arm64)], attestations: true),
            "3.1"
        );
        await DeliverAsync();
        await StatusAsync($"{Estate.Api}:3.1", "PENDING");
        aws.Inspector.CompleteScan(Estate.Api, amd64.Digest, Estate.Zlib, Estate.Tar);
        aws.Inspector.CompleteScan(Estate.Api, arm64.Digest, Estate.Zlib, Estate.OpenSsl);
        await DeliverAsync();
        await StatusAsync($"{Estate.Api}:3.1", "BLOCKED");
        Tags(Estate.Api, "3.1");
        Expect(
            aws.Ecr.LifecyclePolicyOf(Estate.Ledger)!.Contains("Keep the last 30", StringComparison.Ordinal),
            "a team's own lifecycle policy was kept"
        );
        Expect(TagsOf(Estate.Api, "3.1").Count == 2, "the index carries the tag, its children stay untagged");

        var fixedIndex = Manifest.Index(
            [("linux/amd64", amd64), ("linux/arm64", Manifest.Image("payments/api 3.2 arm64"))],
            attestations: true
        );
        aws.Ecr.Push(Estate.Api, fixedIndex, "3.2");
        foreach (
            var child in fixedIndex
                .Children.Where(c =>
                    c.Digest != amd64.Digest && !c.Text.Contains("attestation", StringComparison.Ordinal)
                )
                .Take(1)
        )
            aws.Inspector.CompleteScan(Estate.Api, child.Digest, Estate.Zlib);
        await DeliverAsync();
        await StatusAsync($"{Estate.Api}:3.2", "APPROVED");
    }

    private async Task LiftAsync()
    {
        Step("The finding is closed by a new scan: the block is lifted and its tag removed, the team's tags stay");
        var digest = aws.Ecr.DigestOf(Estate.Shop, "1.2")!;
        aws.Inspector.CompleteScan(Estate.Shop, digest, Estate.Curl);
        Tags(Estate.Shop, "1.2", "before");
        await DeliverAsync();
        Tags(Estate.Shop, "1.2", "after");
        await StatusAsync($"{Estate.Shop}:1.2", "APPROVED");
        Expect(TagsOf(Estate.Shop, "1.2") is ["1.2"], "only the team's tag is left");
    }

    private async Task SweepAsync()
    {
        Step("The daily sweep: what runs is shielded, and what events have missed is made good");
        var blocked = aws.Ecr.Push(Estate.Shop, Manifest.Image("shop/web 1.3"), "1.3");
        aws.Inspector.CompleteScan(Estate.Shop, blocked, Estate.OpenSsl);
        Say(
            $"{Estate.Shop}:1.3 has a critical finding, and its events are lost: "
                + $"{Phrase.Count(aws.Events.Take().Count, "event")}"
        );
        aws.Ecs.CreateService(
            "main",
            "web",
            aws.Ecs.RegisterTaskDefinition("web", Estate.Uri(aws, Estate.Shop, "1.1")),
            desiredCount: 0
        );
        aws.Ecs.CreateService(
            "main",
            "report",
            aws.Ecs.RegisterTaskDefinition("report", Estate.Uri(aws, Estate.Legacy, "7"))
        );
        aws.Ecr.PutLifecyclePolicy(Estate.Legacy, Estate.KeepsOne);
        Say(
            $"an ECS service, scaled to zero, runs {Estate.Shop}:1.1; another runs {Estate.Legacy}:7, whose "
                + "team's policy keeps one image"
        );

        var end = await guard.SweepAsync();
        await DeliverAsync();
        Say($"swept: {end.Images} images in {end.Repositories} repositories");
        Expect(end is { Unfinished: 0, Undone: 0 }, "everything could be done");
        await StatusAsync($"{Estate.Shop}:1.3", "BLOCKED");
        Tags(Estate.Shop, "1.1");
        Expect(
            TagsOf(Estate.Shop, "1.1").Any(tag => tag.StartsWith("ecrguard-inuse-", StringComparison.Ordinal)),
            "the image in use carries its shield"
        );
        Expect(TagsOf(Estate.Legacy, "7") is ["7"], "in legacy/* nothing was written");
        Say(
            $"in {Estate.Legacy} EcrGuard only observes: that ECR will expire an image in use stands first in "
                + "the summary"
        );
    }

    private async Task AskAsync()
    {
        Step("A pipeline asks: by tag, by digest, for what does not exist, and as a gate");
        var digest = aws.Ecr.DigestOf(Estate.Api, "3.1")!;
        await AnswerAsync($"{Estate.Api}:3.2", require: false, 200);
        await AnswerAsync($"{Estate.Api}@{digest}", require: false, 200);
        await AnswerAsync($"{Estate.Api}@{digest}", require: true, 412);
        await AnswerAsync($"{Estate.Api}:9.9", require: false, 404);
        await AnswerAsync("payments", require: false, 400);
    }

    private async Task SumUpAsync(DirectoryInfo folder, CancellationToken cancellation)
    {
        Step("The weekly summary, as security gets it");
        var report = await guard.SummaryAsync(IsoWeek.Of(TimeProvider.System.GetUtcNow()).ToString());
        var summary = Alerts(guard.SummaryTopic);
        Expect(summary.Count == 1, "one summary was sent");
        Expect(
            summary[0].Text.Contains("IN USE, AND ABOUT TO EXPIRE: 1 image", StringComparison.Ordinal),
            "the summary names the image in use that will go"
        );
        foreach (var line in summary[0].Text.Split('\n'))
            Say($"  | {line}");

        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "weekly-summary.txt"),
            $"Subject: {summary[0].Subject}\n\n{summary[0].Text}\n",
            cancellation
        );
        var inBucket = report.Whole[$"s3://{LocalDeployment.Bucket}/".Length..];
        foreach (var form in new[] { "report.html", "report.json" })
            await File.WriteAllBytesAsync(
                Path.Combine(folder.FullName, $"weekly-{form}"),
                aws.S3.Find(LocalDeployment.Bucket, inBucket + form)!.Content.ToArray(),
                cancellation
            );
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "alerts.txt"),
            string.Join("\n\n", Alerts(guard.AlertTopic).Select(a => $"Subject: {a.Subject}\n\n{a.Text}")) + "\n",
            cancellation
        );
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "ledger.jsonl"),
            string.Concat(aws.DynamoDb.Items(LocalDeployment.Table).Select(item => item.ToJsonString() + "\n")),
            cancellation
        );
        await File.WriteAllTextAsync(
            Path.Combine(folder.FullName, "calls.txt"),
            string.Concat(
                aws.Requests.GroupBy(r => (r.Service, r.Operation))
                    .OrderBy(g => g.Key.Service, StringComparer.Ordinal)
                    .ThenBy(g => g.Key.Operation, StringComparer.Ordinal)
                    .Select(g => $"{g.Count(), 6}  {g.Key.Service} {g.Key.Operation}\n")
            ),
            cancellation
        );
    }

    private static readonly IReadOnlyList<(string File, string What)> Written =
    [
        ("alerts.txt", "what security was told, as by e-mail"),
        ("weekly-summary.txt", "the weekly report, as by e-mail"),
        ("weekly-report.html", "the same as a page, as in S3"),
        ("weekly-report.json", "the same for machines, as in S3"),
        ("ledger.jsonl", "every item of the DynamoDB table"),
        ("calls.txt", "what was called in AWS, and how often"),
    ];

    private int End(DirectoryInfo folder)
    {
        foreach (var unexpected in aws.Unexpected)
            surprises.Add($"the local AWS refused: {unexpected}");
        output.WriteLine();
        if (surprises.Count > 0)
        {
            output.WriteLine($"{Phrase.Count(surprises.Count, "surprise")}:");
            foreach (var surprise in surprises)
                output.WriteLine($"  {surprise}");
            return ExitCodes.Wrong;
        }
        output.WriteLine("Everything went as expected. Written:");
        foreach (var (file, what) in Written)
            output.WriteLine($"  {Path.Combine(folder.FullName, file), -50} {what}");
        return ExitCodes.Done;
    }

    private async Task AnswerAsync(string image, bool require, int expected)
    {
        var (status, body) = await guard.AskAsync(image, require);
        Say($"GET /approval?image={Brief(image)}{(require ? "&require=approved" : "")}");
        var approved = body.GetProperty("approved").GetRawText();
        var named = body.TryGetProperty("digest", out var digest) ? $" digest={Brief(digest.GetString()!)}" : "";
        Say($"  {status} {Word(body, "status")} approved={approved}{named}");
        foreach (
            var line in (
                body.TryGetProperty("toPass", out var ways)
                    ? ways.EnumerateArray().Select(w => w.GetString()!)
                    : [Word(body, "problem") ?? ""]
            ).Take(3)
        )
            Say($"  {line}");
        Expect(status == expected, $"the answer is {expected}");
    }

    private async Task StatusAsync(string image, string expected)
    {
        var (_, body) = await guard.AskAsync(image);
        var status = Word(body, "status");
        Say($"{image} is {status}");
        if (body.TryGetProperty("reasons", out var reasons))
        {
            foreach (var reason in reasons.EnumerateArray().Take(3))
                Say($"  because: {Word(reason, "sentence")}");
        }
        Expect(status == expected, $"{image} is {expected}");
    }

    private async Task DeliverAsync()
    {
        foreach (var failure in await guard.DeliverAsync())
            surprises.Add($"an event failed: {failure}");
    }

    private void Tags(string repository, string tag, string when = "now") =>
        Say($"tags of {repository}:{tag} {when}: {string.Join(", ", TagsOf(repository, tag).Select(Brief))}");

    private IReadOnlyList<string> TagsOf(string repository, string tag) =>
        aws.Ecr.TagsOf(repository, aws.Ecr.DigestOf(repository, tag)!)!;

    /// <summary>The e-mails that subscribers of a topic have received.</summary>
    private List<(string Subject, string Text)> Alerts(string topic) =>
        [
            .. aws
                .Sns.Messages.Where(m => m.TopicArn == topic)
                .Select(m =>
                {
                    using var structure = JsonDocument.Parse(m.Message);
                    return (m.Subject ?? "", structure.RootElement.GetProperty("email").GetString()!);
                }),
        ];

    /// <summary>Shortens digests: nobody reads sixty-four hexadecimal characters.</summary>
    private static string Brief(string text) =>
        text.Length > 64 && Core.Images.Digest.TryParse("sha256:" + text[^64..], out var digest)
            ? $"{text[..^64]}{digest.Abbreviated}…"
            : text;

    private static string? Word(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private void Step(string what)
    {
        output.WriteLine();
        output.WriteLine($"{++step}. {what}");
    }

    /// <summary>Prints one line, or as many as a narrow terminal needs.</summary>
    private void Say(string what)
    {
        var indent = what.Length - what.TrimStart(' ', '|', '-').Length;
        for (var rest = what; ; )
        {
            var cut = rest.Length <= Width ? -1 : rest.LastIndexOf(' ', Width);
            // A word that is longer than a line is not moved.
            if (cut <= indent + 4 || (rest.Length - cut > Width && !rest.AsSpan(cut + 1).Contains(' ')))
            {
                output.WriteLine($"   {rest}");
                return;
            }
            output.WriteLine($"   {rest[..cut]}");
            rest =
                (what.StartsWith("  |", StringComparison.Ordinal) ? "  |" : "").PadRight(indent + 2)
                + rest[(cut + 1)..];
        }
    }

    private const int Width = 110;

    private void Expect(bool condition, string what)
    {
        if (condition)
            return;
        surprises.Add($"step {step}: expected that {what}");
        output.WriteLine($"   SURPRISE: expected that {what}");
    }
}
