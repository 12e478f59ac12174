using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Amazon.DynamoDBv2.Model;
using Amazon.ECR.Model;
using Amazon.Lambda.Model;
using Amazon.Runtime;
using Amazon.SimpleNotificationService.Model;
using EcrGuard.LocalAws;
using static EcrGuard.Aws.Tests.Flow.GuardFixture;

namespace EcrGuard.Aws.Tests.Flow;

/// <summary>
/// No secret leaves in the text of an error: one place cuts what AWS, a proxy or an SDK prints, and no other place
/// reads it.
/// </summary>
public sealed partial class ErrorTextTests
{
    /// <summary>Each one is somewhere in a hostile message, and must not be in anything that leaves.</summary>
    private static readonly string[] Secrets =
    [
        "IQoJb3JpZ2luX2VjEHYaCXVzLWVhc3QtMSJHMEUCIQDsecret1",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ];

    private const string OthersRole = "arn:aws:sts::999999999999:assumed-role/payments-admin/alice";

    private static readonly string[] Pieces =
    [
        "The request signature we calculated does not match the signature you provided. Check your AWS "
            + "Secret Access Key and signing method.",
        "\n\nThe Canonical String for this request should have "
            + "been\n'POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:api.ecr.eu-central-1.amazonaws.com\n"
            + "x-amz-date:20261118T120000Z\nx-amz-security-token:"
            + Secrets[0]
            + "\n\n",
        "The canonical request was POST / content-type;host x-amz-security-token:" + Secrets[0],
        "Authorization: AWS4-HMAC-SHA256 Credential="
            + Secrets[1]
            + "/20261118/eu-central-1/ecr/aws4_request, SignedHeaders=host;x-amz-date, Signature="
            + Secrets[4],
        "GET https://bucket.s3.amazonaws.com/key?X-Amz-Credential="
            + Secrets[2]
            + "&X-Amz-Security-Token="
            + Secrets[0]
            + "&X-Amz-Signature="
            + Secrets[4],
        "the key " + Secrets[1] + " with the secret " + Secrets[3],
        "token " + Secrets[5],
        "hash " + Secrets[4],
        "session " + Secrets[0],
        "(" + Secrets[2] + ")",
        "'" + Secrets[3] + "'",
        "\"" + Secrets[5] + "\"",
        "User: "
            + OthersRole
            + " is not authorized to perform: ecr:DescribeImages on resource: "
            + "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web because no identity-based policy "
            + "allows the action",
        "\\nx-amz-security-token: " + Secrets[0],
        "%0d%0aX-Amz-Security-Token: " + Secrets[0],
        "\tBearer " + Secrets[5],
        "\u2028password=" + Secrets[3],
        "The repository with name 'shop/web' does not exist in the registry with id '123456789012'",
        "plain words",
        "\u0007\u001b[31m red",
        "\u202e backwards",
    ];

    private static readonly string[] Codes =
    [
        "AccessDeniedException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "ServerException",
        "UnrecognizedClientException",
        "ExpiredTokenException",
        "RepositoryNotFoundException",
        "ValidationException",
    ];

