import Fleet

/// A placement as a choice goes over it: its figures are read without its references being counted, which would cost more than
/// the rest of a choice among a thousand.
///
/// Valid while something else holds the placement, such as the array whose ``Swift/Array/withBorrowed(_:)`` made it.
struct BorrowedPlacement {
  private let reference: Unmanaged<Placement>

  /// - Parameter placement: outlives this.
  @inline(__always) init(_ placement: Placement) { reference = .passUnretained(placement) }

  /// - Parameter address: of a placement that outlives this.
  @inline(__always) fileprivate init(address: UnsafeRawPointer) { reference = .fromOpaque(address) }

  /// Reads something of it. What `body` returns should be a plain value: a reference would be counted.
  @inline(__always) func read<Value>(_ body: (Placement) -> Value) -> Value {
    reference._withUnsafeGuaranteedRef { body($0) }
  }

  /// Reads something of its replica.
  @inline(__always) func readReplica<Value>(_ body: (Replica) -> Value) -> Value {
    read { Self.read($0.replica, body) }
  }

  @inline(__always) private static func read<Object: AnyObject, Value>(
    _ object: Object, _ body: (Object) -> Value
  ) -> Value {
    Unmanaged.passUnretained(object)._withUnsafeGuaranteedRef { body($0) }
  }

  /// Its replica, counted.
  @inline(__always) var replica: Replica { read { $0.replica } }
  @inline(__always) var weight: Int { read { $0.weight } }
  @inline(__always) var state: ReplicaLoad.State { read { $0.vitals.state } }
  @inline(__always) var prefixSlot: Int { read { $0.vitals.prefixSlot } }

  /// The share of its load that it takes: 1 but after an ejection (``ReplicaHealth/slowStartFactor(at:)``).
  @inline(__always) func slowStartFactor(at now: UInt64) -> Double {
    guard read({ $0.vitals.ejectedUntil }) > 0 else { return 1 }
    return readReplica { Self.read($0.health) { $0.slowStartFactor(at: now) } }
  }

  /// ``ReplicaMetrics/value(_:now:)``.
  @inline(__always) func metric(_ metric: EngineMetric, now: UInt64) -> Double? {
    readReplica { Self.read($0.metrics) { $0.value(metric, now: now) } }
  }

  /// ``ReplicaEstimates/secondsPerToken``.
  @inline(__always) var secondsPerToken: Double? {
    readReplica { Self.read($0.estimates) { $0.secondsPerToken } }
  }

  /// ``ReplicaVitals/prefillCost(model:now:)``.
  @inline(__always) func prefillCost(model: PrefillCost, now: UInt64) -> PrefillCost {
    read { $0.vitals.prefillCost(model: model, now: now) }
  }

  /// ``ReplicaVitals/queueSeconds(_:model:now:)``.
  @inline(__always) func queueSeconds(_ state: ReplicaLoad.State, model: PrefillCost, now: UInt64) -> Double {
    read { $0.vitals.queueSeconds(state, model: model, now: now) }
  }
}

/// The placements of an array for the time of a call, each read without its references being counted.
struct BorrowedPlacements {
  private let base: UnsafeRawPointer?
  let count: Int

  fileprivate init(_ buffer: UnsafeBufferPointer<Placement>) {
    base = UnsafeRawPointer(buffer.baseAddress)
    count = buffer.count
  }

  @inline(__always) var indices: Range<Int> { 0..<count }

  @inline(__always) subscript(index: Int) -> BorrowedPlacement {
    guard let base, index >= 0, index < count else { preconditionFailure("there is no placement \(index)") }
    // An array of instances of a class that is not bridged is the addresses of its instances.
    return BorrowedPlacement(
      address: base.load(fromByteOffset: index &* MemoryLayout<Placement>.stride, as: UnsafeRawPointer.self))
  }
}

extension [Placement] {
  /// Lends the placements to `body`, which keeps none of them.
  @inline(__always) func withBorrowed<Result>(_ body: (BorrowedPlacements) -> Result) -> Result {
    withUnsafeBufferPointer { body(BorrowedPlacements($0)) }
  }
}
