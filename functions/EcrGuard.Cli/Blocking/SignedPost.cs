using System.Text;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Amazon.Runtime.Internal.Util;
using Amazon.SecurityToken;

namespace EcrGuard.Cli.Blocking;

/// <summary>
/// A request to an HTTP API with IAM authorisation: signed for execute-api, by the SDK's own signer, with the caller's
/// credentials as every AWS SDK finds them.
/// </summary>
internal static class SignedPost
{
    private const string Service = "execute-api";

    /// <summary>An HTTP API gives up after 30 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    /// <returns>The HTTP status and the body of the answer.</returns>
    /// <exception cref="HttpRequestException">There was no answer.</exception>
    public static async Task<(int Status, string Body)> SendAsync(Uri url, string json, CancellationToken cancellation)
    {
        var signed = Sign(url, Encoding.UTF8.GetBytes(json));
        using var message = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(signed.Content),
        };
        foreach (var (name, value) in signed.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content.Headers.TryAddWithoutValidation(name, value);
        }
        // A signature is for one address; and nothing is sent twice, since the first may have been heard.
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience };
        try
        {
            using var answer = await http.SendAsync(message, cancellation);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellation));
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"It did not answer in {Patience.TotalSeconds} seconds.", late);
        }
    }

    private static DefaultRequest Sign(Uri url, byte[] content)
    {
        // Of a configuration the signer wants the clock's correction, and the credentials their profile: any service's
        // has them.
        var configuration = new AmazonSecurityTokenServiceConfig();
        var request = new DefaultRequest(new Post(), Service)
        {
            HttpMethod = HttpMethod.Post.Method,
            Endpoint = new Uri(url.GetLeftPart(UriPartial.Authority)),
            ResourcePath = url.AbsolutePath,
            Content = content,
            OverrideSigningServiceName = Service,
            AuthenticationRegion = RegionOf(url),
        };
        request.Headers["Content-Type"] = "application/json";
        new AWS4Signer().Sign(
            request,
            configuration,
            new RequestMetrics(),
            DefaultAWSCredentialsIdentityResolver.GetCredentials(configuration)
        );
        return request;
    }

    /// <summary>
    /// API Gateway's own host names tell the region; a domain of one's own has that of the environment.
    /// </summary>
    private static string RegionOf(Uri url) =>
        url.Host.Split('.') is [_, Service, var region, _, ..]
            ? region
            : FallbackRegionFactory.GetRegionEndpoint()?.SystemName
                ?? throw new UnusableFileException("No region is set; set AWS_REGION, for example to eu-central-1.");

    private sealed class Post : AmazonWebServiceRequest;
}
