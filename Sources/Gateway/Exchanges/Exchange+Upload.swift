import ChatProtocols
import Fleet
import HTTPWire
import NIOCore
import Pipeline
import Routing

/// Requests that are passed on as they come: held only until their model is known and a connection is there.
extension Exchange {
  /// Bytes of an upload that is passed on; more is a 413.
  private var uploadLimit: Int { loop.context.settings.uploadLimit }

  private var uploadTooLarge: APIError {
    .requestTooLarge("the upload is larger than the limit of \(uploadLimit) bytes (global.gateway.upload_limit)")
  }

  /// Refuses an upload that is longer than it may be.
  ///
  /// - Parameter count: bytes that have come, or that its client says are to come.
  /// - Returns: false when it is refused, and answered.
  func mayUpload(_ count: Int) -> Bool {
    guard count > uploadLimit else { return true }
    refuse(uploadTooLarge)
    return false
  }

  /// Begins to look for the model.
  ///
  /// - Returns: false when the request is refused, and answered.
  func beginUpload(_ row: PassThroughPath, query: String) -> Bool {
    var fromQuery: String?
    if query.utf8.count > 1 {
      var query = query
      query.removeFirst()
      fromQuery = query.withUTF8 { ModelQuery.model(in: UnsafeRawBufferPointer($0)) }
    }
    var finder: (any ModelFinder)?
    if head.framing != .none {
      switch row.modelPlace {
      case .query: break
      case .jsonBody: finder = JSONModelFinder(limit: loop.context.settings.bodyLimit)
      case .form:
        do throws(MultipartFault) {
          let type = head.first(.contentType).map { text($0.valueRange) } ?? ""
          finder = MultipartModelFinder(
            boundary: try MultipartBoundary(contentType: type), limit: loop.context.settings.bodyLimit)
        } catch {
          answer(error.apiError(at: row))
          return false
        }
      }
    }
    upload = Upload(row, finder: finder)
    if case .length(let length) = head.framing, !mayUpload(length) { return false }
    admit()
    guard phase == .receiving else { return false }
    if finder == nil { resolve(fromQuery, at: nil) }
    return phase != .ended
  }

  /// The model is known: what is still to come takes the time that the engine takes.
  var isPassedOn: Bool {
    switch upload?.stage {
    case .waiting, .sending: true
    case .finding, .gathering, nil: false
    }
  }

  /// Whether the client may go on sending.
  var takesUpload: Bool {
    guard let upload, phase != .ended else { return false }
    return switch upload.stage {
    // Bounded by the finder.
    case .finding: true
    // More than fits comes once, then the model's replica is chosen.
    case .gathering: true
    case .waiting: body.readableBytes < Upload.holdLimit
    case .sending: attempt?.connection?.isWritable ?? false
    }
  }

  func receiveUpload(_ bytes: ByteBuffer) -> Bool {
    guard mayUpload(bodyBytes), let stage = upload?.stage else { return false }
    switch stage {
    case .finding:
      guard keep(bytes) else { return false }
      take(bytes.withUnsafeReadableBytes { upload?.finder?.append($0) } ?? .needMore)
    case .gathering(let name, let range):
      guard keep(bytes) else { return false }
      if body.readableBytes > Upload.promptLimit { resolve(name, at: range) }
    case .waiting: guard keep(bytes) else { return false }
    case .sending:
      if upload?.isHeldWhole ?? false {
        if body.readableBytes + bytes.readableBytes <= Upload.holdLimit {
          guard keep(bytes) else { return false }
        } else {
          discardHeld()
        }
      }
      attempt?.connection?.sendBody(framed(bytes))
    }
    return phase != .ended
  }

  func completeUpload() {
    guard phase != .ended, let stage = upload?.stage else { return }
    upload?.isComplete = true
    switch stage {
    case .finding: take(upload?.finder?.finish() ?? .absent)
    case .gathering(let name, let range):
      readPrompt()
      resolve(name, at: range)
    case .waiting: break
    case .sending:
      if head.framing == .chunked, let attempt {
        attempt.connection?.sendBody(ChunkFraming.end(trailers: trailers(to: attempt.placement)))
      }
      attempt?.connection?.requestIsComplete()
    }
  }

