using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>A write to ECR that was meant and whose outcome nobody has noted: the function ended in between.</summary>
/// <param name="Id">Under which the ledger has it.</param>
/// <param name="Change">A <see cref="TagChange"/>, a <see cref="QuarantineChange"/>, or the name of an operation on the
///     repository.</param>
/// <param name="Image">Null for a write to the repository.</param>
/// <param name="Tag">The image's; null where no tag was written.</param>
/// <param name="Setting">The repository's; null where none was written.</param>
/// <param name="Value">What the setting was to be; null: taken away.</param>
public sealed record UnfinishedWrite(
    string Id,
    string Change,
    ImageId? Image,
    string? Tag,
    RepositorySetting? Setting,
    string? Value
)
{
    /// <summary>
    /// False for a tag that was to be removed by its name, which deletes the image where it is the last.
    /// </summary>
    public bool Moves { get; init; } = true;

    /// <summary>
    /// What must be told of it: a tag was to be removed by its name, and the image is gone. Null where nothing must.
    /// </summary>
    /// <param name="contents">Read after the function that meant it had ended.</param>
    public string? Alarm(RepositoryContents contents) =>
        Change == nameof(TagChange.Remove)
        && !Moves
        && Image is not null
        && contents.Images.All(image => image.Id != Image)
            ? "The function ended before it knew what became of it, and the image is gone: the tag may have been its "
                + "last by then."
            : null;

    /// <summary>
    /// What to note of it: who has done what is there now, nobody knows, but whether it is there does tell the story.
    /// </summary>
    /// <param name="contents">Read after the function that meant it had ended.</param>
    /// <param name="repository">Read then; null where it could not be.</param>
    public string Outcome(RepositoryContents contents, RepositoryFacts? repository) =>
        "not known: the function ended before it was"
        + (
            IsInPlace(contents, repository) switch
            {
                true => "; what it wanted was found in place later",
                false => "; what it wanted was not found in place later",
                null => "",
            }
        );

    private bool? IsInPlace(RepositoryContents contents, RepositoryFacts? repository)
    {
        if (Setting is { } setting)
            return Reads(setting, repository) ? setting.ValueIn(repository!) == Value : null;
        if (contents.Images.FirstOrDefault(image => image.Id == Image) is not { } image)
            return null;
        return Change switch
        {
            nameof(TagChange.Add) => image.Tags.Contains(Tag),
            nameof(TagChange.Remove) => !image.Tags.Contains(Tag),
            nameof(QuarantineChange.Archive) => image.Storage == StorageStatus.Archived,
            nameof(QuarantineChange.Restore) => image.Storage == StorageStatus.Active,
            _ => null,
        };
    }

    private static bool Reads(RepositorySetting setting, RepositoryFacts? repository) =>
        repository is not null
        && setting.Kind switch
        {
            SettingKind.LifecyclePolicy or SettingKind.ScanOnPush => true,
            SettingKind.TagMutability => repository.Mutability != TagMutability.Unknown,
            SettingKind.ResourceTag => repository.ResourceTags is not null,
        };
}
