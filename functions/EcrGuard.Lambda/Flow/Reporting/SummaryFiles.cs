using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using EcrGuard.Aws;
using EcrGuard.Core.Reports;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow.Reporting;

/// <summary>The files of a weekly report, in a folder of the private bucket.</summary>
public sealed class SummaryFiles(IAmazonS3 s3, Settings settings, Log log)
{
    /// <summary>The S3 URI of the folder.</summary>
    public string UriOf(IsoWeek week) => $"s3://{settings.Bucket}/{Folder(week)}";

    /// <summary>The page of the report in the AWS console.</summary>
    public string PageOf(IsoWeek week) =>
        Links.S3Object(settings.Region, settings.Bucket, Folder(week) + SummaryForms.Page);

    private string Folder(IsoWeek week) => $"reports/{settings.Account}/{settings.Region}/{week}/";

    /// <summary>Writes the files. A report that is made again leaves those of the week's own report alone.</summary>
    /// <returns>The files that could not be written.</returns>
    public async Task<IReadOnlyList<Unread>> PutAsync(WeeklySummary summary, CancellationToken cancellation)
    {
        var unwritten = new List<Unread>();
        foreach (var file in SummaryForms.Of(summary))
        {
            try
            {
                await PutAsync(Folder(summary.Week), file, keep: summary.MadeAgain, cancellation).ConfigureAwait(false);
            }
            catch (AmazonS3Exception kept)
                when (summary.MadeAgain && kept.StatusCode == HttpStatusCode.PreconditionFailed)
            {
                log.Info("The file of an earlier report is kept.", ("file", file.Name));
            }
            catch (Exception failure) when (!cancellation.IsCancellationRequested)
            {
                log.Error("A file of the report could not be written.", failure, ("file", file.Name));
                var why = $"It could not be written: {ErrorText.Of(failure)}";
                unwritten.Add(new Unread($"the file {file.Name}", why));
            }
        }
        return unwritten;
    }

    /// <summary>Writes through a file on disk: a table of a million images is too large for memory.</summary>
    /// <param name="keep">Whether a file that is there already stays: S3 answers 412 then.
    ///     https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html</param>
    private async Task PutAsync(string folder, SummaryFile file, bool keep, CancellationToken cancellation)
    {
        var path = Path.GetTempFileName();
        await using var body = new FileStream(
            path,
            FileMode.Open,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 65536,
            FileOptions.DeleteOnClose
        );
        file.Write(body);
        body.Position = 0;
        await s3.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = settings.Bucket,
                    Key = folder + file.Name,
                    InputStream = body,
                    AutoCloseStream = false,
                    ContentType = file.ContentType,
                    IfNoneMatch = keep ? "*" : null,
                },
                cancellation
            )
            .ConfigureAwait(false);
    }
}
