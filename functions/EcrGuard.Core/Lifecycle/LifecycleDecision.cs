using System.Globalization;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Lifecycle;

public enum LifecycleOutcome
{
    Keep,
    Expire,
    Archive,
}

/// <summary>What a lifecycle policy does to one image, and why.</summary>
public sealed class LifecycleDecision
{
    private readonly Evaluation _evaluation;
    private readonly ImageState _state;

    internal LifecycleDecision(Evaluation evaluation, LifecycleImage image, ImageState state) =>
        (_evaluation, Image, _state) = (evaluation, image, state);

    public LifecycleImage Image { get; }

    public LifecycleOutcome Outcome =>
        Rule is not { } rule
            ? LifecycleOutcome.Keep
            : rule.Action switch
            {
                LifecycleAction.Expire => LifecycleOutcome.Expire,
                LifecycleAction.Archive => LifecycleOutcome.Archive,
            };

    /// <summary>The rule that expires or archives the image; null for one that stays.</summary>
    public LifecycleRule? Rule => _state.Leaves ? First : null;

    /// <summary>
    /// The rule that keeps the image from rules of lower priority that select it, too; null where there are none.
    /// </summary>
    public LifecycleRule? ShieldedBy => _state is { Ground: Ground.Within or Ground.NoTime, Next: >= 0 } ? First : null;

    /// <summary>One or two sentences with the numbers.</summary>
    public string Reason =>
        _state.Ground switch
        {
            Ground.NoRule => "No rule selects it.",
            Ground.NoStorageClass =>
                "It is being restored from the archive, or its storage class is unknown; no rule selects it.",
            Ground.NoTime => $"Rule {First!.Priority} selects it, and ECR gives no time to measure its age by; what is "
                + $"unknown stays.{Spared}",
            Ground.Within => $"{Measure("keeps")}{Spared}",
            Ground.Taken => Measure(Takes(First!)),
            Ground.IndexStays =>
                $"Rule {First!.Priority} selects it, but the index {_state.Other} refers to it and stays.",
            Ground.WithSubject =>
                $"It belongs to {_state.Other}, which rule {First!.Priority} {Takes(First)}; it goes with it.",
            Ground.SubjectStays => $"It belongs to {_state.Other} and stays with it.",
            Ground.NoSubject =>
                $"It belongs to {_state.Other}, which is not among the images; nothing says that it goes.",
        };

    private LifecycleRule? First => _evaluation.RuleAt(_state.First);

    private string Spared =>
        _evaluation.RuleAt(_state.Spared) is not { } spared
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $" Rule {spared.Priority} would take it, but rule {First!.Priority} comes first and shields "
                    + $"what it selects."
            );

    private string Measure(string does)
    {
        var (rule, image) = (First!, Image);
        if (rule.CountType == CountType.ImageCountMoreThan)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Rule {rule.Priority} {does} it: it is number {_state.Place} from the newest, and "
                    + $"{Phrase.Count(rule.CountNumber, "image stays", "images stay")}."
            );
        var time = LifecycleAssumptions.TimeFor(rule.CountType, image)!.Value;
        var what = rule.CountType switch
        {
            CountType.ImageCountMoreThan or CountType.SinceImagePushed => time == image.PushedAt
                ? "pushed"
                : "restored",
            CountType.SinceImagePulled => time == image.LastPulledAt ? "last pulled"
            : time == image.PushedAt ? "never pulled and pushed"
            : "restored",
            CountType.SinceImageTransitioned => "archived",
        };
        var days = (_evaluation.Now - time).TotalDays;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Rule {rule.Priority} {does} it: it was {what} {Ago(days, rule.CountNumber)} "
                + $"({time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z), and the limit is "
                + $"{Phrase.Count(rule.CountNumber, "day")}."
        );
    }

    /// <summary>In tenths of days, rounded down; "more than" where it would look like the limit.</summary>
    private static string Ago(double days, int limit)
    {
        var shown = Math.Floor(Math.Abs(days) * 10) / 10;
        return days < 0 ? $"{Days(shown)} after the moment that is asked about"
            : days == limit ? $"exactly {Days(limit)} ago"
            : shown == limit ? $"more than {Days(limit)} ago"
            : $"{Days(shown)} ago";

        static string Days(double days) =>
            string.Create(CultureInfo.InvariantCulture, $"{days:0.#} {(days == 1 ? "day" : "days")}");
    }

    private static string Takes(LifecycleRule rule) =>
        rule.Action switch
        {
            LifecycleAction.Expire => "expires",
            LifecycleAction.Archive => "archives",
        };
}

/// <summary>What decided about an image.</summary>
internal enum Ground : byte
{
    NoRule,
    NoStorageClass,
    NoTime,

    /// <summary>The first rule that selects it leaves it.</summary>
    Within,

    /// <summary>The first rule that selects it takes it.</summary>
    Taken,

    IndexStays,
    WithSubject,
    SubjectStays,
    NoSubject,
}

/// <summary>What all decisions of an evaluation share.</summary>
internal sealed record Evaluation(IReadOnlyList<LifecycleRule> Rules, DateTimeOffset Now)
{
    public LifecycleRule? RuleAt(int index) => index < 0 ? null : Rules[index];
}

/// <summary>What is known of an image, in few bytes: there may be a million of them.</summary>
internal struct ImageState
{
    public Ground Ground;

    /// <summary>
    /// The index of the rule of the highest priority that selects the image. Only this rule may take the image. -1 if
    /// there is none; the same for the next two fields.
    /// </summary>
    public sbyte First;

    /// <summary>The next rule that selects the image, and the first that would take it.</summary>
    public sbyte Next,
        Spared;

    /// <summary>
    /// The image's place among those that the first rule selects; the newest has 1. 0 where it has no place.
    /// </summary>
    public int Place;

    /// <summary>The index or subject that the image stays or goes with.</summary>
    public Digest? Other;

    public readonly bool Leaves => Ground is Ground.Taken or Ground.WithSubject;
}
