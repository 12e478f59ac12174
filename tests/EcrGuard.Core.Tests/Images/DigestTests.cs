using EcrGuard.Core.Images;

namespace EcrGuard.Core.Tests.Images;

public sealed class DigestTests
{
    private const string Hex = "84f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d";

    [Fact]
    public void A_digest_is_read_and_written()
    {
        var digest = Digest.Parse("sha256:" + Hex);

        Assert.Equal(Hex, digest.Hex);
        Assert.Equal("84f507df33c6", digest.Abbreviated);
        Assert.Equal("sha256:" + Hex, digest.ToString());
        Assert.Equal(digest, Digest.Parse(digest.ToString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(Hex)]
    [InlineData("sha256:")]
    [InlineData("sha256:84F507DF33C6864D49C296FB734192696E4CB6F78166AC51AC8B9B118181085D")]
    [InlineData("SHA256:" + Hex)]
    [InlineData("sha512:" + Hex)]
    [InlineData("sha256:" + Hex + "0")]
    [InlineData("sha256:" + Hex + "\n")]
    [InlineData(" sha256:" + Hex)]
    // as shortened in AWS's examples
    [InlineData("sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234")]
    [InlineData("sha256:g4f507df33c6864d49c296fb734192696e4cb6f78166ac51ac8b9b118181085d")]
    public void Anything_else_is_no_digest(string? text)
    {
        Assert.False(Digest.TryParse(text, out var digest));
        Assert.Null(digest);
        Assert.Throws<FormatException>(() => Digest.Parse(text!));
    }

    [Fact]
    public void Digests_have_the_order_of_their_text()
    {
        Digest[] digests = [.. "3af0"u8.ToArray().Select(c => Digest.Parse("sha256:" + new string((char)c, 64)))];

        Assert.Equal("03af", string.Concat(digests.Order().Select(digest => digest.Hex[0])));
        Assert.True(
            digests[0] < digests[1] && digests[1] > digests[3] && digests[1] >= digests[1] && digests[1] <= digests[2]
        );
    }
}
