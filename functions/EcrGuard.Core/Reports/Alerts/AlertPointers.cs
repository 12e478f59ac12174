using EcrGuard.Core.Images;

namespace EcrGuard.Core.Reports.Alerts;

/// <summary>Where a reader of an alert goes next.</summary>
internal static class AlertPointers
{
    /// <summary>
    /// The command that shows all that the ledger knows of an image; TABLE is the stack's output of that name.
    /// </summary>
    public static string Explain(ImageId image) => $"ecrguard explain {image.Repository.Name}@{image.Digest}";

    public static string Ecr(ImageId image) =>
        Links.Repository(image.Repository.Account, image.Repository.Region, image.Repository.Name);

    /// <summary>The last lines of a text about one image, before its id.</summary>
    public static ReportText Pointers(this ReportText text, ImageId image) =>
        text.Line()
            .Line($"Explain   {Explain(image)}")
            .Line($"ECR       {Ecr(image)}")
            .Line($"Inspector {Links.Inspector(image.Repository.Region)}");
}
