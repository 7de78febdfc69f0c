import Foundation
import Yams

/// Tells in one line why a configuration file cannot be used.
enum ConfigurationFileFailure {
  /// Why a file cannot be read. Foundation's errors print as dumps of their contents, so only their codes are used.
  static func reason(_ error: any Error) -> String {
    if let posix = posixCode(error), let reason = reason(posix) { return reason }
    switch (error as? CocoaError)?.code {
    case .fileNoSuchFile?, .fileReadNoSuchFile?: return "there is no such file"
    case .fileReadNoPermission?: return "permission is denied"
    case .fileReadInapplicableStringEncoding?, .fileReadUnknownStringEncoding?, .fileReadCorruptFile?:
      return "it is not UTF-8 text"
    case .fileReadInvalidFileName?: return "it has no proper name"
    case .fileReadTooLarge?: return "it is too large"
    default: break
    }
    // Every error bridges to NSError; only those that are one by birth have a domain that says nothing of their type.
    if type(of: error) is NSError.Type || error is CocoaError || error is POSIXError { return "its reading failed" }
    return oneLine("\(error)")
  }

  /// `PATH:LINE:COLUMN: not valid YAML: …`
  static func invalidYAML(_ error: any Error, path: String) -> String {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      "\(path):\(mark.line):\(mark.column): not valid YAML: \(oneLine(problem))"
    case YamlError.reader(let problem, _, _, _): "\(path): not valid YAML: \(oneLine(problem))"
    default: "\(path): not valid YAML: \(oneLine("\(error)"))"
    }
  }

  private static func posixCode(_ error: any Error) -> POSIXErrorCode? {
    if let posix = error as? POSIXError { return posix.code }
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey]
    if let posix = underlying as? POSIXError { return posix.code }
    guard let inner = underlying as? NSError, inner.domain == NSPOSIXErrorDomain else { return nil }
    return POSIXErrorCode(rawValue: Int32(truncatingIfNeeded: inner.code))
  }

  private static func reason(_ code: POSIXErrorCode) -> String? {
    switch code {
    case .ENOENT: "there is no such file"
    case .EACCES, .EPERM: "permission is denied"
    case .EISDIR: "it is a folder"
    case .ENOTDIR: "a part of its path is not a folder"
    case .ENAMETOOLONG: "its name is too long"
    default: nil
    }
  }

  /// The first line, of bounded length.
  private static func oneLine(_ text: String) -> String {
    String((text.split(whereSeparator: \.isNewline).first ?? "unknown reason").prefix(200))
  }
}
