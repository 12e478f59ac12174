using Amazon.Runtime;

namespace Amazon.Inspector2;

public class CoverageResourceType(string value) : ConstantClass(value)
{
    public static readonly CoverageResourceType AWS_EC2_INSTANCE = new("AWS_EC2_INSTANCE");
    public static readonly CoverageResourceType AWS_ECR_CONTAINER_IMAGE = new("AWS_ECR_CONTAINER_IMAGE");
    public static readonly CoverageResourceType AWS_ECR_REPOSITORY = new("AWS_ECR_REPOSITORY");
    public static readonly CoverageResourceType AWS_LAMBDA_FUNCTION = new("AWS_LAMBDA_FUNCTION");
    public static readonly CoverageResourceType CODE_REPOSITORY = new("CODE_REPOSITORY");

    public static CoverageResourceType FindValue(string value) => FindValue<CoverageResourceType>(value);

    public static implicit operator CoverageResourceType(string value) => FindValue(value);
}

public class CoverageStringComparison(string value) : ConstantClass(value)
{
    public static readonly CoverageStringComparison EQUALS = new("EQUALS");
    public static readonly CoverageStringComparison NOT_EQUALS = new("NOT_EQUALS");

    public static CoverageStringComparison FindValue(string value) => FindValue<CoverageStringComparison>(value);

    public static implicit operator CoverageStringComparison(string value) => FindValue(value);
}

public class EcrScanFrequency(string value) : ConstantClass(value)
{
    public static readonly EcrScanFrequency MANUAL = new("MANUAL");
    public static readonly EcrScanFrequency SCAN_ON_PUSH = new("SCAN_ON_PUSH");
    public static readonly EcrScanFrequency CONTINUOUS_SCAN = new("CONTINUOUS_SCAN");

    public static EcrScanFrequency FindValue(string value) => FindValue<EcrScanFrequency>(value);

    public static implicit operator EcrScanFrequency(string value) => FindValue(value);
}

public class ExploitAvailable(string value) : ConstantClass(value)
{
    public static readonly ExploitAvailable YES = new("YES");
    public static readonly ExploitAvailable NO = new("NO");

    public static ExploitAvailable FindValue(string value) => FindValue<ExploitAvailable>(value);

    public static implicit operator ExploitAvailable(string value) => FindValue(value);
}

public class FindingStatus(string value) : ConstantClass(value)
{
    public static readonly FindingStatus ACTIVE = new("ACTIVE");
    public static readonly FindingStatus SUPPRESSED = new("SUPPRESSED");
    public static readonly FindingStatus CLOSED = new("CLOSED");

    public static FindingStatus FindValue(string value) => FindValue<FindingStatus>(value);

    public static implicit operator FindingStatus(string value) => FindValue(value);
}

public class FindingType(string value) : ConstantClass(value)
{
    public static readonly FindingType NETWORK_REACHABILITY = new("NETWORK_REACHABILITY");
    public static readonly FindingType PACKAGE_VULNERABILITY = new("PACKAGE_VULNERABILITY");
    public static readonly FindingType CODE_VULNERABILITY = new("CODE_VULNERABILITY");

    public static FindingType FindValue(string value) => FindValue<FindingType>(value);

    public static implicit operator FindingType(string value) => FindValue(value);
}

public class FixAvailable(string value) : ConstantClass(value)
{
    public static readonly FixAvailable YES = new("YES");
    public static readonly FixAvailable NO = new("NO");
    public static readonly FixAvailable PARTIAL = new("PARTIAL");

    public static FixAvailable FindValue(string value) => FindValue<FixAvailable>(value);

    public static implicit operator FixAvailable(string value) => FindValue(value);
}

public class MapComparison(string value) : ConstantClass(value)
{
    public static readonly MapComparison EQUALS = new("EQUALS");

    public static MapComparison FindValue(string value) => FindValue<MapComparison>(value);

    public static implicit operator MapComparison(string value) => FindValue(value);
}

