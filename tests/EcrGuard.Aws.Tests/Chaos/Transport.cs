using System.Collections.Concurrent;
using System.Text;
using Amazon.Runtime;

namespace EcrGuard.Aws.Tests.Chaos;

/// <summary>
/// A call that a function has made. It waits until somebody carries it out. When it is answered, the function goes on,
/// on the thread that answers, up to its next calls. So the driver decides the order of all calls of all functions.
/// </summary>
internal sealed class Call
{
    private readonly TaskCompletionSource<HttpResponseMessage> answer = new();
    private readonly List<KeyValuePair<string, IEnumerable<string>>> headers;
    private readonly HttpMethod method;
    private readonly Uri address;

    public Call(HttpRequestMessage request)
    {
        (method, address) = (request.Method, request.RequestUri!);
        using var body = new MemoryStream();
        request.Content?.CopyTo(body, null, CancellationToken.None);
        Body = body.ToArray();
        headers = [.. request.Headers.Where(header => header.Key != "Expect")];
        if (request.Content is { } content)
            headers.AddRange(content.Headers);
        // Credential=AKID/20261118/eu-central-1/ecr/aws4_request
        Service = Header("Authorization")?.Split('/') is [_, _, _, var service, ..] ? service : "?";
        Operation =
            Header("X-Amz-Target")?.Split('.')[^1]
            ?? Array.Find(Text.Split('&'), part => part.StartsWith(Action, StringComparison.Ordinal))?[Action.Length..]
            ?? $"{method} {address.AbsolutePath}";
    }

    private const string Action = "Action=";

    public string Service { get; }
    public string Operation { get; }
    public byte[] Body { get; }
    public string Text => Encoding.UTF8.GetString(Body);
    public Task<HttpResponseMessage> Answer => answer.Task;

    /// <summary>Sends the call over the wire.</summary>
    public HttpResponseMessage Carry(HttpMessageInvoker wire)
    {
        using var request = new HttpRequestMessage(method, address) { Content = new ByteArrayContent(Body) };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value) && name != "Content-Length")
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        using var response = wire.Send(request, CancellationToken.None);
        using var body = new MemoryStream();
        response.Content.CopyTo(body, null, CancellationToken.None);
        var answered = new HttpResponseMessage(response.StatusCode) { Content = new ByteArrayContent(body.ToArray()) };
        foreach (var (name, value) in response.Headers)
            answered.Headers.TryAddWithoutValidation(name, value);
        foreach (var (name, value) in response.Content.Headers)
            answered.Content.Headers.TryAddWithoutValidation(name, value);
        return answered;
    }

    private string? Header(string name) => headers.Find(header => header.Key == name).Value?.First();

    public void Succeed(HttpResponseMessage response) => answer.TrySetResult(response);

    public void Fail(Exception failure) => answer.TrySetException(failure);

    public override string ToString() => $"{Service} {Operation}";
}

/// <summary>Holds the calls of one instance of the functions until the driver takes them.</summary>
internal sealed class Transport : HttpClientFactory
{
    private readonly ConcurrentQueue<Call> arrived = new();
    private readonly List<Call> waiting = [];

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
        new(new Holding(this)) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The calls that wait, in the order in which the functions made them.</summary>
    public IReadOnlyList<Call> Waiting
    {
        get
        {
            while (arrived.TryDequeue(out var call))
                waiting.Add(call);
            return waiting;
        }
    }

    public void Take(Call call) => waiting.Remove(call);

    private sealed class Holding(Transport transport) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var call = new Call(request);
            transport.arrived.Enqueue(call);
            return call.Answer;
        }
    }
}
