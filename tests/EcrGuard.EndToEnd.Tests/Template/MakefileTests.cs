using System.Diagnostics;
using System.Reflection.PortableExecutable;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>
/// What <c>sam build</c> does with <c>functions/Makefile</c>, in a copy of the folder as SAM makes it, without access
/// to anything above it.
/// </summary>
public sealed class MakefileTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("ecrguard-").FullName;

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task Every_function_gets_the_package_that_the_first_target_published_compiled_ahead_and_ready_to_start()
    {
        await Tool.RequireAsync("make", "make", "--version");
        Copy(Path.Combine(SamTemplate.Root, "functions"), Path.Combine(_work, "functions"));

        var functions = SamTemplate.With(SamTemplate.Everything).Functions.ToArray();
        foreach (var function in functions)
        {
            var (made, log) = await Tool.RunAsync(
                new ProcessStartInfo("make", [$"build-{function}"])
                {
                    WorkingDirectory = Path.Combine(_work, "functions"),
                    // AwsPackagesTests tests which packages it takes if nobody names them.
                    Environment = { ["ARTIFACTS_DIR"] = Package(function), ["AWS_PACKAGES"] = "bundled" },
                }
            );

            Assert.True(made == 0, log);
            Assert.Equal(function == functions[0], log.Contains("dotnet publish", StringComparison.Ordinal));
            Assert.Equal(Files(functions[0]), Files(function));
        }

        Assert.Superset(
            new HashSet<string> { "EcrGuard.Lambda.dll", "EcrGuard.Lambda.runtimeconfig.json", "policy.jsonc" },
            Files(functions[0]).ToHashSet()
        );
        Assert.All(
            ["EcrGuard.Lambda.dll", "EcrGuard.Core.dll", "AWSSDK.Core.dll"],
            assembly => Assert.True(IsCompiledAhead(Path.Combine(Package(functions[0]), assembly)), assembly)
        );

        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo("dotnet", ["EcrGuard.Lambda.dll"])
            {
                WorkingDirectory = Package(functions[0]),
                Environment = { ["ANNOTATIONS_HANDLER"] = "NobodyAsync" },
            }
        );
        Assert.NotEqual(0, exitCode);
        Assert.All(functions, function => Assert.Contains($"{function}Async", output, StringComparison.Ordinal));
    }

    private string Package(string function) => Path.Combine(_work, "packages", function);

    private IEnumerable<string> Files(string function) =>
        Directory
            .EnumerateFiles(Package(function), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Package(function), file))
            .Order(StringComparer.Ordinal);

    private static bool IsCompiledAhead(string assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        return image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (
            var folder in Directory
                .EnumerateDirectories(from)
                .Where(folder => Path.GetFileName(folder) is not ("bin" or "obj"))
        )
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
