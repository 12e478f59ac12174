using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Tests.Gates;

/// <summary>
/// The answer is the same whatever file names an image and in whatever form the report is read: every kind of file,
/// with every status, in every form. The table of the end-to-end tests checks the same for the adapters of AWS.
/// </summary>
public sealed class OneAnswerTests
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";
    private const string Image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web";

    private static readonly bool[] Either = [false, true];

    /// <summary>The files, by the words that name their kinds to people.</summary>
    private static readonly Dictionary<string, string> Files = new()
    {
        ["an ECS task definition"] = """{"containerDefinitions":[{"name":"web","image":"IMAGE"}]}""",
        ["imagedefinitions.json"] = """[{"name":"web","imageUri":"IMAGE"}]""",
        ["imageDetail.json"] = """{"ImageURI":"IMAGE"}""",
        ["Kubernetes objects"] =
            """{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"web","image":"IMAGE"}]}}""",
        ["a Compose file"] = """{"services":{"web":{"image":"IMAGE"}}}""",
        ["a CloudFormation template"] =
            """{"Resources":{"Web":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"ImageUri":"IMAGE"}}}}}""",
        ["a state machine"] = """
            {"StartAt":"Web","States":{"Web":{"Type":"Task","Resource":
            "arn:aws:states:::aws-sdk:ecs:registerTaskDefinition",
            "Parameters":{"ContainerDefinitions":[{"Image":"IMAGE"}]}}}}
            """,
    };

    /// <summary>What a reader of each form understands as a yes.</summary>
    private static readonly Dictionary<string, Func<string, bool>> Yes = new()
    {
        ["text"] = text => text.Contains($"\n  Deploy {Image}@{Digest}\n", StringComparison.Ordinal),
        ["json"] = text => (bool)JsonNode.Parse(text)!["approved"]!,
        ["markdown"] = text => text.StartsWith("**EcrGuard: 1 image: it passes.**", StringComparison.Ordinal),
        ["sarif"] = text =>
            JsonNode.Parse(text)!["runs"]![0]!["results"]!
                .AsArray()
                .All(result => (string)result!["level"]! is "note" or "warning"),
        ["junit"] = text =>
            XElement.Parse(text) is var suite
            && (string)suite.Attribute("failures")! == "0"
            && (string)suite.Attribute("errors")! == "0",
        ["github"] = text => text.StartsWith("::notice ", StringComparison.Ordinal) && !text.Contains("::error "),
    };

    public static TheoryData<string, string, string, bool> Everything =>
        [
            .. from kind in Files.Keys
            from form in GateForms.All.Keys
            from status in Enum.GetValues<Status>()
            from approved in Either
            where approved ? status >= Status.Unscanned : status != Status.Approved
            select (kind, form, status.Word(), approved),
        ];

    [Fact]
    public void Every_kind_of_file_and_every_form_is_here()
    {
        Assert.Equal(
            Regex.Split(DeploymentDocument.Kinds, ", | or ").Order(StringComparer.Ordinal),
            Files.Keys.Order(StringComparer.Ordinal)
        );
        Assert.Equal(GateForms.All.Keys.Order(StringComparer.Ordinal), Yes.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_file_gets_the_answer_that_every_form_tells(string kind, string form, string status, bool approved)
    {
        var report = Report(kind, Body(status, approved));
        Assert.Equal(approved, report.Passes);
        Assert.Equal(approved, Yes[form](GateForms.All[form](report)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("true")]
    [InlineData("""{"approved":true}""")]
    [InlineData("""{"approved":false,"status":"NOT_FOUND","problem":"There is no such image."}""")]
    public void What_is_no_answer_is_a_yes_in_no_form(string body)
    {
        foreach (var kind in Files.Keys)
        {
            var report = Report(kind, body);
            Assert.All(GateForms.All, form => Assert.False(Yes[form.Key](form.Value(report)), form.Key));
        }
    }

    /// <summary>As <c>ecrguard ask -f</c> does.</summary>
    private static GateReport Report(string kind, string body)
    {
        using var document = JsonDocument.Parse(Files[kind].Replace("IMAGE", $"{Image}:1", StringComparison.Ordinal));
        var named = Assert.Single(DeploymentDocument.Images(document.RootElement)!);
        var question = GateQuestion.Of(named, new GatePlace("file", named.Place), ignoreOthers: false);
        Assert.Null(question.Settled);
        Assert.Equal($"{Image}:1", question.Image);
        return new GateReport([question.Answered(GateAnswer.Read(question.Image, null, body))]);
    }

    private static string Body(string status, bool approved) =>
        $$"""
            {"approved":{{(approved ? "true" : "false")}},"status":"{{status}}","image":"shop/web:1",
             "repository":"shop/web","digest":"{{Digest}}","deploy":"{{Image}}@{{Digest}}",
             "reasons":[{"code":"critical","sentence":"CVE-1 blocks."}],"reasonCount":1,"warnings":[],"waivers":[],
             "toPass":[],"counts":{"critical":1,"high":0,"medium":0,"low":0,"informational":0,"untriaged":0,
             "undefined":0},"decidedAt":"2026-11-30T00:00:00+00:00","policyVersion":"abc"}
            """;
}
