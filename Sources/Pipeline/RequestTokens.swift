import Balancing
import ChatProtocols

/// How large a request is in tokens, as far as that is known before it is sent: what profiles are chosen by (`auto`).
public struct RequestTokens: Sendable, Equatable {
  /// The prompt's bytes ÷ the model's bytes a token (``TokenRatio``), those of tools among them; nil where it was not read.
  public var prompt: Double?
  /// The most tokens that the answer may have; nil where the request does not say.
  public var most: Int?

  public init(prompt: Double? = nil, most: Int? = nil) {
    self.prompt = prompt
    self.most = most
  }

  /// - Parameter size: nil for a request that is passed on unread.
  public init(_ size: PromptSize?, by model: ModelBalancing) {
    guard let size else { return }
    prompt = Double(size.textBytes + size.structuredBytes) / model.balancer.tokenRatio.bytesPerToken
    most = size.outputReserve > 0 ? size.outputReserve : nil
  }
}
