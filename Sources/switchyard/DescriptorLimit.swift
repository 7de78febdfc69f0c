#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How many files and connections the process may have open.
enum DescriptorLimit {
  /// Beside connections of clients and to engines: listeners, event loops, probes, files.
  private static let others = 100

  /// Raises the soft limit to the hard one, as far as the system lets it.
  ///
  /// - Parameter clients: connections of clients that may be open at once.
  /// - Returns: a warning where the limit is too small for them.
  static func raise(forClients clients: Int) -> String? {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let resource = RLIMIT_NOFILE
    #endif
    var limits = rlimit()
    guard getrlimit(resource, &limits) == 0 else { return nil }
    var raised = limits
    #if canImport(Darwin)
      raised.rlim_cur = min(limits.rlim_max, rlim_t(OPEN_MAX))
    #else
      raised.rlim_cur = limits.rlim_max
    #endif
    if raised.rlim_cur > limits.rlim_cur, setrlimit(resource, &raised) == 0 { limits = raised }
    guard limits.rlim_cur < rlim_t(clients + others) else { return nil }
    return
      "the process may open \(limits.rlim_cur) descriptors, too few for \(clients) clients (gateway.max_connections) and "
      + "one more for each request that runs: raise the limit (ulimit -n), or lower max_connections"
  }
}
