using System.Diagnostics;

namespace EcrGuard.EndToEnd.Tests.Harness;

/// <summary>The published functions that the tests start.</summary>
internal static class Package
{
    private const string Bootstrap = "bootstrap";

    /// <summary>
    /// What <c>dotnet publish</c> made when the tests were built, or what <c>ECRGUARD_PACKAGE</c> names:
    /// <c>.ci/full</c> names the native package of <c>functions/Makefile</c>.
    /// </summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("ECRGUARD_PACKAGE") is { Length: > 0 } folder
            ? folder
            : Path.Combine(AppContext.BaseDirectory, "package");

    /// <summary>The executable, if it is native code; otherwise null.</summary>
    public static string? Native =>
        Path.Combine(Folder, Bootstrap) is var bootstrap && File.Exists(bootstrap) ? bootstrap : null;

    /// <summary>How Lambda starts a copy of the package.</summary>
    public static ProcessStartInfo Start(string copy) =>
        Native is null
            ? new ProcessStartInfo("dotnet", [Path.Combine(copy, "EcrGuard.Lambda.dll")])
            : new ProcessStartInfo(Path.Combine(copy, Bootstrap));
}
