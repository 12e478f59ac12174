using System.Text;
using Microsoft.AspNetCore.Http;

namespace EcrGuard.LocalAws;

/// <summary>
/// A request as received. <paramref name="Path"/> is the raw path, still escaped; <paramref name="Body"/> is the whole
/// body as sent.
/// </summary>
internal sealed record LocalCall(
    string Method,
    string Path,
    IQueryCollection Query,
    IHeaderDictionary Headers,
    byte[] Body,
    DateTimeOffset Now
)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>
/// An operation: its AWS name and its resource, such as a repository, a topic, a table, or a bucket and key.
/// </summary>
internal sealed record LocalOperation(string Name, string? Resource);

/// <summary>A response. <see cref="Headers"/> are those other than content type, length and request id.</summary>
internal sealed record LocalAnswer(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public static LocalAnswer Xml(int status, string xml) => new(status, "text/xml", Encoding.UTF8.GetBytes(xml));
}

/// <summary>An error of AWS: HTTP status, error code and message. The service gives it its protocol's shape.</summary>
internal sealed class LocalError(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    /// <summary>
    /// Whether the caller asked for something that this server does not know. That is a defect of the caller or of this
    /// server, never a case to handle.
    /// </summary>
    public bool IsUnexpected { get; private init; }

    /// <summary>
    /// An operation or parameter that is not known here. Recorded in <see cref="LocalAwsServer.Unexpected"/>.
    /// </summary>
    public static LocalError Unexpected(string code, string message) => new(400, code, message) { IsUnexpected = true };
}
