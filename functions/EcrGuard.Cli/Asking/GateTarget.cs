using System.CommandLine;

namespace EcrGuard.Cli.Asking;

/// <summary>Which deployment is asked, and as whom. Every command that asks has these options.</summary>
/// <param name="Function">A name or an ARN; null: the function of the stack in this account and region.</param>
/// <param name="Url">The address of the HTTP API; null: not named.</param>
/// <param name="Role">The ARN of a role to assume; null: the caller's own credentials.</param>
internal sealed record GateTarget(string? Function, Uri? Url, string? Role)
{
    public static Uri? ReadUrl(System.CommandLine.Parsing.ArgumentResult result) =>
        IsUrl(result.Tokens[0].Value, out var url)
            ? url
            : Wrong(result, $"--url is '{result.Tokens[0].Value}'; it must be an address that begins with https://.");

    private static bool IsUrl(string text, out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    private static Uri? Wrong(System.CommandLine.Parsing.ArgumentResult result, string problem)
    {
        result.AddError(problem);
        return null;
    }

    /// <summary>The options. An option that is not given is read from the environment.</summary>
    internal sealed class Options
    {
        private readonly Option<string?> function = new("--function")
        {
            Description =
                "The function to ask: the stack's output ApprovalFunction, or its ARN. Else the environment's "
                + "ECRGUARD_FUNCTION.",
        };

        private readonly Option<Uri?> url = new("--url")
        {
            Description = "The HTTP API to ask: the stack's output ApprovalUrl. Else the environment's ECRGUARD_URL.",
            CustomParser = ReadUrl,
        };

        private readonly Option<string?> role = new("--role")
        {
            Description =
                "The ARN of a role to take for the question, such as the stack's output AskRole, from other accounts.",
        };

        public static Options Of(Command command)
        {
            var options = new Options();
            command.Add(options.function);
            command.Add(options.url);
            command.Add(options.role);
            options.role.Validators.Add(result =>
            {
                if (
                    result.Tokens is [var arn, ..]
                    && arn.Value.Split(':') is not ["arn", _, "iam", "", _, ['r', 'o', 'l', 'e', '/', _, ..]]
                )
                    result.AddError(
                        $"--role is '{arn.Value}'; it must be the ARN of a role, such as "
                            + "arn:aws:iam::111122223333:role/EcrGuardAsk."
                    );
            });
            command.Validators.Add(result =>
            {
                if (result.GetResult(options.function) is not null && result.GetResult(options.url) is not null)
                    result.AddError("Give either '--function' or '--url': both are ways to ask.");
            });
            return options;
        }

        /// <exception cref="UnusableFileException">The address in the environment is wrong.</exception>
        public GateTarget In(ParseResult parsed)
        {
            var (named, at) = (parsed.GetValue(function), parsed.GetValue(url));
            if (named is null && at is null)
            {
                named = Set("ECRGUARD_FUNCTION");
                if (named is null && Set("ECRGUARD_URL") is { } address && !IsUrl(address, out at))
                    throw new UnusableFileException(
                        $"ECRGUARD_URL is '{address}'; it must be an address that begins with https://."
                    );
            }
            return new GateTarget(named, at, parsed.GetValue(role));
        }

        private static string? Set(string variable) =>
            Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
    }
}
