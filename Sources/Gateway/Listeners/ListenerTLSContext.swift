import NIOSSL
import RouterConfig
import Synchronization

/// What the connections of a listener that speaks TLS share: its certificate, read again when the files change.
///
/// New connections get what was read last; those that are open keep what they have. Safe from any thread.
public final class ListenerTLSContext: Sendable {
  /// Why files cannot be used: names the file and the way out.
  public struct Failure: Error, Sendable, CustomStringConvertible {
    public var description: String
  }

  private let files: TLSFiles
  private let current: Mutex<NIOSSLContext>
  private let initial: [TLSFiles.Stamp?]
  private let report: @Sendable (String) -> Void
  private let interval: Duration

  /// Reads the files. Blocks, so not for event loops.
  ///
  /// - Parameters:
  ///   - interval: time between two looks at the files.
  ///   - report: is told in one line when files were read again, and once when those that were put there cannot be used.
  public init(
    _ tls: ListenerTLS, interval: Duration = .seconds(2), report: @escaping @Sendable (String) -> Void
  ) throws(Failure) {
    files = TLSFiles(tls: tls)
    self.interval = interval
    self.report = report
    // Looked at before they are read: a change in between is seen the next time.
    initial = files.stamps()
    do throws(TLSFiles.Failure) {
      current = Mutex(try files.context())
    } catch {
      throw Failure(description: error.description)
    }
  }

  /// A handler for one connection; the first in its pipeline.
  package func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: current.withLock { $0 }) }

  /// Looks at the files again and again until the task is cancelled.
  package func watch() async {
    var reload = TLSReload(known: initial)
    while !Task.isCancelled {
      try? await Task.sleep(for: interval)
      let stamps = files.stamps()
      guard reload.wantsReading(stamps) else { continue }
      do throws(TLSFiles.Failure) {
        let new = try files.context()
        current.withLock { $0 = new }
        reload.succeeded(stamps)
        report("\(files.tls.certificateFile): read again, new connections get this certificate")
      } catch {
        if reload.failed(stamps) { report("the certificate in force stays: \(error)") }
      }
    }
  }
}
