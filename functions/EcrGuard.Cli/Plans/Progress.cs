using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Cli.Plans;

/// <summary>How far a long command has come, on one line of a terminal; nothing where the output goes elsewhere.</summary>
/// <param name="throttles">Said at the end wherever the output goes: who throttles and who is throttled share one account.</param>
internal sealed class Progress(TextWriter terminal, bool shown, Throttles throttles)
{
    private readonly Lock gate = new();
    private int repositories, images;

    /// <summary>One more repository is done.</summary>
    public void Done(int its, int ofAll)
    {
        lock (gate)
        {
            images += its;
            repositories++;
            if (shown)
                terminal.Write(string.Create(CultureInfo.InvariantCulture, $"\r{repositories} of {ofAll} repositories, {images} images, {throttles.Count} throttled"));
        }
    }

    public void End()
    {
        if (shown && repositories > 0)
            terminal.WriteLine();
        if (throttles.Count > 0)
            terminal.WriteLine($"AWS throttled {Text.Count(throttles.Count, "call")}, which were made again.");
    }
}
