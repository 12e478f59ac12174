using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Core.Reports;

/// <summary>
/// Who names an image now, as it was last read: by its digest, by a tag, or by a platform of its index. A pull names
/// nobody, and an image that is only kept for rollbacks does not run.
/// </summary>
public sealed class RunningImages
{
    private readonly ILookup<(string Repository, Digest Digest), ConsumerReference> _byDigest;
    private readonly ILookup<(string Repository, string Tag), ConsumerReference> _byTag;

    public RunningImages(UsageReading? usage, string account, string region)
    {
        var uses =
            usage
                ?.Uses.Where(use =>
                    use.Repository.Account == account
                    && use.Repository.Region == region
                    && !UseHistory.InReserve(use, usage.ReadAt)
                )
                .ToList()
            ?? [];
        _byDigest = uses.Where(use => use.Digest is not null).ToLookup(use => (use.Repository.Name, use.Digest!));
        _byTag = uses.Where(use => use is { Digest: null, Tag: not null })
            .ToLookup(use => (use.Repository.Name, use.Tag!));
    }

    /// <summary>Who runs it (<see cref="RepositoryHistory.Runs(Consumer)"/>), each once, sorted.</summary>
    public IReadOnlyList<string> Of(Verdicts.ImageRecord record) => Naming(record, RepositoryHistory.Runs);

    /// <summary>Who names it, task definitions included, each once, sorted.</summary>
    public IReadOnlyList<string> Naming(Verdicts.ImageRecord record) => Naming(record, _ => true);

    private List<string> Naming(Verdicts.ImageRecord record, Func<Consumer, bool> counts)
    {
        var repository = record.Verdict.Image.Repository.Name;
        var found = _byDigest[(repository, record.Verdict.Image.Digest)]
            .Concat(record.Tags.SelectMany(tag => _byTag[(repository, tag)]))
            .Concat(record.Children.SelectMany(child => _byDigest[(repository, child.Digest)]));
        var names = found.Where(use => counts(use.By)).Select(Words).Distinct(StringComparer.Ordinal).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>People use an ARN's last part: <c>ECS service main/web</c>.</summary>
    private static string Words(ConsumerReference use)
    {
        var whole = use.By.ToString();
        var kind = whole[..^use.By.Name.Length];
        var name = use.By.Name.Split(':', 6) is ["arn", _, _, _, _, var resource]
            ? resource[(resource.IndexOfAny(['/', ':']) + 1)..]
            : use.By.Name;
        return kind + Phrase.Clip(name, 200);
    }
}
