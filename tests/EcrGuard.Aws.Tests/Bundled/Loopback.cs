using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace EcrGuard.Aws.Tests.Bundled;

/// <summary>An HTTP server on a free loopback port that keeps every request and answers as the test says.</summary>
internal sealed class Loopback : IAsyncDisposable
{
    private readonly WebApplication _server;

    private Loopback(WebApplication server) => _server = server;

    public List<Captured> Requests { get; } = [];

    public string Url => _server.Urls.First();

    /// <param name="answer">Gets the request and its number, from 0.</param>
    public static async Task<Loopback> StartAsync(Func<Captured, int, Answer> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var loopback = new Loopback(builder.Build());
        loopback._server.Run(async context =>
        {
            var captured = await Captured.FromAsync(context.Request);
            int number;
            lock (loopback.Requests)
            {
                number = loopback.Requests.Count;
                loopback.Requests.Add(captured);
            }
            await answer(captured, number).WriteAsync(context.Response);
        });
        await loopback._server.StartAsync();
        return loopback;
    }

    public static Task<Loopback> StartAsync(Answer always) => StartAsync((_, _) => always);

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

/// <param name="Target">Path and query as sent.</param>
internal sealed record Captured(string Method, string Target, SortedDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public static async Task<Captured> FromAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var headers = new SortedDictionary<string, string>(
            request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString()),
            StringComparer.OrdinalIgnoreCase
        );
        return new Captured(
            request.Method,
            request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget,
            headers,
            body.ToArray()
        );
    }
}

/// <param name="MissingBytes">How many bytes fewer are sent than the Content-Length promises. Then the connection is
///     cut.</param>
internal sealed record Answer(
    int Status,
    string Body,
    string ContentType = "application/x-amz-json-1.1",
    int MissingBytes = 0,
    params (string Name, string Value)[] Headers
)
{
    public static Answer Json(string body) => new(200, body);

    public static Answer Xml(string body) => new(200, body, "text/xml");

    public static Answer JsonError(int status, string code, string message = "no") =>
        new(status, new JsonObject { ["__type"] = code, ["message"] = message }.ToJsonString());

    public async Task WriteAsync(HttpResponse response)
    {
        var body = Encoding.UTF8.GetBytes(Body);
        response.StatusCode = Status;
        response.ContentType = ContentType;
        response.ContentLength = body.Length + MissingBytes;
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        await response.Body.WriteAsync(body);
        if (MissingBytes == 0)
            return;
        await response.Body.FlushAsync();
        response.HttpContext.Abort();
    }
}
