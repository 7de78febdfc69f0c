/// What the answer of an engine that prefills hands over.
enum HandOverAnswer {
  case vllm(engine: String, host: String, port: Int, name: String)
  case tensorRTLLM(address: CacheAddress, prompt: [UInt32])

  /// Members of the answer, each with a comma behind.
  var members: String {
    switch self {
    case .vllm(let engine, let host, let port, let name):
      var parameters = TransferParameters()
      parameters.doRemotePrefill = true
      parameters.remoteBlockIDs = [name]
      parameters.remoteEngineID = engine
      parameters.remoteHost = host
      parameters.remotePort = port
      return #""kv_transfer_params":{"# + parameters.members + #","tp_size":1},"#
    case .tensorRTLLM(_, let prompt):
      return #""prompt_token_ids":["# + prompt.map(String.init).joined(separator: ",") + "],"
    }
  }

  /// Members of its first choice, each with a comma before.
  var membersOfChoice: String {
    guard case .tensorRTLLM(let address, _) = self else { return "" }
    var json = JSONBytes(capacity: 160)
    json.raw(#","disaggregated_params":{"request_type":"context_only","first_gen_tokens":[1],"opaque_state":"#)
    json.string(address.text)
    json.raw("}")
    return json.text
  }
}
