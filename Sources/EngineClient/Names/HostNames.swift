import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Looks up the addresses of host names for all that connect to engines: a name whose server does not answer keeps nobody
/// waiting but those who ask for it. Safe from any thread.
///
/// SwiftNIO's own resolver asks for one name after another on a loop, addresses among them, and the system's may take 10 s over
/// one. Here an address needs no look-up, each name is looked up once at a time whoever asks, and what is known of a name is
/// good for ``freshSpan``; from then on it is looked up anew while the old addresses serve, for ``keptSpan`` at most, and no
/// longer once the name is known to be gone.
public final class HostNames: Sendable {
  /// A blocking look-up.
  typealias LookUp = @Sendable (_ host: String) -> Result<[SocketAddress], Failure>

  /// Why there is no address.
  public struct Failure: Error, Sendable, Equatable {
    /// In the system's words.
    public var reason: String
    /// The name servers say that there is none; else they could not be asked.
    public var isGone: Bool
  }

  /// Of the whole process, by the system's `getaddrinfo`.
  public static let system = HostNames(
    lookUp: { getAddresses(of: $0) }, start: { run in threads.submit { _ in run() } }, now: { .now() })

  /// Their own, since a look-up may block one for 10 s. Started with the first look-up.
  private static let threads: NIOThreadPool = {
    let threads = NIOThreadPool(numberOfThreads: runningLimit)
    threads.start()
    return threads
  }()

  static let freshSpan = TimeAmount.seconds(5)
  static let keptSpan = TimeAmount.minutes(10)
  /// Look-ups that run at once; each blocks a thread.
  static let runningLimit = 16
  /// Names of which anything is kept, beside those that are being looked up.
  static let limit = 4_096

  private struct Entry {
    var addresses: [SocketAddress] = []
    /// When they were found.
    var foundAt = NIODeadline.uptimeNanoseconds(0)
    /// How often they were handed out.
    var turns = 0
    /// A look-up runs, or waits for one to end.
    var isSought = false
    var waiting: [@Sendable (Result<[SocketAddress], Failure>) -> Void] = []
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var running = 0
    /// Names that wait for a look-up, in the order of their coming.
    var queue = CircularBuffer<String>()
  }

  private let lookUp: LookUp
  private let start: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let now: @Sendable () -> NIODeadline
  private let state = Mutex(State())

  /// - Parameter start: has a look-up run on a thread that may wait.
  init(
    lookUp: @escaping LookUp, start: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void,
    now: @escaping @Sendable () -> NIODeadline
  ) {
    self.lookUp = lookUp
    self.start = start
    self.now = now
  }

  /// - Parameters:
  ///   - anew: what is known does not do: a look-up says what there is now.
  ///   - completion: called once, at once where the addresses are known, else on a thread of the look-up. They have port 0. Of
  ///     several of one family each is the first in turn, so that connections are spread over them.
  public func addresses(
    of host: String, anew: Bool = false,
    _ completion: @escaping @Sendable (Result<[SocketAddress], Failure>) -> Void
  ) {
    if let address = try? SocketAddress(ipAddress: host, port: 0) { return completion(.success([address])) }
    let now = now()
    let (known, begins) = state.withLock { state -> ([SocketAddress]?, String?) in
      if state.entries[host] == nil { makeRoom(&state, now) }
      var entry = state.entries.removeValue(forKey: host) ?? Entry()
      defer { state.entries[host] = entry }
      let isKept = !anew && !entry.addresses.isEmpty && now - entry.foundAt < Self.keptSpan
      if !isKept { entry.waiting.append(completion) }
      let known = isKept ? Self.turned(entry.addresses, by: entry.turns) : nil
      entry.turns &+= 1
      guard !entry.isSought, !isKept || now - entry.foundAt >= Self.freshSpan else { return (known, nil) }
      entry.isSought = true
      guard state.running < Self.runningLimit else {
        state.queue.append(host)
        return (known, nil)
      }
      state.running += 1
      return (known, host)
    }
    if let begins { begin(begins) }
    if let known { completion(.success(known)) }
  }

  /// The addresses with another one of each family first, by turns.
  private static func turned(_ addresses: [SocketAddress], by turns: Int) -> [SocketAddress] {
    guard addresses.count > 1 else { return addresses }
    let first = addresses[0].protocol
    let families = [addresses.filter { $0.protocol == first }, addresses.filter { $0.protocol != first }]
    return families.flatMap { family in
      let start = family.isEmpty ? 0 : Int(UInt(bitPattern: turns) % UInt(family.count))
      return family[start...] + family[..<start]
    }
  }

  private func begin(_ host: String) {
    start { [self] in
      var host = host
      while true {
        let result = lookUp(host)
        let (waiting, next) = end(host, result)
        for completion in waiting { completion(result) }
        guard let next else { return }
        host = next
      }
    }
  }

  /// A look-up has ended.
  ///
  /// - Returns: those who wait for it, and the name that is looked up next.
  private func end(
    _ host: String, _ result: Result<[SocketAddress], Failure>
  ) -> (waiting: [@Sendable (Result<[SocketAddress], Failure>) -> Void], next: String?) {
    let now = now()
    return state.withLock { state in
      var entry = state.entries.removeValue(forKey: host) ?? Entry()
      let waiting = entry.waiting
      entry.waiting = []
      entry.isSought = false
      switch result {
      case .success(let addresses): (entry.addresses, entry.foundAt) = (addresses, now)
      case .failure(let failure): if failure.isGone { entry.addresses = [] }
      }
      if !entry.addresses.isEmpty { state.entries[host] = entry }
      let next = state.queue.popFirst()
      if next == nil { state.running -= 1 }
      return (waiting, next)
    }
  }

  private func makeRoom(_ state: inout State, _ now: NIODeadline) {
    guard state.entries.count >= Self.limit else { return }
    state.entries = state.entries.filter { $0.value.isSought || now - $0.value.foundAt < Self.freshSpan }
    guard state.entries.count >= Self.limit else { return }
    state.entries = state.entries.filter(\.value.isSought)
  }

  // MARK: The system's

  private static func getAddresses(of host: String) -> Result<[SocketAddress], Failure> {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    guard code == 0 else {
      let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
      return .failure(Failure(reason: reason.lowercased(), isGone: code == EAI_NONAME || code == eaiNoData))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      guard let raw = UnsafeRawPointer(entry.ai_addr) else { continue }
      switch entry.ai_family {
      case AF_INET: addresses.append(SocketAddress(raw.load(as: sockaddr_in.self), host: host))
      case AF_INET6: addresses.append(SocketAddress(raw.load(as: sockaddr_in6.self), host: host))
      default: break
      }
    }
    return addresses.isEmpty ? .failure(Failure(reason: "no address", isGone: true)) : .success(addresses)
  }

  /// `EAI_NODATA`, which headers hide: the name has no address of any kind.
  private static let eaiNoData: CInt = -5
}
