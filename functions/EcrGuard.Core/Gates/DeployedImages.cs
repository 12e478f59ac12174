namespace EcrGuard.Core.Gates;

/// <summary>What a deployment is about to run.</summary>
/// <param name="Images">Empty where it runs no image.</param>
/// <param name="Source">What names them, for example the ARN of a task definition.</param>
public sealed record DeployedImages(string Source, IReadOnlyList<NamedImage> Images)
{
    public IReadOnlyList<GateQuestion> Questions(bool ignoreOthers) =>
        [.. Images.Select(image => GateQuestion.Of(image, new GatePlace(Source, image.Place), ignoreOthers))];
}
