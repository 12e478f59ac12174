using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class ImageReferenceTests
{
    private const string Sha = "sha256:84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";

    [Theory]
    [InlineData("api:1", null, null, "api", "1", null)]
    [InlineData("pay/api:v1.2.3-rc_4", null, null, "pay/api", "v1.2.3-rc_4", null)]
    [InlineData("pay/api@" + Sha, null, null, "pay/api", null, Sha)]
    [InlineData("pay/api:v1@" + Sha, null, null, "pay/api", "v1", Sha)]
    [InlineData("my.team/api:1", null, null, "my.team/api", "1", null)]
    [InlineData(
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/pay/api:v1",
        "123456789012",
        "eu-central-1",
        "pay/api",
        "v1",
        null
    )]
    [InlineData(
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/api@" + Sha,
        "123456789012",
        "eu-central-1",
        "api",
        null,
        Sha
    )]
    [InlineData(
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api:1",
        "123456789012",
        "cn-north-1",
        "api",
        "1",
        null
    )]
    [InlineData(
        "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/api:1",
        "123456789012",
        "us-gov-west-1",
        "api",
        "1",
        null
    )]
    [InlineData(
        "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/api:1",
        "123456789012",
        "us-iso-east-1",
        "api",
        "1",
        null
    )]
    public void A_reference_is_read_and_written(
        string text,
        string? account,
        string? region,
        string repository,
        string? tag,
        string? digest
    )
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out var problem), problem);
        Assert.Null(problem);
        Assert.Equal(
            (account, region, repository, tag, digest),
            (reference.Account, reference.Region, reference.Repository, reference.Tag, reference.Digest?.ToString())
        );
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/api:1")]
    [InlineData("123456789012.dkr-ecr.us-east-1.on.aws/api:1")]
    [InlineData("123456789012.dkr-ecr-fips.us-east-1.on.aws/api:1")]
    public void Other_endpoints_of_a_registry_are_the_registry(string text)
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out var problem), problem);
        Assert.Equal("123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1", reference.ToString());
    }

    [Theory]
    [InlineData(null, "No image is named")]
    [InlineData("", "No image is named")]
    [InlineData(" \t", "No image is named")]
    [InlineData("api", "names a repository but no image")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com/api", "names a repository but no image")]
    [InlineData("api:", "'' is not a tag")]
    [InlineData("api:-1", "'-1' is not a tag")]
    [InlineData("api:.1", "does not begin with")]
    [InlineData("api:v1+build", "'v1+build' is not a tag")]
    [InlineData("api:ä", "is not a tag")]
    [InlineData("api:1:2", "'api:1' is not a repository name")]
    [InlineData("api@sha256:84f5", "is not a digest")]
    [InlineData("api@", "is not a digest")]
    [InlineData("api@" + Sha + "@" + Sha, "is not a digest")]
    [InlineData("@" + Sha, "is not a repository name")]
    [InlineData(":1", "is not a repository name")]
    [InlineData("/api:1", "is not a repository name")]
    [InlineData("Pay/api:1", "'Pay/api' is not a repository name")]
    [InlineData("pay//api:1", "is not a repository name")]
    [InlineData("api :1", "is not a repository name")]
    [InlineData("api:1\n", "is not a tag")]
    [InlineData("localhost:5000/api:1", "'localhost:5000' is not a private ECR registry")]
    [InlineData("https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/api:1", "is not a private ECR registry")]
    [InlineData("docker.io/library/alpine:3", "is not a private ECR registry")]
    [InlineData("ghcr.io/x/y:1", "is not a private ECR registry")]
    [InlineData("mcr.microsoft.com/dotnet/sdk:10.0", "is not a private ECR registry")]
    [InlineData("public.ecr.aws/x/y:1", "is not a private ECR registry")]
    [InlineData("12345.dkr.ecr.eu-central-1.amazonaws.com/api:1", "is not a private ECR registry")]
    [InlineData("abcdefghijkl.dkr.ecr.eu-central-1.amazonaws.com/api:1", "is not a private ECR registry")]
    [InlineData("abcdefghijkl.dkr-ecr.us-east-1.on.aws/api:1", "is not a private ECR registry")]
    [InlineData("123456789012.dkr.ecr..amazonaws.com/api:1", "is not a private ECR registry")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com.cn/api:1", "is not a private ECR registry")]
    [InlineData("123456789012.dkr.ecr.cn-north-1.amazonaws.com/api:1", "is not a private ECR registry")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example/api:1", "is not a private ECR registry")]
    public void What_is_no_reference_is_said_in_a_sentence(string? text, string because)
    {
        Assert.False(ImageReference.TryParse(text, out var reference, out var problem));
        Assert.Null(reference);
        Assert.Contains(because, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(problem, char.IsControl);
    }

    [Fact]
    public void Lengths_are_ECRs()
    {
        Assert.True(ImageReference.TryParse($"api:{new string('1', 300)}", out _, out _));
        Assert.False(ImageReference.TryParse($"api:{new string('1', 301)}", out _, out _));
        Assert.False(ImageReference.TryParse(new string('a', ImageReference.MaxLength + 1), out _, out var problem));
        Assert.InRange(problem.Length, 1, 300);
    }

    [Fact]
    public void No_text_throws_and_what_is_read_is_read_again_from_what_is_written()
    {
        var random = new Random(800);
        string[] parts =
        [
            "api",
            "pay/",
            "@",
            ":",
            ".",
            "-",
            "/",
            "1",
            Sha,
            "123456789012",
            ".dkr.ecr.",
            "eu-central-1",
            ".amazonaws.com",
            "A",
            "\n",
            "🐳",
        ];
        var read = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(random.GetItems(parts, random.Next(1, 7)));
            if (!ImageReference.TryParse(text, out var reference, out _))
                continue;
            read++;
            Assert.True(ImageReference.TryParse(reference.ToString(), out var again, out var problem), problem);
            Assert.Equal(reference, again);
        }
        Assert.InRange(read, 500, 49_500);
    }
}
