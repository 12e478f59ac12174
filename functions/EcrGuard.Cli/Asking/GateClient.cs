using Amazon.Lambda;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Gates;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Asking;

/// <summary>Asks a deployed EcrGuard about images, through Lambda's Invoke or through its HTTP API.</summary>
internal sealed class GateClient
{
    /// <summary>The function answers within 30 seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private const string NamedFunction = "the function with --function (the stack's output ApprovalFunction)";

    private readonly Func<string, CancellationToken, Task<(string Body, TimeSpan? RetryAfter)>> ask;

    private GateClient(Func<string, CancellationToken, Task<(string, TimeSpan?)>> ask) => this.ask = ask;

    /// <exception cref="FunctionFailedException">There is no such deployment.</exception>
    public static async Task<GateClient> FindAsync(GateTarget target, CancellationToken cancellation)
    {
        // Says that no region is set, before a role is taken or anything is asked.
        if (target.Url is null)
            _ = Caller.Region;
        var credentials = target.Role is null ? null : await TakeAsync(target.Role, cancellation);
        if (target.Url is { } url)
            return new GateClient((image, token) => GetAsync(url, credentials, image, token));
        var function =
            target.Function ?? (await DeployedStack.FindAsync(credentials, NamedFunction, cancellation)).Approval;
        var configuration = new AmazonLambdaConfig { Timeout = Patience };
        var lambda = credentials is null
            ? new AmazonLambdaClient(configuration)
            : new AmazonLambdaClient(credentials, configuration);
        var gate = new GateFunction(lambda, function);
        return new GateClient(async (image, token) => (await gate.InvokeAsync(image, token), null));
    }

    /// <summary>Asks about one image. A failure is also an answer: one that does not pass.</summary>
    public async Task<GateAnswer> AskAsync(string image, GatePlace? place, CancellationToken cancellation)
    {
        try
        {
            var (body, retryAfter) = await ask(image, cancellation);
            return GateAnswer.Read(image, place, body, retryAfter);
        }
        catch (Exception failure) when (GateFunction.IsNoAnswer(failure, cancellation))
        {
            return GateFunction.NoAnswer(image, place, failure);
        }
        catch (FunctionFailedException failure)
        {
            return GateAnswer.Undetermined(image, place, ErrorText.Whole(failure), GateFunction.Retry);
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
        // API Gateway's own answers, too, may come with these statuses.
        var isOfEcrGuard = answer.Body.Contains("\"approved\"", StringComparison.Ordinal);
        return
            (answer.Status is 429 or >= 500 && !isOfEcrGuard)
            || (answer.Status != 200 && GateAnswer.Read(image, null, answer.Body).Passes)
            ? throw new FunctionFailedException(
                $"The HTTP API answered {answer.Status}: {Phrase.Clip(answer.Body, 300)}"
            )
            : (answer.Body, answer.RetryAfter);
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
