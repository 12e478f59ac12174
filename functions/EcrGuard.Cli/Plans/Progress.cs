using System.Globalization;

namespace EcrGuard.Cli.Plans;

/// <summary>How far a long command has come, on one line of a terminal; nothing where the output goes elsewhere.</summary>
internal sealed class Progress(TextWriter terminal, bool shown)
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
                terminal.Write(string.Create(CultureInfo.InvariantCulture, $"\r{repositories} of {ofAll} repositories, {images} images"));
        }
    }

    public void End()
    {
        if (shown && repositories > 0)
            terminal.WriteLine();
    }
}
