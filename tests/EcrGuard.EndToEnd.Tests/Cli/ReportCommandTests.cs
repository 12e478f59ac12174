using System.Diagnostics;
using System.Text.Json.Nodes;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>
/// The weekly report of twelve weeks that the real functions have lived through, and its page in a browser.
/// </summary>
public sealed class ReportCommandTests
{
    [Fact]
    public async Task The_report_has_something_in_every_section_and_its_page_works_in_a_browser()
    {
        using var cli = new CommandLine();
        var (code, output) = await cli.RunAsync("report", "--demo", "--out", "report");
        Assert.True(code == 0, output);

        var folder = Path.Combine(cli.Folder, "report");
        Assert.Equal(
            [
                "blocking.csv",
                "coverage.csv",
                "images.csv",
                "mail.txt",
                "open.csv",
                "report.html",
                "report.json",
                "waivers.csv",
            ],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        foreach (
            var heading in new[]
            {
                "ACTION NEEDED",
                "BLOCKED NOW",
                "NEW, FIXED AND WORSE",
                "TIME TO REMEDIATE",
                "WITHOUT A CURRENT SCAN",
                "WAIVERS",
                "BREAK-GLASS (approvals that somebody forced): 1 in force",
                "OTHER EXCEPTIONS",
                "HYGIENE",
                "Images in the archive: ",
                "DELIVERY",
                "TREND",
                "BY TEAM",
            }
        )
            Assert.Contains($"\n{heading}", output, StringComparison.Ordinal);
        Assert.Contains("\n- update openssl to 3.0.13: ", output, StringComparison.Ordinal);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "report.json")))!;
        Assert.Equal(11, json["trend"]!.AsArray().Count(week => week!["numbers"] is not null));
        Assert.True(json["remediation"]!.AsArray().Sum(row => row!["fixedInTrend"]!.GetValue<int>()) > 5);

        await InBrowserAsync(Path.Combine(folder, "report.html"));
    }

    [Fact]
    public async Task Half_a_ledger_and_two_of_them_are_errors_of_the_command_line()
    {
        using var cli = new CommandLine();
        var (code, errors) = await cli.RunAsync("report", "--table", "t");
        Assert.Equal(64, code);
        Assert.Contains("Give '--table' and '--bucket' together.", errors, StringComparison.Ordinal);
        (code, errors) = await cli.RunAsync("report", "--demo", "--table", "t", "--bucket", "b");
        Assert.Equal(64, code);
        Assert.Contains("'--demo' has a ledger", errors, StringComparison.Ordinal);
        (code, errors) = await cli.RunAsync("report", "--table", "t", "--bucket", "b", "--week", "2026-W99");
        Assert.Equal(64, code);
        Assert.Contains(
            "'2026-W99' is not an ISO week; it must look like '2026-W47'",
            errors,
            StringComparison.Ordinal
        );
        (code, errors) = await cli.RunAsync("report", "--table", "t", "--bucket", "b", "--week", "2099-W01");
        Assert.Equal(64, code);
        Assert.Contains("The week 2099-W01 has not begun", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_region_it_says_how_to_give_one()
    {
        using var cli = new CommandLine();
        foreach (var variable in new[] { "AWS_REGION", "AWS_DEFAULT_REGION" })
            cli.With(variable, "");
        cli.With("AWS_CONFIG_FILE", "/dev/null")
            .With("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .With("AWS_EC2_METADATA_DISABLED", "true");
        var (code, errors) = await cli.RunAsync("report", "--table", "t", "--bucket", "b");
        Assert.True(code == 64, errors);
        Assert.StartsWith(
            "No region is set; give --region, or set AWS_REGION, for example to eu-central-1.\n",
            errors,
            StringComparison.Ordinal
        );
    }

    private static async Task InBrowserAsync(string page)
    {
        await Tool.RequireAsync("chromium", "chromium", "--version");
        await Tool.RequireAsync("node", "node", "--version");
        await Tool.RequireAsync("npm", "npm", "--version");
        var browser = Path.Combine(AppContext.BaseDirectory, "Browser");
        if (!Directory.Exists(Path.Combine(browser, "node_modules", "axe-core")))
        {
            var install = new ProcessStartInfo("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund"])
            {
                WorkingDirectory = browser,
            };
            var (installed, said) = await Tool.RunAsync(install);
            Assert.True(installed == 0, said);
        }
        var chromium = (await Tool.RunAsync(new ProcessStartInfo("sh", ["-c", "command -v chromium"]))).Output.Trim();
        var (code, output) = await Tool.RunAsync(
            new ProcessStartInfo("node", [Path.Combine(browser, "report-page.mjs"), page, chromium])
        );
        Assert.True(code == 0, output);
        Assert.Contains("axe-core finds nothing", output, StringComparison.Ordinal);
    }
}
