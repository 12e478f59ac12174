using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Aws;
using EcrGuard.Aws.Ledger;
using EcrGuard.Cli.Judging;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard list</c>: the images that the ledger knows, the worst first. It reads only the ledger.
/// </summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var statuses = new Option<string[]>("--status")
        {
            Description = "Only images of this status; may be given several times.",
            DefaultValueFactory = _ => [],
        };
        statuses.AcceptOnlyFromAmong([.. Enum.GetValues<Status>().Select(status => status.Word().ToLowerInvariant())]);
        var repositories = SharedOptions.Repositories();
        var ledger = new LedgerOptions();
        var format = SharedOptions.TableOrJson();
        var command = new Command(
            "list",
            "Lists the images that the ledger knows, the worst status first, each with its first reason. Reads only."
        )
        {
            statuses,
            repositories,
            ledger.Table,
            format,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(statuses),
                    parsed.GetRequiredValue(repositories),
                    aws => ledger.FindAsync(aws, parsed, cancellation),
                    parsed.GetValue(format) == SharedOptions.Json,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static Task<int> RunAsync(
        string[] statuses,
        Glob repositories,
        Func<AwsClients, Task<Settings>> ledger,
        bool asJson,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                using var aws = AwsClients.FromEnvironment();
                var settings = await ledger(aws);
                var images = new List<ListedImage>();
                var known = new HashSet<string>(StringComparer.Ordinal);
                await foreach (
                    var entry in new ImageRecords(new LedgerTable(aws.Dynamo, settings, TimeProvider.System)).AllAsync(
                        cancellation
                    )
                )
                {
                    var image = ListedImage.Of(entry.Record);
                    known.Add(image.Repository);
                    if (
                        (statuses.Length == 0 || statuses.Contains(image.Status.ToLowerInvariant()))
                        && repositories.Matches(image.Repository)
                    )
                        images.Add(image);
                }
                if (!repositories.MatchesEverything && !known.Any(name => repositories.Matches(name)))
                    errors.WriteLine(
                        $"Note: --repository is '{repositories}', and the ledger has no image of such a repository. It "
                            + $"has images of {Phrase.Count(known.Count, "repository", "repositories")}."
                    );
                if (asJson)
                    output.WriteLine(JsonSerializer.Serialize(images, ListJson.Readable.ListListedImage));
                else
                    Write(images, output);
                return ExitCodes.Done;
            },
            "Nothing was written.",
            errors,
            cancellation
        );

    private static void Write(List<ListedImage> images, TextWriter output)
    {
        var rows = images.Select(image =>
            (string[])[image.Status, Minute(image.Since), image.Name, image.Reason ?? ""]
        );
        if (Screen.IsRich)
            Screen.WriteTable(["Status", "Since", "Image", "Reason"], rows);
        else
            foreach (var row in rows)
                output.WriteLine($"{row[0], -11}  {row[1]}  {row[2]}  {row[3]}");
        output.WriteLine($"{Phrase.Count(images.Count, "image")}.");

        static string Minute(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd HH:mmZ", CultureInfo.InvariantCulture);
    }
}

/// <param name="Reason">The first reason; null if there is none.</param>
/// <param name="Since">Since when the image has had this status.</param>
internal sealed record ListedImage(
    string Status,
    string Repository,
    string Digest,
    IReadOnlyList<string> Tags,
    DateTimeOffset Since,
    DateTimeOffset DecidedAt,
    string? Reason
)
{
    /// <summary>By its first tag; where it has none, by its digest.</summary>
    [JsonIgnore]
    public string Name =>
        Repository + (Tags.Count > 0 ? $":{Tags[0]}" : $"@{EcrGuard.Core.Images.Digest.Parse(Digest).Abbreviated}");

    public static ListedImage Of(ImageRecord record) =>
        new(
            record.Verdict.Status.Word(),
            record.Verdict.Image.Repository.Name,
            record.Verdict.Image.Digest.ToString(),
            record.Tags,
            record.StatusSince,
            record.DecidedAt,
            record.Verdict.Reasons is [var first, ..] ? first.Sentence : null
        );
}

[JsonSerializable(typeof(List<ListedImage>))]
internal sealed partial class ListJson : JsonSerializerContext
{
    public static ListJson Readable { get; } = new(VerdictJson.Readable());
}