public class PackageManager(string value) : ConstantClass(value)
{
    public static readonly PackageManager BUNDLER = new("BUNDLER");
    public static readonly PackageManager CARGO = new("CARGO");
    public static readonly PackageManager COMPOSER = new("COMPOSER");
    public static readonly PackageManager NPM = new("NPM");
    public static readonly PackageManager NUGET = new("NUGET");
    public static readonly PackageManager PIPENV = new("PIPENV");
    public static readonly PackageManager POETRY = new("POETRY");
    public static readonly PackageManager YARN = new("YARN");
    public static readonly PackageManager GOBINARY = new("GOBINARY");
    public static readonly PackageManager GOMOD = new("GOMOD");
    public static readonly PackageManager JAR = new("JAR");
    public static readonly PackageManager OS = new("OS");
    public static readonly PackageManager PIP = new("PIP");
    public static readonly PackageManager PYTHONPKG = new("PYTHONPKG");
    public static readonly PackageManager NODEPKG = new("NODEPKG");
    public static readonly PackageManager POM = new("POM");
    public static readonly PackageManager GEMSPEC = new("GEMSPEC");
    public static readonly PackageManager DOTNET_CORE = new("DOTNET_CORE");

    public static PackageManager FindValue(string value) => FindValue<PackageManager>(value);

    public static implicit operator PackageManager(string value) => FindValue(value);
}

public class ResourceType(string value) : ConstantClass(value)
{
    public static readonly ResourceType AWS_EC2_INSTANCE = new("AWS_EC2_INSTANCE");
    public static readonly ResourceType AWS_ECR_CONTAINER_IMAGE = new("AWS_ECR_CONTAINER_IMAGE");
    public static readonly ResourceType AWS_ECR_REPOSITORY = new("AWS_ECR_REPOSITORY");
    public static readonly ResourceType AWS_LAMBDA_FUNCTION = new("AWS_LAMBDA_FUNCTION");
    public static readonly ResourceType CODE_REPOSITORY = new("CODE_REPOSITORY");

    public static ResourceType FindValue(string value) => FindValue<ResourceType>(value);

    public static implicit operator ResourceType(string value) => FindValue(value);
}

public class ScanMode(string value) : ConstantClass(value)
{
    public static readonly ScanMode EC2_SSM_AGENT_BASED = new("EC2_SSM_AGENT_BASED");
    public static readonly ScanMode EC2_AGENTLESS = new("EC2_AGENTLESS");

    public static ScanMode FindValue(string value) => FindValue<ScanMode>(value);

    public static implicit operator ScanMode(string value) => FindValue(value);
}

public class ScanStatusCode(string value) : ConstantClass(value)
{
    public static readonly ScanStatusCode ACTIVE = new("ACTIVE");
    public static readonly ScanStatusCode INACTIVE = new("INACTIVE");

    public static ScanStatusCode FindValue(string value) => FindValue<ScanStatusCode>(value);

    public static implicit operator ScanStatusCode(string value) => FindValue(value);
}

