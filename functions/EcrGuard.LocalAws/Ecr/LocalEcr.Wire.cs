using System.Text;

namespace EcrGuard.LocalAws.Ecr;

/// <content>The protocol: AWS JSON 1.1.</content>
public sealed partial class LocalEcr
{
    private const string ContentType = "application/x-amz-json-1.1";
    private const string TargetPrefix = "AmazonEC2ContainerRegistry_V20150921.";

    private readonly Dictionary<string, Func<LocalCall, object>> operations;
    private readonly Dictionary<string, TokenBucket> buckets = [];

    string ILocalService.SigningName => "ecr";

    bool ILocalService.LooksLikeMine(LocalCall call) => Target(call).StartsWith(TargetPrefix, StringComparison.Ordinal);

    LocalOperation ILocalService.Identify(LocalCall call)
    {
        var target = Target(call);
        return target.StartsWith(TargetPrefix, StringComparison.Ordinal)
            ? new LocalOperation(
                target[TargetPrefix.Length..],
                JsonWire.Peek(call, "repositoryName") ?? NamedBy(JsonWire.Peek(call, "resourceArn") ?? string.Empty)
            )
            : throw LocalError.Unexpected("UnknownOperationException", $"X-Amz-Target '{target}' is not of ECR.");
    }

    LocalAnswer ILocalService.Answer(LocalCall call, LocalOperation operation)
    {
        if (!operations.TryGetValue(operation.Name, out var carryOut))
        {
            throw LocalError.Unexpected(
                "UnknownOperationException",
                $"The operation {operation.Name} is not known here."
            );
        }

        return Locked(() =>
            Grants(operation.Name)
                ? JsonWire.Answer(ContentType, carryOut(call))
                : throw ((ILocalService)this).For(Trouble.Throttled)
        );
    }

    LocalError ILocalService.For(Trouble trouble) =>
        trouble switch
        {
            Trouble.Throttled => new LocalError(400, "ThrottlingException", "Rate exceeded"),
            Trouble.InternalError => new LocalError(500, "ServerException", "An internal server error has occurred."),
            Trouble.Unavailable => new LocalError(
                503,
                "ServiceUnavailableException",
                "Service is temporarily unavailable."
            ),
            Trouble.ExpiredCredentials => new LocalError(
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired"
            ),
            Trouble.MissingAuthentication => new LocalError(
                400,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token"
            ),
        };

    LocalAnswer ILocalService.Refuse(LocalError error) =>
        JsonWire.Refuse(
            ContentType,
            error.Status,
            new Members { ["__type"] = error.Code, ["Message"] = error.Message }
        );

    private static string Target(LocalCall call) => call.Headers["X-Amz-Target"].ToString();

    private static Func<LocalCall, object> On<TRequest>(Func<TRequest, object> operation) =>
        call => operation(JsonWire.Read<TRequest>(call));

    private Dictionary<string, Func<LocalCall, object>> Operations() =>
        new()
        {
            ["BatchCheckLayerAvailability"] = On<BatchCheckLayerAvailabilityRequest>(BatchCheckLayerAvailability),
            ["BatchDeleteImage"] = On<BatchDeleteImageRequest>(BatchDeleteImage),
            ["BatchGetImage"] = On<BatchGetImageRequest>(BatchGetImage),
            ["BatchGetRepositoryScanningConfiguration"] = On<BatchGetRepositoryScanningConfigurationRequest>(
                BatchGetRepositoryScanningConfiguration
            ),
            ["CompleteLayerUpload"] = On<CompleteLayerUploadRequest>(CompleteLayerUpload),
            ["CreateRepository"] = On<CreateRepositoryRequest>(CreateRepository),
            ["DeleteLifecyclePolicy"] = On<RepositoryRequest>(DeleteLifecyclePolicy),
            ["DescribeImages"] = On<DescribeImagesRequest>(DescribeImages),
            ["DescribeImageScanFindings"] = On<DescribeImageScanFindingsRequest>(DescribeImageScanFindings),
            ["DescribeRegistry"] = On<DescribeRegistryRequest>(DescribeRegistry),
            ["DescribeRepositories"] = On<DescribeRepositoriesRequest>(DescribeRepositories),
            ["GetLifecyclePolicy"] = On<RepositoryRequest>(GetLifecyclePolicy),
            ["GetLifecyclePolicyPreview"] = On<GetLifecyclePolicyPreviewRequest>(GetLifecyclePolicyPreview),
            ["GetRegistryScanningConfiguration"] = On<GetRegistryScanningConfigurationRequest>(
                GetRegistryScanningConfiguration
            ),
            ["InitiateLayerUpload"] = On<RepositoryRequest>(InitiateLayerUpload),
            ["ListImageReferrers"] = On<ListImageReferrersRequest>(ListImageReferrers),
            ["ListImages"] = On<ListImagesRequest>(ListImages),
            ["ListTagsForResource"] = On<ResourceRequest>(ListTagsForResource),
            ["PutImage"] = On<PutImageRequest>(PutImage),
            ["PutImageScanningConfiguration"] = On<PutImageScanningConfigurationRequest>(PutImageScanningConfiguration),
            ["PutImageTagMutability"] = On<PutImageTagMutabilityRequest>(PutImageTagMutability),
            ["PutLifecyclePolicy"] = On<PutLifecyclePolicyRequest>(PutLifecyclePolicy),
            ["PutRegistryScanningConfiguration"] = On<PutRegistryScanningConfigurationRequest>(
                PutRegistryScanningConfiguration
            ),
            ["StartImageScan"] = On<StartImageScanRequest>(StartImageScan),
            ["StartLifecyclePolicyPreview"] = On<StartLifecyclePolicyPreviewRequest>(StartLifecyclePolicyPreview),
            ["TagResource"] = On<TagResourceRequest>(TagResource),
            ["UntagResource"] = On<UntagResourceRequest>(UntagResource),
            ["UpdateImageStorageClass"] = On<UpdateImageStorageClassRequest>(UpdateImageStorageClass),
            ["UploadLayerPart"] = On<UploadLayerPartRequest>(UploadLayerPart),
        };

