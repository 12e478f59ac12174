using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EcrGuard.LocalAws.Sns;

namespace EcrGuard.Aws.Tests.Chaos;

/// <content>What must be true of tags, images, ledger and alerts.</content>
internal sealed partial class ChaosRun
{
    private const string Prefix = "ecrguard-";

    /// <summary>Runs after each write of EcrGuard to ECR.</summary>
    private void Written(Running invocation, Call call)
    {
        using var body = JsonDocument.Parse(call.Body);
        var root = body.RootElement;
        var name = root.GetProperty("repositoryName").GetString()!;
        var repository = Truth.Repositories.First(each => each.Name == name);
        var image = ImageOf(call);
        var what =
            root.TryGetProperty("imageTag", out var tag) ? tag.GetString()
            : root.TryGetProperty("imageIds", out var ids) ? ids.GetRawText()
            : "";
        image?.Tell(Now, $"{invocation.Name} makes {call.Operation} {what}");
        if (repository.Observed)
            Fail("something is written to a repository that is only observed", image, call.Operation);
        switch (call.Operation)
        {
            case "StartImageScan" when image is { ScanDue: null, Scan: not TrueScan.Complete }:
                ScanSoon(image);
                break;
            case "UpdateImageStorageClass" when call.Text.Contains("ARCHIVE", StringComparison.Ordinal):
                if (image?.Running.Values.Any(since => since < invocation.BegunAt) == true)
                    Fail("an image that runs is archived", image);
                break;
            case "BatchDeleteImage" or "PutImage":
                var byName =
                    call.Operation == "BatchDeleteImage" && call.Text.Contains("imageTag", StringComparison.Ordinal);
                if (byName && image is not null && aws.Ecr.StatusOf(repository.Name, image.Digest) is null)
                    goneByName.Add(image);
                if (call.Operation == "PutImage")
                    Note(repository, root.GetProperty("imageManifest").GetString()!);
                Compare(repository);
                break;
        }
    }

    /// <summary>
    /// The images whose last tag EcrGuard removed, because the team had removed its own tag at the same moment.
    /// </summary>
    private readonly HashSet<TrueImage> goneByName = [];