public class ScanStatusReason(string value) : ConstantClass(value)
{
    public static readonly ScanStatusReason PENDING_INITIAL_SCAN = new("PENDING_INITIAL_SCAN");
    public static readonly ScanStatusReason ACCESS_DENIED = new("ACCESS_DENIED");
    public static readonly ScanStatusReason INTERNAL_ERROR = new("INTERNAL_ERROR");
    public static readonly ScanStatusReason UNMANAGED_EC2_INSTANCE = new("UNMANAGED_EC2_INSTANCE");
    public static readonly ScanStatusReason UNSUPPORTED_OS = new("UNSUPPORTED_OS");
    public static readonly ScanStatusReason SCAN_ELIGIBILITY_EXPIRED = new("SCAN_ELIGIBILITY_EXPIRED");
    public static readonly ScanStatusReason RESOURCE_TERMINATED = new("RESOURCE_TERMINATED");
    public static readonly ScanStatusReason SUCCESSFUL = new("SUCCESSFUL");
    public static readonly ScanStatusReason NO_RESOURCES_FOUND = new("NO_RESOURCES_FOUND");
    public static readonly ScanStatusReason IMAGE_SIZE_EXCEEDED = new("IMAGE_SIZE_EXCEEDED");
    public static readonly ScanStatusReason SCAN_FREQUENCY_MANUAL = new("SCAN_FREQUENCY_MANUAL");
    public static readonly ScanStatusReason SCAN_FREQUENCY_SCAN_ON_PUSH = new("SCAN_FREQUENCY_SCAN_ON_PUSH");
    public static readonly ScanStatusReason EC2_INSTANCE_STOPPED = new("EC2_INSTANCE_STOPPED");
    public static readonly ScanStatusReason PENDING_DISABLE = new("PENDING_DISABLE");
    public static readonly ScanStatusReason NO_INVENTORY = new("NO_INVENTORY");
    public static readonly ScanStatusReason STALE_INVENTORY = new("STALE_INVENTORY");
    public static readonly ScanStatusReason EXCLUDED_BY_TAG = new("EXCLUDED_BY_TAG");
    public static readonly ScanStatusReason UNSUPPORTED_RUNTIME = new("UNSUPPORTED_RUNTIME");
    public static readonly ScanStatusReason UNSUPPORTED_MEDIA_TYPE = new("UNSUPPORTED_MEDIA_TYPE");
    public static readonly ScanStatusReason UNSUPPORTED_CONFIG_FILE = new("UNSUPPORTED_CONFIG_FILE");
    public static readonly ScanStatusReason DEEP_INSPECTION_PACKAGE_COLLECTION_LIMIT_EXCEEDED = new(
        "DEEP_INSPECTION_PACKAGE_COLLECTION_LIMIT_EXCEEDED"
    );
    public static readonly ScanStatusReason DEEP_INSPECTION_DAILY_SSM_INVENTORY_LIMIT_EXCEEDED = new(
        "DEEP_INSPECTION_DAILY_SSM_INVENTORY_LIMIT_EXCEEDED"
    );
    public static readonly ScanStatusReason DEEP_INSPECTION_COLLECTION_TIME_LIMIT_EXCEEDED = new(
        "DEEP_INSPECTION_COLLECTION_TIME_LIMIT_EXCEEDED"
    );
    public static readonly ScanStatusReason DEEP_INSPECTION_NO_INVENTORY = new("DEEP_INSPECTION_NO_INVENTORY");
    public static readonly ScanStatusReason AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED = new(
        "AGENTLESS_INSTANCE_STORAGE_LIMIT_EXCEEDED"
    );
    public static readonly ScanStatusReason AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED = new(
        "AGENTLESS_INSTANCE_COLLECTION_TIME_LIMIT_EXCEEDED"
    );
    public static readonly ScanStatusReason PENDING_REVIVAL_SCAN = new("PENDING_REVIVAL_SCAN");
    public static readonly ScanStatusReason INTEGRATION_CONNECTION_LOST = new("INTEGRATION_CONNECTION_LOST");
    public static readonly ScanStatusReason ACCESS_DENIED_TO_ENCRYPTION_KEY = new("ACCESS_DENIED_TO_ENCRYPTION_KEY");
    public static readonly ScanStatusReason UNSUPPORTED_LANGUAGE = new("UNSUPPORTED_LANGUAGE");
    public static readonly ScanStatusReason NO_SCAN_CONFIGURATION_ASSOCIATED = new("NO_SCAN_CONFIGURATION_ASSOCIATED");
    public static readonly ScanStatusReason SCAN_IN_PROGRESS = new("SCAN_IN_PROGRESS");
    public static readonly ScanStatusReason IMAGE_ARCHIVED = new("IMAGE_ARCHIVED");
    public static readonly ScanStatusReason UNSUPPORTED_CODE_ARTIFACTS = new("UNSUPPORTED_CODE_ARTIFACTS");

    public static ScanStatusReason FindValue(string value) => FindValue<ScanStatusReason>(value);

    public static implicit operator ScanStatusReason(string value) => FindValue(value);
}

