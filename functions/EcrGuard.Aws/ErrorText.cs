using System.Buffers;
using System.Text;
using Amazon.Runtime;
using EcrGuard.Core.Images;

namespace EcrGuard.Aws;

/// <summary>
/// Decides what may be said about an error. This is the only place that reads an exception's message. If a signature is
/// refused, AWS puts the signed request, with its session token, into the message. Proxies and SDKs put headers and
/// addresses into theirs. So only two things are passed on: the error's code and the message's first line. That line is
/// cut at the first word that belongs to a request, and loses everything that looks like a key and all control
/// characters.
/// </summary>
public static class ErrorText
{
    /// <summary>In characters (UTF-16 units).</summary>
    public const int MaxLength = 300;

    /// <summary>How much of a message is looked at. Some messages are megabytes long.</summary>
    private const int MaxRead = 4_000;

    /// <summary>Shorter runs of letters and digits are words and names.</summary>
    private const int ShortestSecret = 32;

    /// <summary>Words that begin a header, a credential or a signed request, in any case.</summary>
    private static readonly string[] BeginsARequest =
    [
        "authorization",
        "x-amz",
        "x_amz",
        "aws4-hmac",
        "aws4_",
        "credential=",
        "credential:",
        "signature=",
        "signature:",
        "signedheaders",
        "canonical string",
        "canonical request",
        "canonicalrequest",
        "string-to-sign",
        "string to sign",
        "stringtosign",
        "security-token",
        "security token:",
        "securitytoken",
        "session-token",
        "session token:",
        "sessiontoken",
        "session_token",
        "secretaccesskey",
        "secret_access_key",
        "secret access key",
        "accesskeyid",
        "access_key",
        "bearer ",
        "cookie",
        "password",
        "passwd",
        "x-api-key",
        "api-key",
        "apikey",
        "id_token",
        "idtoken",
        "web identity token",
        "webidentitytoken",
        "token=",
        "token:",
        "\"token",
        "content-type:",
        "user-agent:",
        "-----begin",
    ];

    /// <summary>
    /// Codes of refused signatures and credentials. The code says everything that helps; the message is about the
    /// request.
    /// </summary>
    private static readonly string[] AboutTheRequest =
    [
        "Signature",
        "Credential",
        "Token",
        "AuthFailure",
        "UnrecognizedClient",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "AuthorizationHeader",
    ];

    private static readonly string[] KeyIds = ["AKIA", "ASIA", "AROA", "AIDA", "AGPA", "ANPA", "ABIA", "ACCA"];

    /// <summary>
    /// An error for whoever operates EcrGuard: for the log, the ledger and the alerts of its own account.
    /// </summary>
    /// <returns>One line of at most <see cref="MaxLength"/> characters, never empty.</returns>
    public static string Of(Exception error) => Of(error, principals: true);

    /// <summary>
    /// An error for callers from any account. The ARNs of roles and users are left out, since they may belong to
    /// others.
    /// </summary>
    /// <inheritdoc cref="Of(Exception)"/>
    public static string ForCallers(Exception error) => Of(error, principals: false);

    /// <summary>
    /// The full message of an exception of EcrGuard's own types, since EcrGuard's sentences are all that it contains.
    /// For every other type, what <see cref="Of(Exception)"/> leaves.
    /// </summary>
    public static string Whole(Exception error) => IsOwn(error) ? error.Message : Of(error);

    /// <summary>Whether a message begins with certain words, if a service has no code for what it says.</summary>
    public static bool Begins(Exception error, string words) =>
        error.Message.StartsWith(words, StringComparison.Ordinal);

    /// <summary>
    /// What a service says in an answer, such as why one of several images was not deleted. It is cut in the same way.
    /// </summary>
    public static string OfReason(string? reason) => Phrase.Clip(Safe(reason, principals: true), MaxLength - 1);

    /// <summary>
    /// What may leave a function that ends with an error: Lambda shows its message to whoever invoked the function, and
    /// in the log. Exceptions of EcrGuard's own types make their own messages and stay as they are.
    /// </summary>
    public static Exception Leaving(Exception error) =>
        IsOwn(error) ? error : new FunctionErrorException($"{error.GetType().Name}: {Of(error)}", error.StackTrace);

    private static bool IsOwn(Exception error) =>
        error.InnerException is null
        && error.GetType().Namespace?.StartsWith("EcrGuard", StringComparison.Ordinal) == true;

