using Amazon.DynamoDBv2.Model;
using EcrGuard.Core.Baselines;
using EcrGuard.Core.Images;
using EcrGuard.Core.Use;

namespace EcrGuard.Aws.Ledger;

/// <summary>What the ledger knows of a repository beside its images.</summary>
/// <param name="Notes">What was read of its manifests.</param>
/// <param name="Hold">What EcrGuard has written to it.</param>
/// <param name="HoldRevision">The revision of that: 0 where nothing is known.</param>
/// <param name="Deployments">What events say was deployed of it.</param>
public sealed record RepositoryMemory(
    IReadOnlyDictionary<Digest, ManifestNote> Notes,
    SettingHistory Hold,
    long HoldRevision,
    IReadOnlyList<ConsumerReference> Deployments
);

/// <content>One query for all that whoever reads a repository asks of the ledger.</content>
public sealed partial class Ledger
{
    /// <summary>
    /// What is known of a repository. The items stand beside one another; among them are notices and what plans did,
    /// which are small: a page of DynamoDB holds thousands.
    /// </summary>
    public async Task<RepositoryMemory> MemoryAsync(RepositoryId repository, CancellationToken cancellation)
    {
        var notes = new Dictionary<Digest, ManifestNote>();
        var hold = (Hold: SettingHistory.None, Revision: 0L);
        var deployments = new List<ConsumerReference>();
        await foreach (
            var item in QueryAsync(
                    new QueryRequest
                    {
                        TableName = settings.Table,
                        ConsistentRead = true,
                        KeyConditionExpression = "pk = :pk AND sk BETWEEN :first AND :last",
                        ExpressionAttributeValues = new()
                        {
                            [":pk"] = new(Keys.Repository(repository)),
                            [":first"] = new(Keys.Manifests),
                            [":last"] = new(Keys.Deployments + Keys.Last),
                        },
                    },
                    cancellation
                )
                .ConfigureAwait(false)
        )
        {
            var key = item[Keys.Sort].S;
            if (key.StartsWith(Keys.Manifests, StringComparison.Ordinal))
            {
                var (digest, note) = Note(item);
                notes[digest] = note;
            }
            else if (key.StartsWith(Keys.Deployments, StringComparison.Ordinal))
            {
                deployments.Add(Deployment(item));
            }
            else if (key == Keys.Hold)
            {
                hold = HoldIn(item);
            }
        }
        return new RepositoryMemory(notes, hold.Hold, hold.Revision, deployments);
    }
}
