using EcrGuard.LocalAws;

namespace EcrGuard.Aws.Tests.LocalAws;

/// <summary>The scenarios against our own DynamoDB.</summary>
public sealed class DynamoDbLocalTests : DynamoDbScenarios
{
    private LocalAwsServer server = null!;

    protected override async Task<Uri> StartAsync()
    {
        server = await LocalAwsServer.StartAsync();
        return server.Endpoint;
    }

    protected override async Task StopAsync()
    {
        Assert.Empty(server.Unexpected);
        await server.DisposeAsync();
    }
}
