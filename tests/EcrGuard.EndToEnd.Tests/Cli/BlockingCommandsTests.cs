using System.Globalization;
using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// Somebody forces an approval, or has an image released. The tests go from the command line to the published function,
/// to the answer, and to what is reported afterwards.
/// </summary>
public sealed class BlockingCommandsTests
{
    private const string Secret = "local";
    private const string Why = "The shop is down; this image mends it.";

    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    private static string InHours(double hours) =>
        DateTimeOffset.UtcNow.AddHours(hours).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static async Task<(Deployment Guard, string Repository, string Digest)> BlockedAsync(
        string enforcement = "mark"
    )
    {
        var guard = new Deployment { Enforcement = enforcement };
        await guard.InitializeAsync();
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.CompleteScan(repository, digest, Critical);
        await guard.DeliverAllAsync();
        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
        return (guard, repository, digest);
    }

    private static Task<HttpApi> ApiAsync(Deployment guard, string secret = Secret) =>
        HttpApi.StartAsync(
            secret,
            async request =>
                (await (await guard.FunctionAsync("BreakGlass")).InvokeAsync(request, TimeSpan.FromSeconds(29))).Payload
        );

    private static async Task<string> AskAsync(Deployment guard, string image) =>
        (await (await guard.FunctionAsync("Approval")).InvokeAsync(new JsonObject { ["image"] = image })).Payload[
            "status"
        ]!.ToString();

    [Fact]
    public async Task A_signed_order_forces_the_approval_by_the_identity_that_signed_it_and_it_ends_on_time()
    {
        var (guard, repository, digest) = await BlockedAsync();
        await using var _ = guard;
        await using var api = await ApiAsync(guard);
        using var cli = new CommandLine();
        var until = InHours(2);

        var (forced, told) = await cli.RunAsync(
            guard.Aws,
            "breakglass",
            $"{repository}:1.0",
            "--reason",
            Why,
            "--until",
            until,
            "--url",
            api.Url
        );

        Assert.True(forced == 0, told);
        Assert.StartsWith(
            $"APPROVED  {guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}@{digest}",
            told,
            StringComparison.Ordinal
        );
        Assert.Contains($"although the verdict is BLOCKED: {HttpApi.UserArn} said on ", told, StringComparison.Ordinal);
        Assert.Equal("APPROVED", await AskAsync(guard, $"{repository}@{digest}"));
        Assert.Contains(
            guard.Alerts(repository),
            alert =>
                alert["kind"]!.ToString() == "break-glass"
                && alert["breakGlass"]!["by"]!.ToString() == HttpApi.UserArn
                && alert["breakGlass"]!["request"]!["accessKeyId"]!.ToString() == HttpApi.AccessKey
        );
        var recorded = Assert.Single(
            guard.Aws.DynamoDb.Items(Deployment.Table),
            item => item["sk"]!.ToString().StartsWith("B#", StringComparison.Ordinal)
        )["breakGlass"]!.ToString();
        Assert.Contains(HttpApi.UserArn, recorded, StringComparison.Ordinal);
        Assert.Contains(Why, recorded, StringComparison.Ordinal);

        // The test sets an earlier end, everywhere in the ledger.
        var item = guard.Item(repository, digest)!;
        foreach (var attribute in new[] { "record", "breakGlass" })
        {
            Assert.Contains(until[..^1], item[attribute]!.ToString(), StringComparison.Ordinal);
            await guard.UpdateAsync(
                item["pk"]!.ToString(),
                item["sk"]!.ToString(),
                attribute,
                item[attribute]!.ToString().Replace(until[..^1], InHours(-1)[..^1], StringComparison.Ordinal)
            );
        }
        Assert.Equal("BLOCKED", await AskAsync(guard, $"{repository}@{digest}"));
    }

    [Fact]
    public async Task The_door_is_found_by_what_the_stack_says_about_itself()
    {
        var (guard, repository, digest) = await BlockedAsync();
        await using var _ = guard;
        guard.ServeBreakGlass();
        using var cli = new CommandLine();

        var (forced, told) = await cli.RunAsync(
            guard.Aws,
            "breakglass",
            $"{repository}@{digest}",
            "--reason",
            Why,
            "--until",
            InHours(2)
        );

        Assert.True(forced == 0, told);
        Assert.Contains($"although the verdict is BLOCKED: arn:aws:", told, StringComparison.Ordinal);
        Assert.Contains(guard.Alerts(repository), alert => alert["kind"]!.ToString() == "break-glass");
    }

