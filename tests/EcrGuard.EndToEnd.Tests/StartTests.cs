using EcrGuard.EndToEnd.Tests.Harness;

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
        Assert.All(["'NobodyAsync'", "OnImagePushedAsync", "OnScanChangedAsync", "ApprovalAsync", "BackfillAsync", "WeeklySummaryAsync", "ApplyPlanAsync"], name => Assert.Contains(name, error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_policy_with_errors_is_an_init_error_that_names_their_places()
    {
        await using var guard = await DeployedAsync("""
            {
              "version": 1,
              "rules": [{ "id": "critical", "severity": ["CRITICL"], "then": "block" }],
              "enforcment": []
            }
            """);
        var function = await guard.StartAsync("OnScanChanged");

        Assert.NotEqual(0, await function.EndAsync());

        Assert.Equal("PolicyException", function.InitError!.Type);
        Assert.Contains("policy.jsonc:3:46: error: ", function.InitError.Message, StringComparison.Ordinal);
        Assert.Contains("policy.jsonc:4:3: error: ", function.InitError.Message, StringComparison.Ordinal);
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
