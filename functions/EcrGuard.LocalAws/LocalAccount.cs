namespace EcrGuard.LocalAws;

/// <summary>What the services share: their account, the clock, and the bus for their events.</summary>
internal sealed class LocalAccount(LocalAwsOptions options, LocalLog<string> events)
{
    /// <summary>Guards ECR and Inspector together, since each reads the other's state.</summary>
    public Lock Gate { get; } = new();

    public LocalAwsOptions Options => options;

    public DateTimeOffset Now => options.TimeProvider.GetUtcNow();

    /// <summary>The same account in another region.</summary>
    public LocalAccount In(string region) => new(options with { Region = region }, events);

    /// <summary>
    /// Another account and region. Its events come to this account's bus, as the events of members come to Inspector's
    /// delegated administrator.
    /// </summary>
    public LocalAccount Member(string accountId, string region) =>
        new(options with { AccountId = accountId, Region = region }, events);

    public string RepositoryArn(string repository) =>
        $"arn:aws:ecr:{options.Region}:{options.AccountId}:repository/{repository}";

    public string ImageArn(string repository, string digest) => $"{RepositoryArn(repository)}/{digest}";

    /// <summary>Puts an event on the bus, in EventBridge's envelope.</summary>
    public void Emit(string source, string detailType, string? resource, object detail) =>
        events.Add(
            JsonWire.Write(
                new Dictionary<string, object>
                {
                    ["version"] = "0",
                    ["id"] = Guid.NewGuid().ToString(),
                    ["detail-type"] = detailType,
                    ["source"] = source,
                    ["account"] = options.AccountId,
                    ["time"] = Now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"),
                    ["region"] = options.Region,
                    ["resources"] = resource is null ? [] : new[] { resource },
                    ["detail"] = detail,
                }
            )
        );

    /// <summary>
    /// Puts a successful call on the bus if a trail exists. CloudTrail leaves parameters out; these are the few that
    /// EcrGuard could use.
    /// </summary>
    public void EmitCall(string service, string name, object request, object response)
    {
        if (!options.Trail)
        {
            return;
        }

        Emit(
            $"aws.{service}",
            "AWS API Call via CloudTrail",
            null,
            new Members
            {
                ["eventSource"] = $"{service}.amazonaws.com",
                ["eventName"] = name,
                ["awsRegion"] = options.Region,
                ["requestParameters"] = request,
                ["responseElements"] = response,
            }
        );
    }
}
