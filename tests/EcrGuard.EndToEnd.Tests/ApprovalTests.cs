using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Gates;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;
using EcrGuard.LocalAws.Ecr;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>
/// A pipeline asks, through the HTTP API and by direct invoke. There is no ledger entry, so every answer comes from
/// fresh facts. A question writes nothing.
/// </summary>
public sealed class ApprovalTests(Deployment guard) : IClassFixture<Deployment>
{
    private static readonly LocalFinding Critical = new(
        "CVE-2024-6119",
        "CRITICAL",
        new LocalPackage("openssl", "3.0.13")
    );

    [Fact]
    public async Task An_approved_image_is_200_and_names_the_digest_to_deploy()
    {
        var (repository, digest) = Scanned();

        var (status, headers, body) = await GetAsync(("image", $"{repository}:1.0"), ("require", "approved"));

        Assert.Equal(200, status);
        Assert.Equal(
            ("application/json", "no-store"),
            (headers["content-type"]!.ToString(), headers["cache-control"]!.ToString())
        );
        Assert.True(body["approved"]!.GetValue<bool>());
        Assert.Equal(
            ("APPROVED", digest, repository),
            (Word(body, "status"), Word(body, "digest"), Word(body, "repository"))
        );
        Assert.Equal(
            $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}@{digest}",
            Word(body, "deploy")
        );
        Assert.Equal(64, Word(body, "policyVersion").Length);
        Assert.Empty(body["toPass"]!.AsArray());
    }

    [Fact]
    public async Task A_blocked_image_is_200_with_reasons_and_412_where_approval_is_required()
    {
        var (repository, digest) = Scanned(Critical);

        var (told, _, body) = await GetAsync(("image", $"{repository}@{digest}"));
        var (required, _, _) = await GetAsync(("image", $"{repository}@{digest}"), ("require", "approved"));

        Assert.Equal((200, 412), (told, required));
        Assert.False(body["approved"]!.GetValue<bool>());
        Assert.Equal("BLOCKED", Word(body, "status"));
        Assert.Contains("CVE-2024-6119", body["reasons"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.NotEmpty(body["toPass"]!.AsArray());
    }

    [Fact]
    public async Task A_pending_image_is_answered_with_when_to_ask_again()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.StartScan(repository, digest);

        var (status, headers, body) = await GetAsync(("image", $"{repository}:1.0"));

        Assert.Equal((200, "PENDING", "15"), (status, Word(body, "status"), headers["retry-after"]!.ToString()));
        Assert.False(body["approved"]!.GetValue<bool>());
    }

    [Fact]
    public async Task A_direct_invoke_does_not_wait_either_and_takes_names_as_long_as_the_HTTP_API_does()
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.StartScan(repository, digest);
        var function = await guard.FunctionAsync("Approval");

        var asked = System.Diagnostics.Stopwatch.StartNew();
        var pending = (
            await function.InvokeAsync(new JsonObject { ["image"] = $"{repository}:1.0", ["wait"] = 20 })
        ).Payload;
        Assert.True(asked.Elapsed < TimeSpan.FromSeconds(15), $"{asked.Elapsed}");
        Assert.Equal(("PENDING", "15"), (Word(pending, "status"), pending["retryAfterSeconds"]!.ToString()));
        Assert.Contains("waited for its scan for ", pending["reasons"]!.ToJsonString(), StringComparison.Ordinal);

        foreach (var length in new[] { 800, 801, 9_000 })
        {
            var name = $"{repository}:".PadRight(length, 'x');
            var direct = (await function.InvokeAsync(new JsonObject { ["image"] = name })).Payload;
            Assert.Equal((await GetAsync(("image", name))).Body.ToJsonString(), direct.ToJsonString());
        }
    }

    [Theory]
    [InlineData("image=team/nothing-here:1.0", 404, "NOT_FOUND")]
    [InlineData("", 400, "BAD_REQUEST")]
    [InlineData("image=team/app", 400, "BAD_REQUEST")]
    [InlineData("image=999999999999.dkr.ecr.eu-central-1.amazonaws.com/team/app:1", 400, "OTHER_REGISTRY")]
    [InlineData("image=team/app:1&wait=20", 400, "BAD_REQUEST")]
    [InlineData("image=team/app:1&require=maybe", 400, "BAD_REQUEST")]
    [InlineData("image=team/app:1&force=true", 400, "BAD_REQUEST")]
    public async Task A_question_without_an_answer_says_why(string query, int expected, string word)
    {
        var (status, _, body) = await GetAsync([
            .. query
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(pair => pair.Split('='))
                .Select(pair => (pair[0], pair[1])),
        ]);

        Assert.Equal((expected, word), (status, Word(body, "status")));
        Assert.False(body["approved"]!.GetValue<bool>());
        Assert.EndsWith(".", Word(body, "problem"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_503_and_never_approved()
    {
        var (repository, _) = Scanned();
        try
        {
            guard.Aws.Faults.Add(
                Fault.ExpiredCredentials with
                {
                    Service = "ecr",
                    Operation = "DescribeImageScanFindings",
                    Times = int.MaxValue,
                }
            );
            var (noFindings, headers, error) = await GetAsync(("image", $"{repository}:1.0"));
            guard.Aws.Faults.Add(Fault.ExpiredCredentials with { Service = "ecr", Times = int.MaxValue });
            var (nothing, _, problem) = await GetAsync(("image", $"{repository}:1.0"));

            Assert.Equal((503, 503), (noFindings, nothing));
            Assert.Equal("15", headers["retry-after"]!.ToString());
            Assert.All(
                [error, problem],
                body => Assert.Equal((false, "ERROR"), (body["approved"]!.GetValue<bool>(), Word(body, "status")))
            );
        }
        finally
        {
            guard.Aws.Faults.Clear();
        }
    }

    [Fact]
    public async Task A_direct_invoke_gets_the_body_alone()
    {
        var (repository, digest) = Scanned();
        var function = await guard.FunctionAsync("Approval");

        var known = await function.InvokeAsync(
            new JsonObject
            {
                ["image"] = $"{guard.Aws.AccountId}.dkr.ecr.{guard.Aws.Region}.amazonaws.com/{repository}:1.0@{digest}",
            }
        );
        var unknown = await function.InvokeAsync(new JsonObject { ["image"] = $"{repository}:2.0" });

        Contract.Check(known.Payload);
        Contract.Check(unknown.Payload);
        Assert.Equal(("APPROVED", digest), (Word(known.Payload, "status"), Word(known.Payload, "digest")));
        Assert.Equal("NOT_FOUND", Word(unknown.Payload, "status"));
        var logged = await function.LogAsync(line => line["requestId"]?.ToString() == known.RequestId);
        Assert.Equal("200", logged["httpStatus"]!.ToString());
    }

    /// <summary>
    /// Asks as API Gateway does, with payload version 2.0, and checks that nothing was written anywhere.
    /// </summary>
    private async Task<(int Status, JsonNode Headers, JsonNode Body)> GetAsync(
        params (string Name, string Value)[] query
    )
    {
        guard.TakeRequests();
        var answer = await (await guard.FunctionAsync("Approval")).InvokeAsync(
            new JsonObject
            {
                ["version"] = "2.0",
                ["routeKey"] = "GET /approval",
                ["rawPath"] = "/approval",
                ["rawQueryString"] = string.Join(
                    '&',
                    query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}")
                ),
                ["headers"] = new JsonObject { ["host"] = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com" },
                // API Gateway leaves it out if there is no query.
                ["queryStringParameters"] =
                    query.Length == 0
                        ? null
                        : new JsonObject(query.Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)pair.Value))),
                ["requestContext"] = new JsonObject
                {
                    ["accountId"] = guard.Aws.AccountId,
                    ["apiId"] = "a1b2c3d4e5",
                    ["authorizer"] = new JsonObject
                    {
                        ["iam"] = new JsonObject
                        {
                            ["accountId"] = "210987654321",
                            ["userArn"] = "arn:aws:sts::210987654321:assumed-role/pipeline/deploy",
                        },
                    },
                    ["http"] = new JsonObject
                    {
                        ["method"] = "GET",
                        ["path"] = "/approval",
                        ["protocol"] = "HTTP/1.1",
                        ["sourceIp"] = "192.0.2.1",
                        ["userAgent"] = "curl/8.5.0",
                    },
                    ["requestId"] = "JKJaXmPLvHcESHA=",
                    ["routeKey"] = "GET /approval",
                    ["stage"] = "$default",
                    ["time"] = "12/Mar/2026:19:03:58 +0000",
                    ["timeEpoch"] = 1773342238390,
                },
                ["isBase64Encoded"] = false,
            },
            TimeSpan.FromSeconds(29)
        );
        Assert.All(guard.Aws.Requests, request => Assert.True(Deployment.Reads(request.Operation), request.ToString()));
        var (status, body) = (
            answer.Payload["statusCode"]!.GetValue<int>(),
            JsonNode.Parse(answer.Payload["body"]!.ToString())!
        );
        Contract.Check(status, answer.Payload["headers"]!, body);
        return (status, answer.Payload["headers"]!, body);
    }

    private (string Repository, string Digest) Scanned(params IReadOnlyList<LocalFinding> findings)
    {
        var repository = guard.CreateRepository();
        var digest = guard.Aws.Ecr.Push(repository, Manifest.Image(repository), "1.0");
        guard.Aws.Ecr.CompleteScan(repository, digest, findings);
        return (repository, digest);
    }

    private static string Word(JsonNode body, string name) => body[name]!.ToString();
}
