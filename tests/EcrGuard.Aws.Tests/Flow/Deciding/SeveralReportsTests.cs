using EcrGuard.LocalAws.Ecr;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// Issue 9: two reports of one finding that differ, from the scanner through the ledger to another policy.
/// </summary>
public sealed class SeveralReportsTests
{
    private static string Blocking(string id) =>
        $$"""
            { "version": 1, "rules": [ { "id": "{{id}}", "severity": ["UNDEFINED"], "then": "block" } ], "enforcement": [ { "repositories": ["*"], "mode": "mark" } ] }
            """;

    [Fact]
    public async Task The_report_that_blocks_is_not_hidden_by_the_other_and_the_ledger_keeps_both_for_the_next_policy()
    {
        await using var fixture = await StartAsync(Blocking("first"));
        var openssl = new LocalPackage("openssl", "3.0.11");
        var digest = await fixture.ScannedAsync(
            "1",
            new LocalFinding("CVE-2026-7", "HIGH", openssl),
            new LocalFinding("CVE-2026-7", "UNDEFINED", openssl)
        );

        Assert.Equal("BLOCKED", fixture.Status(digest));
        var counts = fixture.Verdict(digest).GetProperty("counts");
        Assert.Equal((1, 0), (counts.GetProperty("high").GetInt32(), counts.GetProperty("undefined").GetInt32()));

        fixture.Aws.Requests.Take();
        var (_, answer) = await fixture.Deploy(Blocking("second")).AskAsync($"{Repository}:1");

        Assert.Equal(
            "CVE-2026-7 (HIGH in one report and UNDEFINED in another) in openssl 3.0.11 (OS): the scanner "
                + "names no fix; rule 'second' blocks.",
            answer.GetProperty("reasons")[0].GetProperty("sentence").GetString()
        );
        Assert.DoesNotContain(fixture.Aws.Requests, request => request.Operation == "DescribeImageScanFindings");
    }
}
