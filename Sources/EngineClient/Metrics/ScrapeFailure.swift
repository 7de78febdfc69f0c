/// Why a scrape brought nothing: for logs, without addresses.
public enum ScrapeFailure: Error, Sendable, Equatable, CustomStringConvertible {
  case status(path: String, Int)
  /// The page has no name that a dialect knows.
  case unknownNames(path: String)
  /// The page has more than is read of one.
  case tooLong(path: String)
  case unreachable(String)

  public var description: String {
    switch self {
    case .status(let path, let status): "GET \(path) answered \(status)"
    case .unknownNames(let path):
      "GET \(path) shows no metrics of a known engine; name the engine, or the port and path of its metrics"
    case .tooLong(let path): "GET \(path) shows more than the 8 MiB and 500 000 lines that are read of a page"
    case .unreachable(let reason): reason
    }
  }

  /// The engine answered, but with no page that can be read.
  var isAnswer: Bool {
    if case .unreachable = self { false } else { true }
  }

  /// There is no such page, so that the engine is another than was thought.
  var isNoPage: Bool {
    switch self {
    case .status(_, let status): status == 404
    case .unknownNames: true
    case .tooLong, .unreachable: false
    }
  }
}
