using System.Text;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using Amazon.SecurityToken;

namespace EcrGuard.Cli.Asking;

/// <summary>An answer of an HTTP API.</summary>
/// <param name="RetryAfter">How long to wait before asking again; null if the answer does not say.</param>
internal sealed record HttpAnswer(int Status, string Body, TimeSpan? RetryAfter);

/// <summary>
/// Sends requests to an HTTP API with IAM authorisation. The SDK's own signer signs them for execute-api. The caller's
/// credentials are found as in every AWS SDK.
/// </summary>
internal static class SignedHttp
{
    private const string Service = "execute-api";

    /// <summary>An HTTP API gives up after 30 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    /// <summary>The longest answer that is read, in bytes. EcrGuard's own answers have some kilobytes.</summary>
    private const int MaxAnswer = 6_000_000;

    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public static Task<HttpAnswer> PostAsync(Uri url, string json, CancellationToken cancellation) =>
        SendAsync(
            HttpMethod.Post,
            url,
            new Dictionary<string, string>(),
            Encoding.UTF8.GetBytes(json),
            null,
            cancellation
        );

    /// <param name="query">The text after the question mark, not escaped.</param>
    /// <param name="credentials">Null: find them as every AWS SDK does.</param>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public static Task<HttpAnswer> GetAsync(
        Uri url,
        IReadOnlyDictionary<string, string> query,
        AWSCredentials? credentials,
        CancellationToken cancellation
    ) => SendAsync(HttpMethod.Get, url, query, null, credentials, cancellation);

    private static async Task<HttpAnswer> SendAsync(
        HttpMethod method,
        Uri url,
        IReadOnlyDictionary<string, string> query,
        byte[]? content,
        AWSCredentials? credentials,
        CancellationToken cancellation
    )
    {
        var signed = Sign(method, url, query, content, credentials);
        var escaped = string.Join(
            '&',
            query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}")
        );
        var target = query.Count == 0 ? url : new UriBuilder(url) { Query = escaped }.Uri;
        using var message = new HttpRequestMessage(method, target)
        {
            Content = content is null ? null : new ByteArrayContent(content),
        };
        foreach (var (name, value) in signed.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        // No redirects, because a signature is valid for one address. Nothing is sent twice, because the first request
        // may have been received.
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            Timeout = Patience,
            MaxResponseContentBufferSize = MaxAnswer,
        };
        try
        {
            using var answer = await http.SendAsync(message, cancellation);
            return new HttpAnswer(
                (int)answer.StatusCode,
                await answer.Content.ReadAsStringAsync(cancellation),
                answer.Headers.RetryAfter?.Delta
            );
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"It did not answer in {Patience.TotalSeconds} seconds.", late);
        }
    }

    private static DefaultRequest Sign(
        HttpMethod method,
        Uri url,
        IReadOnlyDictionary<string, string> query,
        byte[]? content,
        AWSCredentials? credentials
    )
    {
        // The signer reads the clock correction from a configuration, and the credentials read their profile from it.
        // The configuration of any service has both.
        var configuration = new AmazonSecurityTokenServiceConfig();
        var request = new DefaultRequest(new Question(), Service)
        {
            HttpMethod = method.Method,
            Endpoint = new Uri(url.GetLeftPart(UriPartial.Authority)),
            ResourcePath = url.AbsolutePath,
            Content = content ?? [],
            UseQueryString = query.Count > 0,
            OverrideSigningServiceName = Service,
            AuthenticationRegion = RegionOf(url),
        };
        foreach (var (name, value) in query)
            request.Parameters[name] = value;
        if (content is not null)
            request.Headers["Content-Type"] = "application/json";
        new AWS4Signer().Sign(
            request,
            configuration,
            new RequestMetrics(),
            credentials ?? DefaultAWSCredentialsIdentityResolver.GetCredentials(configuration)
        );
        return request;
    }

    /// <summary>
    /// The region to sign for. API Gateway's own host names contain it. For a custom domain, it is the region of the
    /// environment.
    /// </summary>
    private static string RegionOf(Uri url) =>
        url.Host.Split('.') is [_, Service, var region, _, ..] ? region : Caller.Region;

    private sealed class Question : AmazonWebServiceRequest;
}
