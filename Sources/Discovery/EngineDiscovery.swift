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

  private let client: EngineHTTPClient

  public init(client: EngineHTTPClient) { self.client = client }

  /// Asks all engines at the same time; findings come in the order of the addresses.
  public func ask(_ addresses: [EngineAddress], timeout: TimeAmount = .seconds(3)) async -> [Finding] {
    await withTaskGroup(of: (Int, Finding).self) { group in
      for (index, address) in addresses.enumerated() {
        group.addTask {
          do {
            let answer = try await client.get(
              host: address.host, port: address.port, usesTLS: address.usesTLS, path: "/v1/models", timeout: timeout)
            return (index, Finding(address: address, models: .success(try EngineModels.decode(answer))))
          } catch {
            return (index, Finding(address: address, models: .failure(error)))
          }
        }
      }
      var findings: [(Int, Finding)] = []
      for await finding in group { findings.append(finding) }
      return findings.sorted { $0.0 < $1.0 }.map { $0.1 }
    }
  }
}
