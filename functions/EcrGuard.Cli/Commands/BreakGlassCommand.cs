using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EcrGuard.Aws;
using EcrGuard.Cli.Asking;
using EcrGuard.Cli.Plans;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;
using EcrGuard.Lambda;
using EcrGuard.Lambda.Functions;

namespace EcrGuard.Cli.Commands;

/// <summary>
/// <c>ecrguard breakglass</c>: forces an approval for one digest. The name that is recorded is the identity whose
/// signature AWS has checked, not anything that the caller could write.
/// </summary>
internal static class BreakGlassCommand
{
    public static Command Create()
    {
        var image = SharedOptions.Image();
        var format = SharedOptions.TextOrJson();
        var reason = SharedOptions.Reason(
            $"Why, in one line of {ForcedApproval.MinReason} to {ForcedApproval.MaxReason} characters: it is told, and "
                + "stands in the ledger and in every answer.",
            ForcedApproval.Problem
        );
        var until = Until();
        var url = new Option<Uri?>("--url")
        {
            Description =
                "The HTTP API: the stack's output BreakGlassUrl. That of EcrGuard's stack here if it is not given.",
            CustomParser = GateTarget.ReadUrl,
        };
        var command = new Command(
            "breakglass",
            "Has an approval forced for one digest, by the identity of the caller's credentials: told, recorded, and "
                + "ended by itself. Exits 0 where it was done, 1 where it was refused, 5 where it is not known whether "
                + "it was done."
        )
        {
            image,
            reason,
            until,
            url,
            format,
        };
        command.SetAction(
            (parsed, cancellation) =>
                RunAsync(
                    parsed.GetRequiredValue(image),
                    parsed.GetRequiredValue(reason),
                    parsed.GetRequiredValue(until),
                    parsed.GetValue(url),
                    parsed.GetValue(format) == SharedOptions.Json,
                    Console.Out,
                    Console.Error,
                    cancellation
                )
        );
        return command;
    }

    private static Option<string> Until() =>
        new("--until")
        {
            Description =
                "When it ends by itself: in 2h, or at a time with an offset such as 2026-12-01T12:00:00Z; the policy's "
                + "defaults.maxBreakGlassHours is the most. Or 'now', which ends what is in force.",
            Required = true,
            CustomParser = result =>
            {
                if (Moment(result.Tokens[0].Value) is { } moment)
                    return moment;
                result.AddError(
                    $"--until is '{Phrase.Clip(result.Tokens[0].Value, 80)}'; it must be a time such as 90m or 2h (at "
                        + "most 24h), a later moment with an offset such as 2026-12-01T12:00:00Z, or 'now'."
                );
                return null;
            },
        };

    /// <param name="until">The time as the function takes it.</param>
    /// <param name="url">The HTTP API; null: that of the stack here.</param>
    /// <returns>0 if it was done, 1 if it was refused, 5 if it is not known whether it was done.</returns>
    public static Task<int> RunAsync(
        ImageReference image,
        string reason,
        string until,
        Uri? url,
        bool asJson,
        TextWriter output,
        TextWriter errors,
        CancellationToken cancellation
    ) =>
        CommandRunner.RunAsync(
            async () =>
            {
                var order = JsonSerializer.Serialize(
                    new BreakGlassOrder(image.ToString(), reason, until),
                    EcrGuard.Lambda.OrderJson.Default.BreakGlassOrder
                );
                var (status, body) = await PostAsync(url ?? await FindAsync(cancellation), order, cancellation);
                return Tell(status, body, asJson, output, errors);
            },
            "It is not known whether the approval was forced: ask for the image's approval.",
            errors,
            cancellation
        );

    /// <summary>The end as the function takes it: a duration counts from now. Null: it is none, or is over.</summary>
    private static string? Moment(string until)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (until == "now")
            return until;
        if (Times.TryParseDuration(until, out var span) && span > TimeSpan.Zero)
            return (now + span).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var clock = until.AsSpan(Math.Max(0, until.IndexOf('T')));
        var hasOffset = clock is ['T', ..] && clock.ContainsAny('Z', '+', '-');
        return hasOffset && Times.TryParseIso(until, out var moment) && moment > now ? until : null;
    }

    private static async Task<(int Status, string Body)> PostAsync(
        Uri url,
        string order,
        CancellationToken cancellation
    )
    {
        try
        {
            var answer = await SignedHttp.PostAsync(url, order, cancellation);
            return (answer.Status, answer.Body);
        }
        catch (HttpRequestException unanswered)
        {
            throw new FunctionFailedException(
                $"{url}: {ErrorText.Of(unanswered).TrimEnd('.')}. It is not known whether the approval was "
                    + "forced: ask for the image's approval before you try again."
            );
        }
    }

    private static async Task<Uri> FindAsync(CancellationToken cancellation) =>
        (
            await DeployedStack.FindAsync(
                null,
                "the HTTP API with --url (the stack's output BreakGlassUrl)",
                cancellation
            )
        ).BreakGlassUrl
        ?? throw new FunctionFailedException(
            "Nobody may force an approval here: the stack's parameter BreakGlassPrincipals names nobody."
        );

    private static int Tell(int status, string body, bool asJson, TextWriter output, TextWriter errors)
    {
        var (answer, verdict) = Read(status, body);
        if (asJson)
            output.WriteLine(JsonSerializer.Serialize(answer, BreakGlassJson.Readable.JsonElement));
        else if (verdict is not null)
            Write(verdict, output);
        else
            errors.WriteLine(
                Sentence(answer, "problem")
                    ?? $"The HTTP API answered {status}: "
                        + $"{Sentence(answer, "message") ?? Sentence(answer, "Message") ?? Phrase.Clip(body, 300)}"
            );
        return verdict is not null ? ExitCodes.Done
            : status < 500 ? ExitCodes.Wrong
            : ExitCodes.Undetermined;
    }

    private static void Write(ApprovalAnswer verdict, TextWriter output)
    {
        output.WriteLine($"{verdict.Status}  {verdict.Deploy ?? verdict.Digest}");
        foreach (var reason in verdict.Reasons.Concat(verdict.Warnings))
            output.WriteLine($"  {reason.Sentence}");
    }

    /// <summary>
    /// The verdict after status 200. After any other status, the function's problem or API Gateway's own message.
    /// </summary>
    private static (JsonElement Answer, ApprovalAnswer? Verdict) Read(int status, string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var answer = document.RootElement.Clone();
            return answer.ValueKind != JsonValueKind.Object ? throw new JsonException("It is no object.")
                : status == 200 ? (answer, answer.Deserialize(AnswerJson.Default.ApprovalAnswer))
                : status >= 400 ? (answer, null)
                : throw new JsonException("It is no answer of the function's.");
        }
        catch (JsonException)
        {
            throw new FunctionFailedException(
                $"The answer has the HTTP status {status} and is not EcrGuard's: {Phrase.Clip(body, 300)}"
            );
        }
    }

    private static string? Sentence(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? Phrase.Clip(value.GetString(), 1000)
            : null;
}

[JsonSerializable(typeof(JsonElement))]
internal sealed partial class BreakGlassJson : JsonSerializerContext
{
    /// <summary>For people and machines at a terminal, not for HTML: quotes are not escaped as in HTML.</summary>
    public static BreakGlassJson Readable { get; } =
        new(new JsonSerializerOptions { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
