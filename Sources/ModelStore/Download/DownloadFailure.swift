/// How one request for a file ends when it does not bring it.
enum DownloadFailure: Error, Equatable {
  /// The connection could not be made or broke: asking again may help.
  case broken(String)
  /// The server has no such file.
  case notFound
  /// Asking again does not help.
  case refused(String)
}
