import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on the loopback interface that answers each path with what the test says.
final class PageServer: Sendable {
  struct Page: Sendable {
    var status = HTTPResponseStatus.ok
    var text = ""
    /// Accept the request and never answer.
    var isSilent = false
  }

  private let channel: any Channel
  private let pages = Mutex<[String: Page]>([:])
  private let requests = Mutex<[String]>([])
  private let arrivals: AsyncStream<String>.Continuation
  /// The paths of requests as they come in.
  let arrived: AsyncStream<String>

  init() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    (arrived, arrivals) = (stream, continuation)
    let box = Box()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Answerer(box))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    box.server.withLock { $0 = self }
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  var paths: [String] { requests.withLock { $0 } }

  func serve(_ path: String, _ page: Page?) { pages.withLock { $0[path] = page } }
  func serve(_ path: String, _ text: String) { serve(path, Page(text: text)) }
  func stop() async throws { try await channel.close() }

  fileprivate func answer(_ path: String) -> Page {
    requests.withLock { $0.append(path) }
    arrivals.yield(path)
    return pages.withLock { $0[path] } ?? Page(status: .notFound)
  }

  fileprivate final class Box: Sendable {
    let server = Mutex<PageServer?>(nil)
  }

  private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let box: Box
    private var path = ""

    init(_ box: Box) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): path = head.uri
      case .body: break
      case .end:
        guard let page = box.server.withLock({ $0 })?.answer(path), !page.isSilent else { return }
        let head = HTTPResponseHead(
          version: .http1_1, status: page.status, headers: ["content-length": String(page.text.utf8.count)])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: page.text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}
