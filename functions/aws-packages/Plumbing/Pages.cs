using System.Runtime.CompilerServices;
using Amazon.Runtime;

namespace EcrGuard.Bundled.Plumbing;

/// <summary>
/// The pages of one list operation, fetched one after the other until the service gives no token. Can be walked once,
/// as the published paginators.
/// </summary>
/// <param name="request">Its token is overwritten while paging.</param>
internal sealed class Pages<TRequest, TResponse>(
    TRequest request,
    Func<TRequest, CancellationToken, Task<TResponse>> call,
    Action<TRequest, string> setToken,
    Func<TResponse, string> token,
    string first
) : IPaginator<TResponse>
    where TRequest : AmazonWebServiceRequest
{
    private int _walked;

    public async IAsyncEnumerable<TResponse> PaginateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _walked, 1) != 0)
            throw new InvalidOperationException(
                "Paginator has already been consumed and cannot be reused. Please create a new instance."
            );
        PaginatorUtils.SetUserAgentAdditionOnRequest(request);
        var next = first;
        do
        {
            setToken(request, next);
            var response = await call(request, cancellationToken);
            next = token(response);
            cancellationToken.ThrowIfCancellationRequested();
            yield return response;
        } while (!string.IsNullOrEmpty(next));
    }

    internal IPaginatedEnumerable<TResponse> Responses => new PaginatedResponse<TResponse>(this);

    /// <summary>The items of all pages; a page without a list has none.</summary>
    internal IPaginatedEnumerable<T> Items<T>(Func<TResponse, List<T>> items) =>
        new PaginatedResultKeyResponse<TResponse, T>(this, response => items(response) ?? []);
}
