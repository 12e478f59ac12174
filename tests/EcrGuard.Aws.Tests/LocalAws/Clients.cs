using System.Text;
using Amazon.ECR;
using Amazon.Inspector2;
using Amazon.Runtime;
using Amazon.SimpleNotificationService;
using EcrGuard.LocalAws;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>Clients of a <see cref="LocalAwsServer"/> that show its answers as they are: without retries.</summary>
internal static class Clients
{
    private static readonly BasicAWSCredentials Credentials = new("AKIDEXAMPLE", "secret");

    public static AmazonECRClient EcrClient(this LocalAwsServer aws) =>
        new(Credentials, Configured(new AmazonECRConfig(), aws));

    public static AmazonInspector2Client InspectorClient(this LocalAwsServer aws) =>
        new(Credentials, Configured(new AmazonInspector2Config(), aws));

    public static AmazonSimpleNotificationServiceClient SnsClient(this LocalAwsServer aws) =>
        new(Credentials, Configured(new AmazonSimpleNotificationServiceConfig(), aws));

    /// <summary>Posts a body to ECR in its own protocol, for requests that no SDK would send.</summary>
    /// <returns>The status and the body.</returns>
    public static async Task<(int Status, string Body)> PostToEcrAsync(
        this LocalAwsServer aws,
        string operation,
        string body,
        bool signed = true
    )
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, aws.Endpoint)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/x-amz-json-1.1"),
        };
        request.Headers.Add("X-Amz-Target", $"AmazonEC2ContainerRegistry_V20150921.{operation}");
        if (signed)
        {
            request.Headers.Add("x-amz-date", "20261122T120000Z");
            request.Headers.TryAddWithoutValidation(
                "Authorization",
                $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/{aws.Region}/ecr/aws4_request, "
                    + $"SignedHeaders=host;x-amz-date, Signature={new string('0', 64)}"
            );
        }

        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static T Configured<T>(T config, LocalAwsServer aws)
        where T : ClientConfig
    {
        config.ServiceURL = aws.Endpoint.ToString();
        config.AuthenticationRegion = aws.Region;
        config.MaxErrorRetry = 0;
        return config;
    }
}
