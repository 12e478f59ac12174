using Amazon.SimpleNotificationService;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.LocalAws;

namespace EcrGuard.Aws.Tests.LocalAws;

public sealed class LocalSnsTests
{
    [Fact]
    public async Task A_published_message_is_kept_as_it_was_sent()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        var answer = await sns.PublishAsync(
            new PublishRequest
            {
                TopicArn = topic,
                Subject = "Image blocked: pay/api",
                Message = "2 critical findings & more <ü>",
                MessageAttributes = new Dictionary<string, MessageAttributeValue>
                {
                    ["severity"] = new() { DataType = "String", StringValue = "CRITICAL" },
                    ["teams"] = new() { DataType = "String.Array", StringValue = """["pay","web"]""" },
                },
            }
        );

        var message = Assert.Single(aws.Sns.Messages);
        Assert.Equal(
            (answer.MessageId, topic, "Image blocked: pay/api", "2 critical findings & more <ü>"),
            (message.MessageId, message.TopicArn, message.Subject, message.Message)
        );
        Assert.Equal(
            ("String", "CRITICAL"),
            (message.Attributes["severity"].DataType, message.Attributes["severity"].Value)
        );
        Assert.Equal("""["pay","web"]""", message.Attributes["teams"].Value);
        Assert.Empty(aws.Unexpected);
    }

    [Fact]
    public async Task A_message_has_at_most_262144_bytes_and_not_characters()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        await sns.PublishAsync(topic, new string('ü', 131_072));
        await Assert.ThrowsAsync<InvalidParameterException>(() =>
            sns.PublishAsync(topic, new string('ü', 131_072) + "x")
        );
        await Assert.ThrowsAsync<InvalidParameterException>(() => sns.PublishAsync(topic, ""));
    }

    [Theory]
    [InlineData("99 characters", 99, true)]
    [InlineData("100 characters", 100, false)]
    [InlineData("a line\nbreak", 0, false)]
    [InlineData("nön-ASCII", 0, false)]
    [InlineData(" a leading space", 0, false)]
    public async Task A_subject_is_short_printable_ASCII(string subject, int length, bool taken)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        var publish = () => sns.PublishAsync(topic, "message", length == 0 ? subject : subject.PadRight(length, '.'));

        if (taken)
        {
            await publish();
        }
        else
        {
            await Assert.ThrowsAsync<InvalidParameterException>(publish);
        }
    }

    [Theory]
    [InlineData("""{"default":"text","email":"more text"}""", true)]
    [InlineData("""{"email":"text"}""", false)]
    [InlineData("""{"default":{"json":true}}""", false)]
    [InlineData("text", false)]
    public async Task A_message_per_protocol_is_an_object_with_a_default(string message, bool taken)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        var publish = () =>
            sns.PublishAsync(
                new PublishRequest
                {
                    TopicArn = topic,
                    Message = message,
                    MessageStructure = "json",
                }
            );

        if (taken)
        {
            await publish();
            Assert.True(aws.Sns.Messages.Single().IsPerProtocol);
        }
        else
        {
            await Assert.ThrowsAsync<InvalidParameterException>(publish);
        }
    }

    [Theory]
    [InlineData("String", "", "severity")]
    [InlineData("Number", "many", "severity")]
    [InlineData("Text", "x", "severity")]
    [InlineData("String.Array", "x", "severity")]
    [InlineData("String", "x", "AWS.severity")]
    [InlineData("String", "x", "a..b")]
    public async Task A_bad_attribute_is_refused(string type, string value, string name)
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        await Assert.ThrowsAsync<InvalidParameterValueException>(() =>
            sns.PublishAsync(
                new PublishRequest
                {
                    TopicArn = topic,
                    Message = "message",
                    MessageAttributes = new Dictionary<string, MessageAttributeValue>
                    {
                        [name] = new() { DataType = type, StringValue = value },
                    },
                }
            )
        );
    }

    [Fact]
    public async Task A_topic_that_does_not_exist_is_not_found_and_a_parameter_that_is_not_known_is_recorded()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        await Assert.ThrowsAsync<NotFoundException>(() => sns.PublishAsync($"{topic}-not", "message"));
        Assert.Empty(aws.Unexpected);

        await Assert.ThrowsAnyAsync<AmazonSimpleNotificationServiceException>(() =>
            sns.PublishAsync(
                new PublishRequest
                {
                    TopicArn = topic,
                    Message = "message",
                    MessageGroupId = "group",
                }
            )
        );
        Assert.Contains("MessageGroupId", Assert.Single(aws.Unexpected), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_fails_entry_by_entry()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();
        aws.Sns.FailsEntry = message => message.Message == "unlucky";

        var answer = await sns.PublishBatchAsync(
            new PublishBatchRequest
            {
                TopicArn = topic,
                PublishBatchRequestEntries =
                [
                    Entry("a", "fine"),
                    Entry("b", "unlucky"),
                    new()
                    {
                        Id = "c",
                        Message = "bad",
                        Subject = "a\nb",
                    },
                ],
            }
        );

        Assert.Equal("a", answer.Successful.Single().Id);
        Assert.Equal(
            [("b", "InternalError", false), ("c", "InvalidParameter", true)],
            answer.Failed.Select(f => (f.Id, f.Code, f.SenderFault!.Value))
        );
        Assert.Equal("fine", aws.Sns.Messages.Single().Message);
    }

    [Fact]
    public async Task A_batch_has_1_to_10_distinct_entries_of_262144_bytes_together()
    {
        await using var aws = await LocalAwsServer.StartAsync();
        var topic = aws.Sns.CreateTopic("alerts");
        using var sns = aws.SnsClient();

        await Assert.ThrowsAsync<EmptyBatchRequestException>(() => PublishAsync());
        await Assert.ThrowsAsync<TooManyEntriesInBatchRequestException>(() =>
            PublishAsync([.. Enumerable.Range(0, 11).Select(i => Entry($"e{i}", "x"))])
        );
        await Assert.ThrowsAsync<BatchEntryIdsNotDistinctException>(() =>
            PublishAsync(Entry("a", "x"), Entry("a", "y"))
        );
        await Assert.ThrowsAsync<InvalidBatchEntryIdException>(() => PublishAsync(Entry("a b", "x")));
        await Assert.ThrowsAsync<BatchRequestTooLongException>(() =>
            PublishAsync(Entry("a", new string('x', 200_000)), Entry("b", new string('x', 62_145)))
        );
        await PublishAsync(Entry("a", new string('x', 200_000)), Entry("b", new string('x', 62_144)));

        Task PublishAsync(params List<PublishBatchRequestEntry> entries) =>
            sns.PublishBatchAsync(new PublishBatchRequest { TopicArn = topic, PublishBatchRequestEntries = entries });
    }

    private static PublishBatchRequestEntry Entry(string id, string message) => new() { Id = id, Message = message };
}
