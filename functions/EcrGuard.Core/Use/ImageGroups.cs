using EcrGuard.Core.Images;

namespace EcrGuard.Core.Use;

/// <summary>
/// Images that belong together: an index, its children, and the artifacts that speak about them. If one is used, all
/// are. A repository has many small groups.
/// </summary>
internal sealed class ImageGroups
{
    private readonly Dictionary<Digest, Digest> parents;
    private readonly HashSet<Digest> joined = [];

    /// <summary>An index whose manifest could not be read is in no group with its children.</summary>
    public ImageGroups(RepositoryContents contents)
    {
        parents = contents.Images.ToDictionary(image => image.Id.Digest, image => image.Id.Digest);
        foreach (var image in contents.Images)
        foreach (var other in image.SpeaksAbout.Concat(contents.ChildrenOf(image) ?? []))
            Join(image.Id.Digest, other);
    }

    public bool Holds(Digest digest) => parents.ContainsKey(digest);

    public bool IsAlone(Digest digest) => !joined.Contains(digest);

    /// <summary>The digest of one image, which stands for the group.</summary>
    public Digest Of(Digest digest)
    {
        while (parents[digest] != digest)
            digest = parents[digest] = parents[parents[digest]];
        return digest;
    }

    private void Join(Digest one, Digest other)
    {
        // An image that is not in the repository links nothing: two indexes that list it do not belong together.
        if (!Holds(one) || !Holds(other))
            return;
        joined.Add(one);
        joined.Add(other);
        parents[Of(one)] = Of(other);
    }
}
