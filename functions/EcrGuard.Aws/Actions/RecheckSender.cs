using Amazon.SQS.Model;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws.Actions;

/// <summary>Schedules the looks that EcrGuard takes by itself: delayed messages to the queue of scan events.</summary>
public sealed class RecheckSender(AwsClients aws, Settings settings, TimeProvider time)
{
    /// <summary>SQS delays a message for at most fifteen minutes (Amazon SQS API, SendMessage).</summary>
    private static readonly TimeSpan MostDelay = TimeSpan.FromMinutes(15);

    /// <param name="at">The time of the look, as in the ledger. The message arrives then, or within a second.</param>
    public async Task SendAsync(ImageId image, DateTimeOffset at, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var delay = at - now;
        await aws
            .Sqs.SendMessageAsync(
                new SendMessageRequest
                {
                    QueueUrl = Settings.Required(
                        settings.ScanQueue,
                        "ECRGUARD_SCAN_QUEUE",
                        "the URL of the queue of scan events"
                    ),
                    MessageBody = RecheckMessage.Write(image, at, now),
                    DelaySeconds = (int)Math.Ceiling(Math.Clamp(delay.TotalSeconds, 0, MostDelay.TotalSeconds)),
                },
                cancellation
            )
            .ConfigureAwait(false);
    }
}
