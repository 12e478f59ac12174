using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

/// <summary>The event that tells of repositories, not of an image.</summary>
public sealed class RegistryEventTests
{
    private static string Change(string detail) => $$"""
        { "version": "0", "id": "1", "detail-type": "ECR Scan Resource Change", "source": "aws.ecr", "account": "123456789012", "time": "2021-10-14T20:53:46Z", "region": "us-east-1", "resources": [], "detail": {{detail}} }
        """;

    [Fact]
    public void A_changed_scan_frequency_names_its_repositories()
    {
        var read = Assert.IsType<ScanningEvent>(RegistryEvent.Read(Change("""{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ { "repository-name": "pay/api" }, { "repository-name": "web" } ] }"""), out var ignored));

        Assert.Equal([new RepositoryId("123456789012", "us-east-1", "pay/api"), new RepositoryId("123456789012", "us-east-1", "web")], read.Repositories);
        Assert.Null(ignored);
    }

    [Theory]
    [InlineData("""{ "action-type": "REPOSITORY_CREATE", "repositories": [ { "repository-name": "pay/api" } ] }""")]
    [InlineData("""{ "repositories": [] }""")]
    [InlineData("null")]
    public void Other_changes_are_ignored_with_why(string detail)
    {
        Assert.Null(RegistryEvent.Read(Change(detail), out var ignored));
        Assert.Equal("a change of scanning that EcrGuard does not use", ignored);
    }

    [Theory]
    [InlineData("""{ "action-type": "SCAN_FREQUENCY_CHANGE" }""", "The field 'detail.repositories' is missing or not a list.")]
    [InlineData("""{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": "pay/api" }""", "The field 'detail.repositories' is missing or not a list.")]
    [InlineData("""{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ "pay/api" ] }""", "The field 'repository-name' is missing or not a string.")]
    [InlineData("""{ "action-type": "SCAN_FREQUENCY_CHANGE", "repositories": [ { "repository-name": "Pay" } ] }""", "The field 'detail.repositories[].repository-name' is 'Pay'; it must be a repository name of ECR's.")]
    public void One_that_cannot_be_read_is_said_to_be(string detail, string message) =>
        Assert.Equal(message, Assert.Throws<EventFormatException>(() => RegistryEvent.Read(Change(detail), out _)).Message);
}
