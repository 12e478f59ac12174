using System.Globalization;
using System.Text;

namespace EcrGuard.LocalAws;

/// <summary>Pages of a listing. A token is valid only for the listing that gave it.</summary>
internal static class LocalPages
{
    /// <param name="listing">The operation, and what it lists.</param>
    /// <param name="token">The request's token; null for the first page.</param>
    /// <param name="size">How many items a page holds.</param>
    /// <param name="emptyFirst">Whether the first page is empty and another page follows.</param>
    /// <param name="invalid">The service's error for a token of another listing.</param>
    public static (IReadOnlyList<T> Items, string? Next) Of<T>(
        string listing,
        string? token,
        int size,
        bool emptyFirst,
        IEnumerable<T> items,
        Func<LocalError> invalid
    )
    {
        if (token is null && emptyFirst)
        {
            return ([], Token(0));
        }

        var start = 0;
        if (token is not null)
        {
            var bytes = new byte[token.Length];
            start =
                Convert.TryFromBase64String(token, bytes, out var length)
                && Encoding.UTF8.GetString(bytes, 0, length).Split('\n') is [var issuedFor, var at]
                && issuedFor == listing
                    ? int.Parse(at, CultureInfo.InvariantCulture)
                    : throw invalid();
        }

        var page = items.Skip(start).Take(size + 1).ToList();
        return page.Count <= size ? (page, null) : (page[..size], Token(start + size));

        string Token(int at) =>
            Convert.ToBase64String(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{listing}\n{at}"))
            );
    }
}
