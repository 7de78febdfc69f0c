/// Counts what a document asks for and this build does not do yet, so that each is told of once.
struct FeatureUses {
  private struct Use {
    var count: Int
    var path: DocumentPath
    var location: SourceLocation
  }

  private var uses: [ConfigurationFeature: Use] = [:]

  mutating func add(_ feature: ConfigurationFeature, count: Int = 1, path: DocumentPath, at location: SourceLocation) {
    guard count > 0 else { return }
    uses[feature, default: Use(count: 0, path: path, location: location)].count += count
  }

  /// Adds one warning a feature, where it is first used.
  func report(to log: inout ProblemLog) {
    let inOrder = uses.sorted {
      ($0.value.location.line, $0.value.location.column, "\($0.key)")
        < ($1.value.location.line, $1.value.location.column, "\($1.key)")
    }
    for (feature, use) in inOrder {
      log.warning(use.path, .statement(feature.warning(count: use.count)), at: use.location)
    }
  }
}
