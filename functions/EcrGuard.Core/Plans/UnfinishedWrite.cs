using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Plans;

/// <summary>A write to ECR that was begun and whose outcome nobody recorded: the function ended in between.</summary>
/// <param name="Id">Its id in the ledger.</param>
/// <param name="Change">A <see cref="TagChange"/>, a <see cref="QuarantineChange"/>, or the name of an operation on the
///     repository.</param>
/// <param name="Image">Null for a write to the repository.</param>
/// <param name="Tag">The image's; null where no tag was written.</param>
/// <param name="Setting">The repository's; null where none was written.</param>
/// <param name="Value">The value to be written; null: the setting was to be removed.</param>
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
    /// False for a tag that was to be deleted by its name, which deletes the image with its last tag.
    /// </summary>
    public bool Moves { get; init; } = true;

    /// <summary>
    /// A message that a tag was to be deleted by its name and the image is gone; null where there is nothing to say.
    /// </summary>
    /// <param name="contents">Read after the function that began the write had ended.</param>
    public string? Alarm(RepositoryContents contents) =>
        Change == nameof(TagChange.Remove)
        && !Moves
        && Image is not null
        && contents.Images.All(image => image.Id != Image)
            ? "The function ended before it knew what became of it, and the image is gone: the tag may have been its "
                + "last by then."
            : null;

    /// <summary>
    /// The outcome to record. Nobody knows who wrote what is there now, but it shows whether the write arrived.
    /// </summary>
    /// <param name="contents">Read after the function that began the write had ended.</param>
    /// <param name="repository">Read at the same time; null where that failed.</param>
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
