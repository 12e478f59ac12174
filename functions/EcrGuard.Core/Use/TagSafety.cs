using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Use;

/// <summary>
/// Whether writing or removing a tag could make a lifecycle policy take an image that it leaves now. To a policy
/// EcrGuard's tags are tags like any other, and a team that wrote <c>*-*</c> did not think of them.
/// </summary>
public static class TagSafety
{
    /// <param name="policy">The lifecycle policy of the repository, as text; null where there is none.</param>
    /// <param name="image">The image before the write.</param>
    /// <param name="use">A rule that names EcrGuard's tags means them, but it does not know what runs.</param>
    /// <returns>Why the tag may not be written or removed, a sentence; null where it may.</returns>
    public static string? WhyNot(string? policy, ImageFacts image, TagAction action, UseState use) =>
        policy is null ? null
        : LifecyclePolicy.Read(policy).Policy is { } present ? WhyNot(present, image, action, use)
        : "The repository's lifecycle policy cannot be understood, and might take the image "
            + $"{(action.Change == TagChange.Add ? "by the tag" : "without the tag")}.";

    /// <param name="present">The lifecycle policy of the repository.</param>
    /// <inheritdoc cref="WhyNot(string?, ImageFacts, TagAction, UseState)"/>
    internal static string? WhyNot(LifecyclePolicy present, ImageFacts image, TagAction action, UseState use)
    {
        var added = action.Change == TagChange.Add;
        var before = Selection.Of(present, image.Tags);
        // A shield that does not keep the image may be removed while the tag stays, so the tag is also tried without
        // it.
        IEnumerable<string> its = before.Keeps
            ? image.Tags
            : image.Tags.Where(tag => tag != OwnTags.InUse(image.Id.Digest));
        if (added)
            before = Selection.Of(present, its);
        var after = Selection.Of(present, added ? its.Append(action.Tag) : image.Tags.Where(tag => tag != action.Tag));
        if (!added)
            // An image that the tag does not keep for good may go with it or without it.
            return use == UseState.NotInUse || !before.Keeps || after.Keeps
                ? null
                : "The repository's lifecycle policy keeps the image for its tag, and rule "
                    + $"{after.Rules[0].Priority} selects it without.";
        return
            before.IsNotWorse(after)
            || after.Rules.FirstOrDefault(rule =>
                !before.Rules.Contains(rule)
                && !(use == UseState.NotInUse && rule.Tags.Any(pattern => OwnTags.Claims(pattern.Text)))
            )
                is not { } rule
            ? null
            : $"The repository's lifecycle policy could take the image by the tag: rule {rule.Priority} selects it by "
                + string.Join(" and ", rule.Tags.Select(pattern => $"'{pattern.Text}'"))
                + (use == UseState.NotInUse ? "." : ", and it is in use, or may be.");
    }
}
