import NIOCore
import NIOEmbedded
import Testing

@testable import ExtProc

@Suite("Writes between two flushes") struct WriteCoalescerTests {
  private static func channel() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(handler: WriteCoalescer())
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  private static func sent(_ channel: EmbeddedChannel) throws -> [ByteBuffer] {
    var all: [ByteBuffer] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { all.append(bytes) }
    return all
  }

  private static func bytes(_ count: Int, of value: UInt8 = 1) -> ByteBuffer {
    ByteBuffer(repeating: value, count: count)
  }

  @Test("are one, in the form in which the protocol's handler writes them too")
  func joined() throws {
    let channel = try Self.channel()
    for round in 0..<3 {
      channel.write(ByteBuffer(string: "a\(round)"), promise: nil)
      channel.write(IOData.byteBuffer(ByteBuffer(string: "b")), promise: nil)
      #expect(try Self.sent(channel).isEmpty)
      channel.flush()
      #expect(try Self.sent(channel) == [ByteBuffer(string: "a\(round)b")])
    }
    channel.flush()
    #expect(try Self.sent(channel).isEmpty)
    _ = try channel.finish()
  }

  @Test(
    "go on uncopied where they are long, before they are many, and in their order",
    arguments: [
      ([10, WriteCoalescer.longest, 10], [20 + WriteCoalescer.longest]),
      ([10, WriteCoalescer.longest + 1, 10], [10, WriteCoalescer.longest + 1, 10]),
      ([WriteCoalescer.longest + 1], [WriteCoalescer.longest + 1]),
      (Array(repeating: 4_096, count: 8), [32_768]),
      (Array(repeating: 4_096, count: 7) + [4_095, 2, 1], [32_767, 3]),
    ])
  func order(writes: [Int], sent: [Int]) throws {
    let channel = try Self.channel()
    var expected = ByteBuffer()
    for (index, count) in writes.enumerated() {
      expected.writeImmutableBuffer(Self.bytes(count, of: UInt8(index)))
      channel.write(Self.bytes(count, of: UInt8(index)), promise: nil)
    }
    channel.flush()
    let all = try Self.sent(channel)
    #expect(all.map(\.readableBytes) == sent)
    #expect(all.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) } == expected)
    _ = try channel.finish()
  }

  @Test("keep their promises when they are flushed")
  func promises() throws {
    let channel = try Self.channel()
    var ends: [String] = []
    func write(_ name: String, _ bytes: ByteBuffer) {
      let promise = channel.eventLoop.makePromise(of: Void.self)
      promise.futureResult.assumeIsolated().whenComplete {
        if case .success = $0 { ends.append("\(name) sent") } else { ends.append("\(name) lost") }
      }
      channel.write(bytes, promise: promise)
    }
    write("a", Self.bytes(1))
    write("b", Self.bytes(1))
    write("long", Self.bytes(WriteCoalescer.longest + 1))
    #expect(ends.isEmpty)
    channel.flush()
    #expect(Set(ends) == ["a sent", "b sent", "long sent"])
    ends = []
    write("empty", ByteBuffer())
    channel.flush()
    #expect(ends == ["empty sent"])
    _ = try channel.finish()
  }

  @Test("take no more room than their bytes where the socket has not taken those before")
  func room() throws {
    let channel = try Self.channel()
    for _ in 0..<WriteCoalescer.limit / 4_096 { channel.write(Self.bytes(4_096), promise: nil) }
    channel.flush()
    // Whoever holds what was written is the socket.
    var taken = try Self.sent(channel)
    for _ in 0..<10 {
      channel.write(Self.bytes(17), promise: nil)
      channel.flush()
      taken += try Self.sent(channel)
    }
    #expect(taken.count == 11)
    #expect(taken.dropFirst().allSatisfy { $0.readableBytes == 17 && $0.storageCapacity <= 1_024 })
    _ = try channel.finish()
  }
}
