import ChatProtocols
import JSONText

extension APIError {
  /// The body as the semantic router's external processor writes it: `code` is the status, as a number, where the
  /// gateway's own tells a word.
  var numericBody: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(message.utf8.count + 96)
    bytes.append(contentsOf: "{\"error\":{\"message\":".utf8)
    JSONString.append(message, to: &bytes)
    bytes.append(contentsOf: ",\"type\":".utf8)
    JSONString.append(type, to: &bytes)
    bytes.append(contentsOf: ",\"param\":".utf8)
    if let param { JSONString.append(param, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
    bytes.append(contentsOf: ",\"code\":\(status)}}".utf8)
    return bytes
  }
}
