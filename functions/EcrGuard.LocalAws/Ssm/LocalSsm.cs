namespace EcrGuard.LocalAws.Ssm;

/// <summary>The parameters of AWS Systems Manager in memory, each one a plain text with one version.</summary>
public sealed class LocalSsm : LocalJsonService
{
    private readonly LocalAccount account;
    private readonly Dictionary<string, string> parameters = new(StringComparer.Ordinal);

    internal LocalSsm(LocalAccount account)
        : base("ssm", "AmazonSSM", "application/x-amz-json-1.1", JsonWire.Pascal, ["Name"])
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["GetParameter"] = On<GetParameterRequest>(GetParameter),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalServerError";

    /// <summary>Creates a parameter, or gives it another value.</summary>
    public void PutParameter(string name, string value)
    {
        lock (Gate)
        {
            parameters[name] = value;
        }
    }

    private object GetParameter(GetParameterRequest request)
    {
        if (request.Name is null || !parameters.TryGetValue(request.Name, out var value))
        {
            throw new LocalError(400, "ParameterNotFound", "");
        }

        return new Members
        {
            ["Parameter"] = new Members
            {
                ["Name"] = request.Name,
                ["Type"] = "String",
                ["Value"] = value,
                ["Version"] = 1,
                ["ARN"] = $"arn:aws:ssm:{account.Options.Region}:{account.Options.AccountId}:parameter{request.Name}",
                ["DataType"] = "text",
            },
        };
    }

    internal sealed record GetParameterRequest(string? Name);
}
