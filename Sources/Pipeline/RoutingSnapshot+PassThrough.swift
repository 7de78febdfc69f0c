extension RoutingSnapshot {
  /// The model of a request that is passed through, by the name that it gives; nil where it must give one.
  ///
  /// Without a name, or with that of a virtual model, which only a prompt can be decided for, it is the default model,
  /// or the only one there is.
  public func passThroughModel(named name: String?) -> String? {
    if let name {
      guard case .virtual = directory.entry(for: name) else { return name }
    }
    return router.document.providers.defaultModel ?? (fleet.models.count == 1 ? fleet.models.first?.name : nil)
  }
}
