namespace EcrGuard.Cli;

/// <summary>
/// A file or a setting that was named on the command line and cannot be used; the message names file, field, value and
/// what would be right.
/// </summary>
internal sealed class UnusableFileException(string message) : Exception(message);
