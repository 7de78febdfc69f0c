import ChatProtocols
import JSONText

/// The body of a request that is passed on as it comes.
final class Upload {
  enum Stage {
    /// The model is looked for, by ``Upload/finder``; what came is held.
    case finding
    /// The model is known, and the prompt is awaited that its replica is chosen by; what came is held.
    case gathering(model: String, at: Range<Int>)
    /// The model is known; what came is held until a connection is there.
    case waiting
    /// Pieces go to the engine as they come.
    case sending
  }

  let row: PassThroughPath
  var stage: Stage
  /// Apart from the stage: it is not copied with it for each piece of the body.
  var finder: (any ModelFinder)?
  /// The client has sent everything.
  var isComplete = false
  /// What came first is still held, so that it can be sent again.
  var isHeldWhole = true
  /// The bytes in the body that name the model, and what they are when its name is replaced; nil when it is not in the
  /// body.
  var nameRange: Range<Int>?
  var isForm: Bool

  /// Bytes that are held for sending again, or for a connection that is being made.
  static let holdLimit = 64 << 10
  /// Bytes of a body that are waited for and held for the sake of its prompt. Of a longer one the prompt is not read.
  static let promptLimit = 8 << 20
  /// What is known of the prompt; nil where it was not read.
  var prompt: PassedPrompt?

  init(_ row: PassThroughPath, finder: (any ModelFinder)?) {
    self.row = row
    isForm = row.modelPlace == .form
    self.finder = finder
    stage = finder == nil ? .waiting : .finding
  }

  /// The bytes that take the place of the model's name.
  func replacement(_ name: String) -> [UInt8] {
    guard !isForm else { return Array(name.utf8) }
    var bytes: [UInt8] = []
    JSONString.append(name, to: &bytes)
    return bytes
  }
}