    [Fact]
    public async Task An_order_for_what_is_approved_anyway_stands_by_and_is_told()
    {
        await using var guard = new Deployment { Enforcement = "mark" };
        await guard.InitializeAsync();
        var repository = guard.CreateRepository();
        guard.Aws.Ecr.CompleteScan(repository, guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0"));
        await guard.DeliverAllAsync();
        guard.ServeBreakGlass();
        using var cli = new CommandLine();

        var (forced, told) = await cli.RunAsync(
            guard.Aws,
            "breakglass",
            $"{repository}:1.0",
            "--reason",
            Why,
            "--until",
            InHours(2)
        );

        Assert.True(forced == 0, told);
        Assert.StartsWith("APPROVED  ", told, StringComparison.Ordinal);
        Assert.Contains("A break-glass approval stands by until ", told, StringComparison.Ordinal);
        Assert.Contains("UTC; the verdict is APPROVED without it: arn:aws:iam::", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_function_refuses_is_refused_with_its_reason_and_machines_get_its_answer()
    {
        var (guard, repository, digest) = await BlockedAsync();
        await using var _ = guard;
        await using var api = await ApiAsync(guard);
        using var cli = new CommandLine();

        var (brief, why) = await cli.RunAsync(
            guard.Aws,
            "breakglass",
            $"{repository}:1.0",
            "--reason",
            "too short",
            "--until",
            InHours(2),
            "--url",
            api.Url
        );
        var (missing, json) = await cli.RunAsync(
            guard.Aws,
            "breakglass",
            $"{repository}:9",
            "--reason",
            Why,
            "--until",
            InHours(2),
            "--url",
            api.Url,
            "--format",
            "json"
        );

        Assert.Equal(64, brief);
        Assert.StartsWith(
            "--reason is wrong: The reason has 9 characters; it must say why, in 10 to 500.",
            why,
            StringComparison.Ordinal
        );
        Assert.Equal(
            (1, "NOT_FOUND", false),
            (missing, JsonNode.Parse(json)!["status"]!.ToString(), JsonNode.Parse(json)!["approved"]!.GetValue<bool>())
        );
        Assert.Equal("BLOCKED", await AskAsync(guard, $"{repository}@{digest}"));
    }

    [Fact]
    public async Task Anothers_signature_forces_nothing_and_no_answer_is_not_known_to_be_one()
    {
        var (guard, repository, digest) = await BlockedAsync();
        await using var _ = guard;
        await using var api = await ApiAsync(guard, secret: "another");
        using var cli = new CommandLine();
        string[] order = ["breakglass", $"{repository}:1.0", "--reason", Why, "--until", InHours(2), "--url"];

        var (forbidden, told) = await cli.RunAsync(guard.Aws, [.. order, api.Url]);
        var (unanswered, unknown) = await cli.RunAsync(guard.Aws, [.. order, "http://127.0.0.1:1/breakglass"]);

        Assert.Equal((1, "The HTTP API answered 403: Forbidden"), (forbidden, told.TrimEnd()));
        Assert.True(unanswered == 5, unknown);
        Assert.Contains("It is not known whether the approval was forced", unknown, StringComparison.Ordinal);
        Assert.Equal("BLOCKED", await AskAsync(guard, $"{repository}@{digest}"));
    }

    [Theory]
    [InlineData(
        "shop/web",
        "https://a.execute-api.eu-central-1.amazonaws.com/breakglass",
        "names a repository but no image"
    )]
    [InlineData(
        "shop/web:1",
        "http://a.execute-api.eu-central-1.amazonaws.com/breakglass",
        "it must be an address that begins with https://"
    )]
    public async Task An_order_that_cannot_be_sent_is_wrong_usage(string image, string url, string why)
    {
        using var cli = new CommandLine();
        var (exit, output) = await cli.RunAsync(
            "breakglass",
            image,
            "--reason",
            Why,
            "--until",
            InHours(2),
            "--url",
            url
        );
        Assert.Equal(64, exit);
        Assert.Contains(why, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deployed_function_releases_an_image_by_its_tag_and_names_the_digest()
    {
        var (guard, repository, digest) = await BlockedAsync("quarantine");
        await using var _ = guard;
        guard.Serve("ReleaseImage");
        using var cli = new CommandLine();

        var (released, told) = await cli.RunAsync(
            guard.Aws,
            "release",
            $"{repository}:1.0",
            "--reason",
            "The proxy filters it."
        );
        var (missing, why) = await cli.RunAsync(
            guard.Aws,
            "release",
            $"{repository}:9",
            "--reason",
            "The proxy filters it."
        );

        Assert.True(released == 0, told);
        Assert.Contains($"{repository}@{digest} is released", told, StringComparison.Ordinal);
        Assert.Contains("had not taken it out of reach: nothing had to be put back.", told, StringComparison.Ordinal);
        Assert.Contains(guard.Alerts(repository), alert => alert["kind"]!.ToString() == "quarantine-released");
        Assert.Contains(
            "The proxy filters it.",
            guard.Item(repository, digest)!.ToJsonString(),
            StringComparison.Ordinal
        );
        Assert.Equal(1, missing);
        Assert.Contains($"There is no image {repository}:9", why, StringComparison.Ordinal);
        Assert.Equal("BLOCKED", await AskAsync(guard, $"{repository}@{digest}"));
    }
}
