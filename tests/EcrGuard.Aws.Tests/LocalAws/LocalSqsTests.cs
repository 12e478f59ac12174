using Amazon.Runtime;
using Amazon.SQS;
using Amazon.SQS.Model;
using EcrGuard.LocalAws;
using Microsoft.Extensions.Time.Testing;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalSqsTests
{
    [Fact]
    public async Task A_message_waits_for_its_delay_and_is_taken_once()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var aws = await LocalAwsServer.StartAsync(new LocalAwsOptions { TimeProvider = clock });
        using var sqs = Client(aws);
        var queue = aws.Sqs.CreateQueue("scan-changed");
        var sentAt = clock.GetUtcNow();

        // The client checks the MD5 in the answer.
        Assert.NotEmpty(
            (await sqs.SendMessageAsync(new SendMessageRequest(queue, "later ☃") { DelaySeconds = 120 })).MessageId
        );
        await sqs.SendMessageAsync(new SendMessageRequest(queue, "now"));

        Assert.Equal(["now", "later ☃"], aws.Sqs.Waiting(queue).Select(message => message.Body));
        Assert.Equal(["now"], aws.Sqs.TakeDue(queue).Select(message => message.Body));
        Assert.Empty(aws.Sqs.TakeDue(queue));
        clock.Advance(TimeSpan.FromSeconds(120));
        var later = Assert.Single(aws.Sqs.TakeDue(queue));
        Assert.Equal(("later ☃", sentAt, sentAt + TimeSpan.FromSeconds(120)), (later.Body, later.SentAt, later.DueAt));
        Assert.Equal(
            ["sqs SendMessage", "sqs SendMessage"],
            aws.Requests.Select(request => $"{request.Service} {request.Operation}")
        );
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task What_SQS_refuses_is_refused()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        using var sqs = Client(aws);
        var queue = aws.Sqs.CreateQueue("scan-changed");

        await Assert.ThrowsAsync<QueueDoesNotExistException>(() => sqs.SendMessageAsync(queue + "-2", "text"));
        var late = await Assert.ThrowsAnyAsync<AmazonSQSException>(() =>
            sqs.SendMessageAsync(new SendMessageRequest(queue, "text") { DelaySeconds = 901 })
        );
        Assert.Equal(
            "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
            late.Message
        );
        await Assert.ThrowsAnyAsync<AmazonSQSException>(() => sqs.SendMessageAsync(queue, ""));
        Assert.Empty(aws.Sqs.Waiting(queue));
        Assert.Empty(aws.Unexpected);
    }

    private static AmazonSQSClient Client(LocalAwsServer aws) =>
        new(
            new BasicAWSCredentials("test", "test"),
            new AmazonSQSConfig { ServiceURL = aws.Endpoint.ToString(), AuthenticationRegion = aws.Region }
        );
}
