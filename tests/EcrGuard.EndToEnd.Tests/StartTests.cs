using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>A function that cannot do its work does not start, and says why.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task An_unknown_function_name_ends_the_process_naming_the_known_ones()
    {
        await using var guard = await DeployedAsync(Deployment.Marking);
        var function = await guard.StartAsync("Approval", ("ANNOTATIONS_HANDLER", "NobodyAsync"));

        Assert.NotEqual(0, await function.EndAsync());

        var error = Assert.Single(function.Errors);
        Assert.All(
            [
                "'NobodyAsync'",
                "OnImagePushedAsync",
                "OnScanChangedAsync",
                "ApprovalAsync",
                "BackfillAsync",
                "WeeklySummaryAsync",
                "ApplyPlanAsync",
            ],
            name => Assert.Contains(name, error, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_policy_with_errors_is_an_init_error_that_names_their_places()
    {
        await using var guard = await DeployedAsync(
            """
            {
              "version": 1,
              "rules": [{ "id": "critical", "severity": ["CRITICL"], "then": "block" }],
              "enforcment": []
            }
            """
        );
        var function = await guard.StartAsync("OnScanChanged");

        Assert.NotEqual(0, await function.EndAsync());

        Assert.Equal("PolicyException", function.InitError!.Type);
        Assert.Contains("policy.jsonc:3:46: error: ", function.InitError.Message, StringComparison.Ordinal);
        Assert.Contains("policy.jsonc:4:3: error: ", function.InitError.Message, StringComparison.Ordinal);
    }

    /// <summary>Issue 10: such a document excuses nothing, and it stops no function.</summary>
    [Theory]
    [InlineData("{", "vendor.json:1:2: error: The JSON ends before it is complete")]
    [InlineData(
        """
            { "@context": "https://openvex.dev/ns/v0.2.0", "@id": "x:1", "author": "a", "timestamp": "2026-01-21T00:00:00Z", "version": 1, "statements": [ { "vulnerability": { "name": "CVE-2024-6119" }, "status": "fixed",
              "products": [ { "@id": "pkg:oci/api?repository_url=123456789012.dkr.ecr.eu-central-1.amazonaws.com/api" } ] } ] }
            """,
        "without a digest it is every image of the repository"
    )]
    public async Task A_VEX_document_that_is_wrong_is_told_in_the_log_and_the_functions_start(
        string document,
        string problem
    )
    {
        await using var guard = new Deployment { Vex = document };
        await guard.InitializeAsync();
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.CompleteScan(
            repository,
            digest,
            new LocalFinding("CVE-2024-6119", "CRITICAL", new LocalPackage("openssl", "3.0.13"))
        );

        Assert.Empty(
            await guard.DeliverAsync("OnScanChanged", Recorded.Event(Recorded.BasicScan, guard.Aws, repository, digest))
        );

        Assert.Equal("Blocked", guard.StatusOf(repository, digest));
        var told = await (await guard.FunctionAsync("OnScanChanged")).LogAsync(line =>
            line["message"]!.ToString() == "A VEX document is wrong and excuses nothing."
        );
        Assert.Contains(problem, told["problem"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ECRGUARD_ACCOUNT", null)]
    [InlineData("ECRGUARD_ENFORCEMENT", "everything")]
    public async Task A_wrong_setting_is_an_init_error_that_names_it(string variable, string? value)
    {
        await using var guard = await DeployedAsync(Deployment.Marking);
        var function = await guard.StartAsync("Backfill", (variable, value));

        Assert.NotEqual(0, await function.EndAsync());

        Assert.Equal("SettingsException", function.InitError!.Type);
        Assert.Contains(variable, function.InitError.Message, StringComparison.Ordinal);
    }

    private static async Task<Deployment> DeployedAsync(string policy)
    {
        var deployment = new Deployment { Policy = policy };
        await deployment.InitializeAsync();
        return deployment;
    }
}
