namespace EcrGuard.LocalAws;

/// <summary>What the services share: who they belong to, the time, and the bus that their events go to.</summary>
internal sealed class LocalAccount(LocalAwsOptions options, LocalLog<string> events)
{
    /// <summary>Guards ECR and Inspector together, since each reads the other's state.</summary>
    public Lock Gate { get; } = new();

    public LocalAwsOptions Options => options;

    public DateTimeOffset Now => options.TimeProvider.GetUtcNow();

    /// <summary>The same account in another region.</summary>
    public LocalAccount In(string region) => new(options with { Region = region }, events);

    /// <summary>
    /// Another account and region whose events come to this one's bus, as those of members come to Inspector's
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
    /// Puts a call that succeeded on the bus, where a trail exists. CloudTrail leaves parameters out; these are the few
    /// that EcrGuard could go by.
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
            new
            {
                eventSource = $"{service}.amazonaws.com",
                eventName = name,
                awsRegion = options.Region,
                requestParameters = request,
                responseElements = response,
            }
        );
    }
}
