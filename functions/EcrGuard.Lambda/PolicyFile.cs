using EcrGuard.Core.Policy;

namespace EcrGuard.Lambda;

/// <summary>The policy document as it is shipped in the package.</summary>
public static class PolicyFile
{
    public const string Name = "policy.jsonc";

    /// <summary>Reads the policy; without a file the built-in one holds.</summary>
    /// <exception cref="PolicyException">The document is wrong: a function must not judge by half a policy.</exception>
    public static PolicyDocument Load(string path, DateTimeOffset now)
    {
        if (!File.Exists(path))
            return PolicyDocument.BuiltIn;
        var reading = PolicyReader.Read(File.ReadAllBytes(path), now);
        return reading.Policy ?? throw new PolicyException(string.Join(Environment.NewLine, reading.Problems.Select(problem => problem.ToString(Path.GetFileName(path)))));
    }
}

/// <summary>The policy document is wrong; the message lists every problem with its place.</summary>
public sealed class PolicyException(string message) : Exception(message);
