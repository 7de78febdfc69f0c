/// What one iteration sends, from both sides, and how.
struct Input {
  /// What the client does once its bytes are out.
  enum Client {
    /// Waits for the answers.
    case waits
    /// Closes its side along with the request.
    case halfCloses
    case closes
    case resets
  }

  /// What an engine does once its answer is out.
  enum Engine {
    case keeps, closes, resets, halfCloses
  }

  var request: [UInt8]
  /// How many requests it holds; nil when it was changed, for then nobody knows.
  var requestCount: Int?
  var answer: [UInt8]
  /// Whether the answer is one that HTTP knows, and comes whole.
  var isAnswerSound: Bool
  var client = Client.waits
  var engine = Engine.keeps
  /// The engine does not wait for the whole request.
  var answersEarly = false
  /// Neither side helps the other out: what ends is for the gateway to end.
  var waitsForGateway = false
  var requestCuts: [Int] = []
  var answerCuts: [Int] = []
  /// Nanoseconds between two pieces.
  var pause: UInt64 = 0

  /// Whether the connection is one of HTTP/2: it begins with the preface, empty lines before it aside.
  var isHTTP2: Bool {
    var rest = request[...]
    while rest.starts(with: "\r\n".utf8) { rest = rest.dropFirst(2) }
    return rest.starts(with: "PRI * HTTP/2.0\r\n\r\n".utf8)
  }

  /// As text, for a file.
  var report: String {
    """
    client: \(client), engine: \(engine), answers early: \(answersEarly), waits for the gateway: \(waitsForGateway)
    request cut at \(requestCuts), answer cut at \(answerCuts), \(pause) ns between pieces
    --- request (\(request.count) bytes)
    \(Self.escaped(request))
    --- answer (\(answer.count) bytes)
    \(Self.escaped(answer))

    """
  }

  static func escaped(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case 0x0A: text += "\\n\n"
      case 0x0D: text += "\\r"
      case 0x5C: text += "\\\\"
      case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
    }
    return text
  }
}
