namespace EcrGuard.Cli;

/// <summary>
/// A file or a setting from the command line cannot be used. The message names the file, the field, the value, and what
/// would be right.
/// </summary>
internal sealed class UnusableFileException(string message) : Exception(message);
