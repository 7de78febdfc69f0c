import JSONText

/// SGLang's hand-over of a prompt's KV cache: both engines get the client's body and where to meet, at the same time. The decode
/// engine waits there until the prefill is done.
enum SGLangHandOver {
  /// The body of either leg.
  ///
  /// - Parameters:
  ///   - host: of the prefill's replica.
  ///   - room: a number that no other request of the engine has; below 2⁶³.
  static func either(_ edits: RequestEdits, host: String, port: Int, room: UInt64) -> RequestEdits {
    var edits = edits
    edits.setTopLevel("bootstrap_host", to: .string(host))
    edits.setTopLevel("bootstrap_port", to: .integer(port))
    edits.setTopLevel("bootstrap_room", to: .integer(Int(truncatingIfNeeded: room & (.max >> 1))))
    return edits
  }
}
