using System.Globalization;
using EcrGuard.Core.Images;
using EcrGuard.Core.Lifecycle;
using EcrGuard.Core.Plans;
using EcrGuard.Core.Use;

namespace EcrGuard.Cli.Plans;

/// <summary>Prints a plan for people.</summary>
internal static class PlanTable
{
    public static void Write(Plan plan, TextWriter output)
    {
        foreach (
            var repository in plan.Repositories.Where(repository => repository.Items.Count + repository.Notes.Count > 0)
        )
        {
            output.WriteLine(
                $"{repository.Name}: {Phrase.Count(repository.Images, "image")}, {repository.InUse} in use"
            );
            WriteUsed(repository, output);
            foreach (var item in repository.Items)
                WriteItem(item, output);
            foreach (var note in repository.Notes)
                output.WriteLine($"  note: {note}");
        }
        var (deleted, archived, freed) = Totals(plan);
        var put = plan.Repositories.Sum(repository => repository.Items.Count(item => item is PutPolicy));
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Phrase.Count(plan.Repositories.Count, "repository", "repositories")}, "
                    + $"{Phrase.Count(plan.Repositories.Sum(r => r.Images), "image")}, "
                    + $"{plan.Repositories.Sum(r => r.InUse)} in use; "
                    + $"{Phrase.Count(put, "policy", "policies")} to put; "
                    + $"{Phrase.Count(deleted, "image goes", "images go")}, "
                    + $"{archived} {(archived == 1 ? "is" : "are")} archived; {Size(freed)} freed."
            )
        );
        foreach (var unread in plan.Unread)
            output.WriteLine($"Not read: {unread}");
        output.WriteLine($"Not seen: {InUse.KnownByPullsAlone}");
        output.WriteLine(
            "Not seen: The repositories that somebody restored. The function that applies the plan knows them, and "
                + "leaves them alone."
        );
        output.WriteLine(
            "Not seen: Consumers that used an image until yesterday. The function that applies the plan knows them, "
                + "and protects their images."
        );
    }

    /// <summary>Some of the images that stay because they are in use.</summary>
    private static void WriteUsed(PlannedRepository repository, TextWriter output)
    {
        foreach (var image in repository.Used.Take(Plan.MaxUsed))
            output.WriteLine($"  in use      {Named(image.Digest, image.Tags)}  {image.Why}");
        More(repository.InUse - Math.Min(repository.Used.Count, Plan.MaxUsed), output);
    }

    private static void WriteItem(PlanItem item, TextWriter output)
    {
        switch (item)
        {
            case PutPolicy put:
                WritePut(put, output);
                break;
            case Removal removal:
                foreach (var image in removal.Images)
                    WriteImage(removal.Word, image, output);
                break;
        }
    }

    private static void WritePut(PutPolicy put, TextWriter output)
    {
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  put-policy  {(put.Replaces is null ? "the first policy here" : "replaces the present policy")}; "
                    + $"today it deletes {Phrase.Count(put.Expires, "image")} ({Size(put.FreedBytes)}) and "
                    + $"archives {put.Archives}. {put.Why} "
                    + $"Before it is put, images in use are shielded by a tag."
            )
        );
        foreach (var rule in LifecyclePolicy.Read(put.Policy).Policy?.Rules ?? [])
            output.WriteLine($"    {RuleSentence.Of(rule)}");
        foreach (var (image, at) in put.Today.Take(Plan.MaxToday).Select((image, at) => (image, at)))
            WriteImage(at < put.Expires ? "  delete" : "  archive", image, output);
        More(put.Takes - Math.Min(put.Today.Count, Plan.MaxToday), output);
    }

    private static void WriteImage(string word, PlannedImage image, TextWriter output) =>
        output.WriteLine($"  {word, -10}  {Named(image.Digest, image.Tags)}  {Size(image.Bytes ?? 0), 9}  {image.Why}");

    private static string Named(Digest digest, IReadOnlyList<string> tags) =>
        $"{digest.Abbreviated}  {Phrase.Clip(tags.Count == 0 ? "-" : string.Join(", ", tags), 30), -30}";

    private static void More(int more, TextWriter output)
    {
        if (more > 0)
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"    and {more} more; 'ecrguard plan --format json' names all"
                )
            );
    }

    private static (int Deleted, int Archived, long Freed) Totals(Plan plan)
    {
        var items = plan.Repositories.SelectMany(repository => repository.Items).ToList();
        var (puts, deletes) = (
            items.OfType<PutPolicy>().ToList(),
            items.OfType<Removal>().Where(removal => removal.Kind == RemovalKind.Delete).ToList()
        );
        return (
            puts.Sum(put => put.Expires) + deletes.Sum(removal => removal.Takes),
            puts.Sum(put => put.Archives)
                + items
                    .OfType<Removal>()
                    .Where(removal => removal.Kind == RemovalKind.Archive)
                    .Sum(removal => removal.Takes),
            puts.Sum(put => put.FreedBytes) + deletes.Sum(removal => removal.Images.Sum(image => image.Bytes ?? 0))
        );
    }

    private static string Size(long bytes) =>
        bytes switch
        {
            >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
            >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        };
}
