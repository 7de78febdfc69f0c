import Testing

@testable import Fleet

@Suite("The adapters of a replica") struct LoadedAdaptersTests {
  @Test("on its way an adapter is there and not loaded, whatever the engine says meanwhile")
  func pending() {
    let adapters = LoadedAdapters()
    adapters.replace(with: [1, 2])
    #expect(adapters.isLoaded(1) && !adapters.contains(3))
    adapters.loadingBegan(3)
    #expect(adapters.contains(3) && !adapters.isLoaded(3) && adapters.isLoaded(1) && adapters.count == 3)
    adapters.replace(with: [1])
    #expect(adapters.contains(3) && !adapters.contains(2))
    adapters.loadingEnded(3)
    #expect(adapters.isLoaded(3))
    adapters.loadingBegan(4)
    adapters.loadingFailed(4, now: 10, until: 20)
    #expect(!adapters.contains(4) && adapters.count == 2)
    #expect(adapters.refuses(4, now: 19) && !adapters.refuses(4, now: 20) && !adapters.refuses(3, now: 19))
  }

  @Test("of one that could not be loaded no uses are kept once all who waited have left")
  func failedUnused() {
    let adapters = LoadedAdapters()
    adapters.replace(with: [1])
    adapters.requestBegan(1)
    adapters.requestEnded(1)
    adapters.requestBegan(2)
    adapters.loadingBegan(2)
    adapters.requestEnded(2)
    adapters.loadingFailed(2, now: 0, until: 5)
    // As one that was never used it goes before one that was.
    adapters.insert(2)
    #expect(adapters.takeIdle(among: [1, 2]) == 2)
  }

  @Test("one on its way that an engine did not know stays, and is loaded once it came, also where there was no room")
  func lostMeanwhile() {
    let adapters = LoadedAdapters()
    adapters.replace(with: [1, 2])
    adapters.remove(2)
    #expect(!adapters.contains(2))
    adapters.loadingBegan(2)
    adapters.remove(2)
    #expect(adapters.contains(2))
    adapters.loadingEnded(2)
    #expect(adapters.isLoaded(2))
    adapters.replace(with: (1...UInt64(LoadedAdapters.capacity)).map { $0 })
    adapters.loadingBegan(1_000)
    #expect(adapters.takeIdle(among: [1]) == 1)
    adapters.loadingEnded(1_000)
    #expect(adapters.isLoaded(1_000))
  }

  @Test("what an engine said before an adapter came or went does not count for it")
  func oldAnswers() {
    let adapters = LoadedAdapters()
    adapters.replace(with: [1, 2])
    let asked = adapters.moment
    adapters.loadingBegan(3)
    adapters.loadingEnded(3)
    #expect(adapters.takeIdle(among: [1]) == 1)
    adapters.replace(with: [1, 2, 4], askedAt: asked)
    #expect(adapters.isLoaded(3) && !adapters.contains(1) && adapters.isLoaded(2) && adapters.isLoaded(4))
    adapters.replace(with: [1, 2], askedAt: adapters.moment)
    #expect(!adapters.contains(3) && adapters.isLoaded(1))
  }

  @Test("to make room the one goes that was not used for the longest time, none that is in use or on its way")
  func idle() {
    let adapters = LoadedAdapters()
    adapters.replace(with: [1, 2, 3, 9])
    for key in [2, 3, 1] as [UInt64] {
      adapters.requestBegan(key)
      if key != 3 { adapters.requestEnded(key) }
    }
    adapters.loadingBegan(4)
    let mayGo: [UInt64] = [1, 2, 3, 4, 5]
    #expect(adapters.takeIdle(among: mayGo) == 2)
    #expect(adapters.takeIdle(among: mayGo) == 1)
    #expect(adapters.takeIdle(among: mayGo) == nil)
    adapters.requestEnded(3)
    #expect(adapters.takeIdle(among: mayGo) == 3)
    #expect(adapters.contains(9) && adapters.contains(4) && adapters.count == 2)
    // One that was never used goes first.
    adapters.replace(with: [1, 2])
    adapters.requestBegan(1)
    adapters.requestEnded(1)
    #expect(adapters.takeIdle(among: [1, 2]) == 2)
  }

  @Test("no more are kept than there is room for")
  func capacity() {
    let adapters = LoadedAdapters()
    adapters.replace(with: (1...100).map { UInt64($0) })
    #expect(adapters.count == LoadedAdapters.capacity)
    adapters.loadingBegan(1_000)
    #expect(!adapters.contains(1_000))
    adapters.loadingEnded(1_000)
    #expect(adapters.count == LoadedAdapters.capacity)
  }
}
