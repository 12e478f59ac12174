namespace EcrGuard.Cli;

/// <summary>What a command ends with.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>The document has errors; the demo was surprised.</summary>
    public const int Wrong = 1;

    /// <summary>ECR would refuse the lifecycle policy.</summary>
    public const int Refused = 2;

    /// <summary>The command was called wrongly (sysexits.h, EX_USAGE).</summary>
    public const int Usage = 64;
}
