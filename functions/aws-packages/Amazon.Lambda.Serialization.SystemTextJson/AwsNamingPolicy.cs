using System.Text.Json;

namespace Amazon.Lambda.Serialization.SystemTextJson;

/// <summary>Property names as they are, but for two of S3's that no rule of case leads to.</summary>
public class AwsNamingPolicy : JsonNamingPolicy
{
    public override string ConvertName(string name) =>
        name switch
        {
            "XAmzId2" => "x-amz-id-2",
            "XAmzRequestId" => "x-amz-request-id",
            _ => name,
        };
}
