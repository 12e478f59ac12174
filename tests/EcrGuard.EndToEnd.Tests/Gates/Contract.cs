using System.Text.Json.Nodes;
using EcrGuard.Core.Tests.Policy;
using EcrGuard.EndToEnd.Tests.Template;

namespace EcrGuard.EndToEnd.Tests.Gates;

/// <summary>
/// The contract of the HTTP API, <c>functions/gates/openapi.json</c>: every answer that a test gets is held to it.
/// </summary>
internal static class Contract
{
    public static JsonNode Document { get; } =
        JsonNode.Parse(File.ReadAllText(Path.Combine(SamTemplate.Root, "functions", "gates", "openapi.json")))!;

    private static readonly JsonSchema Schemas = new(Document);

    public static JsonObject Responses => Document["paths"]!["/approval"]!["get"]!["responses"]!.AsObject();

    /// <summary>An answer of the HTTP API is one that the contract has for its status.</summary>
    public static void Check(int status, JsonNode headers, JsonNode body)
    {
        Assert.True(Responses.ContainsKey($"{status}"), $"{status} is not in the contract");
        var response = Responses[$"{status}"]!;
        Assert.True(
            Schemas.Accepts(response["content"]!["application/json"]!["schema"]!, body),
            $"{status}: {body.ToJsonString()}"
        );
        if (headers["retry-after"] is not null)
            Assert.NotNull(response["headers"]?["Retry-After"]);
        Assert.Equal(status == 503 || (string?)body["status"] == "PENDING", headers["retry-after"] is not null);
    }

    /// <summary>A direct invoke answers with the same body.</summary>
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

    /// <summary>The page and the contract tell one story.</summary>
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
