/// Who the engine is to others that fetch its cache: an identifier for its lifetime, and its address.
struct EngineIdentity: Equatable {
  let id: String
  /// The address without its port; IPv6 in brackets.
  let host: String
  /// `tcp://ADDRESS:PORT`
  let address: String
  /// Its place among the data-parallel ranks.
  let rank: Int

  /// - Parameter port: The port that is listened on.
  init(_ options: EngineSimulatorOptions, port: Int, rank: Int) {
    // A generator of its own, so that the identifier takes nothing from the sequence that answers are made of.
    var random = SeededRandom(seed: (options.seed ?? UInt64.random(in: .min ... .max)) ^ 0x656E_6769_6E65_6964)
    id = random.uuid()
    let isAny = ["", "0.0.0.0", "::"].contains(options.host)
    let host = options.podIP.isEmpty ? (isAny ? "127.0.0.1" : options.host) : options.podIP
    self.host = host.contains(":") ? "[\(host)]" : host
    address = "tcp://\(self.host):\(port)"
    self.rank = options.dataParallelRank >= 0 ? options.dataParallelRank : rank
  }

  /// The answer of `/query`, as Mooncake's bootstrap server gives it: the data-parallel rank, its engine's identifier, and
  /// the address of each tensor-parallel and pipeline-parallel rank of it (there is one).
  var json: [UInt8] {
    var json = JSONBytes(capacity: 128)
    json.raw(#"{"\#(rank)":{"engine_id":"#)
    json.string(id)
    json.raw(#","worker_addr":{"0":{"0":"#)
    json.string(address)
    json.raw("}}}}")
    return json.bytes
  }
}
