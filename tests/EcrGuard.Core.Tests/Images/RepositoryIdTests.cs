using System.Text.RegularExpressions;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class RepositoryIdTests
{
    private const string Digest = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";

    [Theory]
    [InlineData("eu-central-1", "aws", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api")]
    [InlineData("ap-southeast-5", "aws", "123456789012.dkr.ecr.ap-southeast-5.amazonaws.com/pay/api")]
    [InlineData("cn-north-1", "aws-cn", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/pay/api")]
    [InlineData("us-gov-west-1", "aws-us-gov", "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/pay/api")]
    [InlineData("eusc-de-east-1", "aws-eusc", "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/pay/api")]
    [InlineData("us-iso-east-1", "aws-iso", "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/pay/api")]
    [InlineData("us-isob-east-1", "aws-iso-b", "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov/pay/api")]
    [InlineData("eu-isoe-west-1", "aws-iso-e", "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk/pay/api")]
    [InlineData("us-isof-south-1", "aws-iso-f", "123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov/pay/api")]
    public void A_region_has_its_partition_and_domain(string region, string partition, string uri)
    {
        var repository = new RepositoryId("123456789012", region, "pay/api");

        Assert.Equal(partition, repository.Partition);
        Assert.True(RepositoryId.IsPartition(partition));
        Assert.Equal(uri, repository.Uri);
        Assert.Equal($"arn:{partition}:ecr:{region}:123456789012:repository/pay/api", repository.Arn);
        Assert.True(RepositoryId.TryParseArn(repository.Arn, out var read, out var digest));
        Assert.Equal(repository, read);
        Assert.Null(digest);
    }

    [Fact]
    public void An_image_ARN_gives_the_repository_and_the_digest()
    {
        const string arn = "arn:aws:ecr:eu-central-1:123456789012:repository/pay/api/" + Digest;

        Assert.True(RepositoryId.TryParseArn(arn, out var repository, out var digest));
        Assert.Equal("pay/api", repository.Name);
        Assert.Equal(arn, new ImageId(repository, digest!).Arn);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("pay/api")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/Pay")]
    [InlineData("arn:aws:ecr:eu-central-1:12345678901a:repository/pay")]
    [InlineData("arn:aws:ecr:eu-central-1:123:repository/pay")]
    [InlineData("arn:aws:ecr::123456789012:repository/pay")]
    [InlineData("arn:aws:ecr:Frankfurt:123456789012:repository/pay")]
    [InlineData("arn:aws:ecr:cn-north-1:123456789012:repository/pay")]
    [InlineData("arn:aws:ecs:eu-central-1:123456789012:repository/pay")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:registry/pay")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/pay/sha256:84f5")]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/P/" + Digest)]
    [InlineData("arn:aws:ecr:eu-central-1:123456789012:repository/" + Digest)]
    public void Anything_else_is_no_ARN_of_a_repository(string? arn)
    {
        Assert.False(RepositoryId.TryParseArn(arn, out var repository, out var digest));
        Assert.Null(repository);
        Assert.Null(digest);
    }

    [Theory]
    [InlineData("ab", true)]
    [InlineData("a", false)]
    [InlineData("pay/api", true)]
    [InlineData("a.b_c__d-e---f/g", true)]
    [InlineData("a___b", false)]
    [InlineData("a..b", false)]
    [InlineData("a-_b", false)]
    [InlineData("/ab", false)]
    [InlineData("ab/", false)]
    [InlineData("a//b", false)]
    [InlineData("ab-", false)]
    [InlineData("-ab", false)]
    [InlineData("Ab", false)]
    [InlineData("a b", false)]
    [InlineData("äb", false)]
    [InlineData(null, false)]
    public void A_name_is_what_ECR_accepts(string? name, bool isName) =>
        Assert.Equal(isName, RepositoryId.IsName(name));

    [Fact]
    public void A_name_has_at_most_256_characters()
    {
        Assert.True(RepositoryId.IsName(new string('a', 256)));
        Assert.False(RepositoryId.IsName(new string('a', 257)));
    }

    [Fact]
    public void Names_are_those_of_the_pattern_in_ECRs_API()
    {
        var pattern = new Regex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z");
        var random = new Random(256);
        var names = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var name = random.GetString("ab0/._-A", random.Next(2, 9));
            Assert.True(pattern.IsMatch(name) == RepositoryId.IsName(name), name);
            names += RepositoryId.IsName(name) ? 1 : 0;
        }
        Assert.InRange(names, 1_000, 49_000);
    }
}
