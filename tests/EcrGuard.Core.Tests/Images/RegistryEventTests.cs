using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

/// <summary>Which image an event is about, and the event that reports repositories.</summary>
public sealed class RegistryEventTests
{
    private static string Change(string detail) =>
        $$"""
            { "version": "0", "id": "1", "detail-type": "ECR Scan Resource Change", "source": "aws.ecr", "account": "123456789012", "time": "2021-10-14T20:53:46Z", "region": "us-east-1", "resources": [], "detail": {{detail}} }
            """;

    [Fact]
    public void A_changed_scan_frequency_names_its_repositories()
    {
        var read = Assert.IsType<ScanningEvent>(
            Assert.Single(
                RegistryEvent.Read(
                    Change(
                        """{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ { "repository-name": "pay/api" }, { "repository-name": "web" } ] }"""
                    ),
                    out var ignored
                )
            )
        );

        Assert.Equal(
            [
                new RepositoryId("123456789012", "us-east-1", "pay/api"),
                new RepositoryId("123456789012", "us-east-1", "web"),
            ],
            read.Repositories
        );
        Assert.Null(ignored);
    }

    [Theory]
    [InlineData("""{ "action-type": "REPOSITORY_CREATE", "repositories": [ { "repository-name": "pay/api" } ] }""")]
    [InlineData("""{ "repositories": [] }""")]
    [InlineData("null")]
    public void Other_changes_are_ignored_with_why(string detail)
    {
        Assert.Empty(RegistryEvent.Read(Change(detail), out var ignored));
        Assert.Equal("a change of scanning that EcrGuard does not use", ignored);
    }

    [Theory]
    [InlineData(
        """{ "action-type": "SCAN_FREQUENCY_CHANGE" }""",
        "The field 'detail.repositories' is missing or not a list."
    )]
    [InlineData(
        """{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": "pay/api" }""",
        "The field 'detail.repositories' is missing or not a list."
    )]
    [InlineData(
        """{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ "pay/api" ] }""",
        "The field 'repository-name' is missing or not a string."
    )]
    [InlineData(
        """{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ { "repository-name": "Pay" } ] }""",
        "The field 'detail.repositories[].repository-name' is 'Pay'; it must be a repository name of ECR's."
    )]
    public void One_that_cannot_be_read_is_said_to_be(string detail, string message) =>
        Assert.Equal(
            message,
            Assert.Throws<EventFormatException>(() => RegistryEvent.Read(Change(detail), out _)).Message
        );

    private const string Hex = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static string Arn(string account, string repository = "shop/web", string region = "us-east-1") =>
        $"arn:aws:ecr:{region}:{account}:repository/{repository}/sha256:{Hex}";

    private static string Of(string type, string detail, params string[] resources) =>
        $$"""
            { "version": "0", "id": "1", "detail-type": "{{type}}", "source": "{{(
                type.StartsWith("ECR", StringComparison.Ordinal) ? "aws.ecr" : "aws.inspector2"
            )}}", "account": "123456789012", "time": "2021-10-14T20:53:46Z",
              "region": "us-east-1", "resources": [{{string.Join(
                ',',
                resources.Select(resource => $"\"{resource}\"")
            )}}], "detail": {{detail}} }
            """;

    private static IEnumerable<string> Images(string json) =>
        RegistryEvent.Read(json, out _).Cast<ImageEvent>().Select(read => read.Image.Arn);

