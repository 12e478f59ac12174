using System.Globalization;
using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;

namespace EcrGuard.Core.Plans;

/// <summary>The result of reading a plan.</summary>
/// <param name="Plan">Null when there is a problem: half a plan is no plan.</param>
/// <param name="Problems">All of them, in the order of the document.</param>
public sealed record PlanReading(Plan? Plan, IReadOnlyList<PolicyProblem> Problems);

/// <summary>Reads plans strictly, because they are carried out.</summary>
public sealed class PlanReader
{
    /// <summary>Longer than any sentence that EcrGuard writes into a plan.</summary>
    internal const int MaxSentence = 2000;

    private readonly Checks _checks = new();

    private PlanReader() { }

    /// <param name="utf8">Without comments and trailing commas: EcrGuard writes none.</param>
    public static PlanReading Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Plan.MaxBytes)
            return Refused(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The plan has {utf8.Length} bytes; at most {Plan.MaxBytes} are read. Make a smaller one: "
                        + $"'ecrguard plan --repository GLOB'."
                )
            );
        if (!JsonTree.TryParse(utf8, out var root, out var problem, strict: true))
            return new PlanReading(null, [problem]);
        var reader = new PlanReader();
        var plan = reader.ReadPlan(root);
        return reader._checks.Problems.Count == 0 && plan is not null
            ? new PlanReading(plan, [])
            : new PlanReading(null, [.. reader._checks.Problems.OrderBy(p => p.Line).ThenBy(p => p.Column)]);
    }

    private static PlanReading Refused(string message) =>
        new(null, [new PolicyProblem(1, 1, "$", message, ProblemKind.Malformed)]);

    private Plan? ReadPlan(Node root)
    {
        if (_checks.Object(root) is not { } fields)
            return null;
        _checks.Integer(fields.Required("version"), PlanWriter.Version, PlanWriter.Version);
        var idNode = fields.Required("planId");
        var id = Hash(idNode);
        var plan = (
            CreatedAt: Time(fields.Required("createdAt")),
            Account: Text(fields.Required("account"), RepositoryId.IsAccount, "twelve digits"),
            Region: Text(fields.Required("region"), RepositoryId.IsRegion, "a region such as eu-central-1"),
            PolicyVersion: Hash(fields.Required("policyVersion")),
            Unread: Sentences(fields.Required("unread")),
            Repositories: List(fields.Required("repositories"), Repository)
        );
        fields.End();
        Unique(root, "repositories", "repository");
        if (
            _checks.Problems.Count > 0
            || plan is not ({ } createdAt, { } account, { } region, { } policyVersion, { } unread, { } repositories)
        )
            return null;

        var read = new Plan
        {
            CreatedAt = createdAt,
            Account = account,
            Region = region,
            PolicyVersion = policyVersion,
            Unread = unread,
            Repositories = repositories,
        };
        if (read.Id != id)
            _checks.Report(
                idNode!,
                "The plan is not as it was written: it was changed or damaged, and its content has another "
                    + "id. Make a new one: 'ecrguard plan'."
            );
        return read;
    }

    private PlannedRepository? Repository(Node node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        var name = Text(fields.Required("repository"), RepositoryId.IsName, "the name of a repository");
        var (images, inUse, keeps) = (
            Count(fields.Required("images")),
            Count(fields.Required("inUse")),
            Count(fields.Required("keeps"))
        );
        var itemsNode = fields.Required("items");
        var items = List(itemsNode, Item);
        var notes = Sentences(fields.Required("notes"));
        var used = fields.Optional(PlanWriter.Used) is { } named ? List(named, UsedImage) : [];
        fields.End();
        OnePolicy(itemsNode);
        EachImageOnce(itemsNode);
        return
            name is null
            || images is null
            || inUse is null
            || keeps is null
            || items is null
            || notes is null
            || used is null
            ? null
            : new PlannedRepository
            {
                Name = name,
                Images = images.Value,
                InUse = inUse.Value,
                Keeps = keeps.Value,
                Items = items,
                Notes = notes,
                Used = used,
            };
    }

    private UsedImage? UsedImage(Node node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        var (digest, tags) = (Digest(fields), Tags(fields));
        var why = _checks.Text(fields.Required("why"), MaxSentence);
        fields.End();
        return digest is null || tags is null || why is null ? null : new UsedImage(digest, tags, why);
    }

    private PlanItem? Item(Node node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        var kind = _checks.Word(
            fields.Required("kind"),
            PlanWriter.PutPolicyKind,
            RemovalKind.Delete.Word(),
            RemovalKind.Archive.Word()
        );
        if (kind is null)
            return null;
        if (kind == PlanWriter.PutPolicyKind)
            return Put(fields);
        var images = List(fields.Required("images"), Image, "there would be nothing to do");
        fields.End();
        return images is null
            ? null
            : new Removal(kind == RemovalKind.Delete.Word() ? RemovalKind.Delete : RemovalKind.Archive, images);
    }

    private PutPolicy? Put(Fields fields)
    {
        var policy = Policy(fields.Required("policy"));
        var replaces = fields.Required("replaces") is { Kind: not NodeKind.Null } present ? Hash(present) : null;
        var (expires, archives) = (Count(fields.Required("expires")), Count(fields.Required("archives")));
        var freed = Bytes(fields.Required("freedBytes"));
        var why = _checks.Text(fields.Required("why"), MaxSentence);
        var today = fields.Optional(PlanWriter.Today) is { } named ? List(named, Image) : [];
        fields.End();
        return policy is null || expires is null || archives is null || freed is null || why is null || today is null
            ? null
            : new PutPolicy
            {
                Policy = policy,
                Replaces = replaces,
                Expires = expires.Value,
                Archives = archives.Value,
                FreedBytes = freed.Value,
                Why = why,
                Today = today,
            };
    }

    private PlannedImage? Image(Node node)
    {
        if (_checks.Object(node) is not { } fields)
            return null;
        var (digest, tags) = (Digest(fields), Tags(fields));
        var bytes = fields.Required("bytes") is { Kind: not NodeKind.Null } size ? Bytes(size) : null;
        var pushedAt = fields.Required("pushedAt") is { Kind: not NodeKind.Null } time ? Time(time) : null;
        var why = _checks.Text(fields.Required("why"), MaxSentence);
        _checks.Word(fields.Required("usage"), PlanWriter.NotInUse);
        fields.End();
        return digest is null || tags is null || why is null
            ? null
            : new PlannedImage(digest, tags, bytes, pushedAt, why);
    }

    private Digest? Digest(Fields image) =>
        Text(
            image.Required("digest"),
            text => Images.Digest.TryParse(text, out _),
            "'sha256:' and 64 lower-case hexadecimal characters"
        )
            is { } digest
            ? Images.Digest.Parse(digest)
            : null;

    private List<string>? Tags(Fields image) =>
        List(image.Required("tags"), tag => Text(tag, ImageReference.IsTag, "a tag"));

    /// <summary>A lifecycle policy that ECR would accept.</summary>
    private string? Policy(Node? node)
    {
        if (Text(node, _ => true, "a lifecycle policy as text") is not { } text)
            return null;
        var reading = LifecyclePolicy.Read(text);
        if (reading.Problems is not [var first, ..])
            return text;
        _checks.Report(
            node!,
            $"{reading.Refusal} the lifecycle policy, at its line {first.Line}, column {first.Column}: {first.Message}"
        );
        return null;
    }

    private void OnePolicy(Node? items)
    {
        foreach (
            var second in Objects(items)
                .Where(item => item.Find("kind") is { Kind: NodeKind.Text, Text: PlanWriter.PutPolicyKind })
                .Skip(1)
        )
            _checks.Report(second, "The repository has a lifecycle policy in an earlier item; there can be one.");
    }

    private void EachImageOnce(Node? items)
    {
        var seen = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (
            var digest in Objects(items)
                .SelectMany(item => Objects(item.Find("images")))
                .Select(image => image.Find("digest"))
                .OfType<Node>()
                .Where(digest => digest.Kind == NodeKind.Text)
        )
        {
            if (!seen.TryAdd(digest.Text, digest))
                _checks.Report(
                    digest,
                    $"The image {Checks.Found(digest)} is already at {seen[digest.Text].Place}; each can go once."
                );
        }
    }

    private void Unique(Node root, string list, string key) => _checks.Unique(Objects(root.Find(list)), key, key);

    private static IEnumerable<Node> Objects(Node? list) =>
        list?.Items.Where(item => item.Kind == NodeKind.Object) ?? [];

    private List<string>? Sentences(Node? node) => List(node, sentence => _checks.Text(sentence, MaxSentence));

    /// <summary>Null also where one item is wrong: nothing is left out.</summary>
    private List<T>? List<T>(Node? node, Func<Node, T?> read, string? empty = null)
        where T : class
    {
        if (_checks.Items(node, empty) is not { } items)
            return null;
        var values = items.Select(read).ToList();
        return values.Contains(null) ? null : [.. values.OfType<T>()];
    }

    private int? Count(Node? node) => _checks.Integer(node, 0, int.MaxValue);

    /// <summary>JSON's numbers are exact up to 2^53.</summary>
    private long? Bytes(Node? node) => (long?)_checks.Number(node, 0, 1L << 53, whole: true);

    private string? Hash(Node? node) =>
        Text(
            node,
            text => text.Length == 64 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f')),
            "64 lower-case hexadecimal characters"
        );

    private DateTimeOffset? Time(Node? node)
    {
        const string wanted = "a time in UTC such as \"2026-01-31T00:00:00Z\"";
        var text = Text(
            node,
            text =>
                DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)
                && time.Offset == TimeSpan.Zero
                && text.Contains('T', StringComparison.Ordinal),
            wanted
        );
        return text is null
            ? null
            : DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
    }

    private string? Text(Node? node, Func<string, bool> fits, string wanted)
    {
        if (node is null)
            return null;
        if (node.Kind == NodeKind.Text && fits(node.Text))
            return node.Text;
        _checks.Report(node, $"Found {Checks.Found(node)}; it must be {wanted}.");
        return null;
    }
}