public class ScanType(string value) : ConstantClass(value)
{
    public static readonly ScanType NETWORK = new("NETWORK");
    public static readonly ScanType PACKAGE = new("PACKAGE");
    public static readonly ScanType CODE = new("CODE");

    public static ScanType FindValue(string value) => FindValue<ScanType>(value);

    public static implicit operator ScanType(string value) => FindValue(value);
}

public class Severity(string value) : ConstantClass(value)
{
    public static readonly Severity INFORMATIONAL = new("INFORMATIONAL");
    public static readonly Severity LOW = new("LOW");
    public static readonly Severity MEDIUM = new("MEDIUM");
    public static readonly Severity HIGH = new("HIGH");
    public static readonly Severity CRITICAL = new("CRITICAL");
    public static readonly Severity UNTRIAGED = new("UNTRIAGED");

    public static Severity FindValue(string value) => FindValue<Severity>(value);

    public static implicit operator Severity(string value) => FindValue(value);
}

public class SortField(string value) : ConstantClass(value)
{
    public static readonly SortField AWS_ACCOUNT_ID = new("AWS_ACCOUNT_ID");
    public static readonly SortField FINDING_TYPE = new("FINDING_TYPE");
    public static readonly SortField SEVERITY = new("SEVERITY");
    public static readonly SortField FIRST_OBSERVED_AT = new("FIRST_OBSERVED_AT");
    public static readonly SortField LAST_OBSERVED_AT = new("LAST_OBSERVED_AT");
    public static readonly SortField FINDING_STATUS = new("FINDING_STATUS");
    public static readonly SortField RESOURCE_TYPE = new("RESOURCE_TYPE");
    public static readonly SortField ECR_IMAGE_PUSHED_AT = new("ECR_IMAGE_PUSHED_AT");
    public static readonly SortField ECR_IMAGE_REPOSITORY_NAME = new("ECR_IMAGE_REPOSITORY_NAME");
    public static readonly SortField ECR_IMAGE_REGISTRY = new("ECR_IMAGE_REGISTRY");
    public static readonly SortField NETWORK_PROTOCOL = new("NETWORK_PROTOCOL");
    public static readonly SortField COMPONENT_TYPE = new("COMPONENT_TYPE");
    public static readonly SortField VULNERABILITY_ID = new("VULNERABILITY_ID");
    public static readonly SortField VULNERABILITY_SOURCE = new("VULNERABILITY_SOURCE");
    public static readonly SortField INSPECTOR_SCORE = new("INSPECTOR_SCORE");
    public static readonly SortField VENDOR_SEVERITY = new("VENDOR_SEVERITY");
    public static readonly SortField EPSS_SCORE = new("EPSS_SCORE");

    public static SortField FindValue(string value) => FindValue<SortField>(value);

    public static implicit operator SortField(string value) => FindValue(value);
}

public class SortOrder(string value) : ConstantClass(value)
{
    public static readonly SortOrder ASC = new("ASC");
    public static readonly SortOrder DESC = new("DESC");

    public static SortOrder FindValue(string value) => FindValue<SortOrder>(value);

    public static implicit operator SortOrder(string value) => FindValue(value);
}

public class StringComparison(string value) : ConstantClass(value)
{
    public static readonly StringComparison EQUALS = new("EQUALS");
    public static readonly StringComparison PREFIX = new("PREFIX");
    public static readonly StringComparison NOT_EQUALS = new("NOT_EQUALS");

    public static StringComparison FindValue(string value) => FindValue<StringComparison>(value);

    public static implicit operator StringComparison(string value) => FindValue(value);
}

public class ValidationExceptionReason(string value) : ConstantClass(value)
{
    public static readonly ValidationExceptionReason CANNOT_PARSE = new("CANNOT_PARSE");
    public static readonly ValidationExceptionReason FIELD_VALIDATION_FAILED = new("FIELD_VALIDATION_FAILED");
    public static readonly ValidationExceptionReason OTHER = new("OTHER");

    public static ValidationExceptionReason FindValue(string value) => FindValue<ValidationExceptionReason>(value);

    public static implicit operator ValidationExceptionReason(string value) => FindValue(value);
}
