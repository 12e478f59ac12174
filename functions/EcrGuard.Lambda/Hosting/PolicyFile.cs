using EcrGuard.Core.Policy;

namespace EcrGuard.Lambda.Hosting;

/// <summary>
/// Reads the policy document that is shipped in the package, with the VEX documents in the folder beside it.
/// </summary>
public static class PolicyFile
{
    public const string Name = "policy.jsonc";

    /// <summary>The folder beside the policy whose <c>*.json</c> files are OpenVEX documents.</summary>
    public const string VexFolder = "vex";

    /// <summary>Reads the policy; if there is no file, the built-in policy is used.</summary>
    /// <param name="account">The account whose images the VEX documents excuse.</param>
    /// <returns>
    /// The policy. Its <see cref="PolicyDocument.VexProblems"/> say which VEX documents excuse nothing.
    /// </returns>
    /// <exception cref="PolicyException">The policy is wrong: a function must not judge by half a policy.</exception>
    public static PolicyDocument Load(string path, DateTimeOffset now, string account)
    {
        var reading = PolicyReader.Read(
            File.Exists(path) ? (ReadOnlyMemory<byte>?)File.ReadAllBytes(path) : null,
            Vex(path),
            now,
            account
        );
        return reading.Policy
            ?? throw new PolicyException(
                string.Join(
                    Environment.NewLine,
                    reading.Problems.Select(problem => problem.ToString(Path.GetFileName(path)))
                )
            );
    }

    /// <summary>Logs which VEX documents excuse nothing, and why.</summary>
    public static void Report(PolicyDocument policy, Log log)
    {
        foreach (var problem in policy.VexProblems)
        {
            log.Warning(
                "A VEX document is wrong and excuses nothing.",
                ("file", problem.File),
                ("problem", problem.ToString(""))
            );
        }
    }

    /// <summary>The VEX documents beside a policy, named by folder and file; empty if there is no folder.</summary>
    public static IReadOnlyList<VexFile> Vex(string path)
    {
        var folder = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, VexFolder);
        return !Directory.Exists(folder)
            ? []
            :
            [
                .. Directory
                    .GetFiles(folder, "*.json")
                    .Order(StringComparer.Ordinal)
                    .Select(file => new VexFile(
                        Path.Combine(VexFolder, Path.GetFileName(file)),
                        File.ReadAllBytes(file)
                    )),
            ];
    }
}

/// <summary>The policy is wrong; the message lists every problem with its place.</summary>
public sealed class PolicyException(string message) : Exception(message);