    [Fact]
    public void A_finding_is_about_the_images_that_it_names_itself_whatever_the_envelope_says()
    {
        var finding =
            $$"""{ "awsAccountId": "999999999999", "resources": [ { "id": "{{Arn("999999999999")}}" }, { "id": "i-087d63509b8c97098" }, { "id": "{{Arn("123456789012", "web")}}" }, { "id": "{{Arn("999999999999")}}" } ] }""";

        Assert.Equal(
            [Arn("999999999999"), Arn("123456789012", "web")],
            Images(Of("Inspector2 Finding", finding, Arn("123456789012")))
        );
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "resources": [] }""")]
    [InlineData("""{ "resources": [ { "type": "AWS_ECR_CONTAINER_IMAGE" } ] }""")]
    public void Where_it_names_none_the_envelope_s_ARN_says_whose_image_it_is(string detail)
    {
        Assert.Equal(
            [Arn("999999999999", region: "eu-west-1")],
            Images(Of("Inspector2 Finding", detail, Arn("999999999999", region: "eu-west-1")))
        );
        Assert.Equal([Arn("999999999999")], Images(Of("Inspector2 Coverage", detail, Arn("999999999999"))));
    }

    [Fact]
    public void A_scan_is_of_the_repository_whose_ARN_it_gives()
    {
        var scan =
            $$"""{ "repository-name": "arn:aws:ecr:eu-west-1:999999999999:repository/shop/web", "image-digest": "sha256:{{Hex}}" }""";

        Assert.Equal(
            [Arn("999999999999", region: "eu-west-1")],
            Images(Of("Inspector2 Scan", scan, "arn:aws:ecr:us-east-1:123456789012:repository/shop/web"))
        );
    }

    [Fact]
    public void A_basic_scan_is_of_the_repository_of_its_resources_and_a_push_which_has_none_of_the_envelope()
    {
        var detail = $$"""{ "action-type": "PUSH", "repository-name": "shop/web", "image-digest": "sha256:{{Hex}}" }""";

        Assert.Equal(
            [Arn("999999999999")],
            Images(Of("ECR Image Scan", detail, "arn:aws:ecr:us-east-1:999999999999:repository/shop/web"))
        );
        Assert.Equal([Arn("123456789012")], Images(Of("ECR Image Action", detail)));
        var mixed = Of("ECR Image Scan", detail, "arn:aws:ecr:us-east-1:999999999999:repository/web");
        Assert.Equal(
            "The field 'detail.repository-name' is 'shop/web'; it must be the repository of 'resources', web.",
            Assert.Throws<EventFormatException>(() => RegistryEvent.Read(mixed, out _)).Message
        );
    }

    private static ImageEvent One(IReadOnlyList<RegistryEvent> read) => Assert.IsType<ImageEvent>(Assert.Single(read));

    private static string Inspector(string type, string detail) =>
        $$"""
            { "id": "1", "detail-type": "{{type}}", "source": "aws.inspector2", "account": "123456789012", "time": "2021-12-03T18:03:16Z", "region": "us-east-2",
              "resources": [ "arn:aws:ecr:us-east-2:123456789012:repository/pay/api/sha256:{{Hex}}" ], "detail": {{detail}} }
            """;

    private static ImageEvent Summary(string counts) =>
        One(
            RegistryEvent.Read(
                Inspector(
                    "Inspector2 Scan",
                    $$"""
                    { "repository-name": "arn:aws:ecr:us-east-2:123456789012:repository/pay/api", "image-digest": "sha256:{{Hex}}"{{counts}} }
                    """
                ),
                out _
            )
        );

    [Fact]
    public void The_summary_of_a_scan_announces_its_counts_and_what_is_missing_is_unknown()
    {
        Assert.Equal(
            new SeverityCounts(7, 61, 62, 158),
            Summary(
                """, "finding-severity-counts": { "CRITICAL": 7, "HIGH": 61, "MEDIUM": 62, "TOTAL": 158 }"""
            ).Announced
        );
        Assert.Equal(
            new SeverityCounts(0, null, null, 3),
            Summary(
                """, "finding-severity-counts": { "CRITICAL": 0, "HIGH": "61", "MEDIUM": -1, "TOTAL": 3 }"""
            ).Announced
        );
        Assert.Null(Summary(""", "finding-severity-counts": {}""").Announced);
        Assert.Null(Summary(""", "finding-severity-counts": null""").Announced);
        Assert.Null(Summary("").Announced);
    }

    [Theory]
    [InlineData("Wed Sep 04 16:55:38.411 UTC 2024", "2024-09-04T16:55:38.411Z")]
    [InlineData("Dec 3, 2021, 6:02:30 PM", "2021-12-03T18:02:30Z")]
    [InlineData("2024-09-04T16:55:38.411Z", "2024-09-04T16:55:38.411Z")]
    [InlineData("yesterday", null)]
    public void A_finding_is_told_as_a_list_tells_it(string updatedAt, string? time)
    {
        var read = One(
            RegistryEvent.Read(
                Inspector(
                    "Inspector2 Finding",
                    $$"""
                    { "findingArn": "arn:aws:inspector2:us-east-2:123456789012:finding/f1", "status": "ACTIVE", "severity": "HIGH", "fixAvailable": "YES", "exploitAvailable": "NO",
                      "epss": { "score": 0.00045 }, "inspectorScore": 7.5, "updatedAt": "{{updatedAt}}" }
                    """
                ),
                out _
            )
        );
        DateTimeOffset? at = time is null
            ? null
            : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(
            ReportedFinding.Of(
                "arn:aws:inspector2:us-east-2:123456789012:finding/f1",
                "ACTIVE",
                "HIGH",
                "YES",
                "NO",
                0.00045,
                7.5,
                at
            ),
            read.Finding
        );
        Assert.Null(
            One(RegistryEvent.Read(Inspector("Inspector2 Coverage", """{ "scanStatus": {} }"""), out _)).Finding
        );
    }

    [Fact]
    public void A_look_is_read_as_it_was_written()
    {
        var image = new ImageId(
            new RepositoryId("123456789012", "us-east-2", "pay/api"),
            Digest.Parse($"sha256:{Hex}")
        );
        var at = Facts.Now.AddTicks(1234567);
        var read = One(RegistryEvent.Read(RecheckMessage.Write(image, at, Facts.Now), out _));

        Assert.Equal((image, at, Facts.Now, Scanner.Enhanced), (read.Image, read.LookAt, read.Time, read.Scanner));
    }

    [Theory]
    [InlineData("pay/api", "soon", "The field 'detail.look-at' is 'soon'; it must be an ISO 8601 time.")]
    [InlineData(
        "Pay",
        "2026-11-18T12:00:00Z",
        "The field 'detail.repository-name' is 'Pay'; it must be a repository name of ECR's."
    )]
    public void A_look_that_cannot_be_read_is_said_to_be(string repository, string at, string message) =>
        Assert.Equal(
            message,
            Assert
                .Throws<EventFormatException>(() =>
                    RegistryEvent.Read(
                        $$"""
                        { "id": "1", "detail-type": "EcrGuard Recheck", "source": "ecrguard", "account": "123456789012", "time": "2021-12-03T18:03:16Z", "region": "us-east-2",
                          "detail": { "repository-name": "{{repository}}", "image-digest": "sha256:{{Hex}}", "look-at": "{{at}}" } }
                        """,
                        out _
                    )
                )
                .Message
        );
}