    /// <summary>Notes what EcrGuard puts that no team has pushed.</summary>
    private void Note(TrueRepository repository, string manifest)
    {
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest)))}";
        if (!Truth.Images.ContainsKey((repository.Name, digest)))
            thrownAway.Add((repository.Name, digest));
    }

    private readonly HashSet<(string Repository, string Digest)> thrownAway = [];

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hex { get; }

    /// <summary>The image that a call to ECR names, by its digest or in a tag of EcrGuard.</summary>
    private TrueImage? ImageOf(Call call)
    {
        using var body = JsonDocument.Parse(call.Body);
        var name = body.RootElement.GetProperty("repositoryName").GetString()!;
        return Hex.Matches(call.Text)
            .Select(hex => Truth.Images.GetValueOrDefault((name, $"sha256:{hex.Value}")))
            .LastOrDefault(image => image is not null);
    }

    /// <summary>Everything that would be there without EcrGuard is there, and so is every tag of the team.</summary>
    private void Compare(TrueRepository repository)
    {
        foreach (var image in repository.Images)
        {
            if (twin.Ecr.TagsOf(repository.Name, image.Digest) is not { } tags)
                continue;
            if (aws.Ecr.TagsOf(repository.Name, image.Digest) is not { } there)
            {
                Fail("an image is gone that would be there without EcrGuard", image);
                Forget(image);
            }
            else if (tags.FirstOrDefault(tag => !there.Contains(tag)) is { } lost)
            {
                Fail("a team's tag is lost or elsewhere", image, lost);
                twin.Ecr.DeleteTag(repository.Name, lost);
            }
            else if (there.FirstOrDefault(tag => !tags.Contains(tag) && !IsOwn(tag)) is { } more)
            {
                Fail("a tag is there that would not be without EcrGuard", image, more);
            }
        }
    }

    // The end.

    /// <summary>The world stands still: what is in progress ends, what was sent arrives, and one sweep runs.</summary>
    private void End()
    {
        Drain();
        ending = true;
        while (Truth.Images.Values.Where(image => image.ScanDue is not null).ToList() is { Count: > 0 } due)
        {
            due.ForEach(EndScan);
            Drain();
        }
        Drain();
        time.Advance(TimeSpan.FromHours(26));
        foreach (var _ in Sweep(calm: true))
        {
            while (running.Count > 0)
                Go(running[0]);
        }
        Drain();
        Check();
        Figures.Dead = dead.Count;
        Figures.Images = Truth.Images.Count;
        Figures.Alerts = aws.Sns.Messages.Count;
        foreach (var unexpected in aws.Unexpected.Take(5))
            Fail("the local AWS does not know a call", null, unexpected);
    }

    private void Drain()
    {
        bool Waits() => queue.Count > 0 || aws.Sqs.Waiting(scanQueue).Count > 0;
        for (Receive(); sweep is not null || running.Count > 0 || Waits(); Receive())
        {
            while (running.Count > 0)
                Go(Any(running));
            if (sweep is not null && !sweep.MoveNext())
                sweep = null;
            if (running.Count > 0 || Deliver(Now) || sweep is not null || !Waits())
                continue;
            var looks = aws.Sqs.Waiting(scanQueue).Select(look => look.DueAt);
            var due = queue.Select(message => message.Due).Concat(looks).Min();
            if (due > Now)
                time.Advance(due - Now + TimeSpan.FromMilliseconds(1));
        }
    }

    private void Check()
    {
        var all = aws.DynamoDb.Items(Instance.Table);
        var items = all.ToLookup(item => (Key(item, "pk").Split('#')[^1], Key(item, "sk")));
        var writes = all.Where(item => Key(item, "sk").StartsWith("A#", StringComparison.Ordinal)).ToList();
        var told = Told();
        foreach (var repository in Truth.Repositories)
        {
            Compare(repository);
            foreach (var image in repository.Images)
            {
                var item = items[(repository.Name, $"I#{image.Hex}")].FirstOrDefault();
                Check(image, item, told.GetValueOrDefault(image.Digest) ?? []);
            }
        }
        foreach (var image in goneByName)
        {
            var gone = aws.Ecr.StatusOf(image.Repository.Name, image.Digest) is null;
            if (gone && told.GetValueOrDefault(image.Digest)?.Contains("tag-removal") != true)
                Fail("an image went with a tag of EcrGuard's, and nobody was told", image);
        }
        foreach (var (name, digest) in thrownAway)
        {
            if (aws.Ecr.StatusOf(name, digest) is not null)
                Fail("a manifest of EcrGuard's own is left", null, $"{name}@{digest}");
        }
        foreach (var open in writes.Where(write => write["outcome"]!.GetValue<string>() == "intended").Take(5))
            Fail("a write has no end in the ledger", null, open.ToJsonString());
        foreach (var (id, times) in aws.Sns.Messages.SelectMany(AlertIds).CountBy(id => id))
        {
            if (times > 1 && !mayBeTwice.Contains(id))
                Fail("an alert was sent twice, and no function failed after publishing it", null, $"{id} {times}x");
        }
    }

    private static string Key(JsonObject item, string name) => item[name]!.GetValue<string>();

    private static bool IsOwn(string tag) => tag.StartsWith(Prefix, StringComparison.Ordinal);

    private void Check(TrueImage image, JsonObject? item, IReadOnlyList<string> told)
    {
        var tags = aws.Ecr.TagsOf(image.Repository.Name, image.Digest);
        if (tags is null || image.Kind == TrueKind.Chart)
        {
            // An image that was never recorded is not known to be gone: its tags were intended, and refused.
            if (item?.ContainsKey("record") == true && !item.ContainsKey("goneAt") && image.Kind != TrueKind.Chart)
                Fail("an image is gone, and the ledger does not say so", image);
            return;
        }
        if (item is null)
        {
            Fail("the ledger knows nothing of an image", image);
            return;
        }
        string[] open = ["open", "openAlert", "openWrites", "alertClaimedAt", "goneAt"];
        if (open.FirstOrDefault(item.ContainsKey) is { } left)
            Fail($"the ledger still says '{left}'", image);

        using var record = JsonDocument.Parse(item["record"]!.GetValue<string>());
        var verdict = record.RootElement.GetProperty("value").GetProperty("verdict");
        var status = verdict.GetProperty("status").GetString()!.ToUpperInvariant();
        var wanted = Wanted(image);
        if (!wanted.Contains(status))
            Fail($"the ledger says {status}, and {string.Join(" or ", wanted)} is true", image);

        var marked = tags.Contains($"{Prefix}blocked-{image.Hex}");
        var named = !tags.All(IsOwn);
        if (image.Repository.Observed && tags.Any(IsOwn))
            Fail("an image that is only observed is tagged", image);
        if (!image.Repository.Observed && IsActive(image) && !item.ContainsKey("couldNotMark"))
        {
            if (status == "BLOCKED" && named && !marked)
                Fail("an image is blocked and not tagged, and the ledger does not say why", image);
            if (status == "APPROVED" && marked)
                Fail("an image is approved and tagged as blocked, and the ledger does not say why", image);
        }
        if (tags.FirstOrDefault(tag => IsOwn(tag) && !tag.EndsWith(image.Hex, StringComparison.Ordinal)) is { } foreign)
            Fail("an image has EcrGuard's tag of another image", image, foreign);

        // Images from before EcrGuard were taken over without alerts. For a child, the alert is about its index.
        if (image.IsChild)
            return;
        var last = told.LastOrDefault(kind => kind is "blocked" or "lifted");
        if (status == "BLOCKED" && last != "blocked" && !(image.WasThere && last is null))
            Fail("an image is blocked and the last that was told is something else", image, last ?? "nothing");
        if (status == "APPROVED" && last == "blocked")
            Fail("an image is approved and the last that was told is that it is blocked", image);
    }

    /// <summary>The statuses that the ledger may hold now.</summary>
    private IReadOnlyList<string> Wanted(TrueImage image)
    {
        if (image.Kind == TrueKind.Index)
            return Worst([.. image.Children.Select(Wanted)]);
        var blocks = image.Findings.Any(found => found.Active && Truth.Policy.Blocks(found));
        return image.Scan switch
        {
            TrueScan.Complete => blocks ? ["BLOCKED"] : ["APPROVED"],
            TrueScan.Unsupported => ["UNSUPPORTED", "BLOCKED"],
            // A block stays when the monitoring ends. An image that was not blocked before is stale.
            TrueScan.Expired => ["STALE", "BLOCKED"],
            _ => ["PENDING", "UNSCANNED"],
        };

        static IReadOnlyList<string> Worst(IReadOnlyList<IReadOnlyList<string>> children) =>
            children.Any(child => child is ["BLOCKED"]) ? ["BLOCKED"]
            : children.All(child => child is ["APPROVED"]) ? ["APPROVED"]
            : ["BLOCKED", "PENDING", "UNSCANNED", "UNSUPPORTED", "STALE"];
    }

    /// <summary>The kinds of the alerts about each image, oldest first.</summary>
    private Dictionary<string, List<string>> Told()
    {
        var told = new Dictionary<string, List<string>>();
        foreach (var message in aws.Sns.Messages)
        {
            using var body = Body(message);
            foreach (var each in Each(body.RootElement))
            {
                if (!each.TryGetProperty("digest", out var digest) || !each.TryGetProperty("kind", out var kind))
                    continue;
                if (!told.TryGetValue(digest.GetString()!, out var kinds))
                    told.Add(digest.GetString()!, kinds = []);
                kinds.Add(kind.GetString()!);
            }
        }
        return told;
    }

    private static IEnumerable<string> AlertIds(LocalMessage message)
    {
        using var body = Body(message);
        return [.. Each(body.RootElement).Select(each => each.GetProperty("alertId").GetString()!)];
    }

    /// <summary>The alerts that share a message; otherwise the message itself.</summary>
    private static List<JsonElement> Each(JsonElement body) =>
        body.TryGetProperty("alerts", out var many) && many.ValueKind == JsonValueKind.Array
            ? [.. many.EnumerateArray()]
            : [body];

    private static JsonDocument Body(LocalMessage message)
    {
        if (!message.IsPerProtocol)
            return JsonDocument.Parse(message.Message);
        using var envelope = JsonDocument.Parse(message.Message);
        return JsonDocument.Parse(envelope.RootElement.GetProperty("default").GetString()!);
    }

    /// <summary>What the ledger says about an image.</summary>
    private IEnumerable<string> LedgerStory(TrueImage image)
    {
        foreach (var item in aws.DynamoDb.Items(Instance.Table))
        {
            // The item of a write names its image by ARN.
            if (!$"{Key(item, "sk")} {item["image"]}".Contains(image.Hex, StringComparison.Ordinal))
                continue;
            var text = item.ToJsonString();
            yield return text.Length > 700 ? text[..700] : text;
        }
    }
}
