using System.Diagnostics;
using System.Text.RegularExpressions;
using EcrGuard.EndToEnd.Tests.Harness;
using EcrGuard.Tests;

namespace EcrGuard.EndToEnd.Tests;

/// <summary>What only native code must hold. <c>.ci/full</c> runs it with all other tests of this project.</summary>
public sealed class NativeTests
{
    /// <summary>The C library of Amazon Linux 2023, of which <c>provided.al2023</c> is made.</summary>
    private static readonly Version AmazonLinux = new(2, 34);

    [Fact]
    public async Task It_needs_no_newer_C_library_than_Amazon_Linux_has()
    {
        Assert.SkipWhen(Package.Native is null, "ECRGUARD_PACKAGE names no native package: .ci/full does");
        await Tool.RequireAsync("readelf", "readelf", "--version");

        var (exitCode, output) = await Tool.RunAsync(
            new ProcessStartInfo("readelf", ["--version-info", "--wide", Package.Native!])
        );

        Assert.Equal(0, exitCode);
        var needed = Regex.Matches(output, @"Name: GLIBC_([\d.]+)").Select(name => Version.Parse(name.Groups[1].Value));
        Assert.NotEmpty(needed);
        Assert.All(needed, version => Assert.True(version <= AmazonLinux, $"It needs GLIBC_{version}."));
    }
}
