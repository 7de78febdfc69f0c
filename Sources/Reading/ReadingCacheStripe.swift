import Signals

/// One stripe of ``ReadingCache``: a map with a list by last use through its slots. Not thread-safe by itself.
struct ReadingCacheStripe {
  private struct Slot {
    var hash: UInt64
    var generation: UInt64
    var text: [UInt8]
    var readings: SignalReadings
    /// Neighbours by last use; -1 at the ends.
    var newer: Int
    var older: Int
  }

  private let maximumEntries: Int
  private let maximumBytes: Int
  private var slots: [Slot] = []
  private var free: [Int] = []
  private var places: [UInt64: Int] = [:]
  private var newest = -1
  private var oldest = -1
  private(set) var bytes = 0

  var count: Int { places.count }

  init(maximumEntries: Int, maximumBytes: Int) {
    self.maximumEntries = maximumEntries
    self.maximumBytes = maximumBytes
  }

  mutating func find(_ hash: UInt64, _ generation: UInt64, _ text: [UInt8]) -> SignalReadings? {
    guard let place = places[hash], holds(place, generation, text) else { return nil }
    if place != newest {
      unlink(place)
      linkAsNewest(place)
    }
    return slots[place].readings
  }

  /// Adds readings to those of the text; a different text with the same hash is replaced.
  mutating func insert(_ readings: SignalReadings, _ hash: UInt64, _ generation: UInt64, _ text: [UInt8]) {
    guard text.count <= maximumBytes else { return }
    if let place = places[hash] {
      if holds(place, generation, text) {
        for family in SignalFamily.allCases {
          if let reading = readings[family] { slots[place].readings[family] = reading }
        }
        unlink(place)
        linkAsNewest(place)
        return
      }
      remove(place)
    }
    while oldest >= 0, places.count >= maximumEntries || bytes + text.count > maximumBytes { remove(oldest) }
    let slot = Slot(hash: hash, generation: generation, text: text, readings: readings, newer: -1, older: -1)
    let place: Int
    if let reused = free.popLast() {
      place = reused
      slots[place] = slot
    } else {
      place = slots.count
      slots.append(slot)
    }
    places[hash] = place
    bytes += text.count
    linkAsNewest(place)
  }

  mutating func removeAll() {
    self = ReadingCacheStripe(maximumEntries: maximumEntries, maximumBytes: maximumBytes)
  }

  private func holds(_ place: Int, _ generation: UInt64, _ text: [UInt8]) -> Bool {
    slots[place].generation == generation && TextHash.areEqual(slots[place].text, text)
  }

  private mutating func remove(_ place: Int) {
    unlink(place)
    places[slots[place].hash] = nil
    bytes -= slots[place].text.count
    slots[place].text = []
    slots[place].readings = SignalReadings()
    free.append(place)
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (slots[place].newer, slots[place].older)
    if newer >= 0 { slots[newer].older = older } else { newest = older }
    if older >= 0 { slots[older].newer = newer } else { oldest = newer }
  }

  private mutating func linkAsNewest(_ place: Int) {
    slots[place].newer = -1
    slots[place].older = newest
    if newest >= 0 { slots[newest].newer = place } else { oldest = place }
    newest = place
  }
}
