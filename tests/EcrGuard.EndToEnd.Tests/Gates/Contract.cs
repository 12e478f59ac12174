using System.Text.Json.Nodes;
using EcrGuard.Core.Tests.Policy;
using EcrGuard.EndToEnd.Tests.Template;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>
/// The contract of the HTTP API, <c>functions/gates/openapi.json</c>: every answer that a test gets is checked against
/// it.
/// </summary>
internal static class Contract
{
    public static JsonNode Document { get; } =
        JsonNode.Parse(File.ReadAllText(Path.Combine(SamTemplate.Root, "functions", "gates", "openapi.json")))!;

    private static readonly JsonSchema Schemas = new(Document);

    /// <summary>The contract's answers to questions, by status.</summary>
    public static JsonObject Responses => ResponsesOf("GET /approval");

    /// <summary>Checks that the contract has this answer about an image, for its status.</summary>
    public static void Check(int status, JsonNode headers, JsonNode body)
    {
        var response = Check("GET /approval", status, body);
        if (headers["retry-after"] is not null)
            Assert.NotNull(response["headers"]?["Retry-After"]);
        Assert.Equal(status == 503 || (string?)body["status"] == "PENDING", headers["retry-after"] is not null);
    }

    /// <summary>Checks that the contract has this answer of a route, for its status.</summary>
    /// <returns>The contract's entry for the answer.</returns>
    public static JsonNode Check(string route, int status, JsonNode body)
    {
        var responses = ResponsesOf(route);
        Assert.True(responses.ContainsKey($"{status}"), $"{route}: {status} is not in the contract");
        var response = responses[$"{status}"]!;
        Assert.True(
            Schemas.Accepts(response["content"]!["application/json"]!["schema"]!, body),
            $"{route}: {status}: {body.ToJsonString()}"
        );
        return response;
    }

    /// <summary>Whether the contract has such an order.</summary>
    public static bool AcceptsOrder(JsonNode order) =>
        Schemas.Accepts(JsonNode.Parse("""{"$ref":"#/components/schemas/Order"}""")!, order);

    private static JsonObject ResponsesOf(string route) =>
        Document["paths"]![route.Split(' ')[1]]![route.Split(' ')[0].ToLowerInvariant()]!["responses"]!.AsObject();

    /// <summary>Checks a direct invoke, which answers with the same body.</summary>
    public static void Check(JsonNode body) =>
        Assert.True(
            Schemas.Accepts(JsonNode.Parse(Either)!, body),
            $"The contract has no such body: {body.ToJsonString()}"
        );

    private const string Either = """
        {"oneOf":[{"$ref":"#/components/schemas/Answer"},{"$ref":"#/components/schemas/Problem"}]}
        """;
}

public sealed class ContractTests
{
    [Fact]
    public void The_contract_is_OpenAPI_3_1_and_its_example_is_one_of_its_answers()
    {
        Assert.Equal("3.1.0", (string)Contract.Document["openapi"]!);
        Contract.Check(200, new JsonObject(), Contract.Responses["200"]!["content"]!["application/json"]!["example"]!);
    }

    [Fact]
    public void An_answer_that_says_more_or_less_than_the_contract_is_found_out()
    {
        var example = Contract.Responses["200"]!["content"]!["application/json"]!["example"]!;
        foreach (var change in new Action<JsonObject>[] { a => a.Remove("digest"), a => a["forced"] = true })
        {
            var answer = example.DeepClone().AsObject();
            change(answer);
            Assert.Throws<Xunit.Sdk.TrueException>(() => Contract.Check(200, new JsonObject(), answer));
        }
    }

    [Fact]
    public void The_routes_of_the_contract_are_those_of_the_template() =>
        Assert.Equal(
            SamTemplate
                .With(SamTemplate.Everything)
                .Resources.Where(resource => resource.Value["Type"]!.ToString() == "AWS::ApiGatewayV2::Route")
                .Select(route => route.Value["Properties"]!["RouteKey"]!.ToString())
                .Order(StringComparer.Ordinal),
            Contract.Document["paths"]!
                .AsObject()
                .SelectMany(path =>
                    path.Value!.AsObject()
                        .Where(method => method.Key is "get" or "post")
                        .Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}")
                )
                .Order(StringComparer.Ordinal)
        );

    /// <summary>The page and the contract say the same.</summary>
    [Fact]
    public void The_page_about_asking_has_every_status_of_the_contract()
    {
        var page = File.ReadAllText(Path.Combine(SamTemplate.Root, "functions", "EcrGuard.Lambda", "README.md"));
        Assert.All(
            Contract.Responses.Select(response => response.Key),
            status => Assert.Contains($"| {status} |", page, StringComparison.Ordinal)
        );
    }
}
