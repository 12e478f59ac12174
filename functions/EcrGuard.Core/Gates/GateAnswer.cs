using System.Text.Json;
using EcrGuard.Core.Images;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Core.Gates;

/// <summary>What a gate decides about an image, from worst to best: of several the smallest counts.</summary>
public enum GateOutcome
{
    Blocked,

    /// <summary>Not known: there is no such image, nobody asked, or the facts could not be read.</summary>
    Undetermined,

    Pending,

    /// <summary>Unscanned, unsupported or stale, and the policy does not let that pass.</summary>
    NoCurrentScan,

    Passes,
}

/// <summary>What EcrGuard said of one image. It passes only if the answer says so in full.</summary>
/// <param name="Image">As it was named.</param>
/// <param name="Place">Where a file names it; null for the command line.</param>
/// <param name="Status">A status of a verdict, a problem's, or one of those below.</param>
/// <param name="Answer">Null where there is no verdict.</param>
/// <param name="Problem">Null where there is a verdict.</param>
/// <param name="Retry">When to ask again; null where that changes nothing.</param>
public sealed record GateAnswer(
    string Image,
    GatePlace? Place,
    GateOutcome Outcome,
    string Status,
    ApprovalAnswer? Answer = null,
    string? Problem = null,
    TimeSpan? Retry = null
)
{
    /// <summary>The image lies in another registry.</summary>
    public const string OtherRegistry = "OTHER_REGISTRY";

    /// <summary>The document does not name the image in full.</summary>
    public const string NotAsked = "NOT_ASKED";

    private static readonly string Error = Verdicts.Status.Error.Word();

    private static readonly TimeSpan UsualRetry = TimeSpan.FromSeconds(ApprovalAnswer.RetryAfter);

    public bool Passes => Outcome == GateOutcome.Passes;

    /// <param name="body">The JSON of the function's answer, whatever it is.</param>
    /// <param name="retryAfter">Of the HTTP answer; null where it has none.</param>
    public static GateAnswer Read(string image, GatePlace? place, string body, TimeSpan? retryAfter = null)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root
                ? Of(image, place, root, retryAfter)
                : Undetermined(image, place, "It is no object.");
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            return Undetermined(image, place, $"The answer is not EcrGuard's: {Phrase.Clip(body, 300)}");
        }
    }

    /// <summary>No answer: the question could not be put.</summary>
    public static GateAnswer Undetermined(string image, GatePlace? place, string problem, TimeSpan? retry = null) =>
        new(image, place, GateOutcome.Undetermined, Error, Problem: problem, Retry: retry);

    /// <summary>An image of another registry, which EcrGuard knows nothing of.</summary>
    /// <param name="ignored">Whether such images are let pass.</param>
    public static GateAnswer Others(string image, GatePlace? place, bool ignored) =>
        new(
            image,
            place,
            ignored ? GateOutcome.Passes : GateOutcome.Undetermined,
            OtherRegistry,
            Problem: ignored
                ? "It lies in another registry. It was not asked about, and is let pass, as was ordered."
                : "It lies in another registry and was not asked about. Copy it to this registry"
                    + (place is null ? "." : ", or let such images pass with '--others ignore'.")
        );

    private static GateAnswer Of(string image, GatePlace? place, JsonElement root, TimeSpan? retryAfter)
    {
        var problem = Text(root, "problem");
        if (problem is not null || !root.TryGetProperty("approved", out _))
        {
            var status = Text(root, "status") ?? Error;
            return new GateAnswer(
                image,
                place,
                GateOutcome.Undetermined,
                Phrase.Clip(status, 40),
                Problem: Phrase.Clip(
                    problem ?? Text(root, "message") ?? Text(root, "Message") ?? root.GetRawText(),
                    1000
                ),
                Retry: status == Error ? retryAfter ?? UsualRetry : null
            );
        }
        var answer = root.Deserialize(GateJson.Default.ApprovalAnswer)!;
        // Whatever answered: no form may name what to deploy of a no.
        if (!answer.Approved)
            answer = answer with { Deploy = null };
        var verdict = Verdicts.StatusWords.Parse(answer.Status);
        if (WhyNot(image, answer) is { } why)
            return Undetermined(image, place, why);
        return new GateAnswer(
            image,
            place,
            answer.Approved ? GateOutcome.Passes : OutcomeOf(verdict),
            answer.Status,
            answer,
            Retry: !answer.Approved && verdict is Verdicts.Status.Pending or Verdicts.Status.Error
                ? retryAfter ?? TimeSpan.FromSeconds(Math.Max(1, answer.RetryAfterSeconds ?? ApprovalAnswer.RetryAfter))
                : null
        );
    }

    /// <summary>An answer counts only if it is about the image that was asked about.</summary>
    private static string? WhyNot(string image, ApprovalAnswer answer)
    {
        if (!Digest.TryParse(answer.Digest, out var digest))
            return $"The answer names no digest: '{Phrase.Clip(answer.Digest, 80)}'.";
        if (!ImageReference.TryParse(image, out var asked, out var problem))
            return problem;
        if (asked.Repository != answer.Repository || (asked.Digest is not null && asked.Digest != digest))
            return $"The answer is about {Phrase.Clip(answer.Repository, 200)}@{digest}, which was not asked about.";
        return answer.Approved ? WhyNotDeploy(asked, digest, answer.Deploy) : null;
    }

    /// <summary>A yes counts only if what it says to deploy is what was asked about.</summary>
    private static string? WhyNotDeploy(ImageReference asked, Digest digest, string? uri)
    {
        if (!ImageReference.TryParse(uri, out var deploy, out _) || deploy.Digest != digest)
            return $"The answer says to deploy '{Phrase.Clip(uri, 200)}', which is not its digest {digest}.";
        var elsewhere = asked.Account is not null && (asked.Account, asked.Region) != (deploy.Account, deploy.Region);
        return elsewhere || asked.Repository != deploy.Repository
            ? $"The answer is about {deploy}, which was not asked about."
            : null;
    }

    private static GateOutcome OutcomeOf(Status status) =>
        status switch
        {
            Verdicts.Status.Blocked => GateOutcome.Blocked,
            Verdicts.Status.Error => GateOutcome.Undetermined,
            Verdicts.Status.Pending => GateOutcome.Pending,
            Verdicts.Status.Unscanned
            or Verdicts.Status.Unsupported
            or Verdicts.Status.Stale
            or Verdicts.Status.Approved => GateOutcome.NoCurrentScan,
        };

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>Where a file names an image.</summary>
/// <param name="Path">Inside the file, for example <c>services.web.image</c>.</param>
public sealed record GatePlace(string File, string Path)
{
    /// <summary>The first line of the file that has the image's name; null: none has.</summary>
    public int? Line { get; init; }

    public override string ToString() => $"{File}: {Path}";
}
