import Seeded
import Testing

@testable import Reliability

@Suite("What a request counts of the load") struct RequestLoadTests {
  private let load = GatewayLoad(shedder: LoadShedder(maximumRequests: 2, maximumBytes: 100))

  private func began() -> RequestLoad {
    var random = SeededGenerator(seed: 1)
    var request = RequestLoad()
    let verdict = request.begin(in: load, priority: .high, expectedBytes: 0, random: &random)
    #expect(verdict == .admit)
    return request
  }

  @Test("everything is given back once, whatever was held")
  func ends() {
    var request = began()
    let held = [request.keep(10, in: load), request.wait(20, in: load), request.arrived(5, in: load)]
    #expect(held == [true, true, true])
    #expect(load.bytes == 35)
    request.end(in: load)
    request.end(in: load)
    #expect(load.bytes == 0 && load.requests == 0)
  }

  @Test("bytes that were counted when they arrived are not counted again when they are kept")
  func ahead() {
    var request = began()
    var counts: [Int] = []
    for total in [30, 20, 50] {
      _ = request.arrived(total, in: load)
      counts.append(load.bytes)
    }
    #expect(counts == [30, 30, 50])
    _ = request.keep(60, in: load)
    #expect(load.bytes == 60)
    request.letBodyGo(in: load)
    #expect(load.bytes == 0)
  }

  @Test("what there is no room for is not counted, and what was counted stays")
  func full() {
    var request = began()
    let held = [
      request.keep(60, in: load), request.keep(41, in: load), request.wait(41, in: load), request.arrived(41, in: load),
      request.wait(40, in: load),
    ]
    #expect(held == [true, false, false, false, true])
    #expect(load.bytes == 100)
  }

  @Test("no more is given back than waited")
  func taken() {
    var request = began()
    _ = request.wait(10, in: load)
    for count in [4, 40, 1] { request.taken(count, in: load) }
    #expect(load.bytes == 0)
  }

  @Test("a request that was shed counts nothing")
  func shed() {
    var random = SeededGenerator(seed: 1)
    var requests = [began(), began()]
    var third = RequestLoad()
    let verdict = third.begin(in: load, priority: .high, expectedBytes: 0, random: &random)
    #expect(verdict != .admit)
    let held = [third.keep(1 << 20, in: load), third.wait(1 << 20, in: load)]
    #expect(held == [true, true])
    third.end(in: load)
    #expect(load.requests == 2 && load.bytes == 0)
    for index in requests.indices { requests[index].end(in: load) }
    #expect(load.requests == 0)
  }
}
