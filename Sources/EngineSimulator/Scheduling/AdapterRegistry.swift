/// The adapters that requests may name, in the order in which they were declared or loaded.
struct AdapterRegistry {
  /// How many may be known at once; loading more is refused.
  static let capacity = 4096

  private(set) var modules: [LoRAModule]
  private var names: Set<String>

  init(_ modules: [LoRAModule]) {
    self.modules = modules
    names = Set(modules.map(\.name))
  }

  func contains(_ name: String) -> Bool {
    names.contains(name)
  }

  /// Declares an adapter; a known one is left as it is. False when the registry is full.
  mutating func load(_ module: LoRAModule) -> Bool {
    if names.contains(module.name) { return true }
    guard modules.count < AdapterRegistry.capacity else { return false }
    names.insert(module.name)
    modules.append(module)
    return true
  }

  /// Forgets an adapter; an unknown one is no error.
  mutating func unload(_ name: String) {
    guard names.remove(name) != nil else { return }
    modules.removeAll { $0.name == name }
  }
}
