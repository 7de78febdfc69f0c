import Testing
import Users

@Suite struct FixedWindowTests {
  @Test("a window begins at a multiple of its length since 1970")
  func boundaries() {
    var window = FixedWindow(seconds: 60)
    #expect(window.charge(1, at: 119) == 1)
    #expect(window.count(at: 60) == 1)
    #expect(window.count(at: 120) == 0)
    #expect(window.charge(5, at: 120) == 5)
    #expect(window.charge(2, at: 179) == 7)
    #expect(window.charge(1, at: 180) == 1)
  }

  @Test(
    "the time to the next window",
    arguments: [(60, 60), (61, 59), (119, 1), (0, 60), (-1, 1), (-60, 60)] as [(Int64, Int)])
  func secondsLeft(now: Int64, left: Int) {
    #expect(FixedWindow(seconds: 60, index: -100).secondsLeft(at: now) == left)
  }

  @Test("a clock that is set back a little goes on in the same window")
  func setBack() {
    var window = FixedWindow(seconds: 60)
    window.charge(3, at: 600)
    #expect(window.charge(1, at: 599) == 4)
    #expect(window.charge(1, at: 600) == 5)
    #expect(window.secondsLeft(at: 599) == 60)
  }

  @Test("a clock that is set back far begins anew")
  func setFarBack() {
    var window = FixedWindow(seconds: 60)
    window.charge(3, at: 6000)
    #expect(window.charge(1, at: 600) == 1)
  }

  @Test("a count never overflows")
  func overflow() {
    var window = FixedWindow(seconds: 60)
    window.charge(.max, at: 0)
    #expect(window.charge(1, at: 0) == .max)
  }
}
