using System.CommandLine;

namespace EcrGuard.Cli.Lifecycle;

/// <summary>The options that <c>simulate</c> and <c>lint</c> share.</summary>
internal static class LifecycleOptions
{
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
}
