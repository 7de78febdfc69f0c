import Explanation
import RouterConfig
import UserStore
import Users

/// The users API of AIBrix's metadata service, with honest statuses: 404 for a user who is not there, 409 for one who is,
/// 400 for a record that cannot be taken. Answers are texts for clients of release 0.4 and JSON for those of later ones
/// (`global.gateway.aibrix_compat`).
enum UserRoutes {
  static let routes = [
    AdminRoute(
      method: "POST", path: "/CreateUser", summary: "Make a user: {\"name\",\"rpm\",\"tpm\"}", place: .ownThread,
      respond: { request, context throws(AdminError) in try respond(to: request, in: context, create) }),
    AdminRoute(
      method: "POST", path: "/ReadUser", summary: "A user's limits: {\"name\"}", place: .ownThread,
      respond: { request, context throws(AdminError) in try respond(to: request, in: context, read) }),
    AdminRoute(
      method: "POST", path: "/UpdateUser", summary: "Change a user's limits: {\"name\",\"rpm\",\"tpm\"}",
      place: .ownThread,
      respond: { request, context throws(AdminError) in try respond(to: request, in: context, update) }),
    AdminRoute(
      method: "POST", path: "/DeleteUser", summary: "Forget a user: {\"name\"}", place: .ownThread,
      respond: { request, context throws(AdminError) in try respond(to: request, in: context, delete) }),
  ]

  /// What came of a request.
  private struct Outcome {
    var status = 200
    /// Release 0.4's text up to the user.
    var textBefore: String
    /// And after it.
    var textAfter = ""
    /// Whether the text shows the whole record; the name otherwise.
    var showsRecord = true
    /// Later releases' sentence.
    var message: String
    var name: String
    /// nil where there is none.
    var user: User?
  }

  private static func respond(
    to request: AdminRequest, in context: AdminContext,
    _ act: (UserRequest, UserStore) throws(AdminError) -> Outcome
  ) throws(AdminError) -> AdminResponse {
    guard let users = context.users else {
      throw AdminError(
        status: 404, code: "NO_USERS",
        message: "this router keeps no users: set global.gateway.users.file and start it again")
    }
    try context.userAccess.check(request.authorization)
    // A web page that a browser on this machine shows can post to a loopback address, and says where it comes from.
    if context.userAccess == .open, request.fields.contains(where: { $0.name == "origin" }) {
      throw AdminError(
        status: 403, code: "FORBIDDEN",
        message: "the users API takes nothing from web pages without a token: set global.gateway.users.token_env")
    }
    let record = try UserRequest(request.body)
    guard !record.name.isEmpty else { throw .invalidInput("name the user: {\"name\": \"ann\"}") }
    let outcome = try act(record, users)
    switch context.snapshot().router.document.global.gateway.compatibility {
    case .v04: return text(outcome)
    case .latest: return json(outcome)
    }
  }

  // MARK: What is asked for

  private static func create(_ record: UserRequest, _ users: UserStore) throws(AdminError) -> Outcome {
    let user = try record.user()
    do throws(UserStoreError) {
      try users.create(user)
      return Outcome(textBefore: "Created User: ", message: "Created User: \(user.name)", name: user.name, user: user)
    } catch {
      guard case .exists(let name) = error else { throw AdminError(error) }
      return Outcome(
        status: 409, textBefore: "User: ", textAfter: " exists", showsRecord: false, message: "User: \(name) exists",
        name: name, user: users.ledger.user(named: name))
    }
  }

  private static func read(_ record: UserRequest, _ users: UserStore) -> Outcome {
    guard let user = users.ledger.user(named: record.name) else {
      return Outcome(
        status: 404, textBefore: "user does not exists", showsRecord: false, message: "user does not exist", name: "")
    }
    return Outcome(textBefore: "User: ", message: "User: \(user.name)", name: user.name, user: user)
  }

  private static func update(_ record: UserRequest, _ users: UserStore) throws(AdminError) -> Outcome {
    let user = try record.user()
    do throws(UserStoreError) {
      try users.update(user)
      return Outcome(textBefore: "Updated User: ", message: "Updated User: \(user.name)", name: user.name, user: user)
    } catch {
      return try missing(error)
    }
  }

  private static func delete(_ record: UserRequest, _ users: UserStore) throws(AdminError) -> Outcome {
    do throws(UserStoreError) {
      let user = try users.delete(named: record.name)
      return Outcome(textBefore: "Deleted User: ", message: "Deleted User: \(user.name)", name: user.name, user: user)
    } catch {
      return try missing(error)
    }
  }

  /// There is no such user; other errors are thrown on.
  private static func missing(_ error: UserStoreError) throws(AdminError) -> Outcome {
    guard case .missing(let name) = error else { throw AdminError(error) }
    return Outcome(
      status: 404, textBefore: "User: ", textAfter: " does not exist", showsRecord: false,
      message: "User: \(name) does not exist", name: name)
  }

  // MARK: How it is told

  private static func text(_ outcome: Outcome) -> AdminResponse {
    var subject = outcome.name
    // Go's `%+v` of the record.
    if outcome.showsRecord, let user = outcome.user { subject = "{Name:\(user.name) Rpm:\(user.rpm) Tpm:\(user.tpm)}" }
    return AdminResponse(
      status: outcome.status, contentType: "text/plain; charset=utf-8",
      body: Array("\(outcome.textBefore)\(subject)\(outcome.textAfter)".utf8))
  }

  private static func json(_ outcome: Outcome) -> AdminResponse {
    let user = outcome.user.map { user in
      JSONNode.object([("name", .string(user.name)), ("rpm", .integer(user.rpm)), ("tpm", .integer(user.tpm))])
    }
    return .json(
      .object([("message", .string(outcome.message)), ("user", user ?? .null)]), status: outcome.status)
  }
}
