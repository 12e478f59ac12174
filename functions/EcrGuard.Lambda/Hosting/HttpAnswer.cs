using System.Text.Json;
using Amazon.Lambda.APIGatewayEvents;

namespace EcrGuard.Lambda.Hosting;

/// <summary>An answer to a question, whether it came over HTTP or not.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">A JSON object.</param>
internal sealed record HttpAnswer(int Status, JsonElement Body)
{
    /// <summary>The answer in the form that an HTTP API takes (payload version 2).</summary>
    /// <param name="retryAfter">After how many seconds it is worth asking again; null if it is not.</param>
    public JsonElement Response(string? retryAfter = null)
    {
        var headers = new Dictionary<string, string>
        {
            ["content-type"] = "application/json",
            ["cache-control"] = "no-store",
        };
        if (retryAfter is not null)
            headers["retry-after"] = retryAfter;
        return JsonSerializer.SerializeToElement(
            new APIGatewayHttpApiV2ProxyResponse
            {
                StatusCode = Status,
                Headers = headers,
                Body = Body.GetRawText(),
            },
            AnswerJson.Default.APIGatewayHttpApiV2ProxyResponse
        );
    }
}
