namespace EcrGuard.Cli;

/// <summary>A file that was named on the command line and cannot be used; the message names file, field, value and what would be right.</summary>
internal sealed class UnusableFileException(string message) : Exception(message)
{
    /// <summary>Without a byte order mark, which some shells put before what a command prints.</summary>
    /// <exception cref="UnusableFileException">The file cannot be read.</exception>
    public static byte[] ReadAll(FileInfo file)
    {
        if (Directory.Exists(file.FullName))
            throw new UnusableFileException($"{file}: it is a folder; it must be a file.");
        try
        {
            return File.ReadAllBytes(file.FullName) switch
            {
                [0xEF, 0xBB, 0xBF, .. var text] => text,
                var all => all,
            };
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UnusableFileException($"{file}: {unreadable.Message}");
        }
    }
}