  private func take(_ verdict: ModelVerdict) {
    switch verdict {
    case .needMore: break
    case .found(let value, let range):
      guard upload?.row.prompt != nil, body.readableBytes <= Upload.promptLimit, !isTooLongForPrompt else {
        return resolve(value, at: range)
      }
      upload?.stage = .gathering(model: value, at: range)
      if upload?.isComplete ?? false { completeUpload() }
    case .absent:
      if upload?.isComplete ?? false { readPrompt() }
      resolve(nil, at: nil)
    case .invalid, .tooFar:
      answer(verdict.apiError ?? .invalidRequest("the request names no model that can be read", param: "model"))
    }
  }

  /// The client says that its body is longer than one whose prompt is read.
  private var isTooLongForPrompt: Bool {
    if case .length(let length) = head.framing { length > Upload.promptLimit } else { false }
  }

  /// The body is whole.
  private func readPrompt() {
    guard let upload, let form = upload.row.prompt else { return }
    beginsNow()
    upload.prompt = body.withUnsafeReadableBytes { PassedPrompt($0, as: form) }
  }

  /// Finds the model that was named, or the one for requests that name none.
  private func resolve(_ name: String?, at range: Range<Int>?) {
    let snapshot = loop.snapshot
    requestedModel = name ?? ""
    guard let wanted = snapshot.passThroughModel(named: name) else {
      return answer(RoutingSnapshot.noDefaultModel)
    }
    guard case .model(let base, let adapter) = snapshot.directory.entry(for: wanted) else {
      return answer(snapshot.unknownModel(wanted))
    }
    upload?.nameRange = range
    upload?.stage = .waiting
    send(to: base, adapter: adapter)
  }

  // MARK: At the engine's side

  /// The name that the engine is to read, where it is another than the client wrote.
  func replacedName(at placement: Placement) -> [UInt8]? {
    guard let upload, upload.nameRange != nil else { return nil }
    let name = adapter ?? placement.upstreamModel
    return name == requestedModel ? nil : upload.replacement(name)
  }

  /// What is held of the body, as the engine gets it.
  func heldBody(at placement: Placement) -> [ByteBuffer] {
    guard body.readableBytes > 0 else { return [] }
    var pieces = [body]
    if let range = upload?.nameRange, let name = replacedName(at: placement) {
      let start = body.readerIndex
      pieces = [
        body.getSlice(at: start, length: range.lowerBound), ByteBuffer(bytes: name),
        body.getSlice(at: start + range.upperBound, length: body.readableBytes - range.upperBound),
      ].compactMap(\.self)
    }
    guard head.framing == .chunked else { return pieces }
    let length = pieces.reduce(0) { $0 + $1.readableBytes }
    return [ByteBuffer(string: String(length, radix: 16) + "\r\n")] + pieces + [ByteBuffer(staticString: "\r\n")]
  }

  /// What is held went to the engine; what follows is passed on.
  func heldBodyIsSent(over connection: UpstreamConnection) {
    upload?.stage = .sending
    guard upload?.prompt == nil, body.readableBytes > Upload.holdLimit else { return }
    forgetHeld()
    letBodyGo(behind: connection)
  }

  private func discardHeld() {
    forgetHeld()
    letBodyGo()
  }

  private func forgetHeld() {
    upload?.isHeldWhole = false
    attempts.bodyDiscarded()
  }

  /// A piece as the request's framing wants it.
  private func framed(_ bytes: ByteBuffer) -> ByteBuffer {
    guard head.framing == .chunked, bytes.readableBytes > 0 else { return bytes }
    var chunk = client.allocator.buffer(capacity: bytes.readableBytes + 24)
    chunk.writeString(String(bytes.readableBytes, radix: 16))
    chunk.writeStaticString("\r\n")
    chunk.writeImmutableBuffer(bytes)
    chunk.writeStaticString("\r\n")
    return chunk
  }
}
