using System.CommandLine;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>The options that <c>simulate</c> and <c>lint</c> share.</summary>
internal static class LifecycleOptions
{
    public const string Json = "json";

    public static Option<FileInfo> Policy() =>
        new("--policy")
        {
            Description =
                "The lifecycle policy, as 'aws ecr put-lifecycle-policy' takes it or 'get-lifecycle-policy' prints it.",
            Required = true,
        };

    public static Option<FileInfo> Images(bool required) =>
        new("--images")
        {
            Description =
                "All images of the repository, as 'aws ecr describe-images --repository-name NAME --filter "
                + "imageStatus=ANY' prints them.",
            Required = required,
        };

    public static Option<string> Format()
    {
        var format = new Option<string>("--format")
        {
            Description = "A table for people or JSON for machines.",
            DefaultValueFactory = _ => "table",
        };
        format.AcceptOnlyFromAmong("table", Json);
        return format;
    }

    public static Option<DateTimeOffset?> Now() =>
        new("--now")
        {
            Description =
                "The moment to evaluate for, for example 2026-01-31T00:00:00Z; the present one if it is not given.",
            CustomParser = result =>
            {
                if (Times.TryParseIso(result.Tokens[0].Value, out var now))
                    return now;
                result.AddError(
                    $"--now is '{result.Tokens[0].Value}'; it must be a time such as 2026-01-31T00:00:00Z."
                );
                return null;
            },
        };
}
