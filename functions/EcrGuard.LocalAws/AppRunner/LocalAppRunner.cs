using System.Globalization;

namespace EcrGuard.LocalAws.AppRunner;

/// <summary>AWS App Runner in memory: services and the images they run.</summary>
public sealed class LocalAppRunner : LocalJsonService
{
    private const int MostListed = 20;

    private readonly LocalAccount account;
    private readonly SortedDictionary<string, Service> services = new(StringComparer.Ordinal);

    internal LocalAppRunner(LocalAccount account)
        : base("apprunner", "AppRunner", "application/x-amz-json-1.0", JsonWire.Pascal, ["ServiceArn"])
    {
        this.account = account;
        Operations = new Dictionary<string, Func<LocalCall, object>>
        {
            ["DescribeService"] = On<DescribeServiceRequest>(DescribeService),
            ["ListServices"] = On<ListServicesRequest>(ListServices),
        };
    }

    private protected override IReadOnlyDictionary<string, Func<LocalCall, object>> Operations { get; }

    private protected override string InternalErrorCode => "InternalServiceErrorException";

    /// <summary>Creates a service. Without an image, App Runner builds it from source.</summary>
    /// <returns>Its ARN.</returns>
    public string CreateService(string name, string? imageIdentifier, string imageRepositoryType = "ECR")
    {
        lock (Gate)
        {
            var id = (services.Count + 1).ToString("x32", CultureInfo.InvariantCulture);
            var service = new Service(
                $"arn:aws:apprunner:{account.Options.Region}:{account.Options.AccountId}:service/{name}/{id}",
                name,
                imageIdentifier,
                imageRepositoryType
            );
            services.Add(service.Arn, service);
            Emit(service, "CreateServiceCompletedSuccessfully");
            return service.Arn;
        }
    }

    /// <summary>Gives a service another image to run.</summary>
    public void UpdateService(string arn, string imageIdentifier)
    {
        lock (Gate)
        {
            services[arn] = services[arn] with { ImageIdentifier = imageIdentifier };
            Emit(services[arn], "UpdateServiceCompletedSuccessfully");
        }
    }

    private void Emit(Service service, string operationStatus) =>
        account.Emit(
            "aws.apprunner",
            "AppRunner Service Operation Status Change",
            service.Arn,
            new Members { ["serviceName"] = service.Name, ["operationStatus"] = operationStatus }
        );

    public void DeleteService(string arn)
    {
        lock (Gate)
        {
            services.Remove(arn);
        }
    }

    private static LocalError Invalid(string message) => new(400, "InvalidRequestException", message);

    private object ListServices(ListServicesRequest request)
    {
        if (request.MaxResults is < 1 or > MostListed)
        {
            throw Invalid($"MaxResults must be between 1 and {MostListed}.");
        }

        var (page, next) = LocalPages.Of(
            "ListServices",
            request.NextToken,
            request.MaxResults ?? MostListed,
            account.Options.EmptyPages,
            services.Values,
            () => Invalid("NextToken is not valid.")
        );
        return new Members
        {
            ["ServiceSummaryList"] = page.Select(s => new Members
            {
                ["ServiceName"] = s.Name,
                ["ServiceArn"] = s.Arn,
                ["Status"] = "RUNNING",
            }),
            ["NextToken"] = next,
        };
    }

    private object DescribeService(DescribeServiceRequest request)
    {
        var service =
            services.GetValueOrDefault(request.ServiceArn)
            ?? throw new LocalError(
                400,
                "ResourceNotFoundException",
                $"Service with ARN {request.ServiceArn} does not exist."
            );
        return new Members
        {
            ["Service"] = new Members
            {
                ["ServiceName"] = service.Name,
                ["ServiceArn"] = service.Arn,
                ["Status"] = "RUNNING",
                ["SourceConfiguration"] = new Members
                {
                    ["ImageRepository"] = service.ImageIdentifier is null
                        ? null
                        : new Members
                        {
                            ["ImageIdentifier"] = service.ImageIdentifier,
                            ["ImageRepositoryType"] = service.ImageRepositoryType,
                        },
                },
            },
        };
    }

    private sealed record Service(string Arn, string Name, string? ImageIdentifier, string ImageRepositoryType);

    internal sealed record ListServicesRequest
    {
        public string? NextToken { get; init; }

        public int? MaxResults { get; init; }
    }

    internal sealed record DescribeServiceRequest
    {
        public required string ServiceArn { get; init; }
    }
}
