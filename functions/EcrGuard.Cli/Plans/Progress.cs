using System.Diagnostics;
using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Cli.Plans;

/// <summary>
/// Shows on a terminal how far a long command has come. It shows nothing if the output goes elsewhere.
/// </summary>
/// <param name="throttles">Told at the end, wherever the output goes: all callers in one account share its rate
///     limits.</param>
internal sealed class Progress(TextWriter terminal, bool shown, Throttles throttles)
{
    private readonly Lock gate = new();
    private int repositories,
        images;

    /// <summary>Prints a sentence on its own line.</summary>
    public void Say(string sentence)
    {
        if (shown)
            terminal.WriteLine(sentence);
    }

    /// <summary>Reads what uses images. In a large account this takes longest.</summary>
    public async Task<UsageReading> OfUseAsync(Func<Task<UsageReading>> read)
    {
        var began = Stopwatch.GetTimestamp();
        Say("reading what uses images …");
        var use = await read();
        var unread = string.Join(", ", use.Unread.Select(unread => unread.What).Distinct());
        var besides = unread.Length == 0 ? "" : $"; not read: {unread}";
        Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Phrase.Count(use.Uses.Count, "reference")} to images read in "
                    + $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s{besides}"
            )
        );
        return use;
    }

    /// <summary>Notes that one more repository is done.</summary>
    public void Done(int its, int ofAll)
    {
        lock (gate)
        {
            images += its;
            repositories++;
            if (shown)
                terminal.Write(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"\r{repositories} of {ofAll} repositories, {images} images, {throttles.Count} throttled"
                    )
                );
        }
    }

    public void End()
    {
        if (shown && repositories > 0)
            terminal.WriteLine();
        if (throttles.Count > 0)
            terminal.WriteLine($"AWS throttled {Phrase.Count(throttles.Count, "call")}, which were made again.");
    }
}
