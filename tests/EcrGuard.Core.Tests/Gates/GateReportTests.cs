using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using EcrGuard.Core.Gates;

namespace EcrGuard.Core.Tests.Gates;

public sealed class GateReportTests
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";
    private const string Other = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    private const string Uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web@" + Digest;

    [Theory]
    [InlineData("APPROVED", true, GateOutcome.Passes)]
    [InlineData("UNSCANNED", true, GateOutcome.Passes)]
    [InlineData("BLOCKED", false, GateOutcome.Blocked)]
    [InlineData("ERROR", false, GateOutcome.Undetermined)]
    [InlineData("PENDING", false, GateOutcome.Pending)]
    [InlineData("UNSCANNED", false, GateOutcome.NoCurrentScan)]
    [InlineData("UNSUPPORTED", false, GateOutcome.NoCurrentScan)]
    [InlineData("STALE", false, GateOutcome.NoCurrentScan)]
    [InlineData("APPROVED", false, GateOutcome.NoCurrentScan)]
    public void Every_status_has_its_outcome(string status, bool approved, GateOutcome outcome) =>
        Assert.Equal(outcome, Read("shop/web:1", Body(status, approved)).Outcome);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("""{"approved":true}""")]
    [InlineData("""{"approved":"true","status":"APPROVED"}""")]
    [InlineData("""{"message":"Forbidden"}""")]
    [InlineData("""{"approved":true,"status":"APPROVED","problem":"and yet"}""")]
    [InlineData("<html>approved</html>")]
    public void What_is_no_whole_answer_never_passes(string body) =>
        Assert.Equal(GateOutcome.Undetermined, Read("shop/web:1", body).Outcome);

    [Fact]
    public void An_answer_about_another_image_never_passes()
    {
        Assert.True(Read($"shop/web@{Digest}", Body("APPROVED", true)).Passes);
        Assert.Contains("not asked about", Read($"shop/web@{Other}", Body("APPROVED", true)).Problem!);
        Assert.Contains("not asked about", Read("pay/api:1", Body("APPROVED", true)).Problem!);
        Assert.Contains(
            "not its digest",
            Read("shop/web:1", Body("APPROVED", true).Replace($"web@{Digest}", $"web@{Other}")).Problem!
        );
        Assert.True(Read(Uri, Body("APPROVED", true)).Passes);
        Assert.Contains(
            "not asked about",
            Read(Uri.Replace("123456789012", "999999999999"), Body("APPROVED", true)).Problem!
        );
        Assert.Contains(
            "not asked about",
            Read(Uri.Replace("eu-central-1", "us-east-1"), Body("APPROVED", true)).Problem!
        );
        Assert.Contains("GREEN", Read("shop/web:1", Body("GREEN", true)).Problem!);
    }

    [Fact]
    public void The_worst_answer_decides_and_no_answer_is_a_no()
    {
        var good = Read("shop/web:1", Body("APPROVED", true));
        var ignored = GateAnswer.Others("nginx", null, ignored: true);
        Assert.Equal(GateOutcome.Undetermined, new GateReport([]).Outcome);
        Assert.True(new GateReport([good, ignored]).Passes);
        Assert.False(new GateReport([good, GateAnswer.Others("nginx", null, ignored: false)]).Passes);
        Assert.Equal(
            GateOutcome.Blocked,
            new GateReport([
                good,
                Read("shop/web:1", Body("PENDING", false)),
                Read("shop/web:1", "{}"),
                Read("shop/web:1", Body("BLOCKED", false)),
            ]).Outcome
        );
    }

    [Fact]
    public void Only_what_may_change_is_asked_again_and_not_before_it_says()
    {
        Assert.Null(Read("shop/web:1", Body("BLOCKED", false)).Retry);
        Assert.Null(Read("shop/web:1", Body("APPROVED", true)).Retry);
        Assert.Null(Read("shop/web:1", """{"approved":false,"status":"NOT_FOUND","problem":"No."}""").Retry);
        Assert.Equal(TimeSpan.FromSeconds(15), Read("shop/web:1", Body("PENDING", false)).Retry);
        Assert.Equal(
            TimeSpan.FromSeconds(40),
            GateAnswer.Read("shop/web:1", null, Body("PENDING", false), TimeSpan.FromSeconds(40)).Retry
        );
        Assert.NotNull(Read("shop/web:1", """{"approved":false,"status":"ERROR","problem":"No."}""").Retry);
    }

    [Fact]
    public void The_JSON_has_what_the_API_says_and_names_what_to_deploy_only_where_it_passes()
    {
        var json = JsonNode.Parse(Hostile().Json())!;
        Assert.False((bool)json["approved"]!);
        var (approved, blocked) = (json["images"]![0]!, json["images"]![1]!);
        Assert.Equal(Uri, (string)approved["deploy"]!);
        Assert.Null(blocked["deploy"]);
        Assert.Equal(Digest, (string)blocked["digest"]!);
        var reason = blocked["reasons"]![0]!;
        Assert.Equal(
            ("CVE-1", "CRITICAL", 9.8, 0.7, "openssl", "3.0.13", "/usr/lib", "https://x"),
            (
                (string)reason["vulnerability"]!,
                (string)reason["severity"]!,
                (double)reason["score"]!,
                (double)reason["epss"]!,
                (string)reason["package"]!,
                (string)reason["fixedIn"]!,
                (string)reason["path"]!,
                (string)reason["link"]!
            )
        );
        Assert.Equal("a,b:%.yaml", (string)blocked["file"]!);
    }

    /// <summary>GitHub refuses a result that lies in no file.</summary>
    [Fact]
    public void What_does_not_pass_has_a_result_in_SARIF_and_every_result_lies_somewhere()
    {
        var pending = JsonNode.Parse(Body("PENDING", false))!;
        pending["reasons"] = new JsonArray();
        var report = new GateReport([Read("shop/web:1", pending.ToJsonString())]);
        var result = Assert.Single(JsonNode.Parse(GateSarif.Of(report))!["runs"]![0]!["results"]!.AsArray())!;
        Assert.Equal(("PENDING", "error"), ((string)result["ruleId"]!, (string)result["level"]!));
        Assert.Equal(
            "shop/web%3A1",
            (string)result["locations"]![0]!["physicalLocation"]!["artifactLocation"]!["uri"]!
        );
    }

    [Fact]
    public void The_forms_for_other_tools_hold_whatever_an_image_contains()
    {
        var report = Hostile();
        var sarif = JsonNode.Parse(GateSarif.Of(report))!;
        Assert.Equal("2.1.0", (string)sarif["version"]!);
        var results = sarif["runs"]![0]!["results"]!.AsArray();
        Assert.Equal(["note", "error", "error"], results.Select(result => (string)result!["level"]!));
        var suite = XElement.Parse(GateJUnit.Of(report));
        Assert.Equal(("3", "1", "1"), (Of("tests"), Of("failures"), Of("errors")));
        var failure = suite.Descendants("failure").Single().Value;
        Assert.Contains("<b>|x|", failure, StringComparison.Ordinal);
        Assert.Contains("\nTo pass: Update openssl", failure, StringComparison.Ordinal);
        var annotations = GateText.GitHub(report).TrimEnd('\n').Split('\n');
        Assert.Equal(3, annotations.Length);
        Assert.StartsWith("::notice title=EcrGuard%3A APPROVED", annotations[0], StringComparison.Ordinal);
        Assert.Contains(",file=a%2Cb%3A%25.yaml::", annotations[1], StringComparison.Ordinal);
        Assert.Contains("%0ATo pass: Update openssl", annotations[1], StringComparison.Ordinal);
        var outputs = GateText.GitHubOutputs(report).TrimEnd('\n').Split('\n');
        Assert.Equal("approved=false", outputs[0]);
        Assert.StartsWith("digest=sha256:", outputs[1], StringComparison.Ordinal);
        Assert.Equal("deploy=", outputs[2]);
        var markdown = GateText.Markdown(report);
        Assert.Contains("&lt;b>\\|x\\|", markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", markdown, StringComparison.Ordinal);
        Assert.Contains("To pass: Update openssl", markdown, StringComparison.Ordinal);

        string Of(string name) => suite.Attribute(name)!.Value;
    }

    [Fact]
    public void SARIF_and_GitHub_point_to_the_line_of_the_file()
    {
        var place = new GatePlace("a.yaml", "services.web.image") { Line = 7 };
        var report = new GateReport([GateAnswer.Read("shop/web:1", place, Body("BLOCKED", false))]);
        var result = JsonNode.Parse(GateSarif.Of(report))!["runs"]![0]!["results"]![0]!;
        Assert.Equal(7, (int)result["locations"]![0]!["physicalLocation"]!["region"]!["startLine"]!);
        Assert.Contains(",file=a.yaml,line=7::", GateText.GitHub(report), StringComparison.Ordinal);
    }

    /// <summary>Such as a forced approval. An image that nobody asked about must not look approved.</summary>
    [Fact]
    public void Every_form_says_what_a_yes_rests_on()
    {
        var forced = JsonNode.Parse(Body("APPROVED", true))!;
        forced["reasons"] = new JsonArray(
            new JsonObject { ["code"] = "break-glass", ["sentence"] = "Approved by break-glass until noon." }
        );
        forced["warnings"] = new JsonArray(new JsonObject { ["code"] = "old", ["sentence"] = "It is old." });
        var report = new GateReport([
            Read("shop/web:1", forced.ToJsonString()),
            GateAnswer.Others("nginx:1", new GatePlace("a.yaml", "x"), ignored: true),
            Read("shop/api:1", Body("APPROVED", true).Replace("shop/web", "shop/api", StringComparison.Ordinal)),
        ]);
        Assert.True(report.Passes);
        foreach (var (name, form) in GateForms.All)
        {
            var text = form(report).Replace("\\-", "-", StringComparison.Ordinal);
            Assert.True(text.Contains("Approved by break-glass until noon.", StringComparison.Ordinal), name);
            Assert.True(text.Contains("It is old.", StringComparison.Ordinal), name);
            Assert.True(text.Contains("It was not asked about, and is let pass", StringComparison.Ordinal), name);
            Assert.DoesNotContain("Deploy nginx", text, StringComparison.Ordinal);
        }
        Assert.Equal("1", XElement.Parse(GateJUnit.Of(report)).Attribute("skipped")!.Value);
    }

    [Fact]
    public void What_a_document_does_not_name_is_called_by_its_place()
    {
        var place = new GatePlace("a.yaml", "Resources.Web.Image");
        var unnamed = GateAnswer.Undetermined("?", place, "Only the deployment knows it.");
        foreach (var (name, form) in GateForms.All)
            Assert.True(form(new([unnamed])).Contains("Resources.Web.Image", StringComparison.Ordinal), name);
    }

    [Fact]
    public void The_text_ends_with_the_total()
    {
        var lines = GateText.Plain(Hostile()).TrimEnd('\n').Split('\n');
        Assert.Equal("APPROVED  shop/web:1", lines[0]);
        Assert.Contains($"  Deploy {Uri}", lines);
        Assert.Contains("  To pass:", lines);
        Assert.Equal("3 images: 1 passes; the worst is BLOCKED.", lines[^1]);
    }

    private static GateReport Hostile() =>
        new([
            Read("shop/web:1", Body("APPROVED", true)),
            GateAnswer.Read("shop/web:1", new GatePlace("a,b:%.yaml", "services.web.image"), Body("BLOCKED", false)),
            GateAnswer.Others("nginx\n::error::x", null, ignored: false),
        ]);

    private static GateAnswer Read(string image, string body) => GateAnswer.Read(image, null, body);

    private static string Body(string status, bool approved) =>
        JsonSerializer.Serialize(
            new
            {
                approved,
                status,
                image = "shop/web:1",
                repository = "shop/web",
                digest = Digest,
                deploy = Uri,
                reasons = new[]
                {
                    new
                    {
                        code = "critical",
                        sentence = "CVE-1 <b>|x|\u0001",
                        vulnerability = "CVE-1",
                        package = "openssl",
                        fixedIn = "3.0.13",
                        path = "/usr/lib",
                        severity = "CRITICAL",
                        score = 9.8,
                        epss = 0.7,
                        link = "https://x",
                    },
                },
                reasonCount = 1,
                warnings = Array.Empty<object>(),
                waivers = Array.Empty<object>(),
                toPass = new List<string> { "Update openssl to 3.0.13." },
                counts = new { critical = 1 },
                decidedAt = "2026-11-30T00:00:00Z",
                policyVersion = "v",
            }
        );
}
