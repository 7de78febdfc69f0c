import EnvoyWire
import Testing

@Suite("gRPC frames") struct GRPCFramesTests {
  private func frame(_ text: String) -> [UInt8] { [0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8) }

  private func read(_ pieces: [[UInt8]], limit: Int = 100) -> (messages: [String], fault: GRPCFrames.Fault?, rest: Bool)
  {
    var frames = GRPCFrames(messageLimit: limit)
    var messages: [String] = []
    var fault: GRPCFrames.Fault?
    for piece in pieces {
      do throws(GRPCFrames.Fault) {
        try piece.withUnsafeBufferPointer { (bytes) throws(GRPCFrames.Fault) in
          try frames.append(UnsafeRawBufferPointer(bytes)) { messages.append(String(decoding: $0, as: UTF8.self)) }
        }
      } catch {
        fault = error
      }
    }
    return (messages, fault, !frames.isBetweenMessages)
  }

  @Test("messages are the same, cut once or twice anywhere and byte by byte")
  func cuts() {
    let bytes = frame("hello") + frame("") + frame("world")
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let result = read([Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])])
        #expect(result.messages == ["hello", "", "world"], "cut at \(first) and \(second)")
        #expect(!result.rest)
      }
    }
    #expect(read(bytes.map { [$0] }).messages == ["hello", "", "world"])
  }

  @Test("a message that has not ended is held and its length known")
  func unfinished() throws {
    var frames = GRPCFrames(messageLimit: 1000)
    try ([0, 0, 0, 3, 0x20] as [UInt8]).withUnsafeBytes { try frames.append($0) { _ in } }
    #expect(frames.pendingBytes == 805)
    #expect(!frames.isBetweenMessages)
  }

  @Test("a message over the limit and a compressed one are refused, those before them are taken")
  func refused() {
    #expect(read([frame("ok") + [0, 0, 0, 0, 101]]).fault == .tooLong(length: 101, limit: 100))
    #expect(read([frame("ok") + [0, 0, 0, 0, 101]]).messages == ["ok"])
    #expect(read([[1, 0, 0, 0, 0]]).fault == .compressed)
    #expect(read([[0, 0xFF, 0xFF], [0xFF, 0xFF], frame("late")]).messages == [])
  }

  @Test("a health check's messages")
  func health() throws {
    #expect(HealthCheck.response(.serving) == [0, 0, 0, 0, 2, 8, 1])
    #expect(HealthCheck.response(.notServing) == [0, 0, 0, 0, 2, 8, 2])
    let service = try ([0x0A, 0x02, 0x68, 0x69] as [UInt8]).withUnsafeBytes { try HealthCheck.service($0) }
    #expect(service == "hi")
    #expect(try [UInt8]().withUnsafeBytes { try HealthCheck.service($0) } == "")
  }
}
