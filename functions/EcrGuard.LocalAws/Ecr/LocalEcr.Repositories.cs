using System.Globalization;
using System.Text.RegularExpressions;

namespace EcrGuard.LocalAws.Ecr;

/// <content>Repositories, their tag mutability and their resource tags.</content>
public sealed partial class LocalEcr
{
    private object DescribeRegistry(DescribeRegistryRequest request) =>
        new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["ReplicationConfiguration"] = new Members
            {
                ["Rules"] = replication.Select(rule => new Members
                {
                    ["Destinations"] = new[]
                    {
                        new Members { ["Region"] = rule.Region, ["RegistryId"] = Options.AccountId },
                    },
                    ["RepositoryFilters"] = rule.Prefixes.Select(prefix => new Members
                    {
                        ["Filter"] = prefix,
                        ["FilterType"] = "PREFIX_MATCH",
                    }),
                }),
            },
        };

    private const int MaxResourceTags = 50;

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$")]
    private static partial Regex RepositoryName { get; }

    [GeneratedRegex(@"^[0-9a-zA-Z._*-]{1,128}$")]
    private static partial Regex ExclusionFilterText { get; }

    private static TagMutability MutabilityFrom(string mode, IReadOnlyList<ExclusionFilter>? filters)
    {
        CheckOneOf(
            "imageTagMutability",
            mode,
            "MUTABLE",
            "IMMUTABLE",
            "IMMUTABLE_WITH_EXCLUSION",
            "MUTABLE_WITH_EXCLUSION"
        );
        CheckCount("imageTagMutabilityExclusionFilters", filters, 5);
        if (mode.EndsWith("EXCLUSION", StringComparison.Ordinal) != filters is not null)
        {
            throw Invalid(
                "imageTagMutabilityExclusionFilters",
                "Exclusion filters go with a mode with exclusion, and with no other"
            );
        }

        foreach (var filter in filters ?? [])
        {
            CheckOneOf("filterType", filter.FilterType, "WILDCARD");
            if (!ExclusionFilterText.IsMatch(filter.Filter))
            {
                throw Invalid("filter", @"Member must satisfy regular expression pattern: ^[0-9a-zA-Z._*-]{1,128}$");
            }
        }

        return new TagMutability(mode, [.. (filters ?? []).Select(f => f.Filter)]);
    }

    private static object? ExclusionsOf(TagMutability mutability) =>
        mutability.Exclusions.Count == 0
            ? null
            : mutability.Exclusions.Select(f => new Members { ["FilterType"] = "WILDCARD", ["Filter"] = f });

    private EcrRepository Find(string name) =>
        repositories.GetValueOrDefault(name)
        ?? throw new LocalError(
            400,
            "RepositoryNotFoundException",
            $"The repository with name '{name}' does not exist in the registry with id '{Options.AccountId}'"
        );

    private EcrRepository Find(RepositoryRequest request)
    {
        CheckRegistry(request);
        return Find(request.RepositoryName);
    }

    private void CheckRegistry(EcrRequest request)
    {
        if (request.RegistryId is { } registry && registry != Options.AccountId)
        {
            throw new LocalError(
                400,
                "InvalidParameterException",
                $"The registry with id '{registry}' is not of this account."
            );
        }
    }

    private EcrRepository Create(string name, TagMutability mutability, bool scanOnPush)
    {
        if (name.Length is < 2 or > 256 || !RepositoryName.IsMatch(name))
        {
            throw Invalid("repositoryName", $"Member must satisfy regular expression pattern: {RepositoryName}");
        }

        var repository = new EcrRepository(name, account.RepositoryArn(name), account.Now)
        {
            Mutability = mutability,
            ScanOnPush = scanOnPush,
        };
        return repositories.TryAdd(name, repository)
            ? repository
            : throw new LocalError(
                400,
                "RepositoryAlreadyExistsException",
                $"The repository with name '{name}' already exists in the registry with id '{Options.AccountId}'"
            );
    }

    private object CreateRepository(CreateRepositoryRequest request)
    {
        CheckRegistry(request);
        var mutability = MutabilityFrom(
            request.ImageTagMutability ?? "MUTABLE",
            request.ImageTagMutabilityExclusionFilters
        );
        CheckTags(request.Tags ?? []);
        var repository = Create(
            request.RepositoryName,
            mutability,
            request.ImageScanningConfiguration?.ScanOnPush ?? false
        );
        Put(repository, request.Tags ?? []);
        return new Members { ["Repository"] = Shown(repository) };
    }

    private object DescribeRepositories(DescribeRepositoriesRequest request)
    {
        CheckRegistry(request);
        CheckCount("repositoryNames", request.RepositoryNames, 100);
        if (request.RepositoryNames is { } names)
        {
            return request is { NextToken: null, MaxResults: null }
                ? new Members { ["Repositories"] = names.Select(Find).Select(Shown).ToList() }
                : throw new LocalError(
                    400,
                    "InvalidParameterException",
                    "maxResults and nextToken cannot be used with repositoryNames."
                );
        }

        var (page, next) = Page(
            "DescribeRepositories",
            request.NextToken,
            request.MaxResults,
            after => repositories.Values.Where(r => string.CompareOrdinal(r.Name, after) > 0),
            r => r.Name
        );
        return new Members { ["Repositories"] = page.Select(Shown), ["NextToken"] = next };
    }

    private object Shown(EcrRepository repository) =>
        new Members
        {
            ["RepositoryArn"] = repository.Arn,
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["RepositoryUri"] = string.Create(
                CultureInfo.InvariantCulture,
                $"{Options.AccountId}.dkr.ecr.{Options.Region}.amazonaws.com/{repository.Name}"
            ),
            ["CreatedAt"] = JsonWire.Epoch(repository.CreatedAt),
            ["ImageTagMutability"] = repository.Mutability.Mode,
            ["ImageTagMutabilityExclusionFilters"] = ExclusionsOf(repository.Mutability),
            ["ImageScanningConfiguration"] = new Members { ["ScanOnPush"] = repository.ScanOnPush },
            ["EncryptionConfiguration"] = new Members { ["EncryptionType"] = "AES256" },
        };

    private object PutImageTagMutability(PutImageTagMutabilityRequest request)
    {
        var repository = Find(request);
        repository.Mutability = MutabilityFrom(request.ImageTagMutability, request.ImageTagMutabilityExclusionFilters);
        return new Members
        {
            ["RegistryId"] = Options.AccountId,
            ["RepositoryName"] = repository.Name,
            ["ImageTagMutability"] = repository.Mutability.Mode,
            ["ImageTagMutabilityExclusionFilters"] = ExclusionsOf(repository.Mutability),
        };
    }

    private object ListTagsForResource(ResourceRequest request) =>
        new Members
        {
            ["Tags"] = Find(request).ResourceTags.Select(t => new ResourceTag { Key = t.Key, Value = t.Value }),
        };

    private object TagResource(TagResourceRequest request)
    {
        CheckTags(request.Tags);
        Put(Find(request), request.Tags);
        return new();
    }

    private object UntagResource(UntagResourceRequest request)
    {
        var repository = Find(request);
        foreach (var key in request.TagKeys)
        {
            repository.ResourceTags.Remove(key);
        }

        return new();
    }

    private EcrRepository Find(ResourceRequest request) =>
        Find(NamedBy(request.ResourceArn) ?? throw Invalid("resourceArn", "Invalid ARN"));

    /// <summary>The name in the ARN of a repository of this account and region; null for anything else.</summary>
    private string? NamedBy(string arn)
    {
        var prefix = account.RepositoryArn(string.Empty);
        return arn.StartsWith(prefix, StringComparison.Ordinal) ? arn[prefix.Length..] : null;
    }

    private static void CheckTags(IReadOnlyList<ResourceTag> tags)
    {
        if (
            tags.Any(t =>
                t.Key.Length is < 1 or > 128
                || t.Value.Length > 256
                || t.Key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase)
            )
            || tags.DistinctBy(t => t.Key).Count() < tags.Count
        )
        {
            throw new LocalError(
                400,
                "InvalidTagParameterException",
                "An invalid parameter has been specified. Tag keys can have a maximum character length of "
                    + "128 characters, and tag values can have a maximum length of 256 characters."
            );
        }

        CheckTagCount(tags.Count);
    }

    private static void CheckTagCount(int count)
    {
        if (count > MaxResourceTags)
        {
            throw new LocalError(
                400,
                "TooManyTagsException",
                "The list of tags on the repository is over the limit. The maximum number of tags that can "
                    + $"be applied to a repository is {MaxResourceTags}."
            );
        }
    }

    private static void Put(EcrRepository repository, IReadOnlyList<ResourceTag> tags)
    {
        CheckTagCount(repository.ResourceTags.Keys.Union(tags.Select(t => t.Key)).Count());
        foreach (var tag in tags)
        {
            repository.ResourceTags[tag.Key] = tag.Value;
        }
    }
}
