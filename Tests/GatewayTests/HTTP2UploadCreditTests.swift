import Testing

@testable import Gateway

struct HTTP2UploadCreditTests {
  typealias Grant = HTTP2UploadCredit.Grant

  func credit(budget: Int = 1_000, bodyLimit: Int = 1_000) -> HTTP2UploadCredit {
    HTTP2UploadCredit(initialWindow: 100, step: 200, budget: budget, bodyLimit: bodyLimit)
  }

  @Test("a body that fits the initial window needs nothing")
  func small() {
    var credit = credit()
    #expect(credit.opened(1, length: 100) == [])
    #expect(credit.received(100, on: 1) == [])
    #expect(credit.completed(1) == [])
    #expect(credit.held == 0)
  }

  @Test("a larger one is granted its length, step by step and no byte more")
  func large() {
    var credit = credit()
    #expect(credit.opened(1, length: 450) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.received(100, on: 1) == [])
    #expect(credit.received(100, on: 1) == [Grant(stream: 1, bytes: 150)])
    #expect(credit.received(250, on: 1) == [])
    #expect(credit.held == 350)
    #expect(credit.completed(1) == [])
    #expect(credit.held == 350)
    #expect(credit.released(1) == [])
    #expect(credit.held == 0)
  }

  @Test("one that does not say its length is asked when bytes come, up to one byte above the limit of bodies")
  func unknownLength() {
    var credit = credit(budget: 5_000, bodyLimit: 400)
    #expect(credit.opened(1, length: nil) == [])
    #expect(credit.received(50, on: 1) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.received(200, on: 1) == [Grant(stream: 1, bytes: 101)])
    #expect(credit.received(151, on: 1) == [])
  }

  @Test("what does not fit the budget waits for the body before it to be let go")
  func waits() {
    var credit = credit(budget: 300)
    #expect(credit.opened(1, length: 300) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.opened(3, length: 300) == [])
    #expect(credit.isWaiting(3))
    // Complete, it holds its bytes still.
    #expect(credit.received(300, on: 1) == [])
    #expect(credit.completed(1) == [])
    #expect(credit.opened(5, length: 150) == [Grant(stream: 5, bytes: 50)])
    #expect(credit.opened(7, length: 200) == [])
    #expect(credit.released(1) == [Grant(stream: 3, bytes: 200)])
    #expect(!credit.isWaiting(3))
    #expect(credit.released(5) == [Grant(stream: 7, bytes: 100)])
  }

  @Test("halves of bodies do not wait for each other: the first goes on")
  func halves() {
    var credit = credit(budget: 400)
    #expect(credit.opened(1, length: 1_000) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.opened(3, length: 1_000) == [Grant(stream: 3, bytes: 200)])
    #expect(credit.received(300, on: 3) == [])
    #expect(credit.isWaiting(3))
    #expect(credit.received(300, on: 1) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.received(200, on: 1) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.held == 800)
    #expect(credit.released(1) == [Grant(stream: 3, bytes: 200)])
  }

  @Test("a stream that is gone neither waits nor is granted anything")
  func gone() {
    var credit = credit(budget: 200)
    #expect(credit.opened(1, length: 300) == [Grant(stream: 1, bytes: 200)])
    #expect(credit.opened(3, length: 300) == [])
    #expect(credit.opened(5, length: 300) == [])
    #expect(credit.released(3) == [])
    #expect(credit.released(3) == [])
    #expect(credit.received(10, on: 3) == [])
    #expect(credit.released(1) == [Grant(stream: 5, bytes: 200)])
  }

  @Test("every body arrives in the end, and the bytes held stay below budget and one body")
  func random() {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    for _ in 0..<5 {
      var credit = credit(budget: 600, bodyLimit: 1_000)
      var windows: [Int: Int] = [:]
      var left: [Int: Int] = [:]
      var complete: [Int] = []
      func take(_ grants: [Grant]) {
        for grant in grants {
          #expect(windows[grant.stream] != nil, "seed \(seed)")
          windows[grant.stream, default: 0] += grant.bytes
        }
      }
      var nextStream = 1
      var finished = 0
      var idleSteps = 0
      while finished < 40, idleSteps < 10_000 {
        idleSteps += 1
        switch next(4) {
        case 0 where nextStream < 80:
          let length = 1 + next(1_000)
          left[nextStream] = length
          windows[nextStream] = 100
          take(credit.opened(nextStream, length: next(2) == 0 ? length : nil))
          nextStream += 2
        case 1 where !complete.isEmpty:
          let stream = complete.remove(at: next(complete.count))
          windows[stream] = nil
          take(credit.released(stream))
          finished += 1
        default:
          guard let stream = left.keys.sorted().randomElement(next), let window = windows[stream] else { continue }
          let count = min(window, left[stream] ?? 0, 1 + next(150))
          guard count > 0 else { continue }
          windows[stream] = window - count
          left[stream, default: 0] -= count
          take(credit.received(count, on: stream))
          if left[stream] == 0 {
            left[stream] = nil
            take(credit.completed(stream))
            complete.append(stream)
          }
        }
        #expect(credit.held <= 600 + 1_001, "seed \(seed)")
      }
      #expect(finished == 40, "seed \(seed)")
      #expect(credit.held == 0, "seed \(seed)")
    }
  }
}

extension Array {
  fileprivate func randomElement(_ next: (Int) -> Int) -> Element? { isEmpty ? nil : self[next(count)] }
}
