using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace EcrGuard.LocalAws;

/// <summary>
/// The parameters of a call in the AWS query protocol, or those in the address of a rest-json call. Each is taken once.
/// A parameter that nobody took by the end is unexpected.
/// </summary>
internal sealed class QueryParameters
{
    private readonly Dictionary<string, string> values;

    public QueryParameters(string body) =>
        values = QueryHelpers.ParseQuery(body).ToDictionary(p => p.Key, p => p.Value.ToString());

    public QueryParameters(IQueryCollection query) => values = query.ToDictionary(p => p.Key, p => p.Value.ToString());

    public string? Take(string name) => values.Remove(name, out var value) ? value : null;

    /// <summary>
    /// The prefixes of a list's members, numbered from 1, up to the first gap: <c>Entries.member.1.</c> for
    /// <c>Entries.member</c>.
    /// </summary>
    public IEnumerable<string> Members(string list)
    {
        // An empty list may be sent as its bare name without a value.
        if (values.GetValueOrDefault(list[..list.LastIndexOf('.')]) is "")
        {
            values.Remove(list[..list.LastIndexOf('.')]);
        }

        for (var i = 1; ; i++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{list}.{i}.");
            if (!values.Keys.Any(k => k.StartsWith(prefix, StringComparison.Ordinal)))
            {
                yield break;
            }

            yield return prefix;
        }
    }

    public void End()
    {
        if (values.Count > 0)
        {
            throw LocalError.Unexpected(
                "ValidationError",
                $"The parameters {string.Join(", ", values.Keys)} are not known here."
            );
        }
    }
}
