using Amazon.CloudFormation.Model;
using EcrGuard.Core.Gates;

namespace EcrGuard.Aws.Facts;

/// <summary>What CloudFormation says of a stack.</summary>
public sealed class StackReader(AwsClients aws)
{
    /// <param name="stack">Its ARN.</param>
    public async Task<bool> IsRollingBackAsync(string stack, CancellationToken cancellation)
    {
        var request = new DescribeStacksRequest { StackName = stack };
        var answer = await aws
            .Deployers.CloudFormation.DescribeStacksAsync(request, cancellation)
            .ConfigureAwait(false);
        return CloudFormationHook.IsRollback(answer.Stacks?.FirstOrDefault()?.StackStatus?.Value);
    }
}
