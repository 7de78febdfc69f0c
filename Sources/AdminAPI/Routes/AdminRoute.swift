/// One endpoint of the management API. ``AdminRouter`` has the table of them.
struct AdminRoute: Sendable {
  /// Where an answer is made.
  enum Place: Sendable {
    /// On the connection's event loop: microseconds.
    case eventLoop
    /// On the API's own thread, so that no event loop waits for it.
    case ownThread
    /// On the thread that reads texts, so that neither do metrics and users.
    case readingThread
  }

  var method: String
  var path: String
  var summary: String
  var place: Place
  var respond: @Sendable (AdminRequest, AdminContext) throws(AdminError) -> AdminResponse
}