    private static string Of(Exception error, bool principals)
    {
        while (error is AggregateException { InnerException: { } first })
            error = first;
        var code =
            error is AmazonServiceException { ErrorCode: { Length: > 0 and <= 100 } given }
            && given.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_')
            && !IsSecret(given)
                ? given
                : null;
        var about =
            code is not null && AboutTheRequest.Any(word => code.Contains(word, StringComparison.OrdinalIgnoreCase));
        // EcrGuard's own types make their own messages, which contain only what may be said.
        var line =
            about ? ""
            : principals && IsOwn(error) ? FirstLine(error.Message).ToString()
            : Safe(error.Message, principals);
        // EcrGuard's own types say what kind of error it is. For other types, the type's name says it if the message
        // says nothing.
        var text = (code, line) switch
        {
            (not null, "") => code,
            (not null, _) => $"{code}: {line}",
            (null, "") => error.GetType().Name,
            _ => line,
        };
        return Phrase.Clip(text, MaxLength - 1);
    }

    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\r\n\v\f\u0085\u2028\u2029");

    private static ReadOnlySpan<char> FirstLine(string? message)
    {
        var all = (message ?? "").AsSpan();
        var line = all[..Math.Min(all.Length, MaxRead)].Trim();
        return line.IndexOfAny(LineEnds) is >= 0 and var end ? line[..end] : line;
    }

    private static string Safe(string? message, bool principals)
    {
        var line = FirstLine(message);
        // A line end may have been escaped once too often.
        foreach (var escaped in (string[])["\\n", "\\r", "%0a", "%0d"])
        {
            if (line.IndexOf(escaped, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                line = line[..at];
        }
        foreach (var begins in BeginsARequest)
        {
            if (line.IndexOf(begins, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                line = line[..at];
        }
        var safe = new StringBuilder(line.Length);
        foreach (var word in line.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            safe.Append(safe.Length == 0 ? "" : " ").Append(Word(word, principals));
        return safe.ToString();
    }

    private static string Word(string word, bool principals)
    {
        var arn = word.IndexOf("arn:", StringComparison.OrdinalIgnoreCase);
        if (
            !principals
            && arn >= 0
            && (
                word.Contains(":iam:", StringComparison.OrdinalIgnoreCase)
                || word.Contains(":sts:", StringComparison.OrdinalIgnoreCase)
            )
        )
            return "(a role or user)";
        // The query of an address may hold a signature.
        if (
            word.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme
            && word.IndexOf('?', scheme) is >= 0 and var query
        )
            word = word[..query];
        // A word with an ARN is kept: the session of an assumed role may have any name that its caller likes, and is no
        // key.
        if (arn < 0 && IsSecret(word))
            return "…";
        return word;
    }

    /// <summary>
    /// Whether a word is the id of a key, or holds a long run that is neither a name nor a digest: mixed letters of
    /// both cases and digits, or hexadecimal digits, or a run longer than names are.
    /// </summary>
    private static bool IsSecret(string word)
    {
        foreach (var id in KeyIds)
        {
            var at = word.IndexOf(id, StringComparison.Ordinal);
            if (at >= 0 && word.Length - at >= 16 && word.AsSpan(at, 16).IndexOfAnyExceptInRange('0', 'Z') < 0)
                return true;
        }
        // A digest is marked as one.
        var isDigest = word.Contains("sha256:", StringComparison.Ordinal);
        var (length, hexadecimal, lower, upper, digit) = (0, 0, false, false, false);
        foreach (var c in word)
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=' or '-' or '_' or '.' or '%' or '~')
            {
                length++;
                hexadecimal = char.IsAsciiHexDigit(c) ? hexadecimal + 1 : 0;
                (lower, upper, digit) = (
                    lower || char.IsAsciiLetterLower(c),
                    upper || char.IsAsciiLetterUpper(c),
                    digit || char.IsAsciiDigit(c)
                );
                if (
                    (length >= ShortestSecret && lower && upper && digit)
                    || (!isDigest && (hexadecimal >= ShortestSecret || length >= 2 * ShortestSecret))
                )
                    return true;
            }
            else
            {
                (length, hexadecimal, lower, upper, digit) = (0, 0, false, false, false);
            }
        }
        return false;
    }
}

/// <summary>A function ended with somebody else's error. The message is what may be said about it.</summary>
/// <param name="stackTrace">Where the error came from: names of methods and nothing else.</param>
public sealed class FunctionErrorException(string message, string? stackTrace) : Exception(message)
{
    public override string? StackTrace => stackTrace;
}
