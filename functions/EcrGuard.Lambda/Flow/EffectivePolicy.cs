using EcrGuard.Aws;
using EcrGuard.Core.Images;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Policy;
using EcrGuard.Core.Verdicts;

namespace EcrGuard.Lambda.Flow;

/// <summary>The policy document, and how much of it this deployment may carry out.</summary>
public sealed class EffectivePolicy(PolicyDocument document, Settings settings)
{
    public PolicyDocument Document => document;

    /// <summary>
    /// Whether a rule names tags. A verdict is then valid only for the tags that it was decided with.
    /// </summary>
    public bool RulesNameTags => document.Rules.Any(rule => rule.Tags is not null);

    /// <summary>How far EcrGuard may go in a repository: the policy's mode under the deployment's ceiling.</summary>
    public EnforcementMode ModeOf(RepositoryId repository) =>
        (EnforcementMode)Math.Min((int)settings.CeilingOf(repository), (int)document.EnforcementOf(repository.Name));

    /// <summary>Whether EcrGuard may write to a repository at all.</summary>
    public bool MayMark(RepositoryId repository) => ModeOf(repository) >= EnforcementMode.Mark;

    /// <summary>Whether an image may have to be taken out of reach, or put back.</summary>
    public bool MayQuarantine(ImageRecord record, Quarantine? quarantine) =>
        MayPutBack(record, quarantine)
        || (
            record is { Gone: false, Verdict.Status: Status.Blocked }
            && ModeOf(record.Verdict.Image.Repository) == EnforcementMode.Quarantine
        );

    /// <summary>Whether an image may have to be put back.</summary>
    public static bool MayPutBack(ImageRecord record, Quarantine? quarantine) =>
        !record.Gone && quarantine is { State: not QuarantineState.Ended };
}
