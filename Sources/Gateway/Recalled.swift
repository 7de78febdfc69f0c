/// Values made once a key, and the one that was asked for last at hand: it most often is the next one too. The caller bounds
/// the keys.
struct Recalled<Key: Hashable, Value> {
  private var all: [Key: Value] = [:]
  private var last: (key: Key, value: Value)?

  mutating func value(of key: Key, _ make: () -> Value) -> Value {
    if let last, last.key == key { return last.value }
    let value = all[key] ?? make()
    all[key] = value
    last = (key, value)
    return value
  }
}
