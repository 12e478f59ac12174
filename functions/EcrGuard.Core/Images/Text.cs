namespace EcrGuard.Core.Images;

/// <summary>Text of strangers, made safe to print.</summary>
public static class Text
{
    /// <summary>At most <paramref name="length"/> characters (and a sign that there was more), control characters replaced, so that a message quotes the input and is not flooded or forged by it.</summary>
    public static string Clip(string? text, int length)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var clipped = text.Length <= length ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
        return clipped.Any(char.IsControl) ? string.Concat(clipped.Select(c => char.IsControl(c) ? '\ufffd' : c)) : clipped;
    }

    /// <summary>"1 image", "2 images".</summary>
    public static string Count(int number, string noun) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? "" : "s")}");
}
