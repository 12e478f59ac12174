using EcrGuard.Aws;
using EcrGuard.Aws.Facts;
using EcrGuard.Core.Gates;
using EcrGuard.Lambda.Hosting;

namespace EcrGuard.Lambda.Flow;

/// <summary>The answer to a deployment that asked.</summary>
/// <param name="Why">Text for people: the reasons, or why nothing was asked.</param>
/// <param name="Report">Null if nothing was asked, or if asking failed.</param>
public sealed record GateDecision(GateStep Step, string Why, GateReport? Report = null)
{
    /// <summary>The deployment passes because nothing has to be asked.</summary>
    public static GateDecision Passes(string why) => new(GateStep.Go, why);
}

/// <summary>
/// Asks the function Approval on behalf of a deployment. A failure on the way never becomes a "yes". The question is
/// asked again if that may help; otherwise the answer is "no".
/// </summary>
public sealed class Gatekeeper(AwsClients aws, Settings settings, Log log)
{
    /// <summary>Longer reasons are cut, in characters: the caller shows only a line or two.</summary>
    public const int MaxWhy = 4000;

    /// <param name="what">Who asks, for the log.</param>
    /// <param name="decide">Finds out what is deployed, and asks about it.</param>
    public async Task<GateDecision> DecideAsync(string what, Func<Task<GateDecision>> decide)
    {
        GateDecision decision;
        try
        {
            decision = await decide().ConfigureAwait(false);
        }
        catch (FormatException unclear)
        {
            decision = new GateDecision(GateStep.Stop, ErrorText.Whole(unclear));
        }
        catch (Exception failure)
        {
            log.Error("What is deployed could not be read.", failure, ("for", what));
            decision = new GateDecision(
                GateFunction.MayPass(failure) ? GateStep.Wait : GateStep.Stop,
                $"What is deployed could not be read: {ErrorText.Of(failure)}"
            );
        }
        log.Info(
            "A deployment was answered.",
            ("for", what),
            ("step", decision.Step.ToString()),
            ("why", decision.Why.ReplaceLineEndings(" "))
        );
        return decision with { Why = Core.Images.Phrase.Clip(decision.Why.ReplaceLineEndings(" "), MaxWhy) };
    }

    /// <summary>Asks about everything that a deployment runs. The worst answer decides.</summary>
    /// <param name="ignoreOthers">Whether images of other registries pass; null: use the setting of the EcrGuard
    ///     deployment.</param>
    public async Task<GateDecision> AskAsync(
        DeployedImages deployed,
        CancellationToken cancellation,
        bool? ignoreOthers = null
    )
    {
        if (deployed.Images.Count == 0)
            return GateDecision.Passes($"{deployed.Source} runs no image.");
        if (deployed.Images.Count > DeploymentDocument.MaxImages)
            return new GateDecision(
                GateStep.Stop,
                $"{deployed.Source} names {deployed.Images.Count} images; at most {DeploymentDocument.MaxImages} are "
                    + "asked about at once."
            );
        var report = await GateFunction
            .Of(aws, settings)
            .AskAsync(deployed.Questions(ignoreOthers ?? settings.IgnoresOtherRegistries), cancellation)
            .ConfigureAwait(false);
        // A line is short, so the images that do not pass are shown alone.
        var told = report.Passes ? report : new GateReport([.. report.Answers.Where(answer => !answer.Passes)]);
        return new GateDecision(report.Step, GateText.Plain(told).TrimEnd('\n'), report);
    }
}