    /// <summary>The failures that ECS adds to an answer go into the ledger and the sweep's message.</summary>
    [Fact]
    public void What_ECS_says_of_a_task_that_it_does_not_describe_tells_no_secret()
    {
        foreach (var (reason, detail) in Pieces.SelectMany(piece => new[] { (piece, ""), ("ACCESS", piece) }))
        {
            var failure = new Amazon.ECS.Model.Failure
            {
                Arn = "arn:aws:ecs:eu-central-1:123456789012:task/web/1",
                Reason = reason,
                Detail = detail,
            };
            var said = Assert
                .Throws<Facts.UnreadableReferenceException>(() => Facts.WorkloadReader.RequireAll([failure]))
                .Message;
            Assert.StartsWith("ECS does not describe arn:aws:ecs:", said, StringComparison.Ordinal);
            Assert.All(Secrets, secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
        }
        Facts.WorkloadReader.RequireAll([new() { Arn = "a", Reason = "MISSING" }]);
    }

    /// <summary>Messages from a fixed seed, some of a megabyte.</summary>
    private static IEnumerable<string> Messages(int count)
    {
#pragma warning disable CA5394 // The random numbers protect no secret: they give the same messages on every run.
        var random = new Random(20261118);
        for (var i = 0; i < count; i++)
        {
            var message = new StringBuilder();
            for (var pieces = random.Next(1, 6); pieces > 0; pieces--)
                message
                    .Append(Pieces[random.Next(Pieces.Length)])
                    .Append(
                        random.Next(3) switch
                        {
                            0 => " ",
                            1 => "\n",
                            _ => ". ",
                        }
                    );
            if (i % 50 == 7)
                message.Insert(random.Next(message.Length), new string('x', 1_000_000));
            yield return message.ToString();
        }
#pragma warning restore CA5394
    }

    private static void AssertSafe(string text, string where, bool principals = true)
    {
        foreach (var secret in Secrets)
            Assert.False(
                text.Contains(secret[..20], StringComparison.Ordinal)
                    || text.Contains(secret[^16..], StringComparison.Ordinal),
                $"{where} tells a secret: {text}"
            );
        if (!principals)
            Assert.False(
                text.Contains(OthersRole, StringComparison.Ordinal),
                $"{where} tells another account's role: {text}"
            );
    }

    private static void AssertLine(string text)
    {
        Assert.InRange(text.Length, 1, ErrorText.MaxLength);
        Assert.DoesNotContain(text, char.IsControl);
    }

    [Fact]
    public async Task Nothing_of_a_request_is_left_in_what_is_said_of_an_error_whatever_AWS_prints()
    {
        await using var fixture = await StartAsync();
        using var clients = AwsClients.At(
            fixture.Aws.Endpoint,
            fixture.Aws.Region,
            new SessionAWSCredentials(Secrets[2], Secrets[3], Secrets[0]),
            retries: 0,
            TimeSpan.FromSeconds(30)
        );
        // JSON, query with XML, REST: each unmarshals errors in its own way.
        (string Service, string Operation, Func<Task> Call)[] calls =
        [
            (
                "ecr",
                "DescribeImages",
                () =>
                    clients.Ecr.DescribeImagesAsync(
                        new DescribeImagesRequest { RepositoryName = GuardFixture.Repository }
                    )
            ),
            (
                "dynamodb",
                "GetItem",
                () =>
                    clients.Dynamo.GetItemAsync(
                        new GetItemRequest
                        {
                            TableName = Table,
                            Key = new() { ["pk"] = new("a"), ["sk"] = new("b") },
                        }
                    )
            ),
            (
                "sns",
                "Publish",
                () => clients.Sns.PublishAsync(new PublishRequest { TopicArn = fixture.AlertTopic, Message = "x" })
            ),
            ("s3", "GetObject", () => clients.S3.GetObjectAsync(Bucket, "x")),
            ("lambda", "ListFunctions", () => clients.Workloads.Lambda.ListFunctionsAsync(new ListFunctionsRequest())),
        ];
        var said = 0;
        foreach (var (message, at) in Messages(240).Select((message, at) => (message, at)))
        {
            var (service, operation, call) = calls[at % calls.Length];
            // Control characters are not allowed in XML.
            var printed = service is "sns" or "s3"
                ? string.Concat(message.Where(c => c >= ' ' || c is '\n' or '\t'))
                : message;
            fixture.Aws.Faults.Add(
                Fault.Refuse(400, Codes[at % Codes.Length], printed) with
                {
                    Service = service,
                    Operation = operation,
                }
            );
            var error = await Record.ExceptionAsync(call);
            Assert.NotNull(error);
            said += error.Message.Contains(Secrets[0], StringComparison.Ordinal) ? 1 : 0;
            AssertLine(ErrorText.Of(error));
            AssertLine(ErrorText.ForCallers(error));
            AssertSafe(ErrorText.Of(error), "the text");
            AssertSafe(ErrorText.Whole(error), "the whole text");
            AssertSafe(ErrorText.ForCallers(error), "the text for callers", principals: false);
            AssertSafe(ErrorText.Leaving(error).ToString(), "what leaves a function");
            fixture.Aws.Faults.Clear();
        }
        Assert.True(said > 20, "The SDK hides by itself what this test is about.");
    }

    [Theory]
    [InlineData(
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: ecr:X on resource: "
            + "arn:aws:ecr:r:1:repository/a",
        "AccessDeniedException: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: ecr:X on "
            + "resource: arn:aws:ecr:r:1:repository/a"
    )]
    [InlineData("SignatureDoesNotMatch", "anything", "SignatureDoesNotMatch")]
    [InlineData("ServerException", "", "ServerException")]
    [InlineData("not a code", "words", "words")]
    [InlineData(null, "Connection refused (localhost:4566)", "Connection refused (localhost:4566)")]
    [InlineData(
        null,
        "Basic scanning is not on. See https://docs.aws.amazon.com/x?y=z for it",
        "Basic scanning is not on. See https://docs.aws.amazon.com/x for it"
    )]
    [InlineData(
        null,
        "The image with imageId "
            + "{imageDigest:'sha256:5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7'} does not "
            + "exist",
        "The image with imageId "
            + "{imageDigest:'sha256:5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7'} does not "
            + "exist"
    )]
    public void What_helps_is_left(string? code, string message, string expected) =>
        Assert.Equal(
            expected,
            ErrorText.Of(
                code is null
                    ? new InvalidOperationException(message)
                    : new AmazonServiceException(message) { ErrorCode = code }
            )
        );

    [Fact]
    public void Whoever_asks_from_elsewhere_hears_of_no_role() =>
        Assert.Equal(
            "AccessDeniedException: User: (a role or user) is not authorized to perform: ecr:X",
            ErrorText.ForCallers(
                new AmazonServiceException($"User: {OthersRole} is not authorized to perform: ecr:X")
                {
                    ErrorCode = "AccessDeniedException",
                }
            )
        );

    /// <summary>
    /// A message full of secrets refuses the facts that a verdict, a mark, a sweep and an alert need.
    /// </summary>
    [Fact]
    public async Task Answer_log_ledger_and_alerts_tell_nothing_of_it()
    {
        var hostile = string.Join(' ', Pieces);
        foreach (var message in new[] { hostile, Pieces[0] + Pieces[1], Pieces[3], Pieces[12] })
        {
            await using var fixture = await StartAsync();
            var digest = fixture.Push("1");
            await fixture.Functions.DeliverAllAsync();
            fixture.Aws.Ecr.CompleteScan(GuardFixture.Repository, digest, Critical);
            fixture.Aws.Faults.Add(
                Fault.Refuse(400, "AccessDeniedException", message) with
                {
                    Service = "ecr",
                    Operation = "PutImage",
                    Times = int.MaxValue,
                }
            );
            await fixture.Functions.DeliverAsync();
            Assert.Contains(
                "ECR refused the tag",
                fixture.Item(digest)["couldNotMark"]!.GetValue<string>(),
                StringComparison.Ordinal
            );

            fixture.Time.Advance(TimeSpan.FromHours(25));
            fixture.Aws.Faults.Add(
                Fault.Refuse(400, "AccessDeniedException", message) with
                {
                    Service = "ecr",
                    Operation = "DescribeImageScanFindings",
                    Times = int.MaxValue,
                }
            );
            fixture.Aws.Faults.Add(
                Fault.Refuse(403, "AccessDeniedException", message) with
                {
                    Service = "lambda",
                    Operation = "ListFunctions",
                    Times = int.MaxValue,
                }
            );
            var (status, body) = await fixture.Functions.AskAsync($"{GuardFixture.Repository}:1");
            AssertSafe(body.ToString(), "the answer", principals: false);
            await fixture.Functions.SweepAsync();
            var summary = await fixture.Functions.SummaryAsync();

            Assert.NotEqual(200, status == 200 && body.GetProperty("approved").GetBoolean() ? 200 : 0);
            AssertSafe(fixture.Functions.Lines.ToString(), "the log");
            foreach (var item in fixture.Items(""))
                AssertSafe(item.ToJsonString(), "the ledger");
            foreach (var told in fixture.Aws.Sns.Messages)
                AssertSafe(told.Message, "an alert");
            foreach (var key in fixture.Aws.S3.Keys(Bucket, ""))
                AssertSafe(Encoding.UTF8.GetString(fixture.Aws.S3.Find(Bucket, key)!.Content.Span), key);
        }
    }

    /// <summary>
    /// Covers every caught exception and every parameter that is an exception: only <see cref="ErrorText"/> reads its
    /// message, prints it or puts it into a text. Errors in a policy or in a file of deployments are about a document
    /// that somebody wrote, not about AWS.
    /// </summary>
    [Fact]
    public void Nothing_but_one_place_reads_the_message_of_an_exception()
    {
        string[] may = ["ErrorText.cs", "JsonSyntax.cs", "DeploymentFile.cs", "YamlDocuments.cs"];
        var functions = Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "functions");
        string[] projects = ["EcrGuard.Core", "EcrGuard.Aws", "EcrGuard.Lambda", "EcrGuard.Cli"];
        var files = projects
            .SelectMany(project =>
                Directory.GetFiles(Path.Combine(functions, project), "*.cs", SearchOption.AllDirectories)
            )
            .Where(file =>
                !file.Contains("/obj/", StringComparison.Ordinal)
                && !file.Contains("/bin/", StringComparison.Ordinal)
                && !may.Contains(Path.GetFileName(file))
            )
            .ToList();
        Assert.True(files.Count > 150, $"{files.Count} files are not all of them.");

        var found = files.SelectMany(file =>
            Reads(File.ReadAllText(file)).Select(read => $"{Path.GetFileName(file)}: {read}")
        );

        Assert.Empty(found);
        // The search itself finds what it is meant to find.
        Assert.Equal(
            ["e.Message", "{e}", "e.ToString("],
            Reads("catch (IOException e) { return e.Message + $\"{e}\" + e.ToString(); }")
        );
    }

    private static IEnumerable<string> Reads(string source) =>
        Exceptions()
            .Matches(source)
            .Select(match => match.Groups["name"].Value)
            .Distinct()
            .SelectMany(name =>
                Regex.Matches(
                    source,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $@"\b{name}\.(Message\b|ToString\(|StackTrace\b)|\{{{name}(:[^}}]*)?\}}"
                    )
                )
            )
            .Select(match => match.Value);

    [GeneratedRegex(@"\b\w*Exception\??\s+(?<name>[a-z]\w*)\b(?=\s*[),=;&|]|\s+when|\s*\{)")]
    private static partial Regex Exceptions();

    private static string Here([CallerFilePath] string file = "") => file;
}