    private bool Grants(string operation)
    {
        if (Options.EcrRates is not { } rates)
        {
            return true;
        }

        if (!buckets.TryGetValue(operation, out var bucket))
        {
            bucket = new TokenBucket(rates.Of(operation), Options.TimeProvider);
            buckets.Add(operation, bucket);
        }

        return bucket.TryTake();
    }

    private static LocalError Invalid(string parameter, string constraint) =>
        new(
            400,
            "InvalidParameterException",
            $"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
        );

    private static void CheckRange(string parameter, int? value, int most)
    {
        if (value < 1)
        {
            throw Invalid(parameter, "Member must have value greater than or equal to 1");
        }

        if (value > most)
        {
            throw Invalid(parameter, $"Member must have value less than or equal to {most}");
        }
    }

    private static void CheckCount<T>(string parameter, IReadOnlyList<T>? values, int most)
    {
        if (values is { Count: 0 })
        {
            throw Invalid(parameter, "Member must have length greater than or equal to 1");
        }

        if (values?.Count > most)
        {
            throw Invalid(parameter, $"Member must have length less than or equal to {most}");
        }
    }

    private static void CheckOneOf(string parameter, string? value, params ReadOnlySpan<string> known)
    {
        if (value is not null && !known.Contains(value))
        {
            throw Invalid(parameter, $"Member must satisfy enum value set: [{string.Join(", ", known!)}]");
        }
    }

    /// <summary>
    /// One page of a listing. A token names its listing and the position of the last item that was shown, so it stays
    /// valid while items come and go.
    /// </summary>
    /// <param name="listing">The operation, and what it lists.</param>
    /// <param name="token">The request's token; null for the first page.</param>
    /// <param name="maxResults">The request's page size; null for <paramref name="usual"/>.</param>
    /// <param name="after">The items after a position; <see cref="string.Empty"/> is the beginning.</param>
    /// <param name="position">The position of an item.</param>
    /// <param name="usual">The page size without one in the request.</param>
    /// <param name="most">The largest page size.</param>
    private (IReadOnlyList<T> Items, string? NextToken) Page<T>(
        string listing,
        string? token,
        int? maxResults,
        Func<string, IEnumerable<T>> after,
        Func<T, string> position,
        int usual = 100,
        int most = 1000
    )
    {
        CheckRange("maxResults", maxResults, most);
        if (token is null && Options.EmptyPages)
        {
            return ([], Token(string.Empty));
        }

        var from = string.Empty;
        if (token is not null)
        {
            var bytes = new byte[token.Length];
            if (
                !Convert.TryFromBase64String(token, bytes, out var length)
                || Encoding.UTF8.GetString(bytes, 0, length).Split('\n') is not [var issuedFor, var continued]
                || issuedFor != listing
            )
            {
                throw Invalid("nextToken", "Invalid pagination token");
            }

            from = continued;
        }

        var size = maxResults ?? usual;
        var items = after(from).Take(size + 1).ToList();
        if (items.Count <= size)
        {
            return (items, null);
        }

        items.RemoveAt(size);
        return (items, Token(position(items[^1])));

        string Token(string at) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{listing}\n{at}"));
    }
}
