import Testing

@testable import Gateway

/// The machine behind a reference, for expectations that change it.
private final class Watched {
  private var reload: TLSReload
  init(known: [TLSFiles.Stamp?]) { reload = TLSReload(known: known) }
  func wantsReading(_ stamps: [TLSFiles.Stamp?]) -> Bool { reload.wantsReading(stamps) }
  func succeeded(_ stamps: [TLSFiles.Stamp?]) { reload.succeeded(stamps) }
  func failed(_ stamps: [TLSFiles.Stamp?]) -> Bool { reload.failed(stamps) }
}

struct TLSReloadTests {
  static func stamps(_ time: Int) -> [TLSFiles.Stamp?] {
    [TLSFiles.Stamp(modifiedSeconds: time, modifiedNanoseconds: 0, size: 10, inode: 1)]
  }

  @Test("files that stay are not read again")
  func same() {
    let reload = Watched(known: Self.stamps(1))
    #expect(!reload.wantsReading(Self.stamps(1)))
  }

  @Test("files that changed are read once")
  func changed() {
    let reload = Watched(known: Self.stamps(1))
    #expect(reload.wantsReading(Self.stamps(2)))
    reload.succeeded(Self.stamps(2))
    #expect(!reload.wantsReading(Self.stamps(2)))
  }

  @Test("bad files are told of when they still are a look later, once")
  func bad() {
    let reload = Watched(known: Self.stamps(1))
    #expect(reload.wantsReading(Self.stamps(2)))
    #expect(!reload.failed(Self.stamps(2)))
    #expect(reload.wantsReading(Self.stamps(2)))
    #expect(reload.failed(Self.stamps(2)))
    // What is wrong may be mended without another stamp, such as a file's owner.
    #expect(reload.wantsReading(Self.stamps(2)))
    #expect(!reload.failed(Self.stamps(2)))
    // Other bad files are told of anew.
    #expect(reload.wantsReading(Self.stamps(3)))
    #expect(!reload.failed(Self.stamps(3)))
    #expect(reload.failed(Self.stamps(3)))
  }

  @Test("a pair of which one file is replaced after the other makes no noise")
  func pair() {
    let reload = Watched(known: Self.stamps(1))
    #expect(!reload.failed(Self.stamps(2)))
    #expect(reload.wantsReading(Self.stamps(3)))
    reload.succeeded(Self.stamps(3))
    #expect(!reload.wantsReading(Self.stamps(3)))
  }

  @Test("a file that is gone is a change, and its return none")
  func gone() {
    let reload = Watched(known: Self.stamps(1))
    #expect(reload.wantsReading([nil]))
    #expect(!reload.failed([nil]))
    #expect(!reload.wantsReading(Self.stamps(1)))
  }
}
