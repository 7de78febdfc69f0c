#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Finds the tokens that an engine says an answer took, in the answer's bytes as they come, however they are cut: the
/// last object under a name `usage`, which is an event stream's total; what it leaves out is as an earlier one says.
///
/// The bytes are searched, not parsed: a text that speaks of `"usage"` has its quotes escaped and so looks different. Holds
/// nothing but a usage object that is cut, of at most ``objectLimit`` bytes; a longer one is not read.
public struct UsageFinder: Sendable {
  public static let objectLimit = 4096

  /// The last that was found.
  public private(set) var usage: TokenUsage?
  private var state = State.searching(matched: 0)
  /// The part of an object that has come.
  private var held: [UInt8] = []

  private enum State: Equatable {
    /// So many bytes of the name were the last that came.
    case searching(matched: Int)
    /// Behind the name; whether the colon has come.
    case beforeValue(hasColon: Bool)
    /// Within an object.
    case object(depth: Int, isInString: Bool, isEscaped: Bool)
  }

  private static let name: StaticString = "\"usage\""

  public init() {}

  /// Takes the next bytes.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var at = 0
    while at < bytes.count {
      switch state {
      case .searching(let matched): search(bytes, &at, matched: matched)
      case .beforeValue(let hasColon): enterValue(bytes, &at, hasColon: hasColon)
      case .object: readObject(bytes, &at)
      }
    }
  }

  private mutating func search(_ bytes: UnsafeRawBufferPointer, _ at: inout Int, matched: Int) {
    let length = Self.name.utf8CodeUnitCount
    let name = Self.name.utf8Start
    if matched > 0 {
      var matched = matched
      while at < bytes.count, matched < length, bytes[at] == name[matched] {
        at += 1
        matched += 1
      }
      // The name begins like none of its ends but the quote, which is looked at again.
      state = matched == length ? .beforeValue(hasColon: false) : .searching(matched: at == bytes.count ? matched : 0)
      return
    }
    guard let start = bytes.baseAddress else { return }
    var from = at
    while let found = ByteSearch.pair(name[0], name[1], in: bytes, from: from) {
      let left = min(length, bytes.count - found)
      guard memcmp(start + found, name, left) == 0 else {
        from = found + 1
        continue
      }
      // What the end cuts goes on with the next bytes.
      at = found + left
      state = left == length ? .beforeValue(hasColon: false) : .searching(matched: left)
      return
    }
    state = .searching(matched: bytes[bytes.count - 1] == name[0] ? 1 : 0)
    at = bytes.count
  }

  private mutating func enterValue(_ bytes: UnsafeRawBufferPointer, _ at: inout Int, hasColon: Bool) {
    switch bytes[at] {
    case 0x20, 0x09, 0x0A, 0x0D: at += 1
    case UInt8(ascii: ":") where !hasColon:
      at += 1
      state = .beforeValue(hasColon: true)
    case UInt8(ascii: "{") where hasColon:
      if readWhole(bytes, &at) {
        state = .searching(matched: 0)
        return
      }
      held.removeAll(keepingCapacity: true)
      state = .object(depth: 0, isInString: false, isEscaped: false)
    default: state = .searching(matched: 0)
    }
  }

  /// Reads an object that is there to its end; false when it is not, or is none.
  private mutating func readWhole(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> Bool {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[at..<min(bytes.count, at + Self.objectLimit)])
    guard let read = TokenUsage.read(prefix: rest, after: usage) else { return false }
    usage = read.usage ?? usage
    at += read.length
    return true
  }

  private mutating func readObject(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) {
    guard case .object(var depth, var isInString, var isEscaped) = state else { return }
    let start = at
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth -= 1
        guard depth > 0 else { return finishObject(UnsafeRawBufferPointer(rebasing: bytes[start..<at])) }
      }
      if at - start + held.count > Self.objectLimit {
        held = []
        state = .searching(matched: 0)
        return
      }
    }
    held.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    state = .object(depth: depth, isInString: isInString, isEscaped: isEscaped)
  }

  private mutating func finishObject(_ rest: UnsafeRawBufferPointer) {
    state = .searching(matched: 0)
    if held.isEmpty {
      usage = TokenUsage(object: rest, after: usage) ?? usage
    } else {
      held.append(contentsOf: rest)
      usage = held.withUnsafeBytes { TokenUsage(object: $0, after: usage) } ?? usage
      held = []
    }
  }
}
