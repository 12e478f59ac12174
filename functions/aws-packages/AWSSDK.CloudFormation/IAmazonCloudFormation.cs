using Amazon.CloudFormation.Model;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;

namespace Amazon.CloudFormation;

/// <summary>
/// The operations of the published AWSSDK.CloudFormation that EcrGuard calls, with the published signatures.
/// </summary>
public interface IAmazonCloudFormation : IAmazonService, IDisposable
{
    Task<DescribeStacksResponse> DescribeStacksAsync(
        DescribeStacksRequest request,
        CancellationToken cancellationToken = default
    );
    Endpoint DetermineServiceOperationEndpoint(AmazonWebServiceRequest request);

    static ClientConfig IAmazonService.CreateDefaultClientConfig() => new AmazonCloudFormationConfig();

    static IAmazonService IAmazonService.CreateDefaultServiceClient(
        AWSCredentials awsCredentials,
        ClientConfig clientConfig
    ) => new AmazonCloudFormationClient(awsCredentials, (AmazonCloudFormationConfig)clientConfig);
}
