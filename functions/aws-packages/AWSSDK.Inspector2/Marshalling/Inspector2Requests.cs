using System.Text.Json;
using Amazon.Inspector2.Model;
using EcrGuard.Bundled.Plumbing;

namespace Amazon.Inspector2.Marshalling;

internal static class Inspector2Requests
{
    internal static void Write(Utf8JsonWriter json, ListFindingsRequest value)
    {
        json.Member("maxResults", value.MaxResults);
        json.Member("nextToken", value.NextToken);
        json.Member("filterCriteria", value.FilterCriteria, Write);
        json.Member("sortCriteria", value.SortCriteria, Write);
    }

    internal static void Write(Utf8JsonWriter json, FilterCriteria value)
    {
        json.Member("findingArn", value.FindingArn, Write);
        json.Member("awsAccountId", value.AwsAccountId, Write);
        json.Member("findingType", value.FindingType, Write);
        json.Member("severity", value.Severity, Write);
        json.Member("firstObservedAt", value.FirstObservedAt, Write);
        json.Member("lastObservedAt", value.LastObservedAt, Write);
        json.Member("updatedAt", value.UpdatedAt, Write);
        json.Member("findingStatus", value.FindingStatus, Write);
        json.Member("title", value.Title, Write);
        json.Member("inspectorScore", value.InspectorScore, Write);
        json.Member("resourceType", value.ResourceType, Write);
        json.Member("resourceId", value.ResourceId, Write);
        json.Member("resourceTags", value.ResourceTags, Write);
        json.Member("ecrImagePushedAt", value.EcrImagePushedAt, Write);
        json.Member("ecrImageArchitecture", value.EcrImageArchitecture, Write);
        json.Member("ecrImageRegistry", value.EcrImageRegistry, Write);
        json.Member("ecrImageRepositoryName", value.EcrImageRepositoryName, Write);
        json.Member("ecrImageTags", value.EcrImageTags, Write);
        json.Member("ecrImageHash", value.EcrImageHash, Write);
        json.Member("ecrImageLastInUseAt", value.EcrImageLastInUseAt, Write);
        json.Member("ecrImageInUseCount", value.EcrImageInUseCount, Write);
        json.Member("vulnerabilityId", value.VulnerabilityId, Write);
        json.Member("vulnerabilitySource", value.VulnerabilitySource, Write);
        json.Member("vendorSeverity", value.VendorSeverity, Write);
        json.Member("vulnerablePackages", value.VulnerablePackages, Write);
        json.Member("relatedVulnerabilities", value.RelatedVulnerabilities, Write);
        json.Member("fixAvailable", value.FixAvailable, Write);
        json.Member("exploitAvailable", value.ExploitAvailable, Write);
        json.Member("epssScore", value.EpssScore, Write);
    }

    internal static void Write(Utf8JsonWriter json, StringFilter value)
    {
        json.Member("comparison", value.Comparison);
        json.Member("value", value.Value);
    }

    internal static void Write(Utf8JsonWriter json, DateFilter value)
    {
        json.Member("startInclusive", value.StartInclusive);
        json.Member("endInclusive", value.EndInclusive);
    }

    internal static void Write(Utf8JsonWriter json, NumberFilter value)
    {
        json.Member("upperInclusive", value.UpperInclusive);
        json.Member("lowerInclusive", value.LowerInclusive);
    }

    internal static void Write(Utf8JsonWriter json, MapFilter value)
    {
        json.Member("comparison", value.Comparison);
        json.Member("key", value.Key);
        json.Member("value", value.Value);
    }

    internal static void Write(Utf8JsonWriter json, PackageFilter value)
    {
        json.Member("name", value.Name, Write);
        json.Member("version", value.Version, Write);
        json.Member("epoch", value.Epoch, Write);
        json.Member("release", value.Release, Write);
        json.Member("architecture", value.Architecture, Write);
        json.Member("sourceLayerHash", value.SourceLayerHash, Write);
        json.Member("sourceLambdaLayerArn", value.SourceLambdaLayerArn, Write);
        json.Member("filePath", value.FilePath, Write);
    }

    internal static void Write(Utf8JsonWriter json, SortCriteria value)
    {
        json.Member("field", value.Field);
        json.Member("sortOrder", value.SortOrder);
    }

    internal static void Write(Utf8JsonWriter json, ListCoverageRequest value)
    {
        json.Member("maxResults", value.MaxResults);
        json.Member("nextToken", value.NextToken);
        json.Member("filterCriteria", value.FilterCriteria, Write);
    }

    internal static void Write(Utf8JsonWriter json, CoverageFilterCriteria value)
    {
        json.Member("scanStatusCode", value.ScanStatusCode, Write);
        json.Member("scanStatusReason", value.ScanStatusReason, Write);
        json.Member("accountId", value.AccountId, Write);
        json.Member("resourceId", value.ResourceId, Write);
        json.Member("resourceType", value.ResourceType, Write);
        json.Member("scanType", value.ScanType, Write);
        json.Member("ecrRepositoryName", value.EcrRepositoryName, Write);
        json.Member("ecrImageTags", value.EcrImageTags, Write);
        json.Member("lastScannedAt", value.LastScannedAt, Write);
        json.Member("scanMode", value.ScanMode, Write);
        json.Member("imagePulledAt", value.ImagePulledAt, Write);
        json.Member("ecrImageLastInUseAt", value.EcrImageLastInUseAt, Write);
        json.Member("ecrImageInUseCount", value.EcrImageInUseCount, Write);
    }

    internal static void Write(Utf8JsonWriter json, CoverageStringFilter value)
    {
        json.Member("comparison", value.Comparison);
        json.Member("value", value.Value);
    }

    internal static void Write(Utf8JsonWriter json, CoverageDateFilter value)
    {
        json.Member("startInclusive", value.StartInclusive);
        json.Member("endInclusive", value.EndInclusive);
    }

    internal static void Write(Utf8JsonWriter json, CoverageNumberFilter value)
    {
        json.Member("upperInclusive", value.UpperInclusive);
        json.Member("lowerInclusive", value.LowerInclusive);
    }
}
