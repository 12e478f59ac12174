using System.Text.Json.Nodes;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.LocalAws;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary><c>ecrguard ask</c> against a function that answers what the test tells it to.</summary>
public sealed class AskCommandTests : IAsyncLifetime
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";
    private const string Host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private readonly CommandLine _cli = new();
    private readonly List<string> _asked = [];
    private readonly Dictionary<string, Queue<string>> _answers = [];
    private LocalAwsServer _aws = null!;

    public async ValueTask InitializeAsync()
    {
        _aws = await LocalAwsServer.StartAsync();
        _aws.Lambda.Register("Approval", question => Task.FromResult(Answer(question)));
        _aws.Ssm.PutParameter(
            "/EcrGuard/deployment",
            """
            {"approval":"arn:aws:lambda:eu-central-1:123456789012:function:Approval","applyPlan":"a",
             "restoreRepository":"r","releaseImage":"i","breakGlassUrl":null,"table":"t","bucket":"b"}
            """
        );
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_aws.Unexpected);
        await _aws.DisposeAsync();
        _cli.Dispose();
    }

    [Theory]
    [InlineData("APPROVED", true, 0)]
    [InlineData("UNSCANNED", true, 0)]
    [InlineData("BLOCKED", false, 1)]
    [InlineData("PENDING", false, 3)]
    [InlineData("UNSCANNED", false, 4)]
    [InlineData("UNSUPPORTED", false, 4)]
    [InlineData("STALE", false, 4)]
    [InlineData("ERROR", false, 5)]
    public async Task The_exit_code_tells_the_status(string status, bool approved, int exitCode)
    {
        On("shop/web:1", Body("shop/web", status, approved));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1");
        Assert.True(code == exitCode, output);
        Assert.StartsWith(status, output, StringComparison.Ordinal);
        Assert.Equal(approved, output.Contains($"Deploy {Host}/shop/web@{Digest}", StringComparison.Ordinal));
        Assert.Equal(["GetParameter", "Invoke"], _aws.Requests.Select(request => request.Operation));
    }

    [Fact]
    public async Task Several_images_are_asked_about_at_once_and_the_worst_decides()
    {
        On("shop/web:1", Body("shop/web", "APPROVED", true));
        On("shop/api:1", Body("shop/api", "PENDING", false));
        On("shop/db:1", Body("shop/db", "BLOCKED", false));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "shop/api:1", "shop/db:1", "shop/web:1");
        Assert.True(code == 1, output);
        Assert.Contains("4 images: 2 pass; the worst is BLOCKED.", output, StringComparison.Ordinal);
        Assert.Equal(["shop/api:1", "shop/db:1", "shop/web:1"], _asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_image_of_a_file_is_asked_about_and_those_of_other_registries_count_as_a_no()
    {
        On($"{Host}/shop/web:1", Body("shop/web", "APPROVED", true));
        On(
            "999999999999.dkr.ecr.us-east-1.amazonaws.com/pause:3",
            """
            {"approved":false,"status":"OTHER_REGISTRY","problem":"This EcrGuard answers for another."}
            """
        );
        _cli.File(
            "compose.yaml",
            $$"""
            x-web: &web
              image: {{Host}}/shop/web:1
              restart: always
            services:
              web: { <<: *web }
              proxy: { <<: *web, image: "nginx:1.27" }
              pause:
                image: 999999999999.dkr.ecr.us-east-1.amazonaws.com/pause:3
            """
        );
        var (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "compose.yaml");
        Assert.True(code == 5, output);
        Assert.Contains("OTHER_REGISTRY  nginx:1.27  (compose.yaml: services.proxy.image)", output);
        Assert.Contains("3 images: 1 passes; the worst is OTHER_REGISTRY.", output);

        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "compose.yaml", "--others", "ignore");
        Assert.True(code == 0, output);
        Assert.Contains("3 images: all pass.", output);
    }

    [Fact]
    public async Task Kubernetes_objects_and_a_CloudFormation_template_are_read_as_people_write_them()
    {
        On($"{Host}/shop/web:1", Body("shop/web", "APPROVED", true));
        _cli.File(
            "pod.yaml",
            $$"""
            # two objects
            apiVersion: v1
            kind: Service
            spec: { ports: [{ port: 80 }] }
            ---
            apiVersion: apps/v1
            kind: Deployment
            spec:
              template:
                spec:
                  containers:
                    - name: web
                      image: {{Host}}/shop/web:1
            ---
            """
        );
        var (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "pod.yaml", "--format", "json");
        Assert.True(code == 0, output);
        var image = JsonNode.Parse(output)!["images"]!.AsArray().Single()!;
        Assert.Equal("document 2: spec.template.spec.containers[0].image", (string)image["path"]!);
        Assert.Equal($"{Host}/shop/web@{Digest}", (string)image["deploy"]!);

        _cli.File(
            "template.yaml",
            """
            Resources:
              Task:
                Type: AWS::ECS::TaskDefinition
                Properties:
                  ContainerDefinitions:
                    - Image: !Sub "${AWS::AccountId}.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1"
            """
        );
        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "template.yaml");
        Assert.True(code == 5, output);
        Assert.Contains("NOT_ASKED", output);
        Assert.Contains("Only the deployment knows it", output);
    }

    [Fact]
    public async Task A_nested_template_that_is_given_too_counts_as_read()
    {
        On($"{Host}/shop/web:1", Body("shop/web", "APPROVED", true));
        _cli.File(
                "root.yaml",
                """
                Resources:
                  Network: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: network.json } }
                  Web: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./web.json } }
                """
            )
            .File("network.json", """{"Resources":{"Vpc":{"Type":"AWS::EC2::VPC"}}}""")
            .File(
                "web.json",
                $$"""
                {"Resources":{"Task":{"Type":"AWS::ECS::TaskDefinition","Properties":{
                "ContainerDefinitions":[{"Image":"{{Host}}/shop/web:1"}]} } } }
                """
            );
        var (code, output) = await _cli.RunAsync(
            _aws,
            "ask",
            "-f",
            "root.yaml",
            "-f",
            "network.json",
            "-f",
            "web.json"
        );
        Assert.True(code == 0, output);
        Assert.StartsWith($"APPROVED  {Host}/shop/web:1  (web.json: Resources.Task", output, StringComparison.Ordinal);

        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "root.yaml", "-f", "web.json");
        Assert.True(code == 5, output);
        Assert.Contains("It deploys what another template holds, 'network.json'; ask about that file, too.", output);
        Assert.DoesNotContain("./web.json", output, StringComparison.Ordinal);

        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "network.json", "-f", "web.json");
        Assert.True(code == 0, output);
        Assert.Contains("Note: network.json names no image.", output, StringComparison.Ordinal);

        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "network.json");
        Assert.True(code == 64, output);
        _cli.File(
            "root.yaml",
            "Resources: { N: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: network.json } } }"
        );
        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "root.yaml", "-f", "network.json");
        Assert.True(code == 64, output);
        Assert.Contains("names no image", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [1\nb", "it is no YAML")]
    [InlineData("a: {b: 1\nc: 2", "it is no YAML")]
    [InlineData("containers: [{name: web, image: x\nfoo", "it is no YAML")]
    [InlineData("image: {{ .Values.image }}", "Is it a template that must be rendered first?")]
    public async Task A_file_that_is_no_YAML_is_a_plain_error(string text, string because)
    {
        _cli.File("x.yaml", text);
        var (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "x.yaml");
        Assert.True(code == 64, output);
        Assert.StartsWith("x.yaml: ", output, StringComparison.Ordinal);
        Assert.Contains(because, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_to_print_is_no_yes_and_an_empty_name_of_a_file_is_a_usage_error()
    {
        _cli.File("compose.yaml", "services: { db: { image: 'redis:7' } }");
        var (code, output) = await _cli.RunAsync(
            _aws,
            "ask",
            "-f",
            "compose.yaml",
            "--others",
            "ignore",
            "--digest-only"
        );
        Assert.True(code == 5, output);
        Assert.Contains("there is no digest to print", output, StringComparison.Ordinal);
        (code, output) = await _cli.RunAsync(_aws, "ask", "-f", "");
        Assert.True(code == 64, output);
        Assert.Contains("'--file' is empty", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SARIF_points_to_the_line_that_names_the_image()
    {
        On($"{Host}/shop/web:1", Body("shop/web", "BLOCKED", false));
        _cli.File(
            "compose.yaml",
            $$"""
            # {{Host}}/shop/web:10
            services:
              db: { image: "${DB}" }
              web:
                image: {{Host}}/shop/web:1
            """
        );
        var (_, output) = await _cli.RunAsync(_aws, "ask", "-f", "compose.yaml", "--format", "sarif");
        Assert.Equal(
            [3, 5],
            JsonNode.Parse(output)!["runs"]![0]!["results"]!
                .AsArray()
                .Select(result => (int)result!["locations"]![0]!["physicalLocation"]!["region"]!["startLine"]!)
        );
    }

    [Fact]
    public async Task Waiting_asks_again_until_the_scan_is_finished()
    {
        On("shop/web:1", Pending(1), Pending(1), Body("shop/web", "APPROVED", true));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--wait", "1m", "--digest-only");
        Assert.True(code == 0, output);
        Assert.Equal($"{Host}/shop/web@{Digest}\n", output);
        Assert.Equal(3, _asked.Count);
    }

    [Fact]
    public async Task Waiting_ends_when_its_time_is_up_and_at_once_where_another_image_is_blocked()
    {
        On("shop/web:1", Pending(30));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--wait", "1s", "--digest-only");
        Assert.True(code == 3, output);
        Assert.StartsWith("PENDING  shop/web:1", output, StringComparison.Ordinal);
        // On a busy machine the first answer may be the last.
        Assert.InRange(_asked.Count, 1, 2);

        _asked.Clear();
        On("shop/api:1", Body("shop/api", "BLOCKED", false));
        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "shop/api:1", "--wait", "10m");
        Assert.True(code == 1, output);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task The_HTTP_API_is_asked_with_the_callers_signature()
    {
        var images = new List<string>();
        await using var api = await HttpApi.StartAsync(
            "local",
            request =>
            {
                images.Add((string)request["queryStringParameters"]!["image"]!);
                return Task.FromResult<JsonNode>(
                    new JsonObject
                    {
                        ["statusCode"] = 200,
                        ["body"] = images.Count == 1 ? Pending(30) : Body("shop/web", "APPROVED", true),
                        ["headers"] = new JsonObject { ["retry-after"] = "1" },
                    }
                );
            }
        );
        var image = $"{Host}/shop/web:1";
        string[] ask = ["ask", image, "--url", api.ApprovalUrl, "--wait", "20s"];
        var (code, output) = await _cli.RunAsync(_aws, ask);
        Assert.True(code == 0, output);
        Assert.Equal([image, image], images);

        (code, output) = await _cli.With("AWS_SECRET_ACCESS_KEY", "wrong")
            .RunAsync(["ask", "shop/web:1", "--url", api.ApprovalUrl, "--region", "eu-central-1"]);
        Assert.True(code == 5, output);
    }

    /// <summary>Approval answers 503 with a whole verdict while the registry cannot be read.</summary>
    [Theory]
    [InlineData(503, "ERROR", false, "The registry could not be read.")]
    [InlineData(503, "APPROVED", true, "The HTTP API answered 503")]
    [InlineData(403, "APPROVED", true, "The HTTP API answered 403")]
    public async Task A_verdict_that_comes_with_another_status_than_200_is_read_and_never_a_yes(
        int http,
        string status,
        bool approved,
        string because
    )
    {
        await using var api = await HttpApi.StartAsync(
            "local",
            _ =>
                Task.FromResult<JsonNode>(
                    new JsonObject
                    {
                        ["statusCode"] = http,
                        ["body"] = Body("shop/web", status, approved)
                            .Replace(
                                "CVE-1 in openssl: fixed in 3.0.13.",
                                "The registry could not be read.",
                                StringComparison.Ordinal
                            ),
                    }
                )
        );
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--url", api.ApprovalUrl);
        Assert.True(code == 5, output);
        Assert.Contains(because, output, StringComparison.Ordinal);
    }

    /// <summary>The wrong account must not answer.</summary>
    [Fact]
    public async Task A_profile_is_used_although_the_environment_has_keys()
    {
        On("shop/web:1", Body("shop/web", "APPROVED", true));
        _cli.File("config", "[profile team]\naws_access_key_id = TEAM\naws_secret_access_key = x\n")
            .With("AWS_CONFIG_FILE", Path.Combine(_cli.Folder, "config"))
            .With("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_cli.Folder, "none"));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--profile", "team");
        Assert.True(code == 0, output);
        Assert.All(_aws.Requests, request => Assert.Equal("TEAM", request.AccessKey));

        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--profile", "nobody");
        Assert.True(code == 5, output);
        Assert.Contains("nobody", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_is_taken_for_the_question()
    {
        var role = "arn:aws:iam::210987654321:role/EcrGuardAsk";
        _aws.Sts.CreateRole(role).Lambda.Register("Gate", _ => Task.FromResult(Body("shop/web", "APPROVED", true)));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--function", "Gate", "--role", role);
        Assert.True(code == 0, output);
        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--function", "Gate");
        Assert.True(code == 5, output);
        Assert.Contains("ApprovalFunction", output);
    }

    [Fact]
    public async Task A_function_that_fails_and_a_deployment_that_is_not_there_are_never_a_yes()
    {
        _aws.Lambda.Register("Approval", _ => throw new InvalidOperationException("{\"approved\":true}"));
        var (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1");
        Assert.True(code == 5, output);
        await using var empty = await LocalAwsServer.StartAsync();
        (code, output) = await _cli.RunAsync(empty, "ask", "shop/web:1");
        Assert.True(code == 5, output);
        Assert.Contains("no parameter /EcrGuard/deployment", output);
        Assert.Contains("--function (the stack's output ApprovalFunction)", output);
        _aws.Ssm.PutParameter("/EcrGuard/deployment", """{"approval":"Approval"}""");
        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1");
        Assert.True(code == 5, output);
        Assert.Contains("is not as EcrGuard's stack writes it", output);
    }

    [Theory]
    [InlineData("{}", "it is of no known kind")]
    [InlineData("", "it is empty")]
    [InlineData("services: {}", "it names no image")]
    [InlineData("a: [", "no YAML")]
    [InlineData("services: { web: { image: a, image: b } }", "the key 'image' stands twice")]
    [InlineData("services: { web: { image: *none } }", "names nothing that ends before it")]
    [InlineData("services: &all { web: *all }", "names nothing that ends before it")]
    [InlineData("{\"containerDefinitions\": [", "it is no JSON")]
    public async Task A_file_that_cannot_be_used_is_refused(string text, string because)
    {
        var (code, output) = await _cli.File("file", text).RunAsync(_aws, "ask", "-f", "file");
        Assert.True(code == 64, output);
        Assert.Contains(because, output, StringComparison.Ordinal);
        Assert.StartsWith("file: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hostile_file_is_refused_before_it_costs_anything()
    {
        var bomb = string.Concat(
            Enumerable
                .Range(1, 20)
                .Select(n => $"a{n}: &a{n} [{string.Join(',', Enumerable.Repeat($"*a{n - 1}", 10))}]\n")
        );
        var images = string.Join(',', Enumerable.Repeat("{\"image\":\"nginx\"}", 10_000));
        foreach (
            var (name, text, because) in new[]
            {
                ("bomb", $"a0: &a0 [x]\n{bomb}", "more than 200000 values"),
                ("deep", new string('[', 100_000), "JSON"),
                ("deeper", $"a: {new string('[', 100_000)}", "nested deeper than 64 levels"),
                ("many", $"{{\"containerDefinitions\":[{images}]}}", "more than 500 images"),
                ("large", new string(' ', 5_000_001), "more than 5000000 bytes"),
                (
                    "long",
                    $"{{\"services\":{{\"a\":{{\"image\":\"{new string('a', 1_000_000)}\"}}}}}}",
                    "1000000 characters"
                ),
            }
        )
        {
            var (code, output) = await _cli.File(name, text).RunAsync(_aws, "ask", "-f", name);
            Assert.True(code is 64 or 5, output);
            Assert.Contains(because, output, StringComparison.Ordinal);
            Assert.InRange(output.Length, 1, 1000);
        }
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Nothing_to_ask_about_and_two_ways_to_ask_are_errors_of_the_command_line()
    {
        var (code, output) = await _cli.RunAsync(_aws, "ask");
        Assert.True(code == 64, output);
        (code, output) = await _cli.RunAsync(_aws, "ask", "A:1");
        Assert.True(code == 64, output);
        Assert.Equal(2, output.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("See 'ecrguard ask --help'.", output);
        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--wait", "soon");
        Assert.True(code == 64, output);
        Assert.Contains("--wait is 'soon'; it must be a time such as 90s, 15m or 2h.", output);
        (code, output) = await _cli.RunAsync(_aws, "ask", "shop/web:1", "--function", "x", "--url", "https://x");
        Assert.True(code == 64, output);
    }

    private void On(string image, params string[] bodies) => _answers[image] = new Queue<string>(bodies);

    private string Answer(string question)
    {
        var image = (string)JsonNode.Parse(question)!["image"]!;
        lock (_asked)
        {
            _asked.Add(image);
            var bodies = _answers[image];
            return bodies.Count > 1 ? bodies.Dequeue() : bodies.Peek();
        }
    }

    private static string Pending(int seconds)
    {
        var body = JsonNode.Parse(Body("shop/web", "PENDING", false))!;
        body["retryAfterSeconds"] = seconds;
        return body.ToJsonString();
    }

    private static string Body(string repository, string status, bool approved) =>
        new JsonObject
        {
            ["approved"] = approved,
            ["status"] = status,
            ["image"] = "as asked",
            ["repository"] = repository,
            ["digest"] = Digest,
            ["deploy"] = $"{Host}/{repository}@{Digest}",
            ["reasons"] = new JsonArray(
                new JsonObject { ["code"] = "critical", ["sentence"] = "CVE-1 in openssl: fixed in 3.0.13." }
            ),
            ["reasonCount"] = 1,
            ["warnings"] = new JsonArray(),
            ["waivers"] = new JsonArray(),
            ["toPass"] = new JsonArray("Update openssl."),
            ["counts"] = new JsonObject { ["critical"] = 1 },
            ["decidedAt"] = "2026-11-30T00:00:00Z",
            ["policyVersion"] = "v",
        }.ToJsonString();
}
