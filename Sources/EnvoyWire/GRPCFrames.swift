/// Cuts the bytes of a gRPC stream into its messages: each has a flag for compression, its length in four bytes and its
/// content (gRPC over HTTP/2, "Length-Prefixed-Message").
///
/// A message that arrives whole is handed over where it stands; one that arrives in pieces is collected, so at most
/// ``messageLimit`` bytes are held. A value of one stream; not for use by several threads at once.
public struct GRPCFrames: Sendable {
  /// Why the stream cannot be read on.
  public enum Fault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The message is longer than the limit, in bytes.
    case tooLong(length: Int, limit: Int)
    /// The message is compressed, which was not agreed on.
    case compressed

    /// One line.
    public var description: String {
      switch self {
      case .tooLong(let length, let limit):
        "a gRPC message of \(length) bytes is longer than the limit of \(limit) bytes"
      case .compressed: "a gRPC message is compressed; no compression was offered"
      }
    }
  }

  /// Bytes before each message.
  public static let headBytes = 5

  /// The most bytes of a message.
  public let messageLimit: Int
  /// Of a message that has begun; head included.
  private var held: [UInt8] = []
  /// Bytes of the message that has begun, head included; nil while its head is not complete.
  private var wanted: Int?
  private var hasFailed = false

  public init(messageLimit: Int) {
    precondition(messageLimit > 0, "a message limit must be positive")
    self.messageLimit = messageLimit
  }

  /// Whether the stream may end here: no message has begun.
  public var isBetweenMessages: Bool { held.isEmpty && !hasFailed }
  /// Bytes that the message which has begun will hold when it is complete, head included; 0 for none.
  public var pendingBytes: Int { wanted ?? held.count }

  /// Takes the next bytes of the stream.
  ///
  /// - Parameter onMessage: called with each message that they complete, in order, without its head. The bytes are valid
  ///   during the call.
  /// - Throws: the fault; from then on bytes are thrown away.
  public mutating func append(
    _ chunk: UnsafeRawBufferPointer, _ onMessage: (UnsafeRawBufferPointer) -> Void
  ) throws(Fault) {
    guard !hasFailed else { return }
    var rest = chunk
    while !rest.isEmpty {
      if held.isEmpty, rest.count >= Self.headBytes {
        let whole = try length(of: rest[0], rest[1], rest[2], rest[3], rest[4])
        if rest.count >= whole {
          onMessage(UnsafeRawBufferPointer(rebasing: rest[Self.headBytes..<whole]))
          rest = UnsafeRawBufferPointer(rebasing: rest[whole...])
          continue
        }
      }
      if wanted == nil {
        take(Self.headBytes - held.count, from: &rest)
        guard held.count == Self.headBytes else { return }
        let whole = try length(of: held[0], held[1], held[2], held[3], held[4])
        wanted = whole
        held.reserveCapacity(min(whole, 1 << 20))
      }
      guard let wanted else { return }
      take(wanted - held.count, from: &rest)
      guard held.count == wanted else { return }
      let message = held
      held = []
      self.wanted = nil
      message.withUnsafeBytes { onMessage(UnsafeRawBufferPointer(rebasing: $0[Self.headBytes...])) }
    }
  }

  private mutating func take(_ count: Int, from rest: inout UnsafeRawBufferPointer) {
    let count = min(count, rest.count)
    held.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<count]))
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }

  /// The bytes of the message that this head announces, head included.
  private mutating func length(
    of flag: UInt8, _ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8
  ) throws(Fault) -> Int {
    let length = Int(first) << 24 | Int(second) << 16 | Int(third) << 8 | Int(fourth)
    guard flag == 0, length <= messageLimit else {
      hasFailed = true
      held = []
      wanted = nil
      throw flag == 0 ? .tooLong(length: length, limit: messageLimit) : .compressed
    }
    return length + Self.headBytes
  }
}
