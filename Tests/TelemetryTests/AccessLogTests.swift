import Foundation
import Telemetry
import Testing

@Suite("The access log") struct AccessLogTests {
  @Test("blocks come out whole and in order, those before the close too")
  func order() throws {
    let pipe = Pipe()
    let log = AccessLog(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    log.write(Array("before the start\n".utf8), lines: 1)
    log.start()
    for line in 0..<100 { log.write(Array("line \(line)\n".utf8), lines: 1) }
    log.write([], lines: 0)
    log.close()
    let expected = "before the start\n" + (0..<100).map { "line \($0)\n" }.joined()
    var text = Data()
    while text.count < expected.utf8.count { text += pipe.fileHandleForReading.availableData }
    #expect(String(decoding: text, as: UTF8.self) == expected)
    #expect(log.dropped.value == 0)
  }

  @Test("a pipe that does not block and is full is waited for, and no line is torn")
  func nonBlocking() throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    let log = AccessLog(descriptor: descriptor)
    let line = Array((String(repeating: "a", count: 999) + "\n").utf8)
    // More than a pipe holds, before anybody reads.
    for _ in 0..<400 { log.write(line, lines: 1) }
    log.start()
    var text = Data()
    while text.count < 400 * line.count { text += pipe.fileHandleForReading.availableData }
    log.close()
    #expect(text == Data(Array(repeatElement(line, count: 400).joined())))
    #expect(log.dropped.value == 0)
  }

  @Test("lines that the log does not take are counted", .timeLimit(.minutes(1)))
  func full() throws {
    // What is written there meets a full disk.
    let file = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let log = AccessLog(descriptor: file.fileDescriptor)
    for _ in 0..<3 { log.write(Array("one\ntwo\n".utf8), lines: 2) }
    log.start()
    log.close()
    while !log.hasEnded { sched_yield() }
    #expect(log.dropped.value == 6)
  }

  @Test("what does not fit the waiting room is dropped and counted, line by line")
  func overflow() {
    let log = AccessLog(descriptor: -1)
    let block = [UInt8](repeating: UInt8(ascii: "a"), count: AccessLog.capacityBytes / 4)
    for _ in 0..<4 { log.write(block, lines: 10) }
    #expect(log.dropped.value == 0)
    log.write([UInt8(ascii: "\n")], lines: 1)
    #expect(log.dropped.value == 1)
    log.write(block, lines: 10)
    #expect(log.dropped.value == 11)
  }

  @Test("lines that come after the close are counted as dropped")
  func closed() {
    let log = AccessLog(descriptor: -1)
    log.close()
    log.write(Array("late\n".utf8), lines: 1)
    #expect(log.dropped.value == 1)
  }
}
