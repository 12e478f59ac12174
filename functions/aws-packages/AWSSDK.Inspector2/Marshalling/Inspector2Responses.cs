using Amazon.Inspector2.Model;
using EcrGuard.Bundled.Plumbing;
using Json = Amazon.Runtime.Internal.Util.StreamingUtf8JsonReader;

namespace Amazon.Inspector2.Marshalling;

internal static class Inspector2Responses
{
    internal static ListFindingsResponse ReadListFindingsResponse(ref Json json)
    {
        var value = new ListFindingsResponse();
        while (json.NextMember())
        {
            if (json.At("nextToken"))
                value.NextToken = json.String();
            else if (json.At("findings"))
                value.Findings = json.List(ReadFinding);
            else
                json.Skip();
        }
        return value;
    }

    private static Finding ReadFinding(ref Json json)
    {
        var value = new Finding();
        while (json.NextMember())
        {
            if (json.At("findingArn"))
                value.FindingArn = json.String();
            else if (json.At("awsAccountId"))
                value.AwsAccountId = json.String();
            else if (json.At("type"))
                value.Type = json.String();
            else if (json.At("description"))
                value.Description = json.String();
            else if (json.At("title"))
                value.Title = json.String();
            else if (json.At("remediation"))
                value.Remediation = json.Structure(ReadRemediation);
            else if (json.At("severity"))
                value.Severity = json.String();
            else if (json.At("firstObservedAt"))
                value.FirstObservedAt = json.Time();
            else if (json.At("lastObservedAt"))
                value.LastObservedAt = json.Time();
            else if (json.At("updatedAt"))
                value.UpdatedAt = json.Time();
            else if (json.At("status"))
                value.Status = json.String();
            else if (json.At("resources"))
                value.Resources = json.List(ReadResource);
            else if (json.At("inspectorScore"))
                value.InspectorScore = json.Double();
            else if (json.At("inspectorScoreDetails"))
                value.InspectorScoreDetails = json.Structure(ReadInspectorScoreDetails);
            else if (json.At("packageVulnerabilityDetails"))
                value.PackageVulnerabilityDetails = json.Structure(ReadPackageVulnerabilityDetails);
            else if (json.At("fixAvailable"))
                value.FixAvailable = json.String();
            else if (json.At("exploitAvailable"))
                value.ExploitAvailable = json.String();
            else if (json.At("exploitabilityDetails"))
                value.ExploitabilityDetails = json.Structure(ReadExploitabilityDetails);
            else if (json.At("epss"))
                value.Epss = json.Structure(ReadEpssDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static Remediation ReadRemediation(ref Json json)
    {
        var value = new Remediation();
        while (json.NextMember())
        {
            if (json.At("recommendation"))
                value.Recommendation = json.Structure(ReadRecommendation);
            else
                json.Skip();
        }
        return value;
    }

    private static Recommendation ReadRecommendation(ref Json json)
    {
        var value = new Recommendation();
        while (json.NextMember())
        {
            if (json.At("text"))
                value.Text = json.String();
            else if (json.At("Url"))
                value.Url = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static Resource ReadResource(ref Json json)
    {
        var value = new Resource();
        while (json.NextMember())
        {
            if (json.At("type"))
                value.Type = json.String();
            else if (json.At("id"))
                value.Id = json.String();
            else if (json.At("partition"))
                value.Partition = json.String();
            else if (json.At("region"))
                value.Region = json.String();
            else if (json.At("tags"))
                value.Tags = json.StringMap();
            else if (json.At("details"))
                value.Details = json.Structure(ReadResourceDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static ResourceDetails ReadResourceDetails(ref Json json)
    {
        var value = new ResourceDetails();
        while (json.NextMember())
        {
            if (json.At("awsEcrContainerImage"))
                value.AwsEcrContainerImage = json.Structure(ReadAwsEcrContainerImageDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static AwsEcrContainerImageDetails ReadAwsEcrContainerImageDetails(ref Json json)
    {
        var value = new AwsEcrContainerImageDetails();
        while (json.NextMember())
        {
            if (json.At("repositoryName"))
                value.RepositoryName = json.String();
            else if (json.At("imageTags"))
                value.ImageTags = json.Strings();
            else if (json.At("pushedAt"))
                value.PushedAt = json.Time();
            else if (json.At("author"))
                value.Author = json.String();
            else if (json.At("architecture"))
                value.Architecture = json.String();
            else if (json.At("imageHash"))
                value.ImageHash = json.String();
            else if (json.At("registry"))
                value.Registry = json.String();
            else if (json.At("platform"))
                value.Platform = json.String();
            else if (json.At("lastInUseAt"))
                value.LastInUseAt = json.Time();
            else if (json.At("inUseCount"))
                value.InUseCount = json.Long();
            else
                json.Skip();
        }
        return value;
    }

    private static InspectorScoreDetails ReadInspectorScoreDetails(ref Json json)
    {
        var value = new InspectorScoreDetails();
        while (json.NextMember())
        {
            if (json.At("adjustedCvss"))
                value.AdjustedCvss = json.Structure(ReadCvssScoreDetails);
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScoreDetails ReadCvssScoreDetails(ref Json json)
    {
        var value = new CvssScoreDetails();
        while (json.NextMember())
        {
            if (json.At("scoreSource"))
                value.ScoreSource = json.String();
            else if (json.At("cvssSource"))
                value.CvssSource = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else if (json.At("score"))
                value.Score = json.Double();
            else if (json.At("scoringVector"))
                value.ScoringVector = json.String();
            else if (json.At("adjustments"))
                value.Adjustments = json.List(ReadCvssScoreAdjustment);
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScoreAdjustment ReadCvssScoreAdjustment(ref Json json)
    {
        var value = new CvssScoreAdjustment();
        while (json.NextMember())
        {
            if (json.At("metric"))
                value.Metric = json.String();
            else if (json.At("reason"))
                value.Reason = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static PackageVulnerabilityDetails ReadPackageVulnerabilityDetails(ref Json json)
    {
        var value = new PackageVulnerabilityDetails();
        while (json.NextMember())
        {
            if (json.At("vulnerabilityId"))
                value.VulnerabilityId = json.String();
            else if (json.At("vulnerablePackages"))
                value.VulnerablePackages = json.List(ReadVulnerablePackage);
            else if (json.At("source"))
                value.Source = json.String();
            else if (json.At("cvss"))
                value.Cvss = json.List(ReadCvssScore);
            else if (json.At("relatedVulnerabilities"))
                value.RelatedVulnerabilities = json.Strings();
            else if (json.At("sourceUrl"))
                value.SourceUrl = json.String();
            else if (json.At("vendorSeverity"))
                value.VendorSeverity = json.String();
            else if (json.At("vendorCreatedAt"))
                value.VendorCreatedAt = json.Time();
            else if (json.At("vendorUpdatedAt"))
                value.VendorUpdatedAt = json.Time();
            else if (json.At("referenceUrls"))
                value.ReferenceUrls = json.Strings();
            else
                json.Skip();
        }
        return value;
    }

    private static VulnerablePackage ReadVulnerablePackage(ref Json json)
    {
        var value = new VulnerablePackage();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else if (json.At("sourceLayerHash"))
                value.SourceLayerHash = json.String();
            else if (json.At("epoch"))
                value.Epoch = json.Int();
            else if (json.At("release"))
                value.Release = json.String();
            else if (json.At("arch"))
                value.Arch = json.String();
            else if (json.At("packageManager"))
                value.PackageManager = json.String();
            else if (json.At("filePath"))
                value.FilePath = json.String();
            else if (json.At("fixedInVersion"))
                value.FixedInVersion = json.String();
            else if (json.At("remediation"))
                value.Remediation = json.String();
            else if (json.At("sourceLambdaLayerArn"))
                value.SourceLambdaLayerArn = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static CvssScore ReadCvssScore(ref Json json)
    {
        var value = new CvssScore();
        while (json.NextMember())
        {
            if (json.At("baseScore"))
                value.BaseScore = json.Double();
            else if (json.At("scoringVector"))
                value.ScoringVector = json.String();
            else if (json.At("version"))
                value.Version = json.String();
            else if (json.At("source"))
                value.Source = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ExploitabilityDetails ReadExploitabilityDetails(ref Json json)
    {
        var value = new ExploitabilityDetails();
        while (json.NextMember())
        {
            if (json.At("lastKnownExploitAt"))
                value.LastKnownExploitAt = json.Time();
            else
                json.Skip();
        }
        return value;
    }

    private static EpssDetails ReadEpssDetails(ref Json json)
    {
        var value = new EpssDetails();
        while (json.NextMember())
        {
            if (json.At("score"))
                value.Score = json.Double();
            else
                json.Skip();
        }
        return value;
    }

    internal static ListCoverageResponse ReadListCoverageResponse(ref Json json)
    {
        var value = new ListCoverageResponse();
        while (json.NextMember())
        {
            if (json.At("nextToken"))
                value.NextToken = json.String();
            else if (json.At("coveredResources"))
                value.CoveredResources = json.List(ReadCoveredResource);
            else
                json.Skip();
        }
        return value;
    }

    private static CoveredResource ReadCoveredResource(ref Json json)
    {
        var value = new CoveredResource();
        while (json.NextMember())
        {
            if (json.At("resourceType"))
                value.ResourceType = json.String();
            else if (json.At("resourceId"))
                value.ResourceId = json.String();
            else if (json.At("accountId"))
                value.AccountId = json.String();
            else if (json.At("scanType"))
                value.ScanType = json.String();
            else if (json.At("scanStatus"))
                value.ScanStatus = json.Structure(ReadScanStatus);
            else if (json.At("resourceMetadata"))
                value.ResourceMetadata = json.Structure(ReadResourceScanMetadata);
            else if (json.At("lastScannedAt"))
                value.LastScannedAt = json.Time();
            else if (json.At("scanMode"))
                value.ScanMode = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ScanStatus ReadScanStatus(ref Json json)
    {
        var value = new ScanStatus();
        while (json.NextMember())
        {
            if (json.At("statusCode"))
                value.StatusCode = json.String();
            else if (json.At("reason"))
                value.Reason = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static ResourceScanMetadata ReadResourceScanMetadata(ref Json json)
    {
        var value = new ResourceScanMetadata();
        while (json.NextMember())
        {
            if (json.At("ecrRepository"))
                value.EcrRepository = json.Structure(ReadEcrRepositoryMetadata);
            else if (json.At("ecrImage"))
                value.EcrImage = json.Structure(ReadEcrContainerImageMetadata);
            else
                json.Skip();
        }
        return value;
    }

    private static EcrRepositoryMetadata ReadEcrRepositoryMetadata(ref Json json)
    {
        var value = new EcrRepositoryMetadata();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("scanFrequency"))
                value.ScanFrequency = json.String();
            else
                json.Skip();
        }
        return value;
    }

    private static EcrContainerImageMetadata ReadEcrContainerImageMetadata(ref Json json)
    {
        var value = new EcrContainerImageMetadata();
        while (json.NextMember())
        {
            if (json.At("tags"))
                value.Tags = json.Strings();
            else if (json.At("imagePulledAt"))
                value.ImagePulledAt = json.Time();
            else if (json.At("lastInUseAt"))
                value.LastInUseAt = json.Time();
            else if (json.At("inUseCount"))
                value.InUseCount = json.Long();
            else
                json.Skip();
        }
        return value;
    }

    internal static ValidationExceptionField ReadValidationExceptionField(ref Json json)
    {
        var value = new ValidationExceptionField();
        while (json.NextMember())
        {
            if (json.At("name"))
                value.Name = json.String();
            else if (json.At("message"))
                value.Message = json.String();
            else
                json.Skip();
        }
        return value;
    }
}
