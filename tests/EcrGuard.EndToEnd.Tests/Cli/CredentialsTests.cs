using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.EndToEnd.Tests.Cli;

/// <summary>Without credentials, each command that works on an account says in one sentence what to do.</summary>
public sealed class CredentialsTests : IDisposable
{
    private const string Next =
        "name another profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. To try ecrguard "
        + "without an account: 'ecrguard local'.\n";

    private readonly CommandLine _cli = new CommandLine()
        .File(
            ".aws/config",
            """
            [profile broken]
            credential_process = /bin/false
            [profile sign-in]
            sso_session = company
            sso_account_id = 123456789012
            sso_role_name = reader
            [sso-session company]
            sso_region = eu-central-1
            sso_start_url = https://company.example.com/start
            """
        )
        .File("policy.jsonc", """{ "version": 1 }""")
        .With("AWS_REGION", "eu-central-1")
        .With("AWS_EC2_METADATA_DISABLED", "true");

    public CredentialsTests()
    {
        _cli.With("AWS_CONFIG_FILE", Path.Combine(_cli.Folder, ".aws/config"))
            .With("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_cli.Folder, ".aws/credentials"));
        foreach (var variable in new[] { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE" })
            _cli.With(variable, "");
    }

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("list")]
    [InlineData("explain shop/web:1")]
    [InlineData("ask shop/web:1")]
    [InlineData("ask shop/web:1 --role arn:aws:iam::123456789012:role/ask")]
    [InlineData("plan")]
    [InlineData("policy try policy.jsonc --account")]
    [InlineData("report")]
    [InlineData("restore shop/web --reason because-it-must-be-so")]
    [InlineData("release shop/web:1 --reason because-it-must-be-so")]
    [InlineData("breakglass shop/web:1 --reason because-it-must-be-so --until 2h")]
    public async Task Without_credentials_a_command_says_what_to_do(string line)
    {
        var (code, output) = await _cli.RunAsync(line.Split(' '));
        Assert.Equal((5, $"No AWS credentials were found. Run 'aws sso login', {Next}"), (code, output));
    }

    /// <summary>IAM Identity Center gives keys for the token that "aws sso login" has left.</summary>
    [Fact]
    public async Task A_profile_that_has_signed_in_gives_its_keys()
    {
        var signedBy = new ConcurrentQueue<string>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var aws = builder.Build();
        aws.Run(context =>
        {
            if (context.Request.Path == "/federation/credentials")
                return context.Response.WriteAsync(
                    context.Request.Headers["x-amz-sso_bearer_token"] == "of-the-login"
                        ? $$$"""
                        { "roleCredentials": { "accessKeyId": "SIGNEDIN", "secretAccessKey": "s", "sessionToken": "t",
                          "expiration": {{{DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds()}}} } }
                        """
                        : "{}"
                );
            signedBy.Enqueue(context.Request.Headers.Authorization.ToString());
            context.Response.StatusCode = 400;
            return context.Response.WriteAsync("""{"__type":"ParameterNotFound"}""");
        });
        await aws.StartAsync(TestContext.Current.CancellationToken);
        // The SHA-1 of the session's name, as the AWS CLI names the file.
        const string token = "71b21161ffa1e6516bcc072aaf5ef38cbe85b511";
        _cli.File(
                $".aws/sso/cache/{token}.json",
                """
                { "startUrl": "https://company.example.com/start", "region": "eu-central-1",
                  "accessToken": "of-the-login", "expiresAt": "2100-01-01T00:00:00Z" }
                """
            )
            .With("HOME", _cli.Folder)
            .With("AWS_ENDPOINT_URL", aws.Urls.Single());

        var (_, output) = await _cli.RunAsync("list", "--profile", "sign-in");

        Assert.StartsWith("There is no EcrGuard here: ", output, StringComparison.Ordinal);
        Assert.Contains("Credential=SIGNEDIN/", Assert.Single(signedBy), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nope", "Unable to find the \"nope\" profile")]
    [InlineData("broken", "Command returned non-zero exit value 1 with the error")]
    [InlineData("sign-in", "The profile 'sign-in' gives no credentials")]
    public async Task A_profile_that_gives_no_credentials_is_named_with_its_reason(string profile, string why)
    {
        foreach (var line in new[] { "list", "plan" })
        {
            var (code, output) = await _cli.RunAsync(line, "--profile", profile);
            Assert.True(code == 5, output);
            Assert.StartsWith(why, output, StringComparison.Ordinal);
            Assert.EndsWith($". Run 'aws sso login --profile {profile}', {Next}", output, StringComparison.Ordinal);
        }
    }
}
