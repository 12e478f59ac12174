namespace EcrGuard.Cli;

/// <summary>
/// The exit codes of the commands. A command gives the first five itself, from what it has found. <see
/// cref="CommandRunner"/> gives the others if something fails on the way, and then it may give <see
/// cref="Undetermined"/> too. <c>Program.cs</c> gives <see cref="Usage"/> for a wrong command line.
/// </summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>
    /// The document has errors; a result of the demo was not as expected; not all of a plan was done; an order was
    /// refused; a policy that is tried would block more; the image is not there.
    /// </summary>
    public const int Wrong = 1;

    /// <summary>ECR would refuse the lifecycle policy; the ceilings refuse the plan.</summary>
    public const int Refused = 2;

    /// <summary>A gate: the image is blocked.</summary>
    public const int Blocked = 1;

    /// <summary>A gate: the scan is not finished.</summary>
    public const int Pending = 3;

    /// <summary>A gate: the image is unscanned, unsupported or stale.</summary>
    public const int NoCurrentScan = 4;

    /// <summary>A gate: it could not be determined. Otherwise: AWS or the function failed.</summary>
    public const int Undetermined = 5;

    /// <summary>The command was called wrongly, or with a file that cannot be used (sysexits.h, EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>Ctrl-C, as shells report it.</summary>
    public const int Interrupted = 130;
}
