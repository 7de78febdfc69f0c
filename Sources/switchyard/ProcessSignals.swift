import Dispatch
import Foundation

/// Signals of the process as a stream.
enum ProcessSignals {
  static func stream(_ numbers: [Int32]) -> AsyncStream<Int32> {
    AsyncStream { continuation in
      let sources = numbers.map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { continuation.yield(number) }
        source.resume()
        return UncheckedSource(source: source)
      }
      continuation.onTermination = { _ in for source in sources { source.source.cancel() } }
    }
  }

  /// Dispatch sources may be cancelled from any thread (dispatch_source_cancel(3)); the type is not marked Sendable.
  private struct UncheckedSource: @unchecked Sendable {
    let source: any DispatchSourceSignal
  }
}
