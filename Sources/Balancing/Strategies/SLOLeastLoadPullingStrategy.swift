/// `slo-least-load-pulling`: the request goes where there is room, as if replicas pulled from one queue.
///
/// A router that holds no requests back cannot let a replica pull; it gives the request to the replica that would pull it
/// first: the one whose waiting prefill is done soonest, whether or not it has the prompt cached.
enum SLOLeastLoadPullingStrategy {
  static let documentation = StrategyDocumentation(
    "The replica that would pull the request from a common queue first: the one whose waiting prefill is done soonest.",
    inputs: "what answers taught", substitute: nil, isCombinable: false)

  @inline(__always) static func cost(_ candidate: Candidate, _ request: BalancingRequest) -> Double {
    candidate.queueSeconds(request) / candidate.share
  }
}
