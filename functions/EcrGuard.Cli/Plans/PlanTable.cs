using System.Globalization;
using EcrGuard.Core.Images;
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
            "Not seen: Which repositories were put back as they were before EcrGuard. The function that "
                + "applies the plan knows, and leaves them alone."
        );
        output.WriteLine(
            "Not seen: What used images until yesterday and is gone, or cannot be read now. The function "
                + "that applies the plan remembers it, and leaves such images alone."
        );
    }

    private static void WriteItem(PlanItem item, TextWriter output)
    {
        switch (item)
        {
            case PutPolicy put:
                output.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"  put-policy  {(put.Replaces is null ? "the first" : "replaces the present one")}; "
                            + $"today it deletes {Phrase.Count(put.Expires, "image")} ({Size(put.FreedBytes)}) and "
                            + $"archives {put.Archives}. {put.Why} "
                            + $"Before it is put, images in use are shielded by a tag."
                    )
                );
                break;
            case Removal removal:
                foreach (var image in removal.Images)
                    output.WriteLine(
                        $"  {removal.Word, -10}  {image.Digest.Abbreviated}  "
                            + $"{Phrase.Clip(image.Tags.Count == 0 ? "-" : string.Join(", ", image.Tags), 30), -30}  "
                            + $"{Size(image.Bytes ?? 0), 9}  {image.Why}"
                    );
                break;
        }
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
