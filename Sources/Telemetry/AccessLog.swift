import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes lines to a file descriptor from a thread of its own, so that an event loop never waits for a disk or a pipe.
///
/// Lines are handed over in blocks. At most ``capacityBytes`` wait; what comes while that much waits is dropped and
/// counted. Safe from any thread.
public final class AccessLog: Sendable {
  public static let capacityBytes = 4 << 20

  private struct Queue: Sendable {
    var waiting: [[UInt8]] = []
    var bytes = 0
    var isClosed = false
    var hasEnded = false
  }

  private let queue = Mutex(Queue())
  private let descriptor: Int32
  private let wakeup: WakeupPipe
  /// Lines that were dropped because the reader of the log was too slow, or the log took no more.
  public let dropped = Counter()

  /// - Parameter descriptor: where lines go; it is not closed. 1 is standard output.
  public init(descriptor: Int32) {
    self.descriptor = descriptor
    wakeup = WakeupPipe()
  }

  /// Starts the writer thread.
  public func start() {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<AccessLog>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    if result != 0 { box.release() } else { pthread_detach(thread) }
  }

  /// Hands over a block of whole lines.
  public func write(_ block: [UInt8], lines: Int) {
    guard !block.isEmpty else { return }
    let accepted = queue.withLock { queue in
      guard !queue.isClosed, queue.bytes + block.count <= Self.capacityBytes else { return false }
      queue.waiting.append(block)
      queue.bytes += block.count
      return true
    }
    if accepted { wakeup.signal() } else { dropped.increment(by: UInt64(lines)) }
  }

  /// Writes what waits and ends the thread; ``hasEnded`` tells when that is done.
  public func close() {
    queue.withLock { $0.isClosed = true }
    wakeup.signal()
  }

  /// The log is closed, and all that waited has been written or dropped.
  public var hasEnded: Bool { queue.withLock { $0.hasEnded } }

  private func run() {
    var endsLine = true
    while true {
      wakeup.wait()
      let (blocks, isClosed) = queue.withLock { queue in
        let blocks = queue.waiting
        queue.waiting = []
        queue.bytes = 0
        return (blocks, queue.isClosed)
      }
      var takesMore = true
      for block in blocks {
        // A line that was cut ends here, so that the next one is whole.
        let bytes = endsLine ? block : [Self.lineEnd] + block
        let written = takesMore ? write(bytes) : 0
        if written > 0 { endsLine = bytes[written - 1] == Self.lineEnd }
        guard written < bytes.count else { continue }
        dropped.increment(by: UInt64(bytes[written...].count { $0 == Self.lineEnd }))
        // One that takes nothing at the end is not asked again for each block.
        if isClosed { takesMore = false }
      }
      if isClosed { return queue.withLock { $0.hasEnded = true } }
    }
  }

  private static let lineEnd = UInt8(ascii: "\n")

  /// - Returns: how many of the bytes the log took.
  private func write(_ bytes: [UInt8]) -> Int {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { bytes in
        bytes.baseAddress.map { systemWrite(descriptor, $0 + offset, bytes.count - offset) } ?? 0
      }
      if written < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN, waitUntilWritable() else { break }
        continue
      }
      offset += written
    }
    return offset
  }

  /// Waits for the reader of a pipe or terminal that does not block.
  ///
  /// - Returns: false when it took nothing for a second and the log is closed, or is gone.
  private func waitUntilWritable() -> Bool {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let count = poll(&entry, 1, 1_000)
      if count > 0 { return entry.revents & Int16(POLLOUT) != 0 }
      if count < 0, errno != EINTR { return false }
      if queue.withLock({ $0.isClosed }) { return false }
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}

/// A pipe that one thread waits on; signals that come while it is awake are kept as one.
private final class WakeupPipe: Sendable {
  private let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    readEnd = ends[0]
    writeEnd = ends[1]
    _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
    _ = fcntl(readEnd, F_SETFD, FD_CLOEXEC)
    _ = fcntl(writeEnd, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func signal() {
    var byte: UInt8 = 1
    _ = systemWrite(writeEnd, &byte, 1)
  }

  func wait() {
    var buffer = [UInt8](repeating: 0, count: 256)
    while read(readEnd, &buffer, buffer.count) < 0, errno == EINTR {}
  }
}
