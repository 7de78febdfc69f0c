import FuzzCommand

/// Whether what a client got is a row of HTTP answers.
struct AnswerCheck {
  /// Final answers that came whole.
  private(set) var statuses: [Int] = []
  /// The last one is not whole.
  private(set) var isCut = false

  /// - Parameter isEnded: the gateway has closed its side.
  /// - Throws: ``Broken`` for bytes that are no answer, and for more answers than requests.
  init(_ bytes: [UInt8], to list: RequestList, isEnded: Bool) throws {
    let reader = MessageReader(bytes: bytes)
    var start = 0
    while start < bytes.count {
      let number = statuses.count
      // The answer to what is no request has a body, whatever that meant to be.
      let request = number < list.requests.count ? list.requests[number] : nil
      guard request != nil || (number == list.requests.count && list.endsBadly) else {
        throw Broken("answer \(number + 1) to \(list.requests.count) requests")
      }
      let (line, outcome) = try reader.message(at: start, .answer(isBodiless: request?.isHead ?? false))
      switch outcome {
      case .cut:
        isCut = true
        return
      case .untilClose:
        guard request?.minorVersion == 0 else { throw Broken("an HTTP/1.1 answer without framing: \(line)") }
        if isEnded { statuses.append(MessageReader.status(line) ?? 0) } else { isCut = true }
        return
      case .whole(let end):
        start = end
        if let status = MessageReader.status(line), status >= 200 { statuses.append(status) }
      }
    }
  }
}
