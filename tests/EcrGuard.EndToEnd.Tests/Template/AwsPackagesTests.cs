using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests.Template;

/// <summary>Which AWS packages <c>sam build</c> takes. The feed is a folder.</summary>
public sealed class AwsPackagesTests : IDisposable
{
    private readonly string _work = Directory.CreateTempSubdirectory("ecrguard-").FullName;

    private string Functions => Path.Combine(_work, "functions");

    public void Dispose() => Directory.Delete(_work, recursive: true);

    [Fact]
    public async Task The_published_packages_are_taken_where_the_feed_holds_them_all()
    {
        CopyProjects();
        foreach (var (id, version) in Published())
            await PackAsync(id, version);
        AddFeed(_work);

        Assert.Equal((0, "published"), await ChooseAsync());
    }

    [Fact]
    public async Task The_bundled_ones_are_taken_where_it_lacks_one_and_that_is_said()
    {
        CopyProjects();
        AddFeed(_work, only: true);

        var (exitCode, told) = await ChooseAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(
            """
            bundled
            The NuGet feed does not hold all of the published AWS packages: the bundled ones take their place.
            """,
            told
        );
    }

    [Fact]
    public async Task A_feed_that_does_not_answer_is_an_error_and_no_choice()
    {
        CopyProjects();
        AddFeed("https://127.0.0.1:9/v3/index.json", only: true);

        var (exitCode, told) = await ChooseAsync();

        Assert.NotEqual(0, exitCode);
        Assert.Contains("NU1301", told, StringComparison.Ordinal);
        Assert.DoesNotContain("bundled", told.Split('\n'));
    }

    [Theory]
    [InlineData("published", 0, "published")]
    [InlineData("bundled", 0, "bundled")]
    [InlineData("both", 64, "AWS_PACKAGES is 'both'; it must be 'published' or 'bundled', or not set.")]
    public async Task Whoever_builds_may_say_which(string packages, int exitCode, string told)
    {
        Assert.Equal((exitCode, told), await ChooseAsync(packages, Path.Combine(SamTemplate.Root, "functions")));
    }

    private static IEnumerable<(string Id, string Version)> Published() =>
        XDocument
            .Load(Path.Combine(SamTemplate.Root, "functions", "Directory.Packages.props"))
            .Descendants("ItemGroup")
            .Single(group =>
                group.Attribute("Condition")?.Value.Contains("published", StringComparison.Ordinal) == true
            )
            .Elements("PackageVersion")
            .Select(package =>
                (package.Attribute("Include")!.Value, package.Attribute("Version")!.Value.Split(',')[0].Trim('[', ']'))
            );

    /// <summary>Makes an empty package. A restore only needs the package to be there.</summary>
    private async Task PackAsync(string id, string version)
    {
        await using var package = await ZipFile.OpenAsync(
            Path.Combine(_work, $"{id}.{version}.nupkg"),
            ZipArchiveMode.Create,
            TestContext.Current.CancellationToken
        );
        await using var manifest = new StreamWriter(
            await package.CreateEntry($"{id}.nuspec").OpenAsync(TestContext.Current.CancellationToken)
        );
        await manifest.WriteAsync(
            $"""
            <package><metadata>
              <id>{id}</id><version>{version}</version><authors>a test</authors><description>Nothing.</description>
            </metadata></package>
            """
        );
    }

    /// <summary>Adds a feed to those of the machine, or replaces them with it.</summary>
    private void AddFeed(string feed, bool only = false) =>
        File.WriteAllText(
            Path.Combine(Functions, "NuGet.config"),
            $"""
            <configuration>
              <packageSources>{(only ? "<clear />" : "")}<add key="test" value="{feed}" /></packageSources>
              <config><add key="globalPackagesFolder" value="{Path.Combine(_work, "packages")}" /></config>
              <fallbackPackageFolders><add key="cache" value="{Cache}" /></fallbackPackageFolders>
            </configuration>
            """
        );

    /// <summary>Where this machine keeps packages that it has restored before.</summary>
    private static string Cache =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private void CopyProjects()
    {
        var from = Path.Combine(SamTemplate.Root, "functions");
        foreach (
            var file in Directory
                .EnumerateFiles(from, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets" or ".sh")
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
        )
        {
            var to = Path.Combine(Functions, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }

    /// <param name="functions">Null for the copy, with the feed that the test has named.</param>
    private async Task<(int ExitCode, string Told)> ChooseAsync(string? packages = null, string? functions = null)
    {
        var (exitCode, told) = await Tool.RunAsync(
            new ProcessStartInfo("sh", [Path.Combine(functions ?? Functions, "aws-packages", "choose.sh")])
            {
                Environment =
                {
                    ["AWS_PACKAGES"] = packages,
                    // With this, a feed that does not answer is not asked again and again.
                    ["NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT"] = "1",
                    ["NUGET_ENHANCED_NETWORK_RETRY_DELAY_MILLISECONDS"] = "0",
                },
            }
        );
        return (exitCode, told.Trim());
    }
}
