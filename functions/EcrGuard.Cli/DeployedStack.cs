using System.Text.Json;
using System.Text.Json.Serialization;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using Amazon.SimpleSystemsManagement.Model;
using EcrGuard.Cli.Plans;

namespace EcrGuard.Cli;

/// <summary>
/// What the stack of an account and region says about itself, in a parameter of AWS Systems Manager. There is only one
/// stack, so the parameter has one name. It holds nothing secret.
/// </summary>
/// <param name="Approval">The ARN of the function that answers questions; the next three: of those that take orders.
///     </param>
/// <param name="BreakGlassUrl">Where an approval is forced; null if nobody may force one.</param>
/// <param name="Table">The table of the ledger.</param>
internal sealed record DeployedStack(
    string Approval,
    string ApplyPlan,
    string RestoreRepository,
    string ReleaseImage,
    Uri? BreakGlassUrl,
    string Table,
    string Bucket
)
{
    public const string Parameter = "/EcrGuard/deployment";

    /// <param name="credentials">Null: find them as every AWS SDK does.</param>
    /// <param name="instead">What the caller can name with an option instead.</param>
    /// <exception cref="FunctionFailedException">There is no such stack.</exception>
    public static async Task<DeployedStack> FindAsync(
        AWSCredentials? credentials,
        string instead,
        CancellationToken cancellation
    )
    {
        var region = Caller.Region;
        var configuration = new AmazonSimpleSystemsManagementConfig();
        using var ssm = credentials is null
            ? new AmazonSimpleSystemsManagementClient(configuration)
            : new AmazonSimpleSystemsManagementClient(credentials, configuration);
        try
        {
            var answer = await ssm.GetParameterAsync(new GetParameterRequest { Name = Parameter }, cancellation);
            return JsonSerializer.Deserialize(answer.Parameter?.Value ?? "", DeployedStackJson.Default.DeployedStack)
                ?? throw new JsonException();
        }
        catch (ParameterNotFoundException)
        {
            throw new FunctionFailedException(
                $"There is no EcrGuard here: {region} has no parameter {Parameter}, which its stack writes. Give its "
                    + $"region with --region, or {instead}."
            );
        }
        catch (JsonException)
        {
            throw new FunctionFailedException(
                $"The parameter {Parameter} in {region} is not as EcrGuard's stack writes it. Deploy the stack again, "
                    + $"or give {instead}."
            );
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(DeployedStack))]
internal sealed partial class DeployedStackJson : JsonSerializerContext;
