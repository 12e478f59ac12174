namespace EcrGuard.Core.Reports;

/// <summary>What one figure of the report means.</summary>
/// <param name="How">The formula, in words.</param>
/// <param name="Source">Where its facts come from.</param>
/// <param name="Not">What does not count.</param>
public sealed record Figure(string Name, string How, string Source, string Not);

/// <summary>The one table that defines every figure of the report.</summary>
public static class Figures
{
    public static IReadOnlyList<Figure> All { get; } =
    [
        new(
            "Images",
            "Images in the registry at the moment of counting. An index and its platform images are one image, with "
                + "the worst status of its platforms.",
            "EcrGuard's ledger",
            "Signatures, SBOMs and other artifacts; images that are gone."
        ),
        new(
            "Running",
            "Images that an ECS service or task, a scheduled task, a Lambda function, an App Runner service or a "
                + "workload seen by Amazon Inspector runs.",
            "The daily reading of what runs",
            "What is only pulled, what only a task definition names, and what is kept for rollbacks alone."
        ),
        new(
            "Blocked",
            "Images with at least one finding that the policy blocks and nothing excuses.",
            "The last verdict on each image",
            "Findings that a waiver, a VEX document or break-glass excuses."
        ),
        new(
            "Approved",
            "Images with a current scan of which no finding blocks, those aside that something excuses.",
            "The last verdict on each image",
            "Images whose approval was forced (break-glass): they count as what they are without it."
        ),
        new(
            "May be deployed",
            "Images for which pipelines that ask EcrGuard get a yes: approved ones, those without a current scan that "
                + "the policy lets pass (defaults), and those whose approval is forced.",
            "The last verdict on each image, the policy",
            "Pipelines that do not ask."
        ),
        new(
            "Became blocked, no longer blocked",
            "Images whose last change of status in the week led into or out of Blocked.",
            "The ledger's last change of each image",
            "An image that was blocked and lifted within the week is only no longer blocked."
        ),
        new(
            "Grace, past their grace",
            "The days (24 hours each) that the policy gives to replace an image that runs and is blocked, counted "
                + "from when it was blocked while it ran. Images whose days are over are past their grace.",
            "The policy (grace)",
            "Images that nothing is known to run; severities for which the policy names no grace. A vulnerability "
                + "has an SLA instead."
        ),
        new(
            "Finding",
            "One vulnerability in one package of one image. Amazon Inspector counts a vulnerability once with all "
                + "its packages, so that its numbers differ.",
            "ECR basic scanning or Amazon Inspector",
            "Of each image the first 20 findings that block are looked at."
        ),
        new(
            "Open vulnerabilities",
            "One vulnerability in one package of one repository, as long as a current image has it and the policy "
                + "blocks it. Current are the images that run, or the newest tagged one where none runs.",
            "The daily sweep",
            "What is excused; older images that nothing runs. Of each repository the 300 worst are followed, and the "
                + "others are only counted."
        ),
        new(
            "New",
            "Open vulnerabilities that a sweep first found in the repository in the week.",
            "The daily sweep",
            "What was there when EcrGuard first looked counts in that week."
        ),
        new(
            "Fixed",
            "Open vulnerabilities that no current image of the repository has any more, by scans that are whole and "
                + "current.",
            "The daily sweep",
            "An image that is no longer scanned, was archived, or was deleted while it ran; a waiver; another policy."
        ),
        new(
            "Time to remediate",
            "From first seen to fixed, in days of 24 hours; the middle value (median), and the value that nine in "
                + "ten stay within. Over the last twelve weeks.",
            "The daily sweep",
            $"What is still open: its age is shown beside it. Of a repository the last {RepositoryHistory.MaxFixed} "
                + "fixed ones count."
        ),
        new(
            "SLA, over the SLA",
            "The days (24 hours each) that the policy gives to fix a vulnerability, counted from when a sweep first "
                + "saw it in the repository. Open vulnerabilities whose days are over are over the SLA.",
            "The daily sweep and the policy (sla; for a severity that it leaves out: grace)",
            "Severities for which the policy names no days. An image that runs has a grace besides."
        ),
        new(
            "Without a current scan",
            "Images that are not scanned, not supported by the scanner, whose scan is too old or failed, or whose "
                + "scan has not finished for a day.",
            "The last verdict on each image",
            "A scan that began within the last day, and images in the archive. The chart shows the others, in per cent "
                + "of all images."
        ),
        new(
            "Found removed, by lifecycle policies",
            "Image manifests that the ledger knew and that a daily sweep of the week no longer found. By lifecycle "
                + "policies are those that the repository's lifecycle policy explains. An index and each of its "
                + "platforms count one each here.",
            "The daily sweep",
            "Images whose deletion an event of ECR told before the sweep came, which is so for most that somebody "
                + "deletes; images of a repository that was deleted."
        ),
        new(
            "Freed",
            "The bytes, as ECR lists them, of the images that a daily sweep of the week found removed.",
            "The daily sweep",
            "An upper bound: layers that other images share stay, and archived images are still charged."
        ),
        new(
            "Images that nothing uses",
            "Image manifests that nothing names and that nobody pulled in the time that the policy says "
                + "(consumers.pulledWithinDays; 30 days unless it says otherwise). An index and each of its platforms "
                + "count one each here.",
            "The daily sweep",
            "Images whose use is not known."
        ),
        new(
            "Images in the archive",
            "Image manifests whose storage class is archive: quarantined ones, and those that a lifecycle policy "
                + "archived. An index and each of its platforms count one each here.",
            "The daily sweep",
            ""
        ),
        new(
            "Baseline",
            "The settings that the policy wants a repository to have (baseline): lifecycle policy, scan on push, tag "
                + "mutability, resource tags.",
            "The policy; the daily sweep compares",
            "Repositories for which the policy names no baseline."
        ),
        new(
            "Lifecycle policies that may not do what is meant",
            "Repositories whose own lifecycle policy has a rule that cannot match, never gets its turn, or takes other "
                + "images than its words say; 'ecrguard lint' finds the same.",
            "The daily sweep",
            "Hints that need no change."
        ),
        new(
            "Repositories without a push",
            $"Repositories with images of which none was pushed in the last {SummaryBuilder.QuietDays} days.",
            "ECR's times of pushes",
            "Empty repositories."
        ),
        new(
            "Waiver: matches nothing any more",
            "A waiver of the policy that excuses no finding of any image that was read.",
            "The last verdict on each image",
            ""
        ),
        new(
            "From push to verdict",
            "From ECR's time of the push to the first verdict that says something of the image.",
            "ECR and the ledger",
            "Images that were gone before the report was made; images that were there before EcrGuard."
        ),
        new(
            "Blocked at the first scan",
            "Of the images pushed in the week that have a verdict, those whose first one was Blocked. It stands for "
                + "DORA's change failure rate.",
            "The ledger",
            "Images without a verdict yet."
        ),
        new(
            "From a block to the next approved push",
            "From when an image of a repository was blocked, at its first scan or later, to the first verdict that "
                + "approved a later push of the same repository. It stands for DORA's time to restore.",
            "The ledger",
            "Blocks that no approved push has followed yet; a block that was lifted before; images that are gone."
        ),
        new(
            "Team",
            "The value of the repository's resource tag that the policy names (defaults.teamTag, 'owner' unless it "
                + "says otherwise).",
            "ECR, read by the daily sweep",
            "Repositories without the tag are under 'no team'."
        ),
        new(
            "Week",
            "A week of ISO 8601, Monday to Sunday, in UTC. Statuses are those of the moment at which the report is "
                + "made, soon after the week's end; changes are those of the week.",
            "",
            "A week without a report, or one whose images could not all be read, is a gap in the trend, not a zero."
        ),
    ];
}
