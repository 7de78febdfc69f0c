import Foundation
import ModelStore
import Synchronization

/// Shows on standard error how far a fetch is: a line drawn over itself on a terminal, lines elsewhere. Safe from any
/// thread.
final class FetchDisplay: Sendable {
  private struct State {
    var progress: TransferProgress
    /// Whether the cursor stands behind a line that is drawn over.
    var isDrawing = false
  }

  private let isTerminal: Bool
  private let state: Mutex<State>

  init() {
    isTerminal = isatty(2) == 1
    state = Mutex(State(progress: TransferProgress(isTerminal: isTerminal)))
  }

  func show(_ event: FetchEvent) {
    state.withLock { state in
      switch event {
      case .receiving(let file, let done, let total):
        let now = DispatchTime.now().uptimeNanoseconds
        guard let line = state.progress.line(file: file, done: done, total: total, now: now) else { return }
        draw(line, &state)
      case .waiting: write("another fetch of it is at work; waiting for that", &state)
      case .retrying(let address, let reason, let have):
        write("\(address): \(reason); going on from \(have) bytes", &state)
      case .restarting(let address): write("\(address): what had come before does not fit; starting anew", &state)
      case .checking(let file): draw("\(file): checking its SHA-256", &state)
      case .unpacking: draw("unpacking", &state)
      case .packing: draw("packing", &state)
      }
    }
  }

  /// Leaves the line that is drawn over.
  func end() {
    state.withLock { state in
      if state.isDrawing { put("\r\u{1B}[K") }
      state.isDrawing = false
    }
  }

  /// A line that the next one may be drawn over.
  private func draw(_ line: String, _ state: inout State) {
    guard isTerminal else { return put(line + "\n") }
    put("\r\u{1B}[K" + line)
    state.isDrawing = true
  }

  private func write(_ line: String, _ state: inout State) {
    put((state.isDrawing ? "\r\u{1B}[K" : "") + line + "\n")
    state.isDrawing = false
  }

  private func put(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
