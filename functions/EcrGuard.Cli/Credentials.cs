using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.RuntimeDependencies;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;
using EcrGuard.Aws;

namespace EcrGuard.Cli;

/// <summary>
/// The caller's credentials, found as every AWS SDK finds them
/// (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
/// </summary>
internal static class Credentials
{
    /// <summary>
    /// Gives the SDK the clients with which it fetches credentials: for profiles that sign in with IAM Identity Center,
    /// and for the token of a pipeline (GitHub, GitLab). Without this it looks for them by reflection, and native code
    /// has none. Where a profile takes the role of another profile, the SDK must make the client itself, since only it
    /// knows the credentials of the other one.
    /// </summary>
    public static void RegisterSignIn()
    {
        var anonymous = new AnonymousAWSCredentials();
        var sdk = GlobalRuntimeDependencyRegistry.Instance;
        sdk.RegisterSSOClient(context => new AmazonSSOClient(anonymous, context.SSOClientContextData.Region));
        sdk.RegisterSSOOIDCClient(context => new AmazonSSOOIDCClient(
            anonymous,
            context.SSOOIDCClientContextData.Region
        ));
        sdk.RegisterSecurityTokenServiceClient(context =>
            context.SecurityTokenServiceClientContextData.Action
            == SecurityTokenServiceClientContext.ActionContext.AssumeRoleAWSCredentials
                ? null
                : new AmazonSecurityTokenServiceClient(anonymous, context.SecurityTokenServiceClientContextData.Region)
        );
    }

    /// <summary>
    /// Why no request can be signed, and what to do; null if there are credentials. The SDK's own messages name its
    /// internals, and differ with the service that is called first.
    /// </summary>
    public static async Task<string?> WhyNoneAsync()
    {
        try
        {
            await DefaultAWSCredentialsIdentityResolver
                .GetCredentials(new AmazonSecurityTokenServiceConfig())
                .GetCredentialsAsync();
            return null;
        }
        catch (Exception missing)
        {
            var profile = Environment.GetEnvironmentVariable("AWS_PROFILE") is { Length: > 0 } named ? named : null;
            // The SDK's list of all places that it searched is no reason.
            var why =
                !ErrorText.Begins(missing, "Failed to resolve AWS credentials")
                    ? ErrorText.Of(missing).TrimEnd(' ', '-', '.', ':')
                : profile is null ? "No AWS credentials were found"
                : $"The profile '{profile}' gives no credentials";
            var of = profile is null ? "" : $" --profile {profile}";
            return $"{why}. Run 'aws sso login{of}', name another profile with --profile, or set AWS_ACCESS_KEY_ID and "
                + "AWS_SECRET_ACCESS_KEY. To try ecrguard without an account: 'ecrguard local'.";
        }
    }
}
