using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

/// <summary>Issue 9: a finding counts only if its resource is the image that was asked about.</summary>
public sealed class FindingResourceTests
{
    private const string Hex = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Own = $"arn:aws:ecr:eu-central-1:123456789012:repository/shop/web/sha256:{Hex}";

    private static readonly ImageId Image = new(
        new RepositoryId("123456789012", "eu-central-1", "shop/web"),
        Digest.Parse($"sha256:{Hex}")
    );

    private static FindingResource Of(string? id, string? type = FindingResource.ImageType) => new(type, id);

    [Theory]
    [InlineData($"arn:aws:ecr:eu-central-1:999999999999:repository/shop/web/sha256:{Hex}")]
    [InlineData($"arn:aws:ecr:us-east-1:123456789012:repository/shop/web/sha256:{Hex}")]
    [InlineData($"arn:aws-cn:ecr:eu-central-1:123456789012:repository/shop/web/sha256:{Hex}")]
    [InlineData($"arn:aws:ecr:eu-central-1:123456789012:repository/web/sha256:{Hex}")]
    [InlineData($"arn:aws:ecr:eu-central-1:123456789012:repository/shop/web/web/sha256:{Hex}")]
    [InlineData(
        "arn:aws:ecr:eu-central-1:123456789012:repository/shop/web/sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    )]
    [InlineData("arn:aws:lambda:eu-central-1:123456789012:function:web")]
    public void What_names_something_else_is_left_out(string id)
    {
        Assert.False(FindingResource.AreOf([Of(id)], Image));
        Assert.True(FindingResource.AreOf([Of(id), Of(Own)], Image));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("shop/web")]
    [InlineData("arn:aws:ecr:eu-central-1:999999999999:repository/shop/web/sha256:aaaa")]
    [InlineData("arn:aws:ecr:eu-central-1:999999999999:repository/shop/web")]
    public void What_cannot_be_read_is_no_reason_to_see_nothing(string? id)
    {
        Assert.True(FindingResource.AreOf([Of(id)], Image));
        Assert.True(FindingResource.AreOf([Of(id, null)], Image));
    }

    [Fact]
    public void A_finding_without_resources_answers_what_was_asked() => Assert.True(FindingResource.AreOf([], Image));

    [Fact]
    public void A_resource_of_another_type_is_no_image() =>
        Assert.False(FindingResource.AreOf([Of("i-087d63509b8c97098", "AWS_EC2_INSTANCE")], Image));

    [Fact]
    public void What_a_file_does_not_say_is_not_compared()
    {
        Assert.True(FindingResource.AreOf([Of(Own)], null, null, "shop/web", null));
        Assert.False(FindingResource.AreOf([Of(Own)], null, null, "web", null));
        Assert.False(FindingResource.AreOf([Of(Own)], "999999999999", null, "shop/web", null));
        Assert.False(FindingResource.AreOf([Of(Own)], null, "us-east-1", "shop/web", null));
    }
}
