using System.Text;
using System.Text.Json;
using Amazon.Lambda;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using EcrGuard.Aws;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Asking;

/// <summary>Asks a deployed EcrGuard about images: by Lambda's Invoke, or by its HTTP API.</summary>
internal sealed class GateClient
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(15);

    /// <summary>The function answers within 30 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private readonly Func<string, CancellationToken, Task<(string Body, TimeSpan? RetryAfter)>> ask;

    private GateClient(Func<string, CancellationToken, Task<(string, TimeSpan?)>> ask) => this.ask = ask;

    /// <exception cref="FunctionFailedException">There is no such deployment.</exception>
    public static async Task<GateClient> FindAsync(GateTarget target, CancellationToken cancellation)
    {
        var region = target.Url is null ? Caller.Region : null;
        var credentials = target.Role is null ? null : await TakeAsync(target.Role, cancellation);
        if (target.Url is { } url)
            return new GateClient((image, token) => GetAsync(url, credentials, image, token));
        var function = target.Function ?? await FunctionOfAsync(target.Stack, region!, credentials, cancellation);
        var configuration = new AmazonLambdaConfig { Timeout = Patience };
        var lambda = credentials is null
            ? new AmazonLambdaClient(configuration)
            : new AmazonLambdaClient(credentials, configuration);
        return new GateClient((image, token) => InvokeAsync(lambda, function, image, token));
    }

    /// <summary>Asks about one image. What fails is an answer, too: one that does not pass.</summary>
    public async Task<GateAnswer> AskAsync(string image, GatePlace? place, CancellationToken cancellation)
    {
        try
        {
            var (body, retryAfter) = await ask(image, cancellation);
            return GateAnswer.Read(image, place, body, retryAfter);
        }
        catch (Amazon.Lambda.Model.ResourceNotFoundException missing)
        {
            return GateAnswer.Undetermined(
                image,
                place,
                $"{ErrorText.Of(missing)} The name must be the stack's output ApprovalFunction, in this region."
            );
        }
        catch (Exception failure)
            when (failure
                    is AmazonServiceException
                        or AmazonClientException
                        or HttpRequestException
                        or FunctionFailedException
                || (failure is OperationCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            var retry = failure is not AmazonServiceException refused || (int)refused.StatusCode is 429 or >= 500;
            return GateAnswer.Undetermined(image, place, ErrorText.Of(failure), retry ? Retry : null);
        }
    }

    private static async Task<(string, TimeSpan?)> GetAsync(
        Uri url,
        AWSCredentials? credentials,
        string image,
        CancellationToken cancellation
    )
    {
        var answer = await SignedHttp.GetAsync(
            url,
            new Dictionary<string, string> { ["image"] = image },
            credentials,
            cancellation
        );
        return answer.Status is 429 or >= 500 && !answer.Body.Contains("\"problem\"", StringComparison.Ordinal)
            ? throw new FunctionFailedException(
                $"The HTTP API answered {answer.Status}: {Phrase.Clip(answer.Body, 300)}"
            )
            : (answer.Body, answer.RetryAfter);
    }

    private static async Task<(string, TimeSpan?)> InvokeAsync(
        AmazonLambdaClient lambda,
        string function,
        string image,
        CancellationToken cancellation
    )
    {
        using var question = new MemoryStream();
        using (var json = new Utf8JsonWriter(question))
        {
            json.WriteStartObject();
            json.WriteString("image", image);
            json.WriteEndObject();
        }
        var response = await lambda.InvokeAsync(
            new InvokeRequest { FunctionName = function, Payload = Encoding.UTF8.GetString(question.ToArray()) },
            cancellation
        );
        var body = Encoding.UTF8.GetString(response.Payload.ToArray());
        return response.FunctionError is null
            ? (body, null)
            : throw new FunctionFailedException($"The function {function} failed: {Phrase.Clip(body, 500)}");
    }

    private static async Task<string> FunctionOfAsync(
        string stack,
        string region,
        AWSCredentials? credentials,
        CancellationToken cancellation
    )
    {
        var name = $"/{stack}/approval";
        var configuration = new AmazonSimpleSystemsManagementConfig();
        using var ssm = credentials is null
            ? new AmazonSimpleSystemsManagementClient(configuration)
            : new AmazonSimpleSystemsManagementClient(credentials, configuration);
        try
        {
            var answer = await ssm.GetParameterAsync(new GetParameterRequest { Name = name }, cancellation);
            return answer.Parameter?.Value is { Length: > 0 } function
                ? function
                : throw new FunctionFailedException($"The parameter {name} in {region} is empty.");
        }
        catch (ParameterNotFoundException)
        {
            throw new FunctionFailedException(
                $"There is no EcrGuard here: {region} has no parameter {name}, which its stack writes. Give the name "
                    + "of the stack with --stack, the region with --region, or the function itself with --function "
                    + "(the stack's output ApprovalFunction)."
            );
        }
    }

    private static async Task<AWSCredentials> TakeAsync(string role, CancellationToken cancellation)
    {
        using var sts = new AmazonSecurityTokenServiceClient();
        var taken = await sts.AssumeRoleAsync(
            new AssumeRoleRequest { RoleArn = role, RoleSessionName = "ecrguard-ask" },
            cancellation
        );
        return taken.Credentials;
    }
}
