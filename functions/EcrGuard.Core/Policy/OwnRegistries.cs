using EcrGuard.Core.Documents;
using EcrGuard.Core.Images;

namespace EcrGuard.Core.Policy;

/// <summary>Whether texts name private ECR registries that may be this account's.</summary>
/// <param name="account">Null where it is not known whose images are meant.</param>
internal sealed class OwnRegistries(string? account)
{
    /// <summary>
    /// The registry of AWS Marketplace, from which the images of its vendors are pulled: nobody else owns it.
    /// </summary>
    private const string Marketplace = "709825985650";

    /// <summary>Whether a text anywhere in it may name one.</summary>
    public bool MayBeNamedIn(Node node) =>
        node.Kind switch
        {
            NodeKind.Text => MayBeNamedIn(node.Text),
            NodeKind.Object => node.Members.Exists(member => MayBeNamedIn(member.Value)),
            NodeKind.List => node.Items.Exists(MayBeNamedIn),
            NodeKind.Number or NodeKind.Boolean or NodeKind.Null => false,
        };

    private bool MayBeNamedIn(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal))
            text = Uri.UnescapeDataString(text);
        return text.Contains("ecr", StringComparison.OrdinalIgnoreCase)
            && string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : ' '))
                .Split(' ')
                .Any(host => IsOwn(host.TrimEnd('.')));
    }

    /// <summary>
    /// Whether one of the names of a product, in whatever form, is that of an image in such a registry.
    /// </summary>
    public bool Holds(Node product)
    {
        if (product.Kind == NodeKind.Text)
            return Names(product.Text);
        var identifiers = product.Find("identifiers")?.Members.Select(member => member.Value) ?? [];
        return identifiers
            .Prepend(product.Find("@id"))
            .OfType<Node>()
            .Any(name => name.Kind == NodeKind.Text && Names(name.Text));

        static string RegistryOf(Purl purl) =>
            purl.Qualifiers.GetValueOrDefault("repository_url") ?? purl.Namespace ?? "";

        bool Names(string text)
        {
            if (!text.StartsWith(Purl.Scheme, StringComparison.OrdinalIgnoreCase))
                return IsOwn(text);
            return Purl.TryParse(text) is { } purl
                ? purl.Type is "oci" or "docker" && IsOwn(RegistryOf(purl))
                : MayBeNamedIn(text);
        }
    }

    /// <summary>
    /// Whether the host of an address is a private ECR registry, however the rest is written, and not that of another
    /// account.
    /// </summary>
    private bool IsOwn(string url)
    {
        var host = url.Split("://", 2)[^1].TrimStart('/').Split('/', ':', '@')[0];
        return ImageReference.IsRegistry(host)
            && host.Split('.')[0] is var owner
            && (account is null ? owner != Marketplace : owner == account);
    }
}
