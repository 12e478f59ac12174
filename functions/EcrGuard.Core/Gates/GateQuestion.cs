using EcrGuard.Core.Images;

namespace EcrGuard.Core.Gates;

/// <summary>One image to ask about, or its answer if that is known without asking.</summary>
/// <param name="Image">The question to the function Approval.</param>
/// <param name="Place">Where a document names it; null for the command line.</param>
/// <param name="Settled">The answer where there is nothing to ask; else null.</param>
/// <param name="IgnoreOthers">Whether images of other registries are let pass.</param>
public sealed record GateQuestion(string Image, GatePlace? Place, GateAnswer? Settled, bool IgnoreOthers)
{
    /// <summary>Stands for the name of an image that a document does not name.</summary>
    internal const string Unnamed = "?";

    public static GateQuestion Of(ImageReference image) => new(image.ToString(), null, null, false);

    public static GateQuestion Of(NamedImage image, GatePlace place, bool ignoreOthers)
    {
        var text = Phrase.Clip(image.Text ?? Unnamed, ImageReference.MaxLength);
        return image.IsOthers ? new(text, place, GateAnswer.Others(text, place, ignoreOthers), ignoreOthers)
            : image.TryAsk(out var question, out var problem) ? new(question, place, null, ignoreOthers)
            : new(
                text,
                place,
                GateAnswer.Undetermined(text, place, problem) with
                {
                    Status = GateAnswer.NotAsked,
                },
                ignoreOthers
            );
    }

    /// <summary>The answer to this question.</summary>
    /// <param name="answer">What Approval said of the image.</param>
    // Only the function knows that an ECR image lies in another registry.
    public GateAnswer Answered(GateAnswer answer) =>
        answer.Status == GateAnswer.OtherRegistry
            ? GateAnswer.Others(Image, Place, IgnoreOthers)
            : answer with
            {
                Place = Place,
            };
}
