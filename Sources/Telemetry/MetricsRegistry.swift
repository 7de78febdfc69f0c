import Synchronization

/// All metrics of a process, and their exposition in Prometheus' text format.
///
/// Looking a child up takes a lock: callers keep the counters they use. Children live as long as the registry, so a
/// reload of the configuration loses no count. At most ``maximumChildren`` label sets a family; further ones share one
/// child whose label values are all `other`.
///
/// Threads that count much may each have a share of a counter or histogram of their own, so that they do not take its memory
/// from each other's caches; the exposition tells the sum. Shares live as long as the registry too.
public final class MetricsRegistry: Sendable {
  public static let maximumChildren = 2_000

  private enum Child: Sendable {
    case counter(MetricShares<Counter>)
    case histogram(MetricShares<Histogram>)
    case gauge(@Sendable () -> Double?)
  }

  private struct Family: Sendable {
    var help: String
    var type: String
    var children: [String: Child] = [:]
  }

  private let families = Mutex<[String: Family]>([:])

  public init() {}

  /// - Parameter isOwn: a share that nobody else gets, to be asked for once a thread; else the share of all who do not ask for
  ///   their own.
  public func counter(
    _ name: String, help: String, labels: [(String, String)] = [], isOwn: Bool = false
  ) -> Counter {
    families.withLock { families in
      let (key, isFull) = Self.admit(name, help, "counter", labels, &families)
      var shares = MetricShares<Counter>()
      if case .counter(let known)? = families[name]?.children[key] { shares = known }
      let share = shares.share(isOwn: isOwn && !isFull) { Counter() }
      families[name]?.children[key] = .counter(shares)
      return share
    }
  }

  /// - Parameters:
  ///   - bounds: the same in every call for the name.
  ///   - isOwn: as of ``counter(_:help:labels:isOwn:)``.
  public func histogram(
    _ name: String, help: String, bounds: [Double], labels: [(String, String)] = [], isOwn: Bool = false
  ) -> Histogram {
    families.withLock { families in
      let (key, isFull) = Self.admit(name, help, "histogram", labels, &families)
      var shares = MetricShares<Histogram>()
      if case .histogram(let known)? = families[name]?.children[key] { shares = known }
      let share = shares.share(isOwn: isOwn && !isFull) { Histogram(bounds: bounds) }
      families[name]?.children[key] = .histogram(shares)
      return share
    }
  }

  /// A number that is read when somebody asks; nil while it is unknown, which is shown by leaving it out. A later call with
  /// the same labels replaces the earlier one.
  public func gauge(
    _ name: String, help: String, labels: [(String, String)] = [], read: @escaping @Sendable () -> Double?
  ) {
    families.withLock { families in
      let (key, _) = Self.admit(name, help, "gauge", labels, &families)
      families[name]?.children[key] = .gauge(read)
    }
  }

  /// Forgets every gauge of a name, before the ones of today are registered.
  public func removeGauges(_ name: String) {
    families.withLock { $0[name] = nil }
  }

  /// - Returns: the child's key, and whether it is the one of all for which there is no room.
  private static func admit(
    _ name: String, _ help: String, _ type: String, _ labels: [(String, String)],
    _ families: inout [String: Family]
  ) -> (key: String, isFull: Bool) {
    var family = families[name] ?? Family(help: help, type: type)
    precondition(family.type == type, "metric \(name) is a \(family.type), not a \(type)")
    var key = Self.text(of: labels)
    let other = Self.text(of: labels.map { ($0.0, "other") })
    let isFull = family.children.count >= maximumChildren && (family.children[key] == nil || key == other)
    if isFull { key = other }
    family.help = help
    families[name] = family
    return (key, isFull)
  }

  private static func text(of labels: [(String, String)]) -> String {
    labels.map { "\($0)=\"\(escape($1))\"" }.joined(separator: ",")
  }

  private static func escape(_ value: String) -> String {
    var escaped = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// The text exposition, families and children in alphabetical order.
  public func exposition() -> String {
    let families = self.families.withLock { $0 }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) {
      let help = family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      text += "# HELP \(name) \(help)\n# TYPE \(name) \(family.type)\n"
      for (labels, child) in family.children.sorted(by: { $0.key < $1.key }) {
        switch child {
        case .counter(let shares): text += Self.line(name, labels, "\(shares.total)")
        case .gauge(let read): if let value = read() { text += Self.line(name, labels, Self.number(value)) }
        case .histogram(let shares):
          let (cumulative, sum) = shares.total
          let bounds = shares.all.first?.bounds ?? []
          let prefix = labels.isEmpty ? "" : labels + ","
          for (index, count) in cumulative.enumerated() {
            let bound = index < bounds.count ? Self.number(bounds[index]) : "+Inf"
            text += Self.line("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(count)")
          }
          text += Self.line("\(name)_sum", labels, Self.number(sum))
          text += Self.line("\(name)_count", labels, "\(cumulative.last ?? 0)")
        }
      }
    }
    return text
  }

  private static func line(_ name: String, _ labels: String, _ value: String) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }
}
