import NIOCore

/// Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110 9.3.6) when the connection to it stands; what is behind it in the
/// pipeline, TLS first, learns of a connection when the tunnel stands. 8 KiB of the answer's head are read at most.
final class ProxyTunnel: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let headLimit = 8 << 10

  private let request: String
  private var head = ByteBuffer()
  private var isOpen = false

  init(to address: WebAddress, proxy: WebAddress) {
    let name = address.host.contains(":") ? "[\(address.host)]" : address.host
    let target = "\(name):\(address.port)"
    let credential = proxy.credential.map { "proxy-authorization: \($0)\r\n" } ?? ""
    request = "CONNECT \(target) HTTP/1.1\r\nhost: \(target)\r\n\(credential)\r\n"
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOpen else {
      context.fireChannelRead(data)
      return
    }
    var part = unwrapInboundIn(data)
    head.writeBuffer(&part)
    guard let end = head.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else {
      if head.readableBytes > Self.headLimit { fail(context, "its answer is too long") }
      return
    }
    let text = head.readString(length: end.upperBound - head.readerIndex) ?? ""
    let line = text.prefix { $0 != "\r\n" }
    guard line.split(separator: " ").dropFirst().first == "200" else {
      fail(context, "it answers \(line.prefix(100))")
      return
    }
    isOpen = true
    context.fireChannelActive()
    if head.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(head)) }
    head = ByteBuffer()
  }

  typealias InboundOut = ByteBuffer

  private func fail(_ context: ChannelHandlerContext, _ reason: String) {
    context.fireErrorCaught(DownloadFailure.broken("the proxy gives no tunnel: \(reason)"))
    context.close(promise: nil)
  }
}
