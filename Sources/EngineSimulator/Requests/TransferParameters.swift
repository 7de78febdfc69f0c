/// The fields of disaggregated prefill and decode, in requests and responses.
struct TransferParameters: Equatable {
  var doRemoteDecode = false
  var doRemotePrefill = false
  /// Nil is written as null.
  var remoteBlockIDs: [String]?
  var remoteEngineID = ""
  var remoteHost = ""
  var remotePort = 0

  /// Reads them from the top of a body and from its `kv_transfer_params`; the latter win.
  init(_ body: JSONValue) {
    let nested = body["kv_transfer_params"]
    func field(_ name: String) -> JSONValue? { nested?.present(name) ?? body.present(name) }
    doRemoteDecode = field("do_remote_decode")?.bool ?? false
    doRemotePrefill = field("do_remote_prefill")?.bool ?? false
  }

  init() {}

  /// What the prefill engine answers: where the decode engine would fetch the cache from.
  ///
  /// The latest generation swaps the two flags, so that the object can be sent to the decode engine as it is; v0.5.0
  /// repeats the request's.
  static func prefilled(_ level: CompatibilityLevel) -> TransferParameters {
    var parameters = TransferParameters()
    parameters.doRemoteDecode = level == .v050
    parameters.doRemotePrefill = level != .v050
    parameters.remoteBlockIDs = ["DUMMY_ID"]
    parameters.remoteEngineID = "DUMMY_ID"
    parameters.remoteHost = "DUMMY"
    parameters.remotePort = 1234
    return parameters
  }

  /// The members without the object around them, as v0.5.0 has them in every response.
  var members: String {
    var json = JSONBytes(capacity: 160)
    json.raw(#""do_remote_decode":\#(doRemoteDecode),"do_remote_prefill":\#(doRemotePrefill),"remote_block_ids":"#)
    if let remoteBlockIDs { json.strings(remoteBlockIDs) } else { json.raw("null") }
    json.raw(#","remote_engine_id":"#)
    json.string(remoteEngineID)
    json.raw(#","remote_host":"#)
    json.string(remoteHost)
    json.raw(#","remote_port":\#(remotePort)"#)
    return json.text
  }
}
