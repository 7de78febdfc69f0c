import EngineClient
import NIOCore

/// Asks engines what they serve.
public struct EngineDiscovery: Sendable {
  /// What one engine said, or why it said nothing.
  public struct Finding: Sendable {
    public var address: EngineAddress
    public var models: Result<EngineModels, any Error>

    public init(address: EngineAddress, models: Result<EngineModels, any Error>) {
      self.address = address
      self.models = models
    }
  }

  /// Engines that are asked at the same time, at most.
  public static let concurrency = 64

  private let client: EngineHTTPClient

  public init(client: EngineHTTPClient) { self.client = client }

  /// Asks engines, ``concurrency`` at the same time; findings come in the order of the addresses.
  public func ask(_ addresses: [EngineAddress], timeout: TimeAmount = .seconds(3)) async -> [Finding] {
    await withTaskGroup(of: (Int, Finding).self) { group in
      var findings: [(Int, Finding)] = []
      for (index, address) in addresses.enumerated() {
        if index >= Self.concurrency, let finding = await group.next() { findings.append(finding) }
        group.addTask { (index, await ask(address, timeout: timeout)) }
      }
      for await finding in group { findings.append(finding) }
      return findings.sorted { $0.0 < $1.0 }.map { $0.1 }
    }
  }

  private func ask(_ address: EngineAddress, timeout: TimeAmount) async -> Finding {
    do {
      let answer = try await client.get(
        host: address.host, port: address.port, usesTLS: address.usesTLS, path: "/v1/models", timeout: timeout)
      return Finding(address: address, models: .success(try EngineModels.decode(answer)))
    } catch {
      return Finding(address: address, models: .failure(error))
    }
  }
}
