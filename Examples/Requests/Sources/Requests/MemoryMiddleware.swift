import Hummingbird
import MemscopeServer

/// Counts what each route allocates, and what is still there after its answers.
///
/// The attribute is the route as the router has it ("/users/{id}"), not the path of the request: there are few routes
/// and many paths.
struct MemoryMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let route = "\(request.method) \(context.endpointPath ?? "(no route)")"
        return try await MemScope.scope("request", attributes: ["route": route]) {
            try await next(request, context)
        }
    }
}
